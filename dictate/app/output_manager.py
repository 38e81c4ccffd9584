"""The outputs of the daemon, open: the main one, and that of the second way.

Where none works, one that holds every text and says why stands in its place.
"""

import asyncio
from collections.abc import Callable

from dictate.config.schema import Settings
from dictate.errors import Unavailable
from dictate.outputs import OUTPUTS, Destination, Output
from dictate.outputs.unavailable import UnavailableOutput


class OutputManager:
    """`main` and `second` may be other ones after each `choose`."""

    main: Output
    second: Output
    """The main one itself, where the settings name no other."""

    def __init__(self, report: Callable[[str], None]) -> None:
        """`report` takes the trouble of an output that comes between two texts."""
        self._report = report
        self.notes = ""
        """What "auto" passed over for the main one, and why."""
        self._opened: list[Output] = []
        self._choosing = asyncio.Lock()

    async def choose(self, settings: Settings) -> list[Output]:
        """Choose and open what these settings want; those that are not wanted any more, still open.

        What is still the best goes on: a desktop may let only one be there at a time.
        """
        async with self._choosing:
            before, use = self._opened, settings.second.output
            main, passed = await _choose(settings, settings.output.use)
            self.main = self.second = await self._open(main)
            if use:
                self.second = await self._open((await _choose(settings, use))[0])
            self.notes = _by_reason(passed)
            self._opened = list({self.main, self.second})
            return [output for output in before if output not in self._opened]

    def wanting(self, settings: Settings) -> bool:
        """Whether there is no window to write into, unless the user wants it so."""
        if settings.output.use == "auto" and self.main.destination is not Destination.WINDOW:
            return True
        return any(each.destination is Destination.NOWHERE for each in (self.main, self.second))

    async def close(self) -> None:
        """Close them."""
        for output in self._opened:
            await output.close()

    async def _open(self, chosen: Output) -> Output:
        for output in self._opened:
            if _same(output, chosen):
                output.settings = chosen.settings
                return output
        chosen.report = self._report
        try:
            await chosen.open()
        except Unavailable as error:
            return UnavailableOutput(chosen.settings, str(error))
        return chosen


def _same(opened: Output, chosen: Output) -> bool:
    """Whether the output that is open already serves for the chosen one, with its settings."""
    return (
        opened.destination is not Destination.NOWHERE
        and opened.name == chosen.name
        and opened.argument == chosen.argument
    )


async def _choose(settings: Settings, use: str) -> tuple[Output, list[str]]:
    try:
        return await asyncio.to_thread(OUTPUTS.choose_and_say, use, settings.output)
    except Unavailable as error:
        return UnavailableOutput(settings.output, str(error)), []


def _by_reason(passed: list[str]) -> str:
    """Lines of "name: reason" as one, each reason once."""
    reasons: dict[str, list[str]] = {}
    for line in passed:
        name, _, reason = line.partition(": ")
        reasons.setdefault(reason, []).append(name)
    return "; ".join(f"{', '.join(names)}: {reason}" for reason, names in reasons.items())
