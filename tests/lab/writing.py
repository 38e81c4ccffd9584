"""Writes texts as the daemon does, one after the other, without its journal."""

import time
from collections.abc import Sequence
from typing import Any

from dictate.app.observer import Timing
from dictate.app.output_writer import Asked, OutputWriter
from dictate.outputs import Output


class _NoJournal:
    async def keep(self, *_: Any) -> None: ...

    def submit(self, *_: Any) -> None: ...

    async def call(self, *_: Any) -> None: ...

    def writing(self, _number: int) -> None: ...


class Writing:
    """Writes into the window that has the focus."""

    def __init__(self, output: Output) -> None:
        nothing: Any = _NoJournal()
        self._writer = OutputWriter(nothing, nothing)
        self.output = output

    async def __call__(self, text: str, *, pressed_at: float | None = None) -> None:
        """The user has begun it at this moment, or now."""
        at = time.monotonic() if pressed_at is None else pressed_at
        focus = await self.output.focus()
        await self._writer.write(1, text, self.output, focus, Asked(at, (at,)), Timing())

    async def undo(self, asked_at: Sequence[float] = ()) -> None:
        """Take the last one back."""
        await self._writer.undo([self.output], asked_at)

    async def select(self) -> None:
        """Select the last one."""
        await self._writer.select([self.output], ())
