"""The user's own words: found, added, changed, taken out; and what is known of each."""

import time
from typing import Any, Final

from gi.repository import Adw, GLib, Gtk

from dictate.translation import _, ngettext
from dictate.ui.settings.link import Link, Message
from dictate.ui.settings.option_pages import broken
from dictate.ui.settings.page import Page
from dictate.ui.settings.toasts import Toasts
from dictate.ui.settings.widgets import button, buttons, group, label, named, opening_row, padded

SHOWN: Final = 100
"""Number of hotwords that are shown at a time."""


class HotwordsPage(Page):
    """With or without the daemon, which only knows the evidence."""

    def __init__(self, link: Link, toasts: Toasts) -> None:
        super().__init__(link, toasts)
        self.title = _("Hotwords")
        self._found: Message | None = None
        self._open = ""
        """The hotword whose row is open."""
        self.widget = Gtk.Box(orientation=Gtk.Orientation.VERTICAL)
        self._search = Gtk.SearchEntry(placeholder_text=_("Search your hotwords"))
        named(self._search, _("Search your hotwords"))
        self._search.connect("search-changed", lambda _: self._build())
        clamp = Adw.Clamp(child=self._search, margin_start=12, margin_end=12, margin_top=12)
        self.widget.append(clamp)
        self._list = Adw.Bin(vexpand=True)
        self.widget.append(self._list)
        self._page = Adw.PreferencesPage()
        self._add = group()
        self._add.add(self._form(_("Add a hotword"), "", {}))
        self._page.add(self._add)
        self._terms: Any = None

    def told(self, event: Message) -> None:
        """The list was read, or cannot be."""
        if event != self._found:
            self._found = event
            self._build()

    def _build(self) -> None:
        found = self._found
        if found is None:
            return
        self._search.set_visible(not found["problems"])
        if found["problems"]:
            self._list.set_child(broken(found))
            return
        self._list.set_child(self._page)
        self._add.set_description(GLib.markup_escape_text("\n".join(found["notes"])))
        if self._terms is not None:
            self._page.remove(self._terms)
        words = self._search.get_text().casefold().split()
        terms = [term for term in found["terms"] if all(word in _all(term) for word in words)]
        many = len(terms)
        self._terms = group(ngettext("{many} hotword", "{many} hotwords", many).format(many=many))
        for term in terms[:SHOWN]:
            self._terms.add(self._form(term["spelling"], _about(term), term))
        if many > SHOWN:
            more = _("These are the first {shown}: search for the others.").format(shown=SHOWN)
            self._terms.add(padded(label(more, "dim-label")))
        self._page.add(self._terms)

    def _form(self, title: str, subtitle: str, term: Message) -> Any:
        """A row that opens for changes, or with an empty `term` for a new one."""
        spelling = term.get("spelling", "")
        one = opening_row(title, subtitle, lambda one: self._fill(one, term))
        one.connect("notify::expanded", lambda *_: self._opened(one, spelling))
        one.set_expanded(bool(spelling) and spelling == self._open)
        return one

    def _fill(self, one: Any, term: Message) -> None:
        spelling = term.get("spelling", "")
        if source := term.get("source"):
            told = _("It comes from {source}, and is changed there.").format(source=source)
            one.add_row(padded(label(told, "dim-label")))
            return
        fields = {
            "spelling": Adw.EntryRow(title=_("How it is written")),
            "sounds_like": Adw.EntryRow(title=_("What it is misheard as, separated by commas")),
            "weight": Adw.EntryRow(title=_("Weight, above 0 and at most 10; empty means 1")),
            "group": Adw.EntryRow(title=_("Group; empty means always")),
        }
        if term:
            fields.pop("spelling")
            fields["sounds_like"].set_text(", ".join(term["sounds_like"]))
            fields["weight"].set_text(f"{term['weight']:g}" if term["weight"] != 1 else "")
            fields["group"].set_text(term["group"])
        wrong = label("", "error")
        wrong_row = padded(wrong)
        wrong_row.set_visible(False)

        def save() -> None:
            given = {name: field.get_text() for name, field in fields.items()}
            self._ask("add", then, **({"spelling": spelling} | given))

        def then(wrong_now: str) -> None:
            if not wrong_now and not term:
                one.set_expanded(False)
                for field in fields.values():
                    field.set_text("")
            wrong.set_label(wrong_now)
            wrong_row.set_visible(bool(wrong_now))

        for field in fields.values():
            field.connect("entry-activated", lambda _: save())
            one.add_row(field)
        one.add_row(wrong_row)
        if term:
            quarantined = term["state"] != "active"
            actions = [button(_("_Use it again") if quarantined else _("_Save"), save)]
            remove = lambda: self._ask("remove", then, spelling=spelling)  # noqa: E731
            actions.append(button(_("_Remove"), remove))
        else:
            actions = [button(_("_Add"), save, "suggested-action")]
        one.add_row(padded(buttons(actions)))

    def _opened(self, one: Any, spelling: str) -> None:
        if one.get_expanded():
            self._open = spelling
        elif self._open == spelling:
            self._open = ""

    def _ask(self, do: str, then: Any, **words: Any) -> None:
        def answered(result: Any, wrong: str) -> None:
            then(wrong)
            if not wrong:
                self.toasts.changed(result)

        self.link.ask(do, answered, **words)


def _all(term: Message) -> str:
    return " ".join((term["spelling"], *term["sounds_like"], term["group"])).casefold()


def _about(term: Message) -> str:
    """What the files and the daemon know of it."""
    said = []
    if term["state"] != "active":
        said.append(_("quarantined: kept, but not used"))
    if term["sounds_like"]:
        said.append(_("misheard as {forms}").format(forms=", ".join(term["sounds_like"])))
    if term["weight"] != 1:
        said.append(_("weight {weight}").format(weight=f"{term['weight']:g}"))
    if term["group"]:
        said.append(_("group {group}").format(group=term["group"]))
    return "\n".join(filter(None, ("; ".join(said), _evidence(term["evidence"]))))


def _evidence(known: Message | None) -> str:
    if known is None:
        return ""
    hits, misses, wrong = known["hits"], known["misses"], known["false_hits"]
    said = [
        ngettext("{hits} hit", "{hits} hits", hits).format(hits=hits),
        ngettext("{misses} missed", "{misses} missed", misses).format(misses=misses),
        ngettext("{wrong} false", "{wrong} false", wrong).format(wrong=wrong),
    ]
    if known["last_used"]:
        said.append(_("last used {day}").format(day=_date(known["last_used"])))
    if known["learned_at"]:
        said.append(
            _("learned from dictation {number} on {day}").format(
                number=known["learned_from"], day=_date(known["learned_at"])
            )
        )
    return ", ".join(said)


def _date(at: float) -> str:
    return time.strftime("%x", time.localtime(at))
