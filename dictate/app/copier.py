"""Copies a text into the clipboard, beside whatever output writes the dictations."""

import asyncio
from collections.abc import Callable

from dictate.config.schema import OutputSettings
from dictate.outputs import CLIPBOARD, OUTPUTS, Output


class Copier:
    """Opens the clipboard at the first copy. All methods belong on the loop."""

    def __init__(self, settings: Callable[[], OutputSettings]) -> None:
        self._settings = settings
        self._output: Output | None = None

    async def copy(self, text: str) -> None:
        """Put the text there. Raises DictateError."""
        if self._output is None:
            output = await asyncio.to_thread(OUTPUTS.choose, CLIPBOARD, self._settings())
            await output.open()
            self._output = output
        await self._output.write(text, None)

    async def close(self) -> None:
        """What was copied stays there as long as the desktop keeps it. Idempotent."""
        if self._output is not None:
            await self._output.close()
