"""The engine process dies, hangs or talks nonsense, at every point of a dictation.

The text must come all the same, once, from the second sending; if that fails as well, the error
says what happened, and the next dictation finds a fresh process.
"""

import asyncio
import os
import re
import signal
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from dictate.engines import control
from dictate.engines.client import EngineClient
from dictate.engines.quiet_speech import QUIET
from dictate.errors import EngineError, EngineLost
from dictate.events import PartialTranscript, pcm_from_samples
from dictate.hotwords.model import Hotwords
from dictate.platform.resources import samples
from tests.lab.engine import Whole, attempts, loud, ready, running, until
from tests.lab.processes import children

LINE = "one two three four"
NONE = Hotwords()
DEADLINE_S = 0.6
"""Of an engine whose calls take no time."""
SOUND = loud(2)
PIECE = 3200


def run(main: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(main())
    assert not [command for command in children().values() if b"engines.worker" in command]


async def speak(engine: EngineClient, number: int = 1) -> str:
    """One whole dictation."""
    utterance = engine.begin(number, NONE, None)
    utterance.feed(SOUND)
    return (await utterance.finish(Whole(SOUND))).text


Record = Callable[[str, object], None]
WHEN = ["before", "feeding", "fed", "finishing"]


@pytest.mark.fault("D8")
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSEGV])
@pytest.mark.parametrize("when", WHEN)
def test_killed(tmp_path: Path, when: str, how: signal.Signals, record_property: Record) -> None:
    struck_when(when, how, tmp_path, record_property)


@pytest.mark.fault("D4")
@pytest.mark.parametrize("when", WHEN)
def test_stopped(tmp_path: Path, when: str, record_property: Record) -> None:
    struck_when(when, signal.SIGSTOP, tmp_path, record_property)


def struck_when(when: str, how: signal.Signals, tmp_path: Path, record_property: Record) -> None:
    struck = 0.0

    def strike(pid: int) -> None:
        nonlocal struck
        struck = time.monotonic()
        os.kill(pid, how)

    async def main() -> None:
        lines = ["!hang", LINE] if when == "finishing" else [LINE]
        # A death is noticed as such: a long deadline would be missed by this test's own.
        deadline_s = DEADLINE_S if how == signal.SIGSTOP else 600
        async with running(tmp_path, *lines, deadline_s=deadline_s) as engine:
            pid = await ready(engine)
            whole, heard = Whole(SOUND), list[PartialTranscript]()
            utterance = engine.begin(1, NONE, None, heard.append)
            await until(lambda: attempts(engine))
            for start in range(0, len(SOUND), PIECE):
                if (when, start) in (("before", 0), ("feeding", 10 * PIECE)):
                    strike(pid)
                utterance.feed(SOUND[start : start + PIECE])
                await asyncio.sleep(0.002)
            if when == "fed":
                await until(lambda: len(heard) == 4)
                strike(pid)
            finishing = asyncio.create_task(utterance.finish(whole))
            if when == "finishing":
                await until((tmp_path / "script.said").exists)  # the fault is happening
                strike(pid)
            await until(lambda: engine.supervisor.run == 2)
            record_property("detected_s", time.monotonic() - struck)
            final = await finishing
            record_property("recovered_s", time.monotonic() - struck)
            assert (final.dictation, final.text, final.audio_s) == (1, LINE, 2)
            assert whole.asked == 1
            assert (await ready(engine) != pid, engine.supervisor.run) == (True, 2)
            assert await speak(engine, 2) == LINE
            assert engine.supervisor.run == 2

    run(main)


@pytest.mark.fault("D1")
@pytest.mark.parametrize("fault", ["raise out of memory feed", "raise out of memory"])
def test_no_memory(tmp_path: Path, fault: str, record_property: Record) -> None:
    a_fault_of_its_own(fault, tmp_path, record_property)


@pytest.mark.fault("D4")
@pytest.mark.parametrize("fault", ["hang feed", "hang", "slow 30"])
def test_a_hang_of_its_own(tmp_path: Path, fault: str, record_property: Record) -> None:
    a_fault_of_its_own(fault, tmp_path, record_property)


@pytest.mark.fault("D8")
@pytest.mark.parametrize("fault", ["crash feed", "crash"])
def test_a_crash_of_its_own(tmp_path: Path, fault: str, record_property: Record) -> None:
    a_fault_of_its_own(fault, tmp_path, record_property)


@pytest.mark.fault("D11")
@pytest.mark.parametrize("fault", ["garbage", "huge"])
def test_nonsense_for_a_text(tmp_path: Path, fault: str, record_property: Record) -> None:
    a_fault_of_its_own(fault, tmp_path, record_property)


def a_fault_of_its_own(fault: str, tmp_path: Path, record_property: Record) -> None:
    async def main() -> None:
        async with running(tmp_path, f"!{fault}", LINE, deadline_s=DEADLINE_S) as engine:
            pid = await ready(engine)
            whole = Whole(SOUND)
            utterance = engine.begin(1, NONE, None)
            for start in range(0, len(SOUND), PIECE):
                utterance.feed(SOUND[start : start + PIECE])
                await asyncio.sleep(0.002)
            ended = time.monotonic()
            final = await utterance.finish(whole)
            record_property("recovered_s", time.monotonic() - ended)
            assert (final.text, final.audio_s, whole.asked) == (LINE, 2, 1)
            assert (await ready(engine) != pid, engine.supervisor.run) == (True, 2)

    run(main)


@pytest.mark.parametrize(
    ("fault", "error", "says"),
    [
        ("crash", EngineLost, "died"),
        ("hang", EngineLost, f"hung for {DEADLINE_S:g} s"),
        ("garbage", EngineError, "nonsense: a transcript without a text"),
        ("huge", EngineError, "nonsense: a transcript of 2000000 characters"),
        ("raise out of memory", EngineError, "RuntimeError at fake_engine.py:"),
    ],
)
@pytest.mark.fault("D11", "D8")
def test_what_fails_twice_is_given_up_and_the_next_is_not(
    tmp_path: Path, fault: str, error: type[EngineError], says: str
) -> None:
    async def main() -> None:
        lines = [f"!{fault}", f"!{fault}", LINE]
        async with running(tmp_path, *lines, deadline_s=DEADLINE_S) as engine:
            whole = Whole(SOUND)
            utterance = engine.begin(1, NONE, None)
            utterance.feed(SOUND)
            with pytest.raises(error, match=re.escape(says)) as raised:
                await utterance.finish(whole)
            assert type(raised.value) is error
            assert (whole.asked, engine.supervisor.run) == (1, 2)
            assert await speak(engine, 2) == LINE
            assert engine.supervisor.run == 3

    run(main)


@pytest.mark.fault("D10")
def test_two_dictations_on_the_way_when_it_dies(tmp_path: Path) -> None:
    """One restart for both, and each gets its own text back."""

    async def main() -> None:
        async with running(tmp_path, "!crash", LINE, deadline_s=DEADLINE_S) as engine:
            await ready(engine)
            wholes = [Whole(SOUND), Whole(loud(1))]
            both = [engine.begin(number, NONE, None) for number in (1, 2)]
            for utterance, whole in zip(both, wholes, strict=True):
                utterance.feed(whole.pcm)
            await until(lambda: len(attempts(engine)) == 2)
            one = asyncio.create_task(both[0].finish(wholes[0]))
            await until(lambda: engine.supervisor.run == 2)
            finals = [await one, await both[1].finish(wholes[1])]
            assert [(f.dictation, f.audio_s) for f in finals] == [(1, 2), (2, 1)]
            assert [whole.asked for whole in wholes] == [1, 1]
            assert engine.supervisor.run == 2

    run(main)


def test_what_cannot_be_read_again_comes_through(tmp_path: Path) -> None:
    async def main() -> None:
        async def gone() -> bytes:
            raise FileNotFoundError("the recording")

        async with running(tmp_path, "!crash", LINE) as engine:
            utterance = engine.begin(1, NONE, None)
            utterance.feed(SOUND)
            with pytest.raises(FileNotFoundError):
                await utterance.finish(gone)

    run(main)


@pytest.mark.fault("D8")
def test_dead_while_idle_it_is_back_unasked(tmp_path: Path) -> None:
    async def main() -> None:
        async with running(tmp_path, LINE) as engine:
            pid = await ready(engine)
            os.kill(pid, signal.SIGKILL)
            await until(lambda: engine.state == "restarting")
            assert "killed by signal 9" in engine.message
            assert await ready(engine) != pid
            assert engine.message == ""

    run(main)


def test_slow_but_at_work_is_not_hung(tmp_path: Path) -> None:
    """What counts is progress, not the time that the whole takes."""

    async def main() -> None:
        async with running(tmp_path, LINE, deadline_s=1.0) as engine:
            pid = await ready(engine)
            utterance, whole = engine.begin(1, NONE, None), Whole(SOUND)
            for _ in range(4):
                utterance.feed(loud(0.5))
                os.kill(pid, signal.SIGSTOP)
                await asyncio.sleep(0.4)
                os.kill(pid, signal.SIGCONT)
                await asyncio.sleep(0.05)
            assert (await utterance.finish(whole)).text == LINE
            assert (whole.asked, engine.supervisor.run) == (0, 1)

    run(main)


def test_silence_of_the_user_is_not_a_hang(tmp_path: Path) -> None:
    async def main() -> None:
        async with running(tmp_path, LINE, deadline_s=DEADLINE_S) as engine:
            await ready(engine)
            utterance, whole = engine.begin(1, NONE, None), Whole(SOUND)
            utterance.feed(loud(1.1))
            await asyncio.sleep(2 * DEADLINE_S)
            assert (await utterance.finish(whole)).text == LINE
            assert (whole.asked, engine.supervisor.run) == (0, 1)

    run(main)


@pytest.mark.fault("D4")
def test_hotwords_that_it_does_not_take_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A hung engine is noticed here as well, and the next dictation finds another."""
    monkeypatch.setattr(control, "HUNG_S", 1.0)

    async def main() -> None:
        async with running(tmp_path, LINE, deadline_s=DEADLINE_S) as engine:
            pid = await ready(engine)
            os.kill(pid, signal.SIGSTOP)
            with pytest.raises(EngineLost, match="hotwords"):
                await engine.prepare(NONE)
            assert await ready(engine) != pid
            assert await engine.prepare(NONE) == []
            assert await speak(engine) == LINE

    run(main)


@pytest.mark.parametrize(
    "fault", ["crash", "hang", "raise no memory", "unreadable", "garbage", "huge"]
)
@pytest.mark.fault("D11", "D8")
def test_a_text_is_not_lost_where_the_engine_fails_at_the_louder_sound(
    tmp_path: Path, fault: str
) -> None:
    """It heard the quiet sound well, and fails each time at the same sound made louder."""
    recording, _ = soundfile.read(samples()[0], dtype="float32")
    quiet = pcm_from_samples(recording * np.float32(QUIET / 2 / np.abs(recording).max()))

    async def main() -> None:
        lines = ["!quiet heard well", *[f"!{fault}"] * 3, LINE]
        async with running(tmp_path, *lines, deadline_s=5 * DEADLINE_S) as engine:
            await ready(engine)
            utterance = engine.begin(1, NONE, None)
            utterance.feed(quiet)
            assert (await utterance.finish(Whole(quiet))).text == "heard well"

    run(main)
