"""An engine process that speaks from a script, and sound for it to hear."""

import asyncio
import contextlib
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
from wyoming.client import AsyncClient

from dictate.config.schema import EngineSettings
from dictate.engines.client import EngineClient
from dictate.events import RATE
from tests.lab.scripted import engine_for, script

PATIENCE_S = 20.0


def loud(seconds: float, *, rate: int = RATE, channels: int = 1) -> bytes:
    """16-bit sound without any silence."""
    return np.full(round(seconds * rate) * channels, 8000, "<i2").tobytes()


async def until(condition: Callable[[], object]) -> None:
    """Wait until this is true, for ever: call it inside a timeout."""
    while not condition():  # noqa: ASYNC110 - what happens in a process sets no event
        await asyncio.sleep(0.005)


class Worker:
    """An engine process whose standard input we hold."""

    def __init__(
        self,
        folder: Path,
        *lines: str,
        engine: str = "",
        module: str = "dictate.engines.worker",
    ) -> None:
        self.socket = folder / "e"
        says = script(folder / "script", *lines)
        self.process = subprocess.Popen(
            [
                *(sys.executable, "-m", module),
                *("--engine", engine or engine_for(says), "--socket", str(self.socket)),
            ],
            stdin=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )

    def __enter__(self) -> "Worker":
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.communicate()

    async def connect(self) -> AsyncClient:
        """A client as other programs have it, once the process listens."""
        await self.served()
        client = AsyncClient.from_uri(f"unix://{self.socket}", read_timeout=PATIENCE_S)
        await client.connect()
        return client

    async def served(self) -> None:
        """Wait until the process listens."""
        async with asyncio.timeout(PATIENCE_S):
            await until(self._answers)

    def _answers(self) -> bool:
        with socket.socket(socket.AF_UNIX) as probe, contextlib.suppress(OSError):
            probe.connect(str(self.socket))
            return True
        return False


@asynccontextmanager
async def running(
    folder: Path, *lines: str, deadline_s: float = 5.0, use: str = ""
) -> AsyncIterator[EngineClient]:
    """A started engine that says these lines; all of it must be over in time."""
    says = script(folder / "script", *lines)
    engine = EngineClient(
        EngineSettings(use=use or engine_for(says), deadline_s=deadline_s), folder / "e"
    )
    async with asyncio.timeout(2 * PATIENCE_S):
        await engine.start()
        try:
            yield engine
        finally:
            await engine.stop()


async def ready(engine: EngineClient) -> int:
    """Wait until it is ready; its process."""
    await until(lambda: engine.state == "ready")
    assert engine.supervisor.pid is not None
    return engine.supervisor.pid


def attempts(engine: EngineClient) -> set[Callable[[], None]]:
    """The utterances that its process is working on: each waits for its status."""
    return engine.supervisor.status_listeners


class Whole:
    """All that was said, and the number of calls for it."""

    def __init__(self, pcm: bytes) -> None:
        self.pcm = pcm
        self.asked = 0

    async def __call__(self) -> bytes:
        self.asked += 1
        return self.pcm
