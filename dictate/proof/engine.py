"""The engine of a proof: that of the daemon or, where none runs, one that is started for it."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from dictate.config.schema import Settings
from dictate.engines.client import EngineClient
from dictate.platform import paths
from dictate.proof.daemon import Daemon
from dictate.proof.decoder import EngineDecoder
from dictate.translation import _


@asynccontextmanager
async def open_engine(
    daemon: Daemon | None, settings: Settings, waiting: Callable[[str], None]
) -> AsyncIterator[EngineDecoder]:
    """A decoder whose engine is loaded. `waiting` is called with what it waits for. Raises
    DictateError."""
    language = settings.engine.language
    if daemon is not None:

        async def wait() -> None:
            await daemon.until_idle(lambda: waiting(_("the end of the dictation")))

        decoder = EngineDecoder(daemon.engine_socket, language, settings.text, wait)
        waiting(_("the engine"))
        await decoder.open()
        yield decoder
        return
    folder = await asyncio.to_thread(paths.safe_dir, paths.runtime_dir())
    client = EngineClient(settings.engine, folder / f"proof-{os.getpid()}.sock")

    async def locate() -> Path:
        return client.socket

    decoder = EngineDecoder(locate, language, settings.text)
    await client.start()
    try:
        waiting(_("the engine, which is started for this: dictate is not running"))
        await decoder.open()
        yield decoder
    finally:
        await client.stop()
