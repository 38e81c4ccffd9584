"""One option: what sets it, what it does, its default, and what is wrong with a value."""

from collections.abc import Callable
from typing import Any

from gi.repository import Adw, Gdk, Gtk

from dictate.translation import _
from dictate.ui.settings.widgets import cut_in_the_middle, icon_button, in_lines, label, named

Option = dict[str, Any]

CHOICE_CHARS = 24
"""Maximum number of characters of a choice that are shown."""
LEAST_CHARS = 12
"""The same in a narrow window. Most choices have fewer."""


class OptionRow(Adw.PreferencesRow):  # type: ignore[misc]  # gi has no types
    """Calls `on_change` with the key and the new value, and `on_reset` with the key."""

    def __init__(
        self,
        option: Option,
        on_change: Callable[["OptionRow", Any], None],
        on_reset: Callable[["OptionRow"], None],
    ) -> None:
        title = _(option["title"])
        super().__init__(title=title, use_markup=False, activatable=False, focusable=False)
        self.option = option
        self.key: str = option["key"]
        self._on_change = on_change
        self._value: Any = None
        self._asked = False
        """Whether a value of the user's is being looked at."""
        self._showing = False
        """Whether the control changes because of the file, not of the user."""
        build = {"switch": self._switch, "choice": self._choice, "number": self._number}
        self._control = build.get(option["kind"], self._text)()
        named(self, title)
        named(self._control, title, _(option["description"]))
        self._control.set_valign(Gtk.Align.CENTER)
        self._reset = icon_button(
            "edit-undo-symbolic", _("Reset {option}").format(option=title), lambda: on_reset(self)
        )
        aside = Gtk.Box(spacing=12, halign=Gtk.Align.END)
        aside.append(self._reset)
        if option["kind"] != "text":
            aside.append(self._control)
        if option["unit"]:
            aside.append(Gtk.Label(label=_(option["unit"])))
        head = in_lines([label(title), aside])
        self._wrong = label("", "error")
        self._wrong.set_visible(False)
        page = Gtk.Box(orientation=Gtk.Orientation.VERTICAL, spacing=6)
        for side in ("start", "end", "top", "bottom"):
            getattr(page, f"set_margin_{side}")(12)
        page.append(head)
        if option["kind"] == "text":  # a path or an address wants the whole width
            page.append(self._control)
        page.append(label(_(option["description"]), "dim-label", "dictate-small"))
        page.append(label(self._about(), "dim-label", "dictate-small"))
        page.append(self._wrong)
        self.set_child(page)

    def _about(self) -> str:
        default = _shown(self.option["default"]) or _("empty")
        said = _("{key}, default: {default}").format(key=self.key, default=default)
        if self.option["low"] is not None:
            low, high = _shown(self.option["low"]), _shown(self.option["high"])
            said += " · " + _("from {low} to {high}").format(low=low, high=high)
        if not self.option["live"]:
            said += " · " + _("a change takes effect after a restart")
        return said

    def show_value(self, value: Any, *, is_set: bool) -> None:
        """What the file says now."""
        changed, self._value = value != self._value, value
        self._reset.set_visible(is_set and value != self.option["default"])
        if not changed and (self._asked or self._wrong.get_visible()):
            return  # what the user typed stays, to be corrected
        self.complain("")
        self._showing = True
        if self.option["kind"] == "switch":
            self._control.set_active(value)
        elif self.option["kind"] == "choice":
            self._pick(str(value))
        else:
            self._control.set_text(_shown(value))
            self._control.set_position(-1)
        self._showing = False

    def complain(self, why: str) -> None:
        """Say what is wrong with the value that was typed; with an empty text, nothing is."""
        self._wrong.set_label(why)
        self._wrong.set_visible(bool(why))
        style = self._control.remove_css_class if not why else self._control.add_css_class
        style("error")
        state = Gtk.AccessibleInvalidState.TRUE if why else Gtk.AccessibleInvalidState.FALSE
        self._control.update_state([Gtk.AccessibleState.INVALID], [state])

    def answered(self, why: str) -> None:
        """The value was taken; or not, and then a text stays to be corrected, and all else is as it
        was."""
        self._asked = False
        if why and self.option["kind"] in ("switch", "choice"):
            self.show_value(self._value, is_set=self._reset.get_visible())
        self.complain(why)

    # The controls.

    def _switch(self) -> Any:
        made = Gtk.Switch()
        made.connect("notify::active", lambda *_: self._changed(made.get_active()))
        return made

    def _choice(self) -> Any:
        self._choices = list(self.option["choices"])
        made = Gtk.DropDown.new_from_strings(self._choices)
        # A value may be a long path: it must not push the title away.
        made.set_factory(cut_in_the_middle(CHOICE_CHARS, LEAST_CHARS))
        made.connect(
            "notify::selected", lambda *_: self._changed(self._choices[made.get_selected()])
        )
        return made

    def _pick(self, value: str) -> None:
        if value not in self._choices:  # wav:PATH, or the backend of another package
            self._choices.append(value)
            self._control.get_model().append(value)
        self._control.set_selected(self._choices.index(value))

    def _number(self) -> Any:
        made = self._text()
        made.set_input_purpose(Gtk.InputPurpose.NUMBER)
        made.set_width_chars(8)
        made.set_max_width_chars(8)
        made.set_alignment(1.0)
        return made

    def _text(self) -> Any:
        made = Gtk.Entry()
        made.connect("activate", lambda _: self._typed(made.get_text()))
        focus = Gtk.EventControllerFocus()
        focus.connect("leave", lambda _: self._typed(made.get_text()))
        made.add_controller(focus)
        keys = Gtk.EventControllerKey()
        keys.connect("key-pressed", self._key)
        made.add_controller(keys)
        return made

    def _key(self, _keys: Any, key: int, *_: Any) -> bool:
        if key != Gdk.KEY_Escape:
            return False
        self.complain("")
        self._control.set_text(_shown(self._value))
        return True

    def _typed(self, text: str) -> None:
        if text == _shown(self._value):
            self.complain("")
        else:
            self._changed(text)

    def _changed(self, value: Any) -> None:
        if not self._showing:
            self._asked = True
            self._on_change(self, value)


def _shown(value: Any) -> str:
    """A value as one types it."""
    if isinstance(value, bool):
        return _("on") if value else _("off")
    return f"{value:.15g}" if isinstance(value, float) else str(value)
