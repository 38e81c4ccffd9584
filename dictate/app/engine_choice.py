"""Shows on the bus why "auto" chose the engine in use, and what would be better on this machine."""

import asyncio
import logging
from collections.abc import Callable

from dictate.app.engine_manager import EngineManager
from dictate.dbus.service import Service
from dictate.engines import advice
from dictate.platform.background import BackgroundTasks
from dictate.translation import _

log = logging.getLogger(__name__)


class EngineChoice:
    """All methods belong on the loop."""

    def __init__(
        self, service: Service, engines: EngineManager, download: Callable[[], str]
    ) -> None:
        """`download` is what a download is doing, in a few words; empty if there is none."""
        self._service = service
        self._engines = engines
        self._download = download
        self._background = BackgroundTasks(log)
        self._stale = self._running = False

    def update(self) -> None:
        """What it depends on may have changed: engines, downloads, what is installed."""
        self._stale = True
        if not self._running:
            self._running = True
            self._background.start(self._update(), "choice of the engine")  # untranslated

    async def close(self) -> None:
        """Stop looking."""
        await self._background.cancel()

    async def _update(self) -> None:
        try:
            while self._stale:
                self._stale = False
                main = self._engines.main
                settings, serving, device = main.settings, main.info.name, main.info.device
                # Off the loop: it looks at files and packages.
                choice = await asyncio.to_thread(advice.explain, settings, serving, device)
                if choice and (download := self._download()):
                    choice = _("auto: {serving} for now; {download}").format(
                        serving=serving, download=download
                    )
                self._service.update(engine_choice=choice)
        finally:
            self._running = False
