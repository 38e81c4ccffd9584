"""The outputs of the daemon, open: the main one, and that of the second way.

Where none works, one that holds every text and says why stands in its place, and a better one is
looked for when a desktop has come.
"""

import asyncio

from dictate.config import Settings
from dictate.errors import Unavailable
from dictate.outputs import OUTPUTS, Output
from dictate.outputs.nowhere import NowhereOutput


class Outlets:
    """`main` and `second` are other ones after each `open`."""

    main: Output
    second: Output
    """The main one itself, where the settings name no other."""

    def __init__(self) -> None:
        self._opened: list[Output] = []

    async def open(self, settings: Settings) -> list[Output]:
        """Open what these settings want; the ones of before, which still are open, too."""
        before = self._opened
        use = settings.second.output
        self.main = self.second = await _open(settings, settings.output.use)
        if use:
            self.second = await _open(settings, use)
        self._opened = list({self.main, self.second})
        return before

    async def close(self) -> None:
        """Close them."""
        for output in self._opened:
            await output.close()

    def better(self, settings: Settings) -> bool:
        """Whether another try may find better ones, now that there is a desktop."""
        best = OUTPUTS.auto[0]
        auto = settings.output.use == "auto" and self.main.name != best
        return auto or isinstance(self.second, NowhereOutput)


async def _open(settings: Settings, use: str) -> Output:
    try:
        output = await asyncio.to_thread(OUTPUTS.choose, use, settings.output)
        await output.open()
    except Unavailable as error:
        output = NowhereOutput(settings.output, str(error))
    return output
