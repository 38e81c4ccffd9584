"""A slow engine is never taken for a hung one, and a hung one is replaced however slow the machine
is. Each dictation gets its text, once."""

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from dictate.engines.client import EngineClient
from dictate.events import pcm_from_samples
from dictate.hotwords.model import Hotwords
from tests.lab.engine import Whole, attempts, loud, ready, running, until
from tests.lab.processes import children
from tests.lab.voices import read

pytestmark = pytest.mark.timeout(180)

LINE = "one two three four"
NONE = Hotwords()
DEADLINE_S = 1.0
SOUND = loud(2)
SHORT = loud(0.1)
"""Sound of which an endless loop is noticed soon."""
TRAIN = Path(__file__).parents[1] / "audio" / "train.wav"


def run(main: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(main())
    assert not [command for command in children().values() if b"engines.worker" in command]


async def speak(engine: EngineClient, whole: Whole, number: int = 1) -> str:
    """One whole dictation."""
    utterance = engine.begin(number, NONE, None)
    utterance.feed(whole.pcm)
    final = await utterance.finish(whole)
    assert final.audio_s == len(whole.pcm) / 32_000
    return final.text


@asynccontextmanager
async def starved(pid: int, run_s: float, stop_s: float) -> AsyncIterator[None]:
    """Inside, the process gets turns of `run_s` seconds, with pauses of `stop_s` seconds."""

    async def starve() -> None:
        try:
            while True:
                os.kill(pid, signal.SIGSTOP)
                await asyncio.sleep(stop_s)
                os.kill(pid, signal.SIGCONT)
                await asyncio.sleep(run_s)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)

    starving = asyncio.create_task(starve())
    try:
        yield
    finally:
        starving.cancel()
        await asyncio.wait({starving})


@pytest.mark.parametrize("when", [" feed", ""])
def test_a_call_that_works_for_many_deadlines(tmp_path: Path, when: str) -> None:
    """One call, without any step that could be reported."""

    async def main() -> None:
        async with running(tmp_path, f"!busy 2.5{when}", LINE, deadline_s=DEADLINE_S) as engine:
            pid, whole = await ready(engine), Whole(SOUND)
            assert await speak(engine, whole) == LINE
            assert (engine.supervisor.pid, engine.supervisor.run, whole.asked) == (pid, 1, 0)

    run(main)


def test_a_call_on_a_machine_that_gives_it_little(tmp_path: Path) -> None:
    """It gets a twentieth of the time, in which the deadline passes again and again."""

    async def main() -> None:
        async with running(tmp_path, "!busy 0.3", LINE, deadline_s=DEADLINE_S) as engine:
            pid, whole = await ready(engine), Whole(SOUND)
            async with starved(pid, 0.02, 0.4):
                assert await speak(engine, whole) == LINE
            assert (engine.supervisor.pid, engine.supervisor.run, whole.asked) == (pid, 1, 0)

    run(main)


def test_the_starter_on_a_machine_that_gives_it_little(tmp_path: Path) -> None:
    """All sound at once, as from a file: the words are those of an idle machine."""
    pcm = pcm_from_samples(read(TRAIN))

    async def main() -> None:
        async with running(tmp_path, use="pocketsphinx", deadline_s=DEADLINE_S) as engine:
            pid, whole = await ready(engine), Whole(pcm)
            expected = await speak(engine, whole, 1)
            assert "train" in expected
            async with starved(pid, 0.05, 0.3):
                assert await speak(engine, whole, 2) == expected
            assert (engine.supervisor.pid, engine.supervisor.run, whole.asked) == (pid, 1, 0)

    run(main)


@pytest.mark.fault("B11")
def test_a_dictation_that_waits_for_the_slow_end_of_another(tmp_path: Path) -> None:
    async def main() -> None:
        lines = ["!busy 2.5", "first", "second"]
        async with running(tmp_path, *lines, deadline_s=DEADLINE_S) as engine:
            await ready(engine)
            wholes = [Whole(SOUND), Whole(SOUND)]
            one = asyncio.create_task(speak(engine, wholes[0], 1))
            await until((tmp_path / "script.said").exists)  # its last call is under way
            two = asyncio.create_task(speak(engine, wholes[1], 2))
            assert [await one, await two] == ["first", "second"]
            assert engine.supervisor.run == 1
            assert [whole.asked for whole in wholes] == [0, 0]

    run(main)


@pytest.mark.parametrize("fault", ["loop", "loop feed", "hang", "hang feed"])
@pytest.mark.fault("D4")
def test_a_call_without_an_end_is_ended_and_its_sound_recognised_again(
    tmp_path: Path, fault: str
) -> None:
    async def main() -> None:
        async with running(tmp_path, f"!{fault}", LINE, deadline_s=DEADLINE_S) as engine:
            pid, whole = await ready(engine), Whole(SHORT)
            assert await speak(engine, whole) == LINE
            assert (engine.supervisor.run, whole.asked) == (2, 1)
            assert await ready(engine) != pid
            assert await speak(engine, whole, 2) == LINE
            assert engine.supervisor.run == 2

    run(main)


@pytest.mark.fault("D4")
def test_a_call_that_hangs_on_a_machine_that_gives_it_little(tmp_path: Path) -> None:
    async def main() -> None:
        async with running(tmp_path, "!hang", LINE, deadline_s=DEADLINE_S) as engine:
            pid, whole = await ready(engine), Whole(SHORT)
            async with starved(pid, 0.05, 0.3):
                assert await speak(engine, whole) == LINE
            assert (engine.supervisor.run, whole.asked) == (2, 1)

    run(main)


def test_a_turn_that_this_process_does_not_get_is_no_fault_of_the_engine(tmp_path: Path) -> None:
    async def main() -> None:
        async with running(tmp_path, "!slow 1.5", LINE, deadline_s=DEADLINE_S) as engine:
            await ready(engine)
            whole = Whole(SOUND)
            speaking = asyncio.create_task(speak(engine, whole))
            await until(lambda: attempts(engine))
            await asyncio.sleep(0.3)
            hold_the_loop(2.5)
            assert await speaking == LINE
            assert (engine.supervisor.run, whole.asked) == (1, 0)

    run(main)


def hold_the_loop(seconds: float) -> None:
    time.sleep(seconds)


def test_an_engine_that_cannot_keep_up_says_so_until_it_can(tmp_path: Path) -> None:
    async def main() -> None:
        lines = ["!busy 3", LINE, LINE]
        async with running(tmp_path, *lines) as engine:
            await ready(engine)
            assert engine.info.slow == ""
            await speak(engine, Whole(SOUND), 1)
            assert engine.info.rtf >= 1.5
            assert engine.info.slow.startswith("it cannot keep up with speech: ")
            assert engine.info.slow in engine.info.notes
            await speak(engine, Whole(SHORT), 2)
            assert engine.info.slow, "a short sound tells nothing"
            await speak(engine, Whole(SOUND), 3)
            assert (engine.info.slow, engine.info.notes) == ("", ())

    run(main)
