"""A child: heard, ended whatever it does, and nothing of it stays behind."""

import asyncio
import logging
import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from dictate.platform.child_process import ChildProcess, python_module
from tests.lab.daemon import wait_for
from tests.lab.processes import children

log = logging.getLogger(__name__)


def gone(pid: int) -> bool:
    """Whether a process has ended; nobody may have waited for it yet."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def run(code: str, work: Callable[[ChildProcess], Awaitable[None]]) -> None:
    async def main() -> None:
        child = ChildProcess("a child", [sys.executable, "-c", code], log, answers=True)
        await child.start()
        try:
            await work(child)
        finally:
            await child.kill(5)

    asyncio.run(main())
    assert not children()


def test_its_end_is_told_with_its_last_words() -> None:
    async def work(child: ChildProcess) -> None:
        assert await child.ended() == "exit status 3: no such device"

    run("import sys; print('no such device', file=sys.stderr); sys.exit(3)", work)


def test_a_signal_is_told() -> None:
    async def work(child: ChildProcess) -> None:
        assert await child.ended() == "killed by signal 9"

    run("import os; os.kill(os.getpid(), 9)", work)


def test_one_that_hangs_and_ignores_signals_is_killed_with_what_it_started() -> None:
    async def work(child: ChildProcess) -> None:
        grandchild = int(await child.stdout.readline())
        os.kill(grandchild, 0)
        await child.kill(5)
        await child.kill(5)
        await asyncio.to_thread(wait_for, lambda: gone(grandchild), "what it started ends")

    code = (
        "import signal, subprocess, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
        "print(subprocess.Popen(['sleep', '600']).pid, flush=True); time.sleep(600)"
    )
    run(code, work)


@pytest.mark.parametrize("noise", ["'x' * 200_000", "'\\xff\\n' * 5000"])
def test_what_it_complains_of_never_blocks_it(noise: str) -> None:
    async def work(child: ChildProcess) -> None:
        assert await child.stdout.readline() == b"done\n"

    run(f"import sys; sys.stderr.write({noise}); sys.stderr.flush(); print('done')", work)


def test_a_module_of_the_folder_we_stand_in_is_not_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "queue.py").write_text("raise SystemExit('not ours')")
    monkeypatch.chdir(tmp_path)

    async def main() -> None:
        child = ChildProcess("a child", python_module("queue"), log, answers=False)
        await child.start()
        assert await child.ended() == "exit status 0"
        await child.kill()

    asyncio.run(main())
