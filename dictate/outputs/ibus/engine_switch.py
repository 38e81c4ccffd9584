"""Switches the desktop's IBus engine to Dictate's for a moment, and back to the user's.

The name of the user's engine is on disk meanwhile. If this process is killed in that moment, its
next start brings the engine back.
"""

import asyncio
import contextlib
import logging
from pathlib import Path
from typing import Final

from dictate.errors import Unavailable, UnsafeFolder
from dictate.outputs.ibus.bus import IBusLost, IBusRefused
from dictate.outputs.ibus.desktop import IBusDesktop
from dictate.outputs.ibus.engine import NAME, IBusEngine
from dictate.platform import paths
from dictate.platform.own_files import read_own, write_own

_log = logging.getLogger(__name__)

_DEFAULT: Final = "xkb:us::eng"
"""The engine that IBus takes at the first key if it has none."""


class EngineSwitch:
    """The connections to IBus. The caller lets only one task at a time switch."""

    def __init__(self) -> None:
        self.desktop: IBusDesktop | None = None
        self.engine: IBusEngine | None = None
        """Dictate's, while it is on."""
        self._users: str | None = None
        """The name of the user's, meanwhile."""
        self._connecting = asyncio.Lock()

    async def connected(self) -> IBusDesktop:
        """The connection, a new one if need be. A new one first brings back the engine whose name
        is on disk. Raises Unavailable."""
        async with self._connecting:
            if self.desktop is None or self.desktop.lost:
                desktop = await IBusDesktop.connect()
                users = await asyncio.to_thread(_saved)
                try:
                    if users and await desktop.engine() in (None, NAME, _DEFAULT):
                        await desktop.use_engine(users)
                except (IBusLost, IBusRefused) as error:
                    _log.warning("IBus: your input method %s is not back: %s", users, error)
                if users and self.engine is None:
                    await asyncio.to_thread(_forget)
                self.desktop = desktop
            return self.desktop

    async def use_ours(self, desktop: IBusDesktop) -> IBusEngine:
        """Switch to Dictate's engine. `on` says whether IBus did it. Raises Unavailable, IBusLost,
        IBusRefused."""
        if self.engine is not None and self.engine.on and not self.engine.lost:
            return self.engine
        await self.restore()
        self._users = await desktop.engine()
        await asyncio.to_thread(_save, self._users)
        self.engine = await IBusEngine.connect()
        await self.engine.switch_on()
        return self.engine

    async def restore(self) -> None:
        """Switch back to the user's engine. Idempotent."""
        engine, self.engine = self.engine, None
        desktop = self.desktop
        if engine is None or desktop is None:
            return
        try:
            now = await desktop.engine()
            if now not in (NAME, None):
                self._users = now  # the user has switched
            await engine.close()
            await desktop.until_gone(engine.name)
            if self._users is not None:
                await desktop.use_engine(self._users)
        except (IBusLost, IBusRefused) as error:
            _log.warning("IBus: your input method %s is not back yet: %s", self._users, error)
            await engine.close()
            await desktop.close()
            with contextlib.suppress(Unavailable):
                await self.connected()
        else:
            await asyncio.to_thread(_forget)

    async def close(self) -> None:
        """Disconnect, without switching. Idempotent."""
        for connection in (self.engine, self.desktop):
            if connection is not None:
                await connection.close()
        self.engine = self.desktop = None


def _note() -> Path:
    return paths.state_dir() / "ibus-engine"


def _save(name: str | None) -> None:
    if name is not None:
        try:
            paths.safe_dir(paths.state_dir())
            write_own(_note(), name)
        except (OSError, UnsafeFolder) as error:
            _log.warning("IBus: the name of your input method cannot be saved: %s", error)


def _saved() -> str:
    try:
        return read_own(_note()).decode()
    except (OSError, UnicodeDecodeError):
        return ""


def _forget() -> None:
    with contextlib.suppress(OSError):
        _note().unlink(missing_ok=True)
