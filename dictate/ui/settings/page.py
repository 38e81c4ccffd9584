"""What each page of the window has, beside those with options."""

from typing import Any

from gi.repository import Adw

from dictate.ui.settings.link import Link, Message
from dictate.ui.settings.toasts import Toasts


class Page:
    """A page; `widget` is what is seen of it."""

    title: str

    def __init__(self, link: Link, toasts: Toasts) -> None:
        self.link = link
        self.toasts = toasts
        self.widget: Any = Adw.Bin()

    def shown(self) -> None:
        """The user turned to it."""

    def told(self, event: Message) -> None:
        """What it shows was read anew."""

    def status(self, status: Message, *, can_start: bool) -> None:
        """The daemon tells of itself; `can_start` says whether systemd could start it."""
