"""No output can work here: every text is held, with the reason, until one can."""

from dictate.config.schema import OutputSettings
from dictate.errors import NotDelivered
from dictate.outputs import Focus, Output, Receipt


class UnavailableOutput(Output):
    """Holds everything. Not in the table: nobody chooses it."""

    name = "none"

    def __init__(self, settings: OutputSettings, reason: str) -> None:
        super().__init__(settings)
        self.reason = reason

    def unavailable_reason(self) -> str | None:
        return self.reason

    async def open(self) -> None:
        """There is nothing to open."""

    async def focus(self) -> Focus | None:
        return None

    async def write(self, text: str, focus: Focus | None) -> Receipt:  # noqa: ARG002
        raise NotDelivered(self.reason)

    async def close(self) -> None:
        """There is nothing to close."""
