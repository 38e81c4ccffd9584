"""A process with a model as seen from outside: started, listened to, killed."""

import asyncio
import contextlib
import json
import logging
import sys
from collections.abc import Collection, Sequence
from dataclasses import asdict
from pathlib import Path

from dictate.config.schema import EngineSettings

log = logging.getLogger(__name__)


class SupervisedProcess:
    """One run of a process. It is started once; the next run is another Process."""

    def __init__(self, module: str, words: Sequence[str], *, answers: bool) -> None:
        """`words` are its command line; one that `answers` does so on its standard output."""
        self.last_words = ""
        """The last line it wrote to standard error."""
        self._command = ("-m", module, *words)
        self._answers = answers
        self._process: asyncio.subprocess.Process | None = None
        self._listening: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int | None:
        """Its process, once started."""
        return None if self._process is None else self._process.pid

    @property
    def pipes(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """What it answers, and what it reads; once started, of one that `answers`."""
        assert self._process is not None
        assert self._process.stdout is not None
        assert self._process.stdin is not None
        return self._process.stdout, self._process.stdin

    async def start(self) -> None:
        """Start the process. Raises OSError."""
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            *self._command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE if self._answers else asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
        )
        self._listening = asyncio.create_task(self._listen())

    async def _listen(self) -> None:
        assert self._process is not None
        assert self._process.stderr is not None
        while True:
            try:
                line = await self._process.stderr.readline()
            except ValueError:  # a line without an end
                continue
            if not line:
                return
            if text := line.decode(errors="replace").strip():
                self.last_words = text[:500]
                log.debug("engine: %s", self.last_words)

    async def ended(self) -> str:
        """Wait until it is dead; why, for people."""
        assert self._process is not None
        assert self._listening is not None
        code = await self._process.wait()
        await asyncio.wait({self._listening}, timeout=1)
        how = f"killed by signal {-code}" if code < 0 else f"exit status {code}"
        return f"{how}: {self.last_words}" if self.last_words else how

    async def kill(self) -> None:
        """End it, whatever state it is in. Idempotent."""
        if self._process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        await self._process.wait()
        if self._listening is not None:
            self._listening.cancel()
        if self._process.stdin is not None:
            self._process.stdin.close()


class EngineProcess(SupervisedProcess):
    """One run of the engine process."""

    def __init__(self, settings: EngineSettings, path: Path, without: Collection[str] = ()) -> None:
        """`without` names the engines that "auto" shall not choose."""
        self.path = path
        """Its socket."""
        words = ("--engine", settings.use, "--socket", str(path))
        more = ("--settings", json.dumps(asdict(settings)))
        not_these = (word for name in without for word in ("--without", name))
        super().__init__("dictate.engines.worker", (*words, *more, *not_these), answers=False)
