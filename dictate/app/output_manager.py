"""The outputs of the daemon, open: the main one and, if the settings name another, a second.

Where none can work, an UnavailableOutput holds every text and says why.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from dictate.app.signals import Signal
from dictate.config.schema import Settings
from dictate.errors import Unavailable
from dictate.outputs import OUTPUTS, Destination, Output
from dictate.outputs.unavailable import UnavailableOutput


@dataclass(frozen=True, slots=True)
class OutputPair:
    """The outputs that serve some settings, open; one may serve both profiles."""

    main: Output
    second: Output
    notes: str
    """What "auto" passed over for the main one, and why."""


class OutputManager:
    """`main` and `second` may change at each `apply`."""

    def __init__(self, settings: Settings, on_trouble: Callable[[str], None]) -> None:
        """`on_trouble` receives what goes wrong in an output between two texts."""
        self.changed = Signal[[]]()
        """`main`, `second` or `notes` may have changed."""
        self._on_trouble = on_trouble
        self._settings = settings
        self.main: Output = UnavailableOutput(settings.output, "no output is open yet")
        self.second: Output = self.main
        """The main one itself, where the settings name no other."""
        self.notes = ""
        """What "auto" passed over for the main one, and why."""

    async def prepare(self, settings: Settings) -> OutputPair:
        """Choose and open what these settings want. An output that is in use and still the best is
        kept: a desktop may let only one be there at a time.

        Either `apply` or `discard` them. Raises DictateError.
        """
        use = settings.second.output
        main, passed_over = await _choose(settings, settings.output.use)
        main = second = await self._open(main)
        try:
            if use:
                second = await self._open((await _choose(settings, use))[0])
        except BaseException:
            await self.discard(OutputPair(main, main, ""))
            raise
        return OutputPair(main, second, _by_reason(passed_over))

    def apply(self, settings: Settings, pair: OutputPair) -> list[Output]:
        """Use what `prepare` returned for these settings. Those that were replaced are returned,
        and still open."""
        before = {self.main, self.second}
        self._settings = settings
        self.main, self.second, self.notes = pair.main, pair.second, pair.notes
        for output in (self.main, self.second):
            output.settings = settings.output
        self.changed()
        return [output for output in before if output not in (self.main, self.second)]

    async def discard(self, pair: OutputPair) -> None:
        """Close what `prepare` opened."""
        for output in {pair.main, pair.second} - {self.main, self.second}:
            await output.close()

    @property
    def lacks_window(self) -> bool:
        """Whether there is no window to write into, although the settings want one."""
        if self._settings.output.use == "auto" and self.main.destination is not Destination.WINDOW:
            return True
        both = (self.main, self.second)
        return any(each.destination is Destination.NOWHERE for each in both)

    async def close(self) -> None:
        """Close them."""
        for output in {self.main, self.second}:
            await output.close()

    async def _open(self, chosen: Output) -> Output:
        for output in (self.main, self.second):
            if _same(output, chosen):
                return output
        chosen.report = self._on_trouble
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


def _by_reason(passed_over: list[str]) -> str:
    """Lines of "name: reason" as one, each reason once."""
    reasons: dict[str, list[str]] = {}
    for line in passed_over:
        name, _, reason = line.partition(": ")
        reasons.setdefault(reason, []).append(name)
    return "; ".join(f"{', '.join(names)}: {reason}" for reason, names in reasons.items())
