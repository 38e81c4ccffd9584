"""The real daemon in a process of its own, controlled as a user would control it."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from dictate.client.connection import Connection
from dictate.client.daemon_client import DaemonClient
from tests.lab import forked

REPOSITORY = Path(__file__).parents[2]
PACKAGES = REPOSITORY / "tests" / "lab" / "packages"
"""The folder of the installed package that brings the engine `fake`."""
PYTHONPATH = os.pathsep.join([str(REPOSITORY), str(PACKAGES)])
T = TypeVar("T")
DICTATECTL = "dictate.ctl.main:main"
READY = ": started: "
"""In the log once the daemon is on the bus."""


def wait_for(what: Callable[[], object], why: str, timeout_s: float = 20.0) -> None:
    """Poll until `what()` is true; AssertionError with `why` otherwise."""
    asked = time.monotonic()
    deadline = asked + timeout_s
    while not what():
        assert time.monotonic() < deadline, f"not within {timeout_s:g} s: {why}"
        # A slow question (dictatectl is a process) is asked less often.
        time.sleep(max(0.02, time.monotonic() - asked))
        asked = time.monotonic()


def with_constants(values: Mapping[str, float]) -> Sequence[str]:
    """A `program` of a daemon in which these constants of ours ("dictate.MODULE.NAME") have other
    values: users wait longer than tests need to."""
    changes = [
        f"import {name.rpartition('.')[0]}; {name} = {value}" for name, value in values.items()
    ]
    return ("-c", "; ".join([*changes, "from dictate import cli; cli.main()"]))


class RealDaemon:
    """`dictate run` with folders of its own below `home`. A context manager: inside it is ready.

    `env` leads to the desktop (bus, display, sound). A second one in the same `home` is the same
    user's next start.
    """

    program: Sequence[str] = ("dictate.cli:main",)
    """What is to run: a function, which is forked (see forked.py), or the words for a new Python.
    What follows comes before the words of `dictate`."""

    def __init__(
        self,
        home: Path,
        env: Mapping[str, str],
        *words: str,
        config: str = "",
        hotwords: str = "",
    ) -> None:
        self.home = home
        self.words = words
        folders = {
            f"XDG_{name}_HOME": str(home / name.lower())
            for name in ("CONFIG", "STATE", "CACHE", "DATA")
        }
        path = os.pathsep.join([PYTHONPATH, os.environ.get("PYTHONPATH", "")])
        self.env = {
            **{k: os.environ[k] for k in ("PATH", "LANG", "LC_ALL") if k in os.environ},
            "HOME": str(home),
            "XDG_RUNTIME_DIR": str(home / "run"),
            "PYTHONPATH": path,
            "PYTHONFAULTHANDLER": "1",
            **folders,
            **env,
        }
        Path(self.env["XDG_RUNTIME_DIR"]).mkdir(mode=0o700, exist_ok=True, parents=True)
        settings = home / "config" / "dictate"
        settings.mkdir(parents=True, exist_ok=True)
        self.config = settings / "config.toml"
        self.hotwords = settings / "hotwords.toml"
        if not self.config.exists():
            self.config.write_text(config)
        if not self.hotwords.exists():
            self.hotwords.write_text(hotwords)
        self.log = home / "daemon.log"
        self.out = home / "daemon.out"
        self._process: subprocess.Popen[bytes] | forked.Forked | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def start(self) -> None:
        """Start it and wait until it is on the bus."""
        before = self.logged().count(READY)
        self.spawn()
        wait_for(lambda: self._lives() and self.logged().count(READY) > before, "it is ready", 90)
        self.status()

    def spawn(self, stdin: int = subprocess.DEVNULL) -> None:
        """Start it without waiting."""
        words = (*self.program[1:], "run", "-v", *self.words)
        with (
            self.log.open("ab") as log,
            self.out.open("ab") as out,
            Path(os.devnull).open("rb") as nothing,
        ):
            streams = [stdin if stdin >= 0 else nothing.fileno(), out.fileno(), log.fileno()]
            if self.program[0].startswith("-"):
                self._process = subprocess.Popen(
                    [sys.executable, self.program[0], *words],
                    env=self.env,
                    stdin=streams[0],
                    stdout=out,
                    stderr=log,
                    start_new_session=True,
                )
            else:
                self._process = forked.Forked(self.program[0], words, self.env, streams)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self._process.send_signal(signal.SIGABRT)
                self._process.wait()
                raise AssertionError(
                    f"the daemon did not stop; its stacks:\n{self.logged()}"
                ) from error
        if error is not None:
            print(self.logged())

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def kill(self, how: signal.Signals = signal.SIGKILL) -> None:
        """It cannot clean up. After SIGABRT the stacks of its threads are in its log."""
        assert self._process is not None
        self._process.send_signal(how)
        self._process.wait()

    def wait(self, timeout_s: float = 30) -> int:
        """Until it ends by itself; its exit status."""
        assert self._process is not None
        return self._process.wait(timeout_s)

    def child(self, module: str) -> int:
        """The pid of its child that runs this module."""
        for name in Path("/proc").glob("[0-9]*"):
            try:
                words = (name / "cmdline").read_bytes().split(b"\0")
                parent = int((name / "stat").read_text().rpartition(")")[2].split()[1])
            except (FileNotFoundError, ProcessLookupError):
                continue
            if parent == self.pid and module.encode() in words:
                return int(name.name)
        raise LookupError(f"the daemon has no child that runs {module}")

    @property
    def ended(self) -> int | None:
        """Its exit status, once it has one."""
        assert self._process is not None
        return self._process.poll()

    def children(self) -> set[int]:
        """The pids of all its children."""
        tasks = Path(f"/proc/{self.pid}/task").glob("*/children")
        return {int(child) for task in tasks for child in task.read_text().split()}

    def logged(self) -> str:
        """What it wrote to stderr so far."""
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def written(self) -> str:
        """What it wrote to stdout so far."""
        return self.out.read_text() if self.out.exists() else ""

    def ctl(
        self, *words: str, check: bool = True, timeout_s: float = 30
    ) -> subprocess.CompletedProcess[str]:
        """`dictatectl` with these words."""
        done = forked.run(DICTATECTL, *words, env=self.env, timeout_s=timeout_s)
        assert not check or done.returncode == 0, f"dictatectl {words}: {done.stderr}{done.stdout}"
        return done

    def status(self) -> dict[str, Any]:
        """What `dictatectl status --json` prints. Tests ask again and again: without a process."""
        return self._ask(DaemonClient.status)

    def history(self, limit: int = 10) -> Sequence[dict[str, Any]]:
        """What `dictatectl history --json` prints, newest first; for a few dictations."""
        found: Sequence[dict[str, Any]] = self._ask(lambda it: it.ask("History", "u", limit))
        return found

    def wait_spoken(self, seconds: float) -> None:
        """Until the newest dictation has so much sound."""
        wait_for(
            lambda: any(entry["audio_s"] >= seconds for entry in self.history(1)),
            f"{seconds:g} s are spoken",
        )

    def wait_state(self, state: str, timeout_s: float = 20) -> None:
        """Until the daemon says that it is in this state."""
        wait_for(lambda: self.status()["state"] == state, f"state {state}", timeout_s)

    def _lives(self) -> bool:
        assert self.ended is None, f"the daemon ended:\n{self.logged()}"
        return True

    def _ask(self, question: Callable[[DaemonClient], T]) -> T:
        """Its answer; this thread may be one with an event loop."""

        def ask() -> T:
            with closing(Connection(self.env["DBUS_SESSION_BUS_ADDRESS"])) as connection:
                return question(DaemonClient(connection))

        with ThreadPoolExecutor(1) as thread:
            return thread.submit(ask).result()
