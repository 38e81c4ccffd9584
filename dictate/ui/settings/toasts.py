"""Messages that go away by themselves."""

from typing import Any

from gi.repository import Adw, GLib

from dictate.translation import _
from dictate.ui.settings.link import Link

LONGEST = 120
"""Characters of a message."""


class Toasts:
    """Shows them over a page."""

    def __init__(self, link: Link) -> None:
        self.overlay = Adw.ToastOverlay(vexpand=True)
        self._link = link
        self._shown: Any = None

    def say(self, text: str) -> Any:
        """A message."""
        line = " ".join(text.split())
        line = line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…"
        toast = Adw.Toast(title=GLib.markup_escape_text(line))
        if self._shown is not None:
            self._shown.dismiss()  # they would wait for each other
        self._shown = toast
        self.overlay.add_toast(toast)
        return toast

    def changed(self, change: dict[str, Any]) -> None:
        """What was changed in a file, with a button that takes it back."""
        if not change["undo"]:
            return
        toast = self.say(", ".join([*change["lines"], *change["notes"]]) or _("Changed"))
        toast.set_button_label(_("_Undo"))
        toast.connect("button-clicked", lambda _toast: self._undo(change["undo"]))

    def answered(self, _result: Any, wrong: str) -> None:
        """Say what is wrong, if anything is."""
        if wrong:
            self.say(wrong)

    def _undo(self, number: int) -> None:
        self._link.ask("undo", self.answered, undo=number)
