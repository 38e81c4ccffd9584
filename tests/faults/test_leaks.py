"""A daemon that has dictated often holds no more than one that has dictated a few times."""

import resource
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.lab.daemon import RealDaemon, wait_for
from tests.lab.scripted import Home, home

WARM, MORE = 5, 25
"""Dictations before the first look, and after it."""
SPARE = 24
"""File descriptors that it may open besides those that it holds when idle."""
Record = Callable[[str, object], None]


def held(pid: int) -> tuple[int, int]:
    """File descriptors and threads of a process."""
    own = Path(f"/proc/{pid}")
    return len(list((own / "fd").iterdir())), len(list((own / "task").iterdir()))


def dictate(daemon: RealDaemon, texts: int) -> None:
    """Dictate until this number of texts is written."""
    while (written := daemon.written().count(Home.text)) < texts:
        daemon.ctl("start")
        wait_for(lambda: daemon.written().count(Home.text) > written, daemon.logged())
        daemon.wait_state("ready")


@pytest.mark.fault("F9")
def test_files_and_threads_do_not_grow_and_few_are_enough(
    tmp_path: Path, record_property: Record
) -> None:
    """The daemon's and its engine's; beyond this limit no file can be opened."""
    with home(tmp_path, seconds=0.1) as user, user.daemon() as daemon:
        wait_for(lambda: daemon.status()["engine_state"] == "ready", "the engine is loaded")
        dictate(daemon, WARM)
        processes = (daemon.pid, daemon.child("dictate.engines.worker"))
        before = [held(pid) for pid in processes]
        for pid, (files, _) in zip(processes, before, strict=True):
            resource.prlimit(pid, resource.RLIMIT_NOFILE, (files + SPARE, files + SPARE))
        dictate(daemon, WARM + MORE)
        after = [held(pid) for pid in processes]
        for (files, threads), (files_now, threads_now) in zip(before, after, strict=True):
            assert files_now <= files + 2, (before, after)
            assert threads_now <= threads + 2, (before, after)
        record_property("runs", MORE)
        assert daemon.written().count(Home.text) == WARM + MORE
        assert "Traceback" not in daemon.logged()
