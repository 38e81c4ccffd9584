"""The window: the list of pages, the page, and what belongs to none."""

from typing import Any, Final

from gi.repository import Adw, Gdk, Gtk

from dictate.translation import N_, _
from dictate.ui.settings.check_page import CheckPage
from dictate.ui.settings.engines_page import EnginesPage
from dictate.ui.settings.history_page import HistoryPage
from dictate.ui.settings.hotwords_page import HotwordsPage
from dictate.ui.settings.link import Link, Message
from dictate.ui.settings.option_pages import OptionPages
from dictate.ui.settings.page import Page
from dictate.ui.settings.toasts import Toasts
from dictate.ui.settings.widgets import STYLE, label, named

STATES: Final = {
    "off": N_("Dictate is not running"),
    "starting": N_("Starting"),
    "ready": N_("Ready"),
    "recording": N_("Recording"),
    "finishing": N_("Writing"),
}


class Frame:
    """The window and all in it."""

    def __init__(self, application: Any, link: Link) -> None:
        self._link = link
        self._toasts = Toasts(link)
        self._options = OptionPages(link, self._toasts)
        self._status: Message = {"state": "off"}
        self._can_start = False
        self.window = Adw.ApplicationWindow(
            application=application,
            title=_("Dictate settings"),
            default_width=900,
            default_height=680,
        )
        self.window.set_size_request(340, 300)
        self._pages: dict[str, Page] = {
            "history": HistoryPage(link, self._toasts, self.window),
            "hotwords": HotwordsPage(link, self._toasts),
            "engines": EnginesPage(link, self._toasts),
            "check": CheckPage(link, self._toasts),
        }
        self._titles = {name: page.title for name, page in self._pages.items()}
        self._sections: dict[str, Message] = {}
        self._rows: dict[str, Any] = {}
        """The rows of the list, by the pages to which they lead."""
        self._name = ""
        """The page that was turned to."""
        self._built: dict[str, Any] = {}
        """The pages that were looked at."""
        self._page = Adw.Bin(vexpand=True, hexpand=True)
        """The one that is shown. A stack would tell screen readers of the hidden ones, too."""
        self._list = Gtk.ListBox()
        self._search = Gtk.SearchEntry(placeholder_text=_("Search the options"))
        self._about = label("", "dim-label", "dictate-small")
        self._trouble = label("", "error", "dictate-small")
        self._leaflet = Adw.Leaflet(can_navigate_back=True)
        self._leaflet.append(self._side())
        line = self._leaflet.append(Gtk.Separator(orientation=Gtk.Orientation.VERTICAL))
        line.set_navigatable(False)
        self._leaflet.append(self._main())
        self._leaflet.connect("notify::folded", lambda *_: self._folded())
        self._folded()
        self.window.set_content(self._leaflet)
        self._look()
        self._keys()
        for name, title in self._titles.items():
            self._add(name, title)

    # How it is built.

    def _side(self) -> Any:
        box = Gtk.Box(orientation=Gtk.Orientation.VERTICAL)
        box.set_size_request(240, -1)
        box.set_hexpand(False)
        self._side_bar = Adw.HeaderBar(title_widget=Adw.WindowTitle(title=_("Dictate")))
        box.append(self._side_bar)
        named(self._search, _("Search the options"))
        for side in ("start", "end", "top", "bottom"):
            getattr(self._search, f"set_margin_{side}")(8)
        self._search.connect("search-changed", lambda _: self._searched())
        self._search.connect("activate", lambda _: self._go_on())
        self._search.connect("stop-search", lambda _: self._search.set_text(""))
        box.append(self._search)
        self._list.add_css_class("navigation-sidebar")
        self._list.connect("row-activated", self._selected)
        self._list.connect("row-selected", self._selected)
        self._list.set_header_func(_line_above_options)
        named(self._list, _("Pages"))
        # Not narrower than its words: the page takes its place before.
        never = Gtk.PolicyType.NEVER
        box.append(Gtk.ScrolledWindow(child=self._list, vexpand=True, hscrollbar_policy=never))
        status = Gtk.Box(orientation=Gtk.Orientation.VERTICAL, spacing=4)
        status.add_css_class("dictate-status")
        status.append(self._about)
        status.append(self._trouble)
        box.append(status)
        return box

    def _main(self) -> Any:
        box = Gtk.Box(orientation=Gtk.Orientation.VERTICAL, hexpand=True)
        self._page_title = Adw.WindowTitle()
        self._main_bar = Adw.HeaderBar(title_widget=self._page_title)
        self._back = Gtk.Button(icon_name="go-previous-symbolic", tooltip_text=_("Back"))
        named(self._back, _("Back"))
        self._back.connect("clicked", lambda _: self._go_back())
        self._main_bar.pack_start(self._back)
        box.append(self._main_bar)
        self._toasts.overlay.set_child(self._page)
        box.append(self._toasts.overlay)
        return box

    def _folded(self) -> None:
        folded = self._leaflet.get_folded()
        # Where the list covers the page, only a click or Enter leads there.
        mode = Gtk.SelectionMode.NONE if folded else Gtk.SelectionMode.SINGLE
        self._list.set_selection_mode(mode)
        if not folded and (row := self._rows.get(self._name)):
            self._list.select_row(row)
        self._back.set_visible(folded)
        self._side_bar.set_show_end_title_buttons(folded)
        self._main_bar.set_show_start_title_buttons(folded)

    def _look(self) -> None:
        provider = Gtk.CssProvider()
        provider.load_from_data(STYLE)
        Gtk.StyleContext.add_provider_for_display(
            self.window.get_display(), provider, Gtk.STYLE_PROVIDER_PRIORITY_APPLICATION
        )

    def _keys(self) -> None:
        def on_key(_keys: Any, key: int, _code: int, state: Any) -> bool:
            if not state & Gdk.ModifierType.CONTROL_MASK:
                return False
            if key == Gdk.KEY_f:
                self._go_back()
                self._search.grab_focus()
            elif key in (Gdk.KEY_w, Gdk.KEY_q):
                self.window.close()
            else:
                return False
            return True

        keys = Gtk.EventControllerKey(propagation_phase=Gtk.PropagationPhase.CAPTURE)
        keys.connect("key-pressed", on_key)
        self.window.add_controller(keys)

    def _add(self, name: str, title: str) -> None:
        text = Gtk.Label(label=title, xalign=0.0, wrap=True)
        row = Gtk.ListBoxRow(child=text, name=name)
        self._rows[name] = named(row, title)
        self._list.append(row)

    # What the user does.

    def _turn_to(self, name: str) -> None:
        page, self._name = self._pages.get(name), name
        if name not in self._built:
            self._built[name] = page.widget if page else self._options.page(self._sections[name])
        self._page.set_child(self._built[name])
        self._page_title.set_title(self._titles[name])
        if page:
            page.shown()
        self._go_on()

    def _go_back(self) -> None:
        self._navigate(Adw.NavigationDirection.BACK)

    def _go_on(self) -> None:
        self._navigate(Adw.NavigationDirection.FORWARD)

    def _navigate(self, direction: Any) -> None:
        if self._leaflet.get_folded():  # else it would only take the focus along
            self._leaflet.navigate(direction)

    def _selected(self, _list: Any, row: Any) -> None:
        if row is not None:
            self._turn_to(row.get_name())

    def _searched(self) -> None:
        words = self._search.get_text().strip()
        if not words:
            self._turn_to(self._name)
            return
        self._page.set_child(self._options.found(words))
        self._page_title.set_title(_("Search: {words}").format(words=words))

    # What is told.

    def told(self, event: Message) -> None:
        """Something is known, or has changed."""
        match event["event"]:
            case "table":
                self._take_table(event["sections"])
            case "options":
                self._options.told(event)
            case "terms":
                self._pages["hotwords"].told(event)
            case "status":
                self._take_status(event)

    def _take_table(self, sections: list[Message]) -> None:
        self._options.sections = sections
        for section in sections:
            name = f"options {section['name']}"  # untranslated
            self._titles[name] = _(section["title"])
            self._sections[name] = section
            self._add(name, self._titles[name])
        first = self._list.get_row_at_index(len(self._pages))
        self._turn_to(first.get_name())
        self._list.select_row(first)
        first.grab_focus()
        self._go_back()

    def _take_status(self, event: Message) -> None:
        status = event["status"]
        said = _(STATES.get(status["state"], status["state"]))
        about = ", ".join(filter(None, (said, status.get("engine"), status.get("microphone"))))
        self._about.set_label(about)
        self._trouble.set_label(status.get("trouble", ""))
        self._trouble.set_visible(bool(status.get("trouble")))
        for page in self._pages.values():
            page.status(status, can_start=event["can_start"])


def _line_above_options(row: Any, before: Any) -> None:
    is_first = row.get_name().startswith("options ") and not (
        before is None or before.get_name().startswith("options ")
    )
    header = None
    if is_first:
        header = Gtk.Box(orientation=Gtk.Orientation.VERTICAL)
        header.append(Gtk.Separator())
        header.append(label(_("Options"), "heading", "dictate-heading"))
    row.set_header(header)
