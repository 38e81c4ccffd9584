"""Small pieces that several pages have."""

from collections.abc import Callable, Sequence
from typing import Any

from gi.repository import Adw, GLib, Gtk, Pango

STYLE = b"""
.dictate-small { font-size: smaller; }
.dictate-heading { padding: 12px 12px 6px 12px; }
.dictate-bar { padding: 8px 12px; }
.dictate-status { padding: 12px; }
flowboxchild { padding: 0; }
"""


def named(widget: Any, name: str, description: str = "") -> Any:
    """The same widget, with a name for who cannot see it."""
    widget.update_property([Gtk.AccessibleProperty.LABEL], [name])
    if description:
        widget.update_property([Gtk.AccessibleProperty.DESCRIPTION], [description])
    return widget


def label(text: str, *styles: str, selectable: bool = False) -> Any:
    """A text of several lines."""
    made = Gtk.Label(
        label=text,
        xalign=0.0,
        hexpand=True,
        wrap=True,
        wrap_mode=Pango.WrapMode.WORD_CHAR,
        natural_wrap_mode=Gtk.NaturalWrapMode.NONE,
        selectable=selectable,
    )
    for style in styles:
        made.add_css_class(style)
    return made


def cut_in_the_middle(characters: int, at_least: int) -> Any:
    """How a drop-down shows its values: of a longer one, only so many characters; where there is no
    room for them, fewer."""
    factory = Gtk.SignalListItemFactory()

    def set_up(_factory: Any, item: Any) -> None:
        shown = Gtk.Label(xalign=0.0, ellipsize=Pango.EllipsizeMode.MIDDLE)
        shown.set_max_width_chars(characters)
        item.set_child(shown)

    def bind(_factory: Any, item: Any) -> None:
        text = item.get_item().get_string()
        item.get_child().set_label(text)
        item.get_child().set_width_chars(min(len(text), at_least))

    factory.connect("setup", set_up)
    factory.connect("bind", bind)
    return factory


def button(text: str, click: Callable[[], None], *styles: str) -> Any:
    """A button with a text, whose mnemonic is after an underline."""
    # Not by the button's own label, which GTK 4.8 tells twice to screen readers.
    made = Gtk.Button(child=Gtk.Label(label=text, use_underline=True))
    made.add_css_class("text-button")
    made.connect("clicked", lambda _: click())
    made.set_valign(Gtk.Align.CENTER)
    for style in styles:
        made.add_css_class(style)
    return named(made, text.replace("_", ""))


def icon_button(icon: str, name: str, click: Callable[[], None]) -> Any:
    """A flat button with an icon, and its name as the tooltip."""
    made = Gtk.Button(icon_name=icon, valign=Gtk.Align.CENTER, tooltip_text=name)
    made.add_css_class("flat")
    made.connect("clicked", lambda _: click())
    return named(made, name)


def group(title: str = "", description: str = "") -> Any:
    """Rows that belong together."""
    made = Adw.PreferencesGroup(title=GLib.markup_escape_text(title))
    if description:
        made.set_description(GLib.markup_escape_text(description))
    return made


def row(title: str, subtitle: str = "", icon: str = "", style: str = "") -> Any:
    """A row that only tells."""
    made = Adw.ActionRow(use_markup=False, title=title, subtitle=subtitle)
    if icon:
        image = Gtk.Image(icon_name=icon, accessible_role=Gtk.AccessibleRole.PRESENTATION)
        if style:
            image.add_css_class(style)
        made.add_prefix(image)
    return made


def opening_row(title: str, subtitle: str, fill: Callable[[Any], None]) -> Any:
    """A row with more rows below it, which `fill` adds when it opens for the first time: a screen
    reader would be told of closed ones, too."""
    made = Adw.ExpanderRow(use_markup=False, title=title, subtitle=subtitle)
    filled = False

    def opened(*_: Any) -> None:
        nonlocal filled
        if made.get_expanded() and not filled:
            filled = True
            fill(made)

    made.connect("notify::expanded", opened)
    return made


def buttons(made: Sequence[Any]) -> Any:
    """Buttons in a line, or in several where they do not fit into one."""
    for each in made:
        each.set_halign(Gtk.Align.START)
    return in_lines(made)


def in_lines(made: Sequence[Any]) -> Any:
    """Widgets in a line, or in several where they do not fit into one: with large letters, or in a
    narrow window."""
    plain = Gtk.AccessibleRole.GROUP  # a screen reader would tell of a table
    box = Gtk.FlowBox(
        accessible_role=plain,
        selection_mode=Gtk.SelectionMode.NONE,
        row_spacing=6,
        column_spacing=6,
        max_children_per_line=len(made),
        hexpand=True,
    )
    for each in made:
        box.append(Gtk.FlowBoxChild(child=each, focusable=False, accessible_role=plain))
    return box


def padded(child: Any) -> Any:
    """Something within a list, with the distance to its edges that rows have."""
    for side in ("start", "end", "top", "bottom"):
        getattr(child, f"set_margin_{side}")(12)
    return Gtk.ListBoxRow(child=child, activatable=False, focusable=False)


def nothing(icon: str, title: str, description: str = "", child: Any = None) -> Any:
    """What fills a page that has nothing to show, and why."""
    return Adw.StatusPage(
        icon_name=icon,
        title=title,
        description=GLib.markup_escape_text(description),
        child=child,
        vexpand=True,
    )
