"""The daemon's side of the engine, with real engine processes."""

import asyncio
from pathlib import Path

import pytest

from dictate.config import EngineSettings
from dictate.engines.link import EngineLink
from dictate.errors import EngineError, EngineLost
from dictate.events import Partial, pcm_from_samples
from dictate.hotwords import Hotwords, Term
from tests.lab.engines import link, loud, script, spool, until
from tests.lab.voices import read

NONE = Hotwords()
AUDIO = Path(__file__).parents[1] / "audio"


async def never() -> bytes:
    raise AssertionError("the whole sound was asked for, though nothing had failed")


def test_partials_come_while_the_user_speaks(tmp_path: Path) -> None:
    async def run() -> None:
        partials: list[Partial] = []
        async with link(tmp_path, script(tmp_path, "one two three")) as engine:
            utterance = engine.begin(7, NONE, "en", partials.append)
            for _ in range(4):
                utterance.feed(loud(0.35))
            await until(lambda: len(partials) > 0 and partials[-1].text == "one two three")
            final = await utterance.finish(never)
        assert final.text == "one two three"
        assert final.dictation == 7
        assert final.audio_s == pytest.approx(1.4)
        assert all(partial.dictation == 7 for partial in partials)
        assert engine.info.rtf > 0

    asyncio.run(run())


def test_begun_while_it_loads(tmp_path: Path) -> None:
    async def run() -> None:
        changes: list[str] = []
        engine = EngineLink(
            EngineSettings(use=script(tmp_path, "!loading 1.5", "early"), deadline_s=1.0),
            tmp_path / "engine.sock",
            lambda: changes.append(engine.state),
        )
        await engine.start()
        utterance = engine.begin(1, NONE, None)
        utterance.feed(loud(1.0))
        assert (await utterance.finish(never)).text == "early"
        assert engine.state == "ready"
        assert "restarting" not in changes
        assert engine.info.load_s >= 1.5
        assert engine.info.memory_mb > 1
        await engine.stop()
        assert engine.state == "failed"

    asyncio.run(run())


def test_one_is_finished_while_the_next_is_fed(tmp_path: Path) -> None:
    async def run() -> None:
        async with link(tmp_path, script(tmp_path, "!slow 0.5", "first", "second")) as engine:
            first, second = engine.begin(1, NONE, None), None
            first.feed(loud(0.5))
            finishing = asyncio.create_task(first.finish(never))
            await asyncio.sleep(0.2)
            second = engine.begin(2, NONE, None)
            second.feed(loud(0.5))
            assert (await finishing).text == "first"
            assert (await second.finish(never)).text == "second"

    asyncio.run(run())


def test_nothing_comes_after_cancel(tmp_path: Path) -> None:
    async def run() -> None:
        partials: list[Partial] = []
        async with link(tmp_path, script(tmp_path, "!slow 0.5 feed", "one two", "next")) as engine:
            utterance = engine.begin(1, NONE, None, partials.append)
            utterance.feed(loud(1.0))
            await until(lambda: (tmp_path / "script.said").exists())
            utterance.cancel()
            utterance.cancel()
            utterance.feed(loud(1.0))
            following = engine.begin(2, NONE, None)
            following.feed(loud(0.3))
            assert (await following.finish(never)).text == "next"
            assert partials == []
            assert engine.run == 1

    asyncio.run(run())


def test_terms_that_cannot_be_used_are_named(tmp_path: Path) -> None:
    async def run() -> None:
        async with link(tmp_path, "pocketsphinx") as engine:
            unusable = await engine.prepare(Hotwords((Term("Claude Code"), Term("—"))))
            assert [line.partition(":")[0] for line in unusable] == ["'—'"]
            assert engine.info.name == "pocketsphinx"
            assert engine.info.hotwords_as

            recording = Path(__file__).parents[2] / "dictate" / "samples" / "2-claude-code.wav"
            utterance = engine.begin(1, Hotwords((Term("Claude Code"),)), "en")
            utterance.feed(pcm_from_samples(await asyncio.to_thread(read, recording)))
            assert (await utterance.finish(never)).text == "I wrote it with Claude Code"

            with pytest.raises(EngineError, match="English only"):
                await engine.begin(2, NONE, "de").finish(never)
            assert engine.run == 1

    asyncio.run(run())


def test_too_much_waits_for_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def run() -> None:
        async with link(tmp_path, script(tmp_path, "!loading 1", "all of it")) as engine:
            utterance = engine.begin(1, NONE, None)
            for _ in range(200):
                utterance.feed(loud(10.0))
            assert (await utterance.finish(spool(loud(1.0)))).text == "all of it"
            assert engine.run == 1

    asyncio.run(run())


def test_an_engine_that_cannot_work_says_why(tmp_path: Path) -> None:
    async def run() -> None:
        async with link(tmp_path, f"scripted:{tmp_path}/nothing") as engine:
            await until(lambda: engine.state == "failed")
            assert "there is no file" in engine.message
            with pytest.raises(EngineLost, match="there is no file"):
                await engine.begin(1, NONE, None).finish(spool(loud(0.3)))
            with pytest.raises(EngineLost, match="there is no file"):
                await engine.prepare(NONE)

            script(tmp_path, "found").partition(":")
            (tmp_path / "script").rename(tmp_path / "nothing")
            utterance = engine.begin(2, NONE, None)
            utterance.feed(loud(0.3))
            assert (await utterance.finish(spool(loud(0.3)))).text == "found"
            assert engine.state == "ready"

    asyncio.run(run())
