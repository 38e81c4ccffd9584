"""What works here, and what to do about the rest."""

from collections.abc import Sequence
from itertools import groupby
from typing import Any

from gi.repository import Adw, Gtk

from dictate.labels import label
from dictate.translation import _
from dictate.ui.settings.link import Link, Message
from dictate.ui.settings.page import Page
from dictate.ui.settings.toasts import Toasts
from dictate.ui.settings.widgets import button, group, row


class CheckPage(Page):
    """The same as `dictatectl check`, with or without the daemon."""

    def __init__(self, link: Link, toasts: Toasts) -> None:
        super().__init__(link, toasts)
        self.title = _("Check")
        self._rows: Sequence[Message] | None = None
        self._asked = False
        self._build()

    def shown(self) -> None:
        """Check at the first look."""
        if self._rows is None and not self._asked:
            self._check()

    def _check(self) -> None:
        self._asked = True
        self._build()
        self.link.ask("check", self._answered)

    def _answered(self, rows: Any, wrong: str) -> None:
        self._asked = False
        self.toasts.answered(None, wrong)
        self._rows = rows or self._rows or []
        self._build()

    def _build(self) -> None:
        page = Adw.PreferencesPage()
        rows = self._rows or []
        head = group()
        for each in rows:
            if each["stage"] == "verdict":
                head.add(row(each["name"], "", *_sign(each)))
        if self._asked:
            spinner = Gtk.Spinner(spinning=True)
            waiting = row(_("Looking at everything …"))
            waiting.add_prefix(spinner)
            head.add(waiting)
        else:
            head.set_header_suffix(button(_("_Check again"), self._check))
        page.add(head)
        for stage, of_stage in groupby(rows, key=lambda each: each["stage"]):
            if stage != "verdict":
                page.add(stage_group(stage, list(of_stage)))
        self.widget.set_child(page)


def stage_group(stage: str, rows: Sequence[Message]) -> Any:
    """What works of one stage."""
    title = label(stage)
    made = group(f"{title[:1].upper()}{title[1:]}")
    choice = not all(each["chosen"] for each in rows)
    for each in rows:
        used = _("This one is used.") if choice and each["chosen"] and not each["why_not"] else ""
        made.add(row(label(each["name"]), each["why_not"] or used, *_sign(each)))
    return made


def _sign(each: Message) -> tuple[str, str]:
    """The icon and its style: red is only what keeps Dictate from working."""
    if not each["why_not"]:
        return "emblem-ok-symbolic", "success"
    if each.get("needed") or each["stage"] == "verdict":
        return "dialog-error-symbolic", "error"
    if each["chosen"]:
        return "dialog-warning-symbolic", "warning"
    return "list-remove-symbolic", "dim-label"
