"""Engine processes that a test starts, talks to, and breaks."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from subprocess import PIPE, Popen

import numpy as np

from dictate.config import EngineSettings
from dictate.engines.link import EngineLink
from dictate.events import RATE, pcm_from_samples

NOISE = np.random.default_rng(2).normal(0, 0.2, 10 * RATE).clip(-0.9, 0.9).astype(np.float32)


def loud(seconds: float) -> bytes:
    """PCM that the scripted engine takes for speech."""
    return pcm_from_samples(NOISE[: round(seconds * RATE)])


def script(folder: Path, *lines: str) -> str:
    """A script for the scripted engine; what goes into `use`."""
    path = folder / "script"
    path.write_text("\n".join(lines) + "\n")
    return f"scripted:{path}"


@contextmanager
def worker(use: str, socket: Path, **settings: object) -> Iterator["Popen[bytes]"]:
    """The engine process alone."""
    command = [sys.executable, "-m", "dictate.engines.worker", "--engine", use]
    command += ["--socket", str(socket), "--settings", json.dumps(settings)]
    process = Popen(command, stdin=PIPE, stderr=PIPE)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


@asynccontextmanager
async def link(folder: Path, use: str, deadline_s: float = 10.0) -> AsyncIterator[EngineLink]:
    """The engine as the daemon has it, started."""
    made = EngineLink(EngineSettings(use=use, deadline_s=deadline_s), folder / "engine.sock")
    await made.start()
    try:
        yield made
    finally:
        await made.stop()


async def until(true: Callable[[], bool], seconds: float = 20.0) -> None:
    """Wait until something is so."""
    async with asyncio.timeout(seconds):
        while not true():  # noqa: ASYNC110, any condition of the test's own
            await asyncio.sleep(0.01)


def spool(pcm: bytes) -> Callable[[], Awaitable[bytes]]:
    """What `finish` asks for the whole sound."""

    async def whole() -> bytes:
        return pcm

    return whole


def signal(made: EngineLink, number: int) -> None:
    """Send the engine process a signal."""
    assert made.pid is not None
    os.kill(made.pid, number)
