"""The engine's process dies, hangs or takes long while it loads, or cannot be started at all."""

import asyncio
import os
import re
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from dictate.config.schema import EngineSettings
from dictate.engines import control, supervisor
from dictate.engines.client import EngineClient
from dictate.errors import EngineError
from tests.faults.test_engine_faults import DEADLINE_S, LINE, NONE, SOUND, run, speak
from tests.lab.engine import Whole, attempts, running, until
from tests.lab.scripted import script


@pytest.mark.fault("D8")
def test_dead_while_it_loads(tmp_path: Path) -> None:
    async def main() -> None:
        async with running(tmp_path, "!loading 0.5", LINE) as engine:
            utterance, whole = engine.begin(1, NONE, None), Whole(SOUND)
            utterance.feed(SOUND)
            await until(lambda: attempts(engine))
            assert engine.supervisor.pid is not None
            os.kill(engine.supervisor.pid, signal.SIGKILL)
            assert (await utterance.finish(whole)).text == LINE
            assert (whole.asked, engine.supervisor.run) == (1, 2)

    run(main)


@pytest.mark.fault("D6")
def test_slow_to_load_is_not_hung(tmp_path: Path) -> None:
    """Also when it was restarted in the middle of a dictation."""

    async def main() -> None:
        lines = [f"!loading {3 * DEADLINE_S}", "!crash", LINE]
        async with running(tmp_path, *lines, deadline_s=DEADLINE_S) as engine:
            whole = Whole(SOUND)
            utterance = engine.begin(1, NONE, None)
            utterance.feed(SOUND)
            assert (await utterance.finish(whole)).text == LINE
            assert (whole.asked, engine.supervisor.run) == (1, 2)

    run(main)


@pytest.mark.fault("D6")
def test_never_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(control, "LOADING_S", 0.3)
    monkeypatch.setattr(supervisor, "CRASHES", 2)

    async def main() -> None:
        async with running(tmp_path, "!loading 60", LINE) as engine:
            await until(lambda: engine.state == "failed")
            assert "not loaded after" in engine.message
            assert engine.supervisor.run == supervisor.CRASHES

    run(main)


def missing_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], object]:
    (folder / "script").unlink()
    return lambda: script(folder / "script", LINE)


def ends_at_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], object]:
    program = folder / "python"
    program.write_text("#!/bin/sh\necho 'the library is broken' >&2\nexit 3\n")
    program.chmod(0o755)
    real = sys.executable
    monkeypatch.setattr(sys, "executable", str(program))
    return lambda: monkeypatch.setattr(sys, "executable", real)


def no_program(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], object]:
    real = sys.executable
    monkeypatch.setattr(sys, "executable", str(folder / "nothing here"))
    return lambda: monkeypatch.setattr(sys, "executable", real)


@pytest.mark.parametrize(
    ("breaks", "says", "runs"),
    [
        (missing_file, "there is no file", 1),
        (ends_at_once, "exit status 3: the library is broken", supervisor.CRASHES),
        (no_program, "cannot be started.*nothing here", supervisor.CRASHES),
    ],
)
@pytest.mark.fault("D5")
def test_what_cannot_start_is_given_up_until_the_user_speaks(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    breaks: Callable[[Path, pytest.MonkeyPatch], Callable[[], object]],
    says: str,
    runs: int,
) -> None:
    async def main() -> None:
        says_file = script(tmp_path / "script", LINE)
        engine = EngineClient(EngineSettings(use=f"scripted:{says_file}"), tmp_path / "e")
        mend = breaks(tmp_path, monkeypatch)
        async with asyncio.timeout(30):
            try:
                await engine.start()
                await until(lambda: engine.state == "failed")
                assert re.search(says, engine.message)
                assert engine.supervisor.run == runs
                await asyncio.sleep(0.2)
                assert (engine.supervisor.run, engine.is_supervised) == (runs, True)
                whole = Whole(SOUND)
                utterance = engine.begin(1, NONE, None)
                utterance.feed(SOUND)
                with pytest.raises(EngineError, match=says):
                    await utterance.finish(whole)
                assert whole.asked == 1
                await until(lambda: engine.state == "failed")
                mend()
                assert await speak(engine, 2) == LINE
                assert engine.state == "ready"
            finally:
                await engine.stop()

    run(main)


@pytest.mark.parametrize("when", ["before it listens", "loading"])
@pytest.mark.fault("D4")
def test_stopped_while_it_loads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, when: str) -> None:
    """The dictation does not wait until a model would have had the time to load."""
    monkeypatch.setattr(control, "FROZEN_S", 1.0)

    async def main() -> None:
        says = script(tmp_path / "script", "!loading go-on", LINE)
        engine = EngineClient(EngineSettings(use=f"fake:{says}"), tmp_path / "e")
        async with asyncio.timeout(60):
            try:
                await engine.start()
                await until(lambda: engine.supervisor.pid is not None)
                if when == "loading":
                    await until(lambda: engine.supervisor._reachable)
                pid = engine.supervisor.pid
                assert pid is not None
                os.kill(pid, signal.SIGSTOP)
                (tmp_path / "go-on").touch()
                assert await speak(engine) == LINE
                assert engine.supervisor.run > 1
            finally:
                await engine.stop()

    run(main)


@pytest.mark.fault("D6")
def test_a_load_that_works_for_long_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(control, "FROZEN_S", 0.5)

    async def main() -> None:
        says = script(tmp_path / "script", "!loading busy 2", LINE)
        engine = EngineClient(EngineSettings(use=f"fake:{says}"), tmp_path / "e")
        async with asyncio.timeout(60):
            try:
                await engine.start()
                assert await speak(engine) == LINE
                assert engine.supervisor.run == 1
            finally:
                await engine.stop()

    run(main)
