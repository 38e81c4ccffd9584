"""The last stage: the text goes into the window, once.

To add an output: write `outputs/<name>.py` with a subclass of `Output`, and add one line to
`OUTPUTS`. docs/adding-an-output.md shows it. The contract tests find it by themselves.
"""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import ClassVar, Final

from dictate.backends import Backends
from dictate.config.schema import OutputSettings
from dictate.errors import NotDelivered, Unavailable
from dictate.translation import N_, _


@dataclass(frozen=True, slots=True)
class Focus:
    """What has the keyboard focus. Two are the same place if they are equal."""

    window: str
    """The output's own identifier of the window or field. Only that output reads it."""
    application: str = field(compare=False)
    """For people: the application's name, never the window's title (titles hold private things). It
    may be known later than the window."""
    title: str = field(default="", compare=False, repr=False)
    """The title of the window, if the output knows it: only for choosing a profile. It is neither
    logged nor stored nor shown."""

    def untitled(self) -> "Focus":
        """The same, to be kept."""
        return Focus(self.window, self.application)


@dataclass(frozen=True, slots=True)
class FieldText:
    """What stands around the cursor of a text field: all of it, or a part."""

    text: str
    cursor: int
    """The cursor's position in it, in characters."""
    anchor: int
    """The other end of the selection, in characters; equal to `cursor` if nothing is selected."""

    @property
    def before(self) -> str:
        """What stands before the cursor, or before the selection."""
        return self.text[: min(self.cursor, self.anchor)]

    @property
    def selected(self) -> str:
        """What a text would replace."""
        return self.text[min(self.cursor, self.anchor) : max(self.cursor, self.anchor)]

    @property
    def after(self) -> str:
        """What stands behind the cursor, or behind the selection."""
        return self.text[max(self.cursor, self.anchor) :]


class Receipt(Enum):
    """What an output knows after it wrote."""

    DELIVERED = N_("delivered")
    """The application took the text: there is proof."""
    UNCONFIRMED = N_("sent, unconfirmed")
    """It was sent, and nothing says whether it arrived."""
    COPIED = N_("copied")
    """It is in the clipboard; the user pastes."""


class Destination(Enum):
    """Where an output puts its texts."""

    WINDOW = "window"
    """The focused window."""
    CLIPBOARD = "clipboard"
    """The clipboard, for the user to paste."""
    STREAM = "stream"
    """A terminal, a file or the like, which has no focus."""
    NOWHERE = "nowhere"
    """Every text is held."""


class Output(ABC):
    """Writes texts, mostly into the focused window.

    `write` has a point of no return. An error before it is NotDelivered (or its subclass
    FocusMoved), and nothing was sent. An error after it is DeliveryUnsure, and the text is never
    sent again. Either way, no synthetic key stays down.
    """

    name: ClassVar[str]
    """Its name in `OUTPUTS`."""
    destination: ClassVar[Destination] = Destination.WINDOW
    x11_windows_only: ClassVar[bool] = False
    """Whether it reaches only the windows of an X server, Xwayland's among them."""

    def __init__(self, settings: OutputSettings) -> None:
        self.settings = settings
        self.report: Callable[[str], None] = lambda _message: None
        """Called with an error that occurs between two texts."""

    @property
    def argument(self) -> str:
        """What the user wrote after the name: PATH in `use = "file:PATH"`; empty if nothing."""
        return self.settings.use.partition(":")[2]

    @property
    def chosen_by_user(self) -> bool:
        """Whether the user named this output, not "auto" or a different one."""
        return self.settings.use.partition(":")[0] == self.name

    @abstractmethod
    def unavailable_reason(self) -> str | None:
        """Why this cannot work here and what to do, or None. May block for two seconds."""

    async def open(self) -> None:
        """Connect. Idempotent. Raises Unavailable.

        An output that keeps a connection overrides this. For all others it is enough to ask once
        more whether they can work.
        """
        if reason := await asyncio.to_thread(self.unavailable_reason):
            raise Unavailable(reason)

    async def focus(self) -> Focus | None:
        """What has the focus now. None if nothing has, or if this output cannot know.

        It must be fast: the daemon asks when the key is released. Every output that writes into
        windows overrides this.
        """
        return None

    @abstractmethod
    async def write(self, text: str, focus: Focus | None) -> Receipt:
        """Write `text`, exactly, only into `focus` (None: wherever this output writes).

        Raises NotDelivered, FocusMoved, DeliveryUnsure.
        """

    async def preview(self, text: str, stable_chars: int = 0) -> bool:  # noqa: ARG002
        """Show `text` at the cursor, marked as not written yet, in place of the preview before.

        The first `stable_chars` characters are certain; the rest may look less so. "" removes the
        preview, as `write` does.

        Returns whether the user can read it there. Most outputs have no place for it and return
        False. Never raises.
        """
        return False

    async def undo(self, text: str, focus: Focus | None) -> None:  # noqa: ARG002
        """Take back `text`, which the last `write` put into `focus`: all of it, and nothing else.

        Raises NotDelivered if that cannot be promised; nothing has changed then. Raises
        DeliveryUnsure if the attempt was made and its outcome is unknown; it is not repeated.
        """
        raise NotDelivered(
            _("{name} cannot take a text back: undo it there").format(name=self.name)
        )

    async def select(self, text: str, focus: Focus | None) -> None:  # noqa: ARG002
        """Select `text`, which the last `write` put into `focus`: all of it, and nothing else, so
        that the next text replaces it. Raises as `undo`."""
        raise NotDelivered(_("{name} cannot select a text: select it there").format(name=self.name))

    async def press_enter(self, focus: Focus | None) -> None:  # noqa: ARG002
        """Press Enter once in `focus`, where the last `write` has put its text.

        Raises NotDelivered, FocusMoved: nothing was pressed. Raises DeliveryUnsure: it may have
        been, and is not pressed again.
        """
        raise NotDelivered(_("{name} cannot press Enter").format(name=self.name))

    async def follows(self, text: str, asked_at: Sequence[float]) -> bool:  # noqa: ARG002
        """Whether the cursor is still right behind `text`, the last that this output wrote or that
        stands there after an undo: nothing was typed or clicked since, as far as can be known. The
        focus is where it was then.

        A key pressed at one of the monotonic seconds `asked_at` is no text, but how the user asked
        Dictate for something. Never raises.
        """
        return True

    async def surrounding(self, focus: Focus | None) -> FieldText | None:  # noqa: ARG002
        """What stands around the cursor in `focus` at this moment: some hundred characters.

        None if `focus` has the focus no longer, if the application does not say it, or if what it
        says may be out of date; also in a field for passwords and in a terminal. It is fast where
        the application is; the caller may cancel it. Nothing is done to the field, and no
        accessibility is switched on. Never raises.
        """
        return None

    async def selection(self, focus: Focus | None) -> FieldText | None:
        """What is selected in `focus` at this moment, and what stands around it. As `surrounding`,
        but the question may never cost what is selected."""
        return await self.surrounding(focus)

    async def follow_field(  # noqa: B027 - most outputs have nothing to read
        self, focus: Focus | None, on_text: Callable[[FieldText], None]
    ) -> None:
        """Call `on_text` with what stands around the cursor in `focus`, now and after each change,
        as far as the application says it. Return when something else has the focus, or when nothing
        can be read, as with most outputs. Until then it runs; the caller may cancel it.

        Nothing is done to the field, no accessibility is switched on, and a field for passwords is
        not read. Never raises.
        """

    async def close(self) -> None:  # noqa: B027 - most outputs override it, some have nothing to do
        """Release everything. Idempotent, within a second, also without `open`."""


CLIPBOARD: Final = "clipboard"
"""The name of the output that copies, for callers that want exactly this one."""

OUTPUTS: Backends[Output] = Backends(
    stage="output",
    table={
        "input_method": "dictate.outputs.wayland.input_method:InputMethodOutput",
        "virtual_keyboard": "dictate.outputs.wayland.virtual_keyboard:VirtualKeyboardOutput",
        "ibus": "dictate.outputs.ibus.output:IBusOutput",
        "portal": "dictate.outputs.paste_keys.portal:PortalOutput",
        "uinput": "dictate.outputs.paste_keys.uinput:UInputOutput",
        "x11": "dictate.outputs.x11.output:X11Output",
        CLIPBOARD: "dictate.outputs.clipboard:ClipboardOutput",
        "stdout": "dictate.outputs.stdout:StdoutOutput",
    },
    auto=("input_method", "virtual_keyboard", "ibus", "x11", CLIPBOARD, "stdout"),
    group="dictate.outputs",
)
