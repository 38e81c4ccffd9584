"""The pages with options: one for each table of config.toml, and one for what was searched."""

from collections.abc import Iterator, Sequence
from typing import Any

from gi.repository import Adw, Gio

from dictate.translation import _
from dictate.ui.settings.link import Link, Message
from dictate.ui.settings.option_row import OptionRow
from dictate.ui.settings.toasts import Toasts
from dictate.ui.settings.widgets import button, group, label, nothing, padded

Section = dict[str, Any]
Group = tuple[str, str, Sequence[Any]]
"""Title, description and options."""


class OptionPages:
    """The page of each table, the page of what was searched, and what the file says."""

    def __init__(self, link: Link, toasts: Toasts) -> None:
        self.sections: Sequence[Section] = ()
        self._change = Change(link, toasts)
        self._said: Message | None = None
        self._pages: list[OptionPage] = []
        self._found = OptionPage(self._change, ())

    def told(self, said: Message) -> None:
        """The file was read, or cannot be."""
        self._said = said
        for page in (*self._pages, self._found):
            page.told(said)

    def page(self, section: Section) -> Any:
        """The page of one table."""
        groups = [("", _(section["description"]), section["options"])]
        self._pages.append(self._built(groups))
        return self._pages[-1].widget

    def found(self, words: str) -> Any:
        """A page with the options in which these words are; it takes the place of the last one."""
        groups = [
            (_(section["title"]), "", options) for section, options in _found(self.sections, words)
        ]
        if not groups:
            return nothing("system-search-symbolic", _("No option has these words"))
        self._found = self._built(groups)
        return self._found.widget

    def _built(self, groups: Sequence[Group]) -> "OptionPage":
        page = OptionPage(self._change, groups)
        if self._said is not None:
            page.told(self._said)
        return page


class Change:
    """Has an option changed, and says what came of it."""

    def __init__(self, link: Link, toasts: Toasts) -> None:
        self._link = link
        self._toasts = toasts

    def set(self, row: OptionRow, value: Any) -> None:
        """Give it this value."""
        self._ask(row, "set", value=value)

    def reset(self, row: OptionRow) -> None:
        """Give it its default."""
        self._ask(row, "reset")

    def _ask(self, row: OptionRow, do: str, **words: Any) -> None:
        def then(result: Any, wrong: str) -> None:
            row.answered(wrong)
            if not wrong:
                self._toasts.changed(result)

        self._link.ask(do, then, key=row.key, **words)


class OptionPage:
    """Some options, or what is wrong with the file."""

    def __init__(self, change: Change, groups: Sequence[Group]) -> None:
        self.widget = Adw.Bin()
        self._rows: list[OptionRow] = []
        self._options = Adw.PreferencesPage()
        for title, description, options in groups:
            made = group(title, description)
            for option in options:
                row = OptionRow(option, change.set, change.reset)
                self._rows.append(row)
                made.add(row)
            self._options.add(made)

    def told(self, said: Message) -> None:
        """The file was read, or cannot be."""
        if said["problems"]:
            self.widget.set_child(broken(said))
            return
        for row in self._rows:
            row.show_value(**said["values"][row.key])
        self.widget.set_child(self._options)


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
