"""The outputs of the daemon, open: the main one, and those of the profiles that name another.

Where none can work, an UnavailableOutput holds every text and says why.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from dictate.app.signals import Signal
from dictate.config.schema import Settings
from dictate.errors import Unavailable
from dictate.outputs import OUTPUTS, Destination, Output
from dictate.outputs.unavailable import UnavailableOutput
from dictate.translation import _


@dataclass(frozen=True, slots=True)
class Outputs:
    """The outputs that serve some settings, open."""

    by_use: Mapping[str, Output]
    """By what profiles call them; "" is the main one."""
    notes: str
    """What "auto" passed over for the main one, and why."""


class OutputManager:
    """What is in use may change at each `apply`."""

    def __init__(self, settings: Settings, on_trouble: Callable[[str], None]) -> None:
        """`on_trouble` receives what goes wrong in an output between two texts."""
        self.changed = Signal[[]]()
        """What is in use may have changed, and the profiles have it."""
        self._on_trouble = on_trouble
        self._settings = settings
        none = UnavailableOutput(settings.output, _("no output is open yet"))
        self.outputs = Outputs({"": none}, "")

    @property
    def main(self) -> Output:
        """The main output."""
        return self.outputs.by_use[""]

    @property
    def in_use(self) -> tuple[Output, ...]:
        """Each output once, the main one first."""
        return tuple(dict.fromkeys(self.outputs.by_use.values()))

    def of(self, use: str) -> Output:
        """The output of the profiles that call it so; "" is the main one."""
        return self.outputs.by_use[use]

    async def prepare(self, settings: Settings) -> Outputs:
        """Choose and open what these settings want. An output that is in use and still the best is
        kept: a desktop may let only one be there at a time.

        Either `apply` or `discard` them. Raises DictateError.
        """
        main, passed_over = await _choose(settings, settings.output.use)
        opened = {"": await self._open(main)}
        try:
            for use in {each.output for each in settings.profile} - {""}:
                opened[use] = await self._open((await _choose(settings, use))[0])
        except BaseException:
            await self.discard(Outputs(opened, ""))
            raise
        return Outputs(opened, _by_reason(passed_over))

    def apply(self, settings: Settings, outputs: Outputs) -> list[Output]:
        """Use what `prepare` returned for these settings. Those that were replaced are returned,
        and still open."""
        before = self.in_use
        self._settings = settings
        self.outputs = outputs
        for output in self.in_use:
            output.settings = settings.output
        return [output for output in before if output not in self.in_use]

    async def discard(self, outputs: Outputs) -> None:
        """Close what `prepare` opened."""
        for output in {*outputs.by_use.values()} - {*self.in_use}:
            await output.close()

    @property
    def lacks_window(self) -> bool:
        """Whether there is no window to write into, although the settings want one."""
        if self._settings.output.use == "auto" and self.main.destination is not Destination.WINDOW:
            return True
        return any(each.destination is Destination.NOWHERE for each in self.in_use)

    async def close(self) -> None:
        """Close them."""
        for output in self.in_use:
            await output.close()

    async def _open(self, chosen: Output) -> Output:
        for output in self.in_use:
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
        name, __, reason = line.partition(": ")
        reasons.setdefault(reason, []).append(name)
    return "; ".join(f"{', '.join(names)}: {reason}" for reason, names in reasons.items())
