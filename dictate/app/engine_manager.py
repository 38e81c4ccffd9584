"""The engines of the daemon: the main one and, where the user wants another beside it, a second.

Each has a link and a process of its own, and nothing here waits for the second: it may load for
minutes, hang or die, and the main one must not know. Where both are the same engine with the same
model, one process serves both, as each dictation says its language.
"""

import asyncio
import itertools
from collections.abc import Callable

from dictate.config.schema import EngineSettings, Settings, one_engine, same_engine, second_engine
from dictate.dbus.interface import Status
from dictate.engines.client import EngineClient
from dictate.engines.protocol import EngineState
from dictate.errors import DictateError
from dictate.hotwords.model import Hotwords
from dictate.platform import paths


class EngineManager:
    """Made on the loop; `main` and `second` may be other ones after each `change`."""

    main: EngineClient
    second: EngineClient
    """The main one itself, where that serves both."""

    def __init__(self, on_change: Callable[[], None], on_trouble: Callable[[str], None]) -> None:
        """`on_change` is called when `status` is another, `on_trouble` with a line for people."""
        self._on_change = on_change
        self._on_trouble = on_trouble
        self._count = itertools.count(1)
        self._preparing: asyncio.Task[list[str]] | None = None
        """Of the second."""
        self._told: dict[str, list[str]] = {}
        """What was told last of the words, the engine, or both; of each."""

    @property
    def apart(self) -> bool:
        """Whether the second is an engine of its own."""
        return self.second is not self.main

    async def start(self, settings: Settings) -> None:
        """Start the processes. Returns at once."""
        self.main = self.second = await self._start(settings.engine)
        await self.change(settings)

    async def stop(self) -> None:
        """Kill them."""
        self._forget_preparing()
        for link in {self.main, self.second}:
            await link.stop()

    async def change(self, settings: Settings, *, again: bool = False) -> list[EngineClient]:
        """Have what these settings want; with `again`, an engine that was given up is tried once
        more. Those that were replaced are returned, and still run."""
        before = self.main, self.second
        if not _serves(self.main, settings.engine, again=again):
            self.main = await self._start(settings.engine)
        self.main.apply(settings.engine)
        wanted = second_engine(settings)
        if one_engine(settings):
            self.second = self.main
        else:
            if self.second is before[0] or not _serves(self.second, wanted, again=again):
                self.second = await self._start(wanted)
            self.second.apply(wanted)
        self._on_change()
        return [link for link in set(before) if link not in (self.main, self.second)]

    async def _start(self, settings: EngineSettings) -> EngineClient:
        # A name of its own for each: the old engine may still be ending when the new one starts.
        socket = paths.runtime_dir() / f"engine-{next(self._count)}.sock"
        link = EngineClient(settings, socket, self._on_change)
        await link.start()
        return link

    async def prepare(self, hotwords: Hotwords) -> list[str]:
        """Give them the list ahead of the next dictation; what the main one cannot use, in words.
        What the second cannot use is told once it is known."""
        self._forget_preparing()
        if self.apart:
            preparing = self._prepare(self.second, hotwords, "the second engine: ")
            self._preparing = asyncio.create_task(preparing)
        return await self._prepare(self.main, hotwords, "")

    async def _prepare(self, link: EngineClient, hotwords: Hotwords, whose: str) -> list[str]:
        try:
            unusable = await link.prepare(hotwords)
        except DictateError as error:
            unusable = [str(error)]
        if unusable != self._told.get(whose, []):
            self._told[whose] = unusable
            for line in unusable:
                self._on_trouble(f"{whose}{line}")
        return unusable

    def _forget_preparing(self) -> None:
        if self._preparing is not None:
            self._preparing.cancel()

    @property
    def given_up(self) -> tuple[str, ...]:
        """What "auto" does without, as it failed here, in either of them."""
        return tuple(dict.fromkeys((*self.main.excluded, *self.second.excluded)))

    @property
    def status(self) -> Status:
        """What the daemon shows of its engines."""
        main = self.main.info
        shown = Status(
            engine=main.name,
            engine_state=self.main.serving_state,
            model=main.model,
            device=main.device,
            precision=main.precision,
            chunk_ms=main.chunk_ms,
            engine_memory_mb=main.device_memory_mb or main.memory_mb,
            engine_notes=_notes(self.main),
            engine_finish_ms=main.finish_ms,
            second_engine="",
            second_engine_state="",
            second_model="",
            second_engine_notes="",
        )
        if self.apart:
            shown["second_engine"] = self.second.info.name
            shown["second_engine_state"] = self.second.serving_state
            shown["second_model"] = self.second.info.model
            shown["second_engine_notes"] = _notes(self.second)
        return shown


def _serves(link: EngineClient, settings: EngineSettings, *, again: bool) -> bool:
    return same_engine(link.settings, settings) and not (again and link.excluded)


def _notes(link: EngineClient) -> str:
    why = link.message if link.serving_state in (EngineState.RESTARTING, EngineState.FAILED) else ""
    return "; ".join(filter(None, (why, *link.info.notes)))
