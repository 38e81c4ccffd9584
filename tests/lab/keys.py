"""A key source under test: it runs on a loop, and its events are recorded."""

import asyncio
from types import TracebackType

from dictate.hotkeys import KeyDown, KeySource, KeyUp


class Listening:
    """`async with Listening(source) as keys:` it hears; `keys.heard` is what."""

    def __init__(self, source: KeySource, ready_s: float = 5) -> None:
        self.source = source
        self._ready_s = ready_s
        self.heard: list[KeyDown | KeyUp] = []
        self.news = asyncio.Event()
        self.task: asyncio.Task[None]

    async def __aenter__(self) -> "Listening":
        ready = asyncio.Event()
        self.task = asyncio.create_task(self.source.run(self._take, ready.set))
        waiting = asyncio.create_task(ready.wait())
        await asyncio.wait(
            (self.task, waiting), timeout=self._ready_s, return_when=asyncio.FIRST_COMPLETED
        )
        waiting.cancel()
        if not ready.is_set():
            self.task.cancel()
            await self.task
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.task.cancel()
        await asyncio.wait((self.task,), timeout=5)
        assert self.task.done()

    def _take(self, event: KeyDown | KeyUp) -> None:
        self.heard.append(event)
        self.news.set()

    @property
    def kinds(self) -> list[str]:
        return [type(event).__name__ for event in self.heard]

    async def wait_for(self, *kinds: str, seconds: float = 5) -> list[KeyDown | KeyUp]:
        """Wait until exactly these have been heard, in this order, since the last call."""
        async with asyncio.timeout(seconds):
            while len(self.heard) < len(kinds):
                self.news.clear()
                await self.news.wait()
        assert self.kinds == list(kinds)
        heard, self.heard = self.heard, []
        return heard

    async def until(self, kind: str) -> None:
        """Wait until the last that was heard is of this kind, with or without auto-repeat."""
        async with asyncio.timeout(20):
            while self.kinds[-1:] != [kind]:
                self.news.clear()
                await self.news.wait()
