"""A child process for asyncio code: started, its standard error logged, killed."""

import asyncio
import logging
import os
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

from dictate.translation import _

LINE_LIMIT: Final = 500
"""Maximum number of characters of a line of standard error that are kept."""


def python_module(module: str, *words: str) -> tuple[str, ...]:
    """The command line that runs one of our modules in this Python."""
    # -P: the current folder must not be able to replace our code with its own.
    return (sys.executable, "-P", "-m", module, *words)


class ChildProcess:
    """One run of a child process. The next run is a new ChildProcess.

    It leads its own session, so that `kill` also ends the processes it started. Its standard error
    goes to `log` at DEBUG.
    """

    def __init__(
        self, name: str, command: Sequence[str], log: logging.Logger, *, answers: bool
    ) -> None:
        """`name` is for log lines; `answers` means that its standard output is read."""
        self.last_words = ""
        """The last line it wrote to standard error."""
        self._name = name
        self._command = tuple(command)
        self._log = log
        self._answers = answers
        self._process: asyncio.subprocess.Process | None = None
        self._listening: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int | None:
        """Its process number, once started."""
        return None if self._process is None else self._process.pid

    @property
    def running(self) -> bool:
        """Whether it was started and has not ended."""
        return self._process is not None and self._process.returncode is None

    @property
    def exit_status(self) -> int | None:
        """Its exit status, once ended; minus the signal that killed it."""
        return None if self._process is None else self._process.returncode

    @property
    def stdin(self) -> asyncio.StreamWriter:
        """Its standard input, once started."""
        assert self._process is not None
        assert self._process.stdin is not None
        return self._process.stdin

    @property
    def stdout(self) -> asyncio.StreamReader:
        """Its standard output, once started, if it `answers`."""
        assert self._process is not None
        assert self._process.stdout is not None
        return self._process.stdout

    async def start(self) -> None:
        """Start it. Raises OSError."""
        self._process = await asyncio.create_subprocess_exec(
            *self._command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE if self._answers else asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,
        )
        self._listening = asyncio.create_task(self._listen(), name=self._name)

    async def ended(self) -> str:
        """Wait until it has ended; returns in words how: exit status or signal, and last words."""
        assert self._process is not None
        assert self._listening is not None
        code = await self._process.wait()
        await asyncio.wait({self._listening}, timeout=1)
        how = _("exit status {code}").format(code=code)
        if code < 0:
            how = _("killed by signal {number}").format(number=-code)
        return f"{how}: {self.last_words}" if self.last_words else how

    async def kill(self, timeout_s: float | None = None) -> None:
        """End it, whatever state it is in. Idempotent.

        A killed process ends within milliseconds, unless the kernel waits for a device. `timeout_s`
        is how long to wait for it; None waits for ever.
        """
        process = self._process
        if process is None:
            return
        if process.returncode is None:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
        try:
            async with asyncio.timeout(timeout_s):
                if process.stdout is not None:
                    # Only a pipe that is read to its end is closed.
                    await process.stdout.read()
                await process.wait()
        except TimeoutError:
            self._log.warning("%s (process %d) does not end", self._name, process.pid)
        if self._listening is not None:
            self._listening.cancel()
        self.stdin.close()

    async def _listen(self) -> None:
        assert self._process is not None
        assert self._process.stderr is not None
        while True:
            try:
                line = await self._process.stderr.readline()
            except ValueError:  # a line longer than the buffer
                continue
            if not line:
                return
            if text := line.decode(errors="replace").strip():
                self.last_words = text[:LINE_LIMIT]
                self._log.debug("%s: %s", self._name, self.last_words)
