"""The last stage: the text goes into the window, once.

To add an output: write `outputs/<name>.py` with a subclass of `Output`, add one line to `OUTPUTS`.
The contract tests run on it unasked.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import ClassVar

from dictate.backends import Backends
from dictate.config.schema import OutputSettings
from dictate.errors import NotDelivered


@dataclass(frozen=True, slots=True)
class Focus:
    """What has the keyboard focus. Two are the same place if they are equal."""

    window: str
    """The output's own name for it; nobody else reads it."""
    application: str
    """For people: the application's name, never the window's title (titles hold private things)."""


class Receipt(Enum):
    """What an output knows after it wrote."""

    DELIVERED = "delivered"
    """The application took the text: there is proof."""
    UNCONFIRMED = "sent, unconfirmed"
    """It was sent, and nothing says whether it arrived."""
    COPIED = "copied"
    """It is in the clipboard; the user pastes."""


class Output(ABC):
    """Writes text into the focused window.

    `write` has a point of no return. Before it, trouble is NotDelivered (FocusMoved among it) and
    nothing was sent. After it, trouble is DeliveryUnsure, and nobody sends the text again. No
    synthetic key is left down either way.
    """

    name: ClassVar[str]

    def __init__(self, settings: OutputSettings) -> None:
        self.settings = settings
        self.report: Callable[[str], None] = lambda _message: None
        """Called with trouble that comes while nobody writes."""

    @abstractmethod
    def unavailable_reason(self) -> str | None:
        """Why this cannot work here and what to do, or None. May block for two seconds."""

    @abstractmethod
    async def open(self) -> None:
        """Connect. Raises Unavailable."""

    @abstractmethod
    async def focus(self) -> Focus | None:
        """What has the focus now; None if this output has no window to look at (stdout, clipboard)
        or nothing has the focus. Cheap: it is asked at key release."""

    @abstractmethod
    async def write(self, text: str, focus: Focus | None) -> Receipt:
        """Write `text`, exactly, only into `focus` (None: wherever this output writes).

        Raises NotDelivered, FocusMoved, DeliveryUnsure.
        """

    async def preview(self, text: str, settled: int = 0) -> bool:  # noqa: ARG002
        """Show `text` where it will stand, marked as not written yet; it replaces what was shown
        before. So many characters of it are `settled`; the rest may look less certain. "" takes it
        away, as `write` does.

        Whether it stands there now, for the user to read. Never raises; False where there is no
        place for it, as with most outputs."""
        return False

    async def undo(self, text: str, focus: Focus | None) -> None:  # noqa: ARG002
        """Take back `text`, which the last `write` put into `focus`: all of it, and nothing else.

        Raises NotDelivered if that cannot be promised, and then nothing has changed. Raises
        DeliveryUnsure if it was tried, and nothing says what came of it: nobody tries again.
        """
        raise NotDelivered(f"{self.name} cannot take a text back: undo it there")

    @abstractmethod
    async def close(self) -> None:
        """Let go. Idempotent, within a second."""


OUTPUTS: Backends[Output] = Backends(
    stage="output",
    table={
        "input_method": "dictate.outputs.wayland.input_method:InputMethodOutput",
        "virtual_keyboard": "dictate.outputs.wayland.virtual_keyboard:VirtualKeyboardOutput",
        "ibus": "dictate.outputs.ibus.output:IBusOutput",
        "portal": "dictate.outputs.paste_keys.portal:PortalOutput",
        "uinput": "dictate.outputs.paste_keys.uinput:UInputOutput",
        "x11": "dictate.outputs.x11.output:X11Output",
        "clipboard": "dictate.outputs.clipboard:ClipboardOutput",
        "stdout": "dictate.outputs.stdout:StdoutOutput",
    },
    auto=("input_method", "virtual_keyboard", "ibus", "x11", "clipboard", "stdout"),
    group="dictate.outputs",
)
