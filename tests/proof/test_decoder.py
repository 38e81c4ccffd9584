"""Clips go through a real engine process, whatever happens to it."""

import asyncio
import os
import signal
import time
from pathlib import Path
from unittest.mock import AsyncMock

import pytest

from dictate.config.schema import EngineSettings, Settings, TextSettings
from dictate.engines import control, supervisor
from dictate.engines.call_watch import Usage
from dictate.engines.client import EngineClient
from dictate.errors import EngineError, EngineLost
from dictate.events import samples_from_pcm
from dictate.hotwords.model import Hotwords, Term
from dictate.proof import decoder as module
from dictate.proof.decoder import EngineDecoder, Heard
from dictate.proof.engine import open_engine
from tests.lab.engine import Whole, loud, ready, running
from tests.lab.scripted import script

SOUND = samples_from_pcm(loud(1.3))
TERMS = Hotwords((Term("Claude Code", sounds_like=("clot code",)),))


def decoder_of(engine: EngineClient, **more: object) -> EngineDecoder:
    async def locate() -> Path:
        return engine.socket

    return EngineDecoder(locate, "en", TextSettings(), **more)  # type: ignore[arg-type]


async def decoded(folder: Path, *lines: str, use: str = "") -> Heard:
    async with running(folder, *lines, use=use) as engine:
        made = decoder_of(engine)
        await made.open()
        return await made.decode(SOUND, TERMS)


def test_a_clip_gets_its_two_texts(tmp_path: Path) -> None:
    heard = asyncio.run(decoded(tmp_path, "ask clot code now"))
    assert heard == Heard("ask clot code now", "ask Claude Code now")


def test_the_engine_is_known_once_it_is_open(tmp_path: Path) -> None:
    async def main() -> str:
        async with running(tmp_path, "!loading 1", "hello") as engine:
            made = decoder_of(engine)
            await made.open()
            return made.status.name

    assert asyncio.run(main()) == "fake"


def test_a_dictation_comes_in_between_two_chunks(tmp_path: Path) -> None:
    async def main() -> tuple[str, str, int]:
        async with running(tmp_path, "the clip", "the dictation") as engine:
            waits, dictated = 0, ""

            async def wait() -> None:
                nonlocal waits, dictated
                waits += 1
                if waits == 2:  # the first chunk is worked through
                    utterance = engine.begin(1, Hotwords(), "en")
                    utterance.feed(loud(0.5))
                    dictated = (await utterance.finish(Whole(loud(0.5)))).text

            made = decoder_of(engine, wait=wait)
            await made.open()
            return (await made.decode(SOUND, TERMS)).recognized, dictated, waits

    assert asyncio.run(main()) == ("the clip", "the dictation", 4)


def test_a_process_that_dies_is_replaced_and_gets_the_clip_again(tmp_path: Path) -> None:
    assert asyncio.run(decoded(tmp_path, "!crash", "hello")).recognized == "hello"


def test_a_process_that_dies_twice_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(EngineLost, match="lost twice at the same clip"):
        asyncio.run(decoded(tmp_path, "!crash", "!crash", "hello"))


def test_an_engine_that_hangs_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SILENT_S", 0.7)
    with pytest.raises(EngineLost, match="gave no sign"):
        asyncio.run(decoded(tmp_path, "!hang feed", "hello"))


def test_an_error_of_the_engine_is_passed_on(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="the engine failed: RuntimeError at fake_engine"):
        asyncio.run(decoded(tmp_path, "!raise no such sound", "hello"))


def test_an_engine_that_cannot_load_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match=r"cannot be used: .*there is no file"):
        asyncio.run(decoded(tmp_path, "hello", use="scripted:/nowhere/script"))


def test_another_engine_in_between_ends_it(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    one.mkdir()
    two.mkdir()

    async def main() -> None:
        async with running(one, "!crash", "hello") as first, running(two, "hello") as second:
            serving = first

            async def locate() -> Path:
                return serving.socket

            async def wait() -> None:
                nonlocal serving
                serving = second

            made = EngineDecoder(locate, "en", TextSettings(), wait)
            await made.open()
            await made.decode(SOUND, TERMS)

    with pytest.raises(EngineLost, match="replaced by another one"):
        asyncio.run(main())


@pytest.mark.fault("D4")
def test_a_process_that_is_stopped_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "FROZEN_S", 0.3)
    monkeypatch.setattr(module, "SILENT_S", 0.5)

    async def main() -> None:
        async with running(tmp_path, "hello") as engine:
            os.kill(await ready(engine), signal.SIGSTOP)
            with pytest.raises(EngineLost, match="gave no sign"):
                await decoder_of(engine).open()

    asyncio.run(main())


@pytest.mark.fault("D6")
def test_an_engine_that_was_given_up_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It froze each time that it was loaded."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.setattr(control, "FROZEN_S", 0.5)
    monkeypatch.setattr(supervisor, "CRASHES", 2)
    says = script(tmp_path / "script", "!loading 600", "hello")
    settings = Settings(engine=EngineSettings(use=f"fake:{says}"))

    async def main() -> None:
        async with asyncio.timeout(30), open_engine(None, settings, lambda _: None):
            pass

    with pytest.raises(EngineError, match=r"cannot be used: .* did nothing for 0\.5 s"):
        asyncio.run(main())


@pytest.mark.fault("D6")
def test_a_load_that_works_for_long_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_at: list[int] = []

    def works(pid: int) -> Usage:
        looked_at.append(pid)
        return Usage(time.monotonic(), 0)

    monkeypatch.setattr(module, "FROZEN_S", 0.1)
    monkeypatch.setattr(module, "loading_usage_of", works)
    monkeypatch.setattr(module, "answers_ping", AsyncMock(return_value=False))

    async def main() -> None:
        async with running(tmp_path, "!loading 1", "hello") as engine:
            made = decoder_of(engine)
            await made.open()
            assert set(looked_at) == {engine.supervisor.pid}
            assert len(looked_at) > 1

    asyncio.run(main())
