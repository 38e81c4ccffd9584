"""Stands in where no output can work: every text is held, with the reason, until one can."""

from dictate.config.schema import OutputSettings
from dictate.errors import NotDelivered
from dictate.outputs import Destination, Focus, Output, Receipt


class UnavailableOutput(Output):
    """Holds every text. Not in the table: users cannot choose it."""

    name = "none"
    destination = Destination.NOWHERE

    def __init__(self, settings: OutputSettings, reason: str) -> None:
        super().__init__(settings)
        self.reason = reason

    def unavailable_reason(self) -> str | None:
        return self.reason

    async def open(self) -> None:
        """There is nothing to open."""

    async def write(self, text: str, focus: Focus | None) -> Receipt:  # noqa: ARG002
        raise NotDelivered(self.reason)
