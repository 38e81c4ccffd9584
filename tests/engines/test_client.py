"""The daemon's side of the engine, with a real process behind it, as long as all goes well."""

import asyncio
import os
import signal
import time
from collections.abc import Callable, Coroutine
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import soundfile
from wyoming.event import Event

from dictate.config.schema import EngineSettings
from dictate.engines import client, control, inspection, send_queue
from dictate.engines.client import EngineClient
from dictate.engines.protocol import EngineState, StatusEvent, UnusableTerms
from dictate.errors import EngineLost
from dictate.events import RATE, PartialTranscript
from dictate.hotwords.model import Guards, Hotwords, Term
from dictate.platform.resources import samples
from tests.lab.engine import PATIENCE_S, Whole, attempts, loud, ready, running, until
from tests.lab.processes import children
from tests.lab.scripted import engine_for, script

LINE = "one two three four"
FRIDAY = samples()[0]
NONE = Hotwords()

Run = Callable[[Callable[[], Coroutine[Any, Any, None]]], None]


@pytest.fixture
def run() -> Run:
    def in_time(main: Callable[[], Coroutine[Any, Any, None]]) -> None:
        async def whole() -> None:
            async with asyncio.timeout(2 * PATIENCE_S):
                await main()

        asyncio.run(whole())
        assert not [command for command in children().values() if b"engines.worker" in command]

    return in_time


def test_from_loading_to_ready(tmp_path: Path, run: Run) -> None:
    async def main() -> None:
        states = []
        says = script(tmp_path / "script", LINE)
        settings = EngineSettings(use=f"scripted:{says}")
        engine = EngineClient(settings, tmp_path / "e", lambda: states.append(engine.state))
        assert (engine.state, engine.is_supervised, engine.supervisor.pid) == (
            "loading",
            False,
            None,
        )
        await engine.start()
        pid = await ready(engine)
        assert engine.is_supervised
        assert b"engines.worker" in children()[pid]
        assert engine.info.name == "scripted"
        assert engine.info.languages == ("en",)
        assert engine.info.streams
        assert engine.info.memory_mb > 5
        assert engine.info.load_s >= 0
        await engine.stop()
        assert (engine.is_supervised, engine.supervisor.pid in children()) == (False, False)
        assert states == ["ready", "failed"]
        assert not (tmp_path / "e").exists()

    run(main)


@pytest.mark.fault("D6")
def test_what_is_said_before_the_engine_is_started_is_heard(tmp_path: Path, run: Run) -> None:
    """Also while the model loads, which may take longer than the deadline."""

    async def main() -> None:
        use = engine_for(script(tmp_path / "script", "!loading 1", LINE))
        engine = EngineClient(EngineSettings(use=use, deadline_s=0.3), tmp_path / "e")
        whole = Whole(b"")
        utterance = engine.begin(4, NONE, "en")
        for _ in range(10):
            utterance.feed(loud(0.1))
        await engine.start()
        utterance.feed(loud(0.5))
        final = await utterance.finish(whole)
        assert (final.dictation, final.text, final.audio_s) == (4, LINE, 1.5)
        assert (whole.asked, engine.supervisor.run) == (0, 1)
        assert engine.info.finish_ms == final.finish_ms > 0
        assert engine.info.rtf > 0
        await engine.stop()

    run(main)


def test_partials_grow_and_carry_their_number(tmp_path: Path, run: Run) -> None:
    async def main() -> None:
        async with running(tmp_path, LINE) as engine:
            heard: list[PartialTranscript] = []
            came = asyncio.Event()

            def note(partial: PartialTranscript) -> None:
                heard.append(partial)
                came.set()

            utterance = engine.begin(7, NONE, None, note)
            for _ in range(4):
                utterance.feed(loud(0.34))
                await came.wait()
                came.clear()
            said = [" ".join(LINE.split()[:words]) for words in range(1, 5)]
            settled = [0, 0, len(said[0]), len(said[1])]
            assert heard == [
                PartialTranscript(7, *each) for each in zip(said, settled, strict=True)
            ]
            assert (await utterance.finish(Whole(b""))).text == LINE

    run(main)


@pytest.mark.fault("D10")
def test_one_is_finished_while_the_next_is_fed(tmp_path: Path, run: Run) -> None:
    async def main() -> None:
        async with running(tmp_path, "!slow 0.3", "first one", "second two") as engine:
            heard: dict[int, list[PartialTranscript]] = {1: [], 2: []}
            one = engine.begin(1, NONE, None, heard[1].append)
            one.feed(loud(1))
            await until(lambda: len(heard[1]) > 0)
            finishing = asyncio.create_task(one.finish(Whole(b"")))
            two = engine.begin(2, NONE, None, heard[2].append)
            for _ in range(10):
                two.feed(loud(0.1))
                await asyncio.sleep(0)
            finals = await asyncio.gather(finishing, two.finish(Whole(b"")))
            assert [(f.dictation, f.text) for f in finals] == [(1, "first one"), (2, "second two")]
            assert {p.dictation for p in heard[1]} == {1}
            assert {p.text for p in heard[2]} <= {"second", "second two"}
            assert heard[2]

    run(main)


def test_nothing_comes_after_a_cancel(tmp_path: Path, run: Run) -> None:
    async def main() -> None:
        async with running(tmp_path, "!slow 0.2 feed", LINE, "second") as engine:
            await ready(engine)
            heard: list[PartialTranscript] = []
            utterance = engine.begin(1, NONE, None, heard.append)
            utterance.feed(loud(2))
            await until(lambda: heard)
            utterance.cancel()
            utterance.cancel()
            heard.clear()
            utterance.feed(loud(1))
            whole = Whole(loud(2))
            with pytest.raises(asyncio.CancelledError):
                await utterance.finish(whole)
            after = engine.begin(2, NONE, None, heard.append)
            after.feed(loud(0.5))
            assert (await after.finish(whole)).text == "second"
            assert {partial.dictation for partial in heard} == {2}
            assert (whole.asked, engine.supervisor.run) == (0, 1)

    run(main)


def test_when_the_next_best_cannot_work_either_it_is_given_up(tmp_path: Path) -> None:
    engine = EngineClient(EngineSettings(use="auto"), tmp_path / "e")
    states = []
    for chosen in ("nemotron", "nemotron", "auto"):
        failed = StatusEvent(EngineState.FAILED, name=chosen, message="it does not load")
        engine.supervisor._status_received(failed)
        states.append(engine.state)
    assert states == [EngineState.RESTARTING, EngineState.RESTARTING, EngineState.FAILED]
    assert not engine.supervisor.choice.process_failed("it dies young")
    assert engine.excluded == ("nemotron",)


def hold_the_loop(seconds: float) -> None:
    time.sleep(seconds)


def test_nothing_comes_after_a_cancel_by_the_receiver(tmp_path: Path, run: Run) -> None:
    """Partial transcripts that have already arrived are not passed on either."""

    async def main() -> None:
        async with running(tmp_path, LINE) as engine:
            heard: list[PartialTranscript] = []

            def once(partial: PartialTranscript) -> None:
                heard.append(partial)
                utterance.cancel()

            utterance = engine.begin(1, NONE, None, once)
            await ready(engine)
            await until(lambda: attempts(engine))
            for _ in range(10):
                utterance.feed(loud(0.2))
            await until(lambda: not utterance._unsent)
            hold_the_loop(0.3)  # all partials come at once
            with pytest.raises(asyncio.CancelledError):
                await utterance.finish(Whole(b""))
            await asyncio.sleep(0.1)
            assert len(heard) == 1

    run(main)


def test_cancelled_while_it_is_finished(tmp_path: Path, run: Run) -> None:
    async def main() -> None:
        async with running(tmp_path, "!slow 30", LINE) as engine:
            utterance = engine.begin(1, NONE, None)
            utterance.feed(loud(1))
            finishing = asyncio.create_task(utterance.finish(Whole(loud(1))))
            await ready(engine)
            await asyncio.sleep(0.1)
            utterance.cancel()
            await asyncio.wait({finishing})
            assert finishing.cancelled()
            assert (engine.state, engine.supervisor.run) == ("ready", 1)

    run(main)


@pytest.mark.parametrize("when", ["reading", "sending"])
def test_cancelled_while_it_is_sent_once_more(tmp_path: Path, run: Run, when: str) -> None:
    async def main() -> None:
        lines = ["!crash", "!slow 30", LINE]
        async with running(tmp_path, *lines) as engine:
            heard: list[PartialTranscript] = []
            asked, may_read = asyncio.Event(), asyncio.Event()

            async def whole() -> bytes:
                asked.set()
                await may_read.wait()
                return loud(1)

            utterance = engine.begin(1, NONE, None, heard.append)
            utterance.feed(loud(1))
            finishing = asyncio.create_task(utterance.finish(whole))
            await asked.wait()
            if when == "sending":
                may_read.set()
                await until(lambda: attempts(engine))
            heard.clear()
            utterance.cancel()
            may_read.set()
            await asyncio.wait({finishing})
            assert finishing.cancelled()
            await ready(engine)
            await asyncio.sleep(0.1)
            assert (heard, attempts(engine)) == ([], set())

    run(main)


def test_a_draft_is_the_text_unless_speech_came_back(tmp_path: Path, run: Run) -> None:
    async def main() -> None:
        async with running(tmp_path, LINE) as engine:
            await ready(engine)
            assert engine.info.can_draft
            whole = Whole(b"")

            async def drafted(number: int) -> client.UtteranceClient:
                utterance = engine.begin(number, NONE, None)
                utterance.feed(loud(0.5))
                utterance.ask_for_draft()
                utterance.feed(loud(0.5))
                utterance.ask_for_draft()  # the last one counts
                assert utterance._draft is not None
                await until(utterance._draft.answer.done)
                utterance.feed(bytes(RATE))
                return utterance

            kept, dropped = await drafted(1), await drafted(2)
            final = await kept.finish(whole)
            assert (final.text, final.audio_s, final.drafted, final.finish_ms) == (LINE, 1, True, 0)
            assert engine.info.finish_ms == 0
            await until(lambda: len(attempts(engine)) == 1)  # its live attempt is over
            dropped.drop_draft()
            final = await dropped.finish(whole)
            assert (final.text, final.audio_s, final.drafted) == (LINE, 1.5, False)
            assert final.finish_ms > 0
            assert whole.asked == 0

            supervisor = engine.supervisor
            supervisor.info = replace(supervisor.info, can_draft=False)
            utterance = engine.begin(3, NONE, None)
            utterance.ask_for_draft()
            assert (len(utterance._unsent), utterance._draft) == (0, None)
            utterance.cancel()

    run(main)


def test_a_draft_that_is_under_way_at_the_end_is_waited_for(tmp_path: Path, run: Run) -> None:
    async def main() -> None:
        async with running(tmp_path, "!slow 0.2 draft", "!hang", LINE) as engine:
            await ready(engine)
            utterance = engine.begin(1, NONE, None)
            utterance.feed(loud(1))
            utterance.ask_for_draft()
            await until((tmp_path / "script.said").exists)
            utterance.feed(bytes(RATE))
            final = await utterance.finish(Whole(b""))
            assert (final.text, final.audio_s, final.drafted) == (LINE, 1, False)
            assert final.finish_ms > 0

    run(main)


def test_more_sound_than_may_wait_is_sent_as_a_whole(
    tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Feeding never waits, and the buffer is bounded: the sound is on disk as well."""
    monkeypatch.setattr(send_queue, "LARGEST_BUFFER", 3 * RATE * 2)

    async def main() -> None:
        async with running(tmp_path, LINE) as engine:
            pid = await ready(engine)
            os.kill(pid, signal.SIGSTOP)
            utterance = engine.begin(1, NONE, None)
            whole = Whole(loud(60))
            for _ in range(60 * 5):
                utterance.feed(loud(0.2))  # does not give the loop a turn: it cannot wait
            assert utterance._unsent.fed_bytes <= 3 * RATE * 2
            os.kill(pid, signal.SIGCONT)
            final = await utterance.finish(whole)
            assert (final.text, final.audio_s, whole.asked) == (LINE, 60, 1)
            assert engine.supervisor.pid == pid

    run(main)


def test_a_piece_larger_than_any_event_is_cut(tmp_path: Path, run: Run) -> None:
    async def main() -> None:
        async with running(tmp_path, LINE) as engine:
            whole = Whole(b"")
            utterance = engine.begin(1, NONE, None)
            utterance.feed(loud(140))
            final = await utterance.finish(whole)
            assert (final.text, final.audio_s, whole.asked) == (LINE, 140, 0)

    run(main)


def test_kept_sound_is_heard_once_and_a_cancel_frees_the_engine(tmp_path: Path, run: Run) -> None:
    async def main() -> None:
        async with running(tmp_path, LINE) as engine:
            pcm = loud(3.0)
            assert (await engine.hear_once(pcm, NONE, "en")).text == LINE
            hearing = asyncio.create_task(engine.hear_once(pcm * 200, NONE, "en"))
            await asyncio.sleep(0.1)
            hearing.cancel()
            utterance = engine.begin(2, NONE, "en")
            utterance.feed(pcm)
            assert (await utterance.finish(Whole(pcm))).text == LINE
            assert hearing.cancelled()
            assert engine.supervisor.run == 1

    run(main)


def test_an_engine_that_dies_of_kept_sound_is_asked_once(tmp_path: Path, run: Run) -> None:
    async def main() -> None:
        use = engine_for(script(tmp_path / "script", "!crash", LINE))
        engine = EngineClient(EngineSettings(use=use, deadline_s=0.5), tmp_path / "e")
        await engine.start()
        await ready(engine)
        with pytest.raises(EngineLost):
            await engine.hear_once(loud(1.0), NONE, "en")
        assert engine.supervisor.run == 1
        await ready(engine)
        assert engine.excluded == ()
        await engine.stop()

    run(main)


def test_drain_waits_until_all_is_sent(tmp_path: Path, run: Run) -> None:
    async def main() -> None:
        async with running(tmp_path, LINE) as engine:
            utterance = engine.begin(1, NONE, None)
            utterance.feed(loud(1))
            waiting = asyncio.create_task(utterance.drain())
            await asyncio.sleep(0.01)
            assert not waiting.done()
            await waiting
            assert engine.state == "ready"
            utterance.feed(loud(1))
            utterance.cancel()
            await utterance.drain()

    run(main)


def test_stop_ends_what_is_open(tmp_path: Path, run: Run) -> None:
    async def main() -> None:
        async with running(tmp_path, "!hang", LINE) as engine:
            await ready(engine)
            open_, finishing = engine.begin(1, NONE, None), engine.begin(2, NONE, None)
            open_.feed(loud(1))
            finishing.feed(loud(1))
            whole = Whole(loud(1))
            end = asyncio.create_task(finishing.finish(whole))
            await until(lambda: len(attempts(engine)) == 2)
            await engine.stop()
            assert engine.state == "failed"
            for of in (end, open_.finish(whole)):
                with pytest.raises(EngineLost, match="stopped"):
                    await of

    run(main)


@pytest.mark.parametrize("after_s", [0, 0.001, 0.05, 0.2])
def test_stop_at_any_moment_leaves_no_process(tmp_path: Path, run: Run, after_s: float) -> None:
    async def main() -> None:
        async with running(tmp_path, LINE) as engine:
            await asyncio.sleep(after_s)
            await engine.stop()
            await engine.stop()

    run(main)


def test_the_list_is_taken_in_ahead_and_again_after_a_restart(
    tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the starter engine: the scripted one can use any list."""

    async def main() -> None:
        words = Hotwords((Term("Claude"), Term("¿¡")))
        async with running(tmp_path, LINE, use="pocketsphinx", deadline_s=20) as engine:
            await ready(engine)
            good, bad = await inspection.inspect(engine.socket, words.terms, Guards())
            assert (good.spelling, good.tokens, good.problem) == ("Claude", ("K L AO D",), "")
            (unusable,) = await engine.prepare(words)
            assert (bad.spelling, bad.tokens, bad.problem) == ("¿¡", (), unusable)
            assert "¿¡" in unusable
            assert await engine.prepare(NONE) == []
            asked = []
            control = engine.supervisor.control
            take = control._answer

            def note(event: Event) -> None:
                asked.append(UnusableTerms.from_event(event).terms)
                take(event)

            monkeypatch.setattr(control, "_answer", note)
            await engine.prepare(words)
            os.kill(await ready(engine), signal.SIGKILL)
            await until(lambda: len(asked) == 2)
            assert asked == [[unusable], [unusable]]

    run(main)


def test_an_engine_that_takes_long_to_take_in_a_list_is_not_restarted(
    tmp_path: Path, run: Run
) -> None:
    """Many times its deadline; a dictation in that time is heard after it."""

    async def main() -> None:
        words = Hotwords((Term("Claude"),))
        async with running(tmp_path, "!preparing 1.5", LINE, deadline_s=0.2) as engine:
            pid = await ready(engine)
            preparing = asyncio.create_task(engine.prepare(words))
            await until(lambda: engine.supervisor.control.preparing)
            whole = Whole(b"")
            utterance = engine.begin(1, words, "en")
            utterance.feed(loud(1.5))
            assert (await utterance.finish(whole)).text == LINE
            assert preparing.done()
            assert await preparing == []
            assert (engine.supervisor.pid, engine.supervisor.run, whole.asked) == (pid, 1, 0)

    run(main)


def test_an_engine_that_never_takes_in_a_list_is_restarted_in_the_end(
    tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def main() -> None:
        async with running(tmp_path, "!preparing 60", LINE, deadline_s=0.2) as engine:
            await ready(engine)
            monkeypatch.setattr(control, "LOADING_S", 0.5)
            with pytest.raises(EngineLost):
                await engine.prepare(Hotwords((Term("Claude"),)))
            monkeypatch.setattr(control, "LOADING_S", 600.0)
            await until(lambda: engine.supervisor.run == 2)
            assert "has not taken in the hotwords" in engine.message

    run(main)


def test_real_speech(tmp_path: Path, run: Run) -> None:
    async def main() -> None:
        sound, rate = soundfile.read(FRIDAY, dtype="int16")
        assert (rate, sound.ndim) == (RATE, 1)
        pcm = sound.tobytes()
        async with running(tmp_path, use="pocketsphinx", deadline_s=20) as engine:
            heard: list[PartialTranscript] = []
            utterance = engine.begin(1, NONE, "en", heard.append)
            for start in range(0, len(pcm), 640):
                utterance.feed(pcm[start : start + 640])
            final = await utterance.finish(Whole(pcm))
            assert "friday" in final.text.lower()
            assert len({partial.text for partial in heard}) > 2
            assert engine.info.hotwords_as

    run(main)
