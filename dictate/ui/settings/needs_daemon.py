"""A page that can show something only while Dictate runs."""

from typing import Any

from dictate.translation import _
from dictate.ui.settings.link import Link, Message
from dictate.ui.settings.page import Page
from dictate.ui.settings.toasts import Toasts
from dictate.ui.settings.widgets import button, nothing


class NeedsDaemon(Page):
    """A page: either `build` it, or say that Dictate is not running."""

    def __init__(self, link: Link, toasts: Toasts) -> None:
        super().__init__(link, toasts)
        self.running: bool | None = None
        self._is_shown = False

    def shown(self) -> None:
        """The user looks at it."""
        self._is_shown = True
        if self.running:
            self.refresh()

    def status(self, status: Message, *, can_start: bool) -> None:
        """The daemon tells of itself."""
        running = status["state"] != "off"
        if running != self.running:
            self.running = running
            self.widget.set_child(self.content() if running else self._off(can_start=can_start))
            if running and self._is_shown:
                self.refresh()
        if running:
            self.changed(status)

    def content(self) -> Any:
        """The page while Dictate runs."""
        raise NotImplementedError

    def refresh(self) -> None:
        """Ask for what it shows."""

    def changed(self, status: Message) -> None:
        """Show what has changed."""

    def _off(self, *, can_start: bool) -> Any:
        how = _("Start it in a terminal: {command}").format(command="dictate run")
        start = button(_("_Start"), self._start, "pill", "suggested-action")
        return nothing(
            "system-shutdown-symbolic",
            _("Dictate is not running"),
            "" if can_start else how,
            start if can_start else None,
        )

    def _start(self) -> None:
        self.link.ask("start", self.toasts.answered)
