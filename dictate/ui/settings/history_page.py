"""Past dictations: found again, written again, corrected, heard."""

import time
from typing import Any, Final

from gi.repository import Adw, GLib, Gtk

from dictate.translation import N_, _
from dictate.ui.settings.link import Link, Message
from dictate.ui.settings.needs_daemon import NeedsDaemon
from dictate.ui.settings.toasts import Toasts
from dictate.ui.settings.widgets import (
    button,
    buttons,
    group,
    label,
    named,
    nothing,
    opening_row,
    padded,
)

HEAD: Final = 80
"""Characters of a text in its closed row."""
AWAY_MS: Final = 500
"""Milliseconds for which our window must not have had the focus before a text is written."""
STATES: Final = {
    "held": N_("held"),
    "cancelled": N_("cancelled"),
    "empty": N_("nothing heard"),
    "recording": N_("recording"),
}


class HistoryPage(NeedsDaemon):
    """While Dictate runs."""

    def __init__(self, link: Link, toasts: Toasts, window: Any) -> None:
        super().__init__(link, toasts)
        self.title = _("History")
        self._window = window
        self._before = 0
        self._day: Any = None
        self._latest = 0
        """The number of the newest dictation that is known."""
        self._asked = 0
        self._waiting: int | None = None
        """The dictation to write, once the user is where it should go."""

    # How it is built.

    def content(self) -> Any:
        """The search, and the texts below it."""
        self._latest = 0
        box = Gtk.Box(orientation=Gtk.Orientation.VERTICAL)
        self._search = Gtk.SearchEntry(placeholder_text=_("Search your texts"))
        named(self._search, _("Search your texts"))
        self._search.connect("search-changed", lambda __: self.refresh())
        box.append(Adw.Clamp(child=self._search, margin_start=12, margin_end=12, margin_top=12))
        self._bar = self._asking()
        self._bar.set_visible(False)
        box.append(self._bar)
        self._list = Adw.Bin(vexpand=True)
        box.append(self._list)
        return box

    def _asking(self) -> Any:
        bar = Gtk.Box(spacing=12)
        bar.add_css_class("dictate-bar")
        bar.append(label(_("Click where the text should go: it is written there.")))
        bar.append(button(_("_Cancel"), self._cancel))
        return bar

    def changed(self, status: Message) -> None:
        """A new dictation is shown as soon as it is written."""
        latest = status.get("dictation", 0) if status["state"] == "ready" else self._latest
        if latest != self._latest:
            self._latest = latest
            if self._search.get_mapped():
                self.refresh()

    def refresh(self) -> None:
        """Ask for the newest that have the words of the search."""
        self._asked += 1
        asked = self._asked

        def then(found: Any, wrong: str) -> None:
            if asked != self._asked:
                return  # the user has typed on
            self._day = None
            if wrong or not found["entries"]:
                title = _("The history cannot be read") if wrong else _("No texts")
                self._list.set_child(nothing("document-open-recent-symbolic", title, wrong))
                return
            self._page = Adw.PreferencesPage()
            self._list.set_child(self._page)
            self._append(found)

        self._ask(0, then)

    def _ask(self, before: int, then: Any) -> None:
        self.link.ask("history", then, words=self._search.get_text(), before=before)

    def _append(self, found: Message) -> None:
        for entry in found["entries"]:
            day = time.localtime(entry["started"])[:3]
            if day != self._day:
                self._day = day
                self._group = group(_day(entry["started"]))
                self._page.add(self._group)
            self._group.add(self._row(entry))
        if found["before"]:
            more = group()
            more.add(button(_("Show _older ones"), lambda: self._older(more, found["before"])))
            self._page.add(more)

    def _older(self, more: Any, before: int) -> None:
        self._page.remove(more)

        def then(found: Any, wrong: str) -> None:
            self.toasts.answered(None, wrong)
            if not wrong:
                self._append(found)

        self._ask(before, then)

    def _row(self, entry: Message) -> Any:
        text = entry["text"]
        head = " ".join(text.split())
        head = head if len(head) <= HEAD else f"{head[: HEAD - 1]}…"
        about = [time.strftime("%H:%M", time.localtime(entry["started"]))]
        state, reason = entry["state"], entry["reason"]
        about += [_(STATES[state])] if state in STATES else []
        about += [entry["application"], _(reason) if state == "held" else ""]
        return opening_row(
            head or _("No text"),
            " · ".join(filter(None, about)),
            lambda one: self._fill(one, entry, whole=len(head) == len(text)),
        )

    def _fill(self, one: Any, entry: Message, *, whole: bool) -> None:
        """The rest of the text, and what can be done with it."""
        text, number = entry["text"], entry["number"]
        if not whole:
            one.add_row(padded(label(text, selectable=True)))
        actions = []
        if text:
            actions.append(button(_("_Write again"), lambda: self._write(number)))
            actions.append(button(_("C_orrect"), lambda: self._do("correct", number)))
        if entry["has_audio"]:
            actions.append(button(_("_Hear"), lambda: self._do("hear", number)))
        if text:
            actions.append(button(_("_Copy"), lambda: self._copy(number)))
        actions.append(button(_("_Forget"), lambda: self._forget(one, number)))
        one.add_row(padded(buttons(actions)))

    # What the user does.

    def _do(self, do: str, number: int) -> None:
        self.link.ask(do, self.toasts.answered, entry=number)

    def _copy(self, number: int) -> None:
        def then(_result: Any, wrong: str) -> None:
            self.toasts.say(wrong or _("Copied"))

        self.link.ask("copy", then, entry=number)

    def _write(self, number: int) -> None:
        """Wait until another window has the focus, then write there."""
        if self._waiting is None:
            GLib.timeout_add(AWAY_MS, self._look)
        self._waiting = number
        self._was_away = False
        self._bar.set_visible(True)

    def _look(self) -> bool:
        if self._waiting is None:
            return False
        away, self._was_away = self._was_away, not self._window.is_active()
        if not (away and self._was_away):
            return True
        number = self._waiting
        self._cancel()

        def then(result: Any, wrong: str) -> None:
            self.toasts.say(wrong or _("Written: {how}").format(how=result))

        self.link.ask("write", then, entry=number)
        return False

    def _cancel(self) -> None:
        self._waiting = None
        self._bar.set_visible(False)

    def _forget(self, one: Any, number: int) -> None:
        dialog = Adw.MessageDialog(
            transient_for=self._window,
            heading=_("Forget this dictation?"),
            body=_("Its text and its sound are deleted for good."),
        )
        dialog.add_response("keep", _("_Keep"))
        dialog.add_response("forget", _("_Forget"))
        dialog.set_response_appearance("forget", Adw.ResponseAppearance.DESTRUCTIVE)
        dialog.set_close_response("keep")

        def then(_result: Any, wrong: str) -> None:
            self.toasts.answered(None, wrong)
            if not wrong:
                one.set_visible(False)

        def answered(_dialog: Any, answer: str) -> None:
            if answer == "forget":
                self.link.ask("forget", then, entry=number)

        dialog.connect("response", answered)
        dialog.present()


def _day(at: float) -> str:
    now, then = GLib.DateTime.new_now_local(), GLib.DateTime.new_from_unix_local(int(at))
    if then.format("%x") == now.format("%x"):
        return _("Today")
    if then.format("%x") == now.add_days(-1).format("%x"):
        return _("Yesterday")
    return str(then.format("%A %x"))
