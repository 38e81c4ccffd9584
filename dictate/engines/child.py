"""The engine process as seen from outside: started, listened to, killed."""

import asyncio
import contextlib
import json
import logging
import sys
from collections.abc import Collection
from dataclasses import asdict
from pathlib import Path

from dictate.config import EngineSettings

log = logging.getLogger(__name__)


class Child:
    """One run of the engine process. It is started once; the next run is another Child."""

    def __init__(self, settings: EngineSettings, path: Path, without: Collection[str] = ()) -> None:
        """`without` names the engines that "auto" shall not choose."""
        self.path = path
        self._without = without
        self.last_words = ""
        """The last line it wrote to standard error."""
        self._settings = settings
        self._process: asyncio.subprocess.Process | None = None
        self._listening: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int | None:
        """Its process, once started."""
        return None if self._process is None else self._process.pid

    async def start(self) -> None:
        """Start the process. Raises OSError."""
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "dictate.engines.worker", "--engine", self._settings.use),
            *("--socket", str(self.path), "--settings", json.dumps(asdict(self._settings))),
            *(word for name in self._without for word in ("--without", name)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.DEVNULL,
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
