"""What every test gets: its own home folders, and an event loop in which nothing may block."""

import asyncio
import gc
import logging
import os
import signal
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from blockbuster import BlockBuster, blockbuster_ctx

from dictate.engines.process import EngineProcess
from tests.lab import forked_engines
from tests.lab.daemon import PYTHONPATH

pytest_plugins = ["tests.report", "tests.retries", "tests.fault_matrix.plugin"]

# For the processes that are started: the engine process finds the engine `fake` there.
os.environ["PYTHONPATH"] = os.pathsep.join(
    filter(None, [PYTHONPATH, os.environ.get("PYTHONPATH", "")])
)

# Before anything imports torch: its threads spin while they wait, which starves other processes.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

# A shell starts its background jobs with SIGINT ignored, and they hand that on to every process
# they start: Ctrl-C, as the tests send it, would do nothing.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@contextmanager
def _no_garbage_collection() -> Iterator[None]:
    """CPython before 3.11.8 loses count while it parses source if a finalizer meanwhile makes a
    traceback, which parses source too (gh-106905). The run would end there, and not say why."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    with _no_garbage_collection():  # the report parses the source of the failed test
        return (yield)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_sessionfinish() -> Generator[None]:
    with _no_garbage_collection():  # plugins import modules, whose source pytest parses
        return (yield)


@pytest.fixture(scope="session")
def fork_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A program to use as `sys.executable`: it forks engine processes that have imported NeMo.
    Skips where NeMo is not installed."""
    from tests.lab import mini_model  # imports torch

    mini_model.unloaded()
    with forked_engines.fork_server(tmp_path_factory.mktemp("fork-server")) as python:
        yield python


@pytest.fixture
def forked_engine_processes(fork_server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Engine processes of this test are forked."""
    original = EngineProcess.kill

    async def kill(process: EngineProcess) -> None:
        await original(process)
        while forked_engines.serves(process.socket):  # noqa: ASYNC110 - it is another process
            await asyncio.sleep(0.01)

    monkeypatch.setattr(EngineProcess, "kill", kill)
    monkeypatch.setattr("sys.executable", fork_server)


@pytest.fixture(autouse=True)
def nothing_blocks_the_loop() -> Iterator[BlockBuster]:
    """A blocking call of ours inside an event loop fails the test."""
    with blockbuster_ctx("dictate") as detector:
        for function in detector.functions.values():
            # The thread of a desktop's connection is there for a library that blocks.
            function.can_block_in("dictate/outputs/thread.py", "_run")
        yield detector


@pytest.fixture(autouse=True)
def caplog_captures_all_levels(caplog: pytest.LogCaptureFixture) -> None:
    """NeMo's `transcribe` sets the level of every handler. `caplog` has one handler for the whole
    run, and would capture no warning in the tests that follow."""
    caplog.handler.setLevel(logging.NOTSET)


@pytest.fixture(autouse=True)
def homes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Private config, state, cache and runtime folders, and nothing of the tester's desktop."""
    for name in ("CONFIG", "STATE", "CACHE", "DATA"):
        folder = tmp_path / name.lower()
        folder.mkdir()
        monkeypatch.setenv(f"XDG_{name}_HOME", str(folder))
    runtime = tmp_path / "run"
    runtime.mkdir(mode=0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(runtime))
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "DBUS_SESSION_BUS_ADDRESS", "PULSE_SERVER"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path
