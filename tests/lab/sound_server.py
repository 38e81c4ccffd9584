"""What the sound servers of tests have in common: programs find them by the environment, and
`pactl` controls them."""

import os
import subprocess
import time
from abc import ABC, abstractmethod
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest

STARTS_S = 20.0
"""Seconds that a server may take until it answers, on a busy machine."""


class SoundServer(ABC):
    """Context manager: the server runs inside it and is killed at its end, whatever its state."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    @abstractmethod
    def env(self) -> dict[str, str]:
        """The environment variables with which a program finds this server."""

    @abstractmethod
    def start(self) -> None:
        """Start the server, or start it again after `kill`."""

    @abstractmethod
    def end(self) -> None:
        """Kill all of it."""

    def enter(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Make every program that this test starts from now on use this server."""
        for name, value in self.env.items():
            monkeypatch.setenv(name, value)

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.end()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.end()

    def spawn(self, *command: str) -> subprocess.Popen[bytes]:
        """Start one of its programs."""
        with (self.folder / "sound.log").open("ab") as log:
            return subprocess.Popen(
                command,
                env={**os.environ, **self.env},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def answers(self, program: subprocess.Popen[bytes], *words: str) -> None:
        """Wait until `pactl` can do this. Raises RuntimeError if it cannot, or the program ends."""
        deadline = time.monotonic() + STARTS_S
        while self._try(*words) is None:
            if time.monotonic() > deadline or program.poll() is not None:
                told = (self.folder / "sound.log").read_text(errors="replace")
                raise RuntimeError(f"the sound server did not start:\n{told}")
            time.sleep(0.03)

    def pactl(self, *words: str) -> str:
        """The output of `pactl` with these arguments. Raises RuntimeError if it refuses."""
        answer = self._try(*words)
        if answer is None:
            raise RuntimeError(f"pactl {' '.join(words)} failed")
        return answer

    def set_default_source(self, name: str) -> None:
        self.pactl("set-default-source", name)

    def _try(self, *words: str) -> str | None:
        try:
            done = subprocess.run(
                ["pactl", *words],
                env={**os.environ, **self.env},
                capture_output=True,
                text=True,
                timeout=10,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return None
        return done.stdout if done.returncode == 0 else None
