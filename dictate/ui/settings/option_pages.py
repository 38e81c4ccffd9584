"""The pages with options: one for each table of config.toml, and one for what was searched."""

from collections.abc import Iterator, Sequence
from typing import Any

from gi.repository import Adw, Gio, Gtk

from dictate.translation import _
from dictate.ui.settings.link import Link, Message
from dictate.ui.settings.option_row import OptionRow
from dictate.ui.settings.toasts import Toasts
from dictate.ui.settings.widgets import button, group, label, nothing, padded

Section = dict[str, Any]
Values = dict[str, dict[str, Any]]


class OptionPages:
    """All rows that are on the screen or were, and what the file says."""

    def __init__(self, link: Link, toasts: Toasts) -> None:
        self.sections: Sequence[Section] = ()
        self._link = link
        self._toasts = toasts
        self._values: Values = {}
        self._rows: list[OptionRow] = []
        self._problems: Message | None = None
        self._frames: list[Any] = []
        """The stacks that show either the options or what is wrong with the file."""

    def told(self, found: Message) -> None:
        """The file was read, or cannot be."""
        self._values = found["values"]
        self._problems = found if found["problems"] else None
        for row in self._rows:
            self._show(row)
        for frame in self._frames:
            self._choose(frame)

    def page(self, section: Section) -> Any:
        """The page of one table."""
        page = Adw.PreferencesPage()
        page.add(self._group(section["options"], section["description"]))
        return self._framed(page)

    def found(self, words: str) -> Any:
        """A page with the options in which these words are."""
        page = Adw.PreferencesPage()
        self._rows = [row for row in self._rows if row.get_root() is not None]
        empty = True
        for section, options in _found(self.sections, words):
            page.add(self._group(options, title=_(section["title"])))
            empty = False
        if empty:
            return nothing("system-search-symbolic", _("No option has these words"))
        return self._framed(page)

    def _group(self, options: Sequence[Any], description: str = "", title: str = "") -> Any:
        made = group(title, _(description))
        for option in options:
            row = OptionRow(option, self._set, self._reset)
            self._rows.append(row)
            self._show(row)
            made.add(row)
        return made

    def _show(self, row: OptionRow) -> None:
        if row.key in self._values:
            row.show_value(**self._values[row.key])

    def _framed(self, page: Any) -> Any:
        frame = Gtk.Stack()
        frame.add_named(page, "options")
        frame.add_named(Adw.Bin(), "problems")
        self._frames = [one for one in self._frames if one.get_root() is not None]
        self._frames.append(frame)
        self._choose(frame)
        return frame

    def _choose(self, frame: Any) -> None:
        if self._problems is not None:
            frame.get_child_by_name("problems").set_child(broken(self._problems))
        frame.set_visible_child_name("problems" if self._problems else "options")

    # What the user does.

    def _set(self, row: OptionRow, value: Any) -> None:
        self._change(row, "set", value=value)

    def _reset(self, row: OptionRow) -> None:
        self._change(row, "reset")

    def _change(self, row: OptionRow, do: str, **words: Any) -> None:
        def then(result: Any, wrong: str) -> None:
            row.answered(wrong)
            if not wrong:
                self._toasts.changed(result)

        self._link.ask(do, then, key=row.key, **words)


def _found(sections: Sequence[Section], words: str) -> Iterator[tuple[Section, list[Any]]]:
    wanted = words.casefold().split()
    for section in sections:
        of_section = f"{_(section['title'])} {section['name']}"
        options = [
            option
            for option in section["options"]
            if all(
                word
                in " ".join(
                    (of_section, _(option["title"]), option["key"], _(option["description"]))
                ).casefold()
                for word in wanted
            )
        ]
        if options:
            yield section, options


def broken(found: Message) -> Any:
    """A page that says what is wrong with a file, and opens it."""
    page = Adw.PreferencesPage()
    why = group(
        _("The file has mistakes"),
        _("Until they are mended, nothing is changed here, and Dictate goes on as before."),
    )
    for problem in found["problems"]:
        why.add(padded(label(problem, selectable=True)))
    page.add(why)
    end = group()
    end.add(button(_("_Open the file"), lambda: open_file(found["file"]), "pill"))
    page.add(end)
    return page


def open_file(path: str) -> None:
    """Open a text file in the user's editor."""
    editor = Gio.AppInfo.get_default_for_type("text/plain", must_support_uris=False)
    if editor is not None:
        editor.launch([Gio.File.new_for_path(path)], None)
