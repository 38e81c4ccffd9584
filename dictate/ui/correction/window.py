"""The correction window, in its own process: run by the system's Python, which has GTK 3.

Each line on stdin says as JSON what to show, and is answered with {} on
stdout, which shows that this process works. Other lines on stdout are what the user does; the first
one says that there is a window, or why there is none. The process ends with stdin.

It shows dictated text, so nothing of it is printed, not even in an error.
"""

import json
import os
import sys
from typing import Any, NoReturn

from dictate.translation import _

WIDTH = 540
MARGIN = 18
LONGEST_TEXT = 220
"""Height in pixels from which a text is scrolled."""
LOCKED_MS = 400
"""Milliseconds in which no answer counts: an Enter that was meant for the text accepts nothing."""
CANNOT = 3
"""The exit status on a desktop that cannot show it."""

TITLES = {
    "text": _("Dictate: correct"),
    "wait": _("Dictate: trying"),
    "proposal": _("Dictate: proposal"),
    "end": _("Dictate: corrected"),
}
STYLE = b"""
.dictate-heading { font-weight: bold; font-size: 110%; }
.dictate-note { opacity: 0.7; }
.dictate-text { padding: 8px; }
"""


def say(what: dict[str, Any]) -> None:
    """One line to the daemon."""
    sys.stdout.buffer.write(json.dumps(what, ensure_ascii=False).encode() + b"\n")
    sys.stdout.buffer.flush()


def cannot(why: str) -> NoReturn:
    """Report why there is no window, and exit."""
    say({"why_not": why})
    sys.exit(CANNOT)


# Otherwise the first GTK program on an X server loads Mesa and LLVM to choose a visual.
os.environ["GDK_GL"] = "disable"
try:
    import gi

    gi.require_version("Gdk", "3.0")
    gi.require_version("Gtk", "3.0")
    from gi.repository import Gdk, Gio, GLib, Gtk, Pango
except (ImportError, ValueError) as error:
    cannot(f"{error}: apt install python3-gi gir1.2-gtk-3.0")  # untranslated


class CorrectionWindow:
    """The window; each page replaces the one before."""

    def __init__(self) -> None:
        self.window = Gtk.Window(type_hint=Gdk.WindowTypeHint.DIALOG)
        self.window.set_position(Gtk.WindowPosition.CENTER)
        self.window.set_resizable(False)  # so that it is as high as its page
        self.window.set_icon_name("document-edit")
        self.window.connect("delete-event", lambda *__: self._close())
        self.window.connect("key-press-event", self._window_key)
        provider = Gtk.CssProvider()
        provider.load_from_data(STYLE)
        Gtk.StyleContext.add_provider_for_screen(
            self.window.get_screen(), provider, Gtk.STYLE_PROVIDER_PRIORITY_APPLICATION
        )
        self._text: Any = None
        """The field of the page on which the user writes."""
        self._focus: Any = None
        """The widget of the page that gets the keys."""
        self._aside = False

    def show(self, told: dict[str, Any]) -> None:
        """Do what the daemon says."""
        if "aside" in told:
            self._step_aside(aside=told["aside"])
        elif "page" not in told:
            self._to_front()
        else:
            self._turn_to(told)

    def _turn_to(self, told: dict[str, Any]) -> None:
        if old := self.window.get_child():
            old.destroy()
        self._text = None
        page = Gtk.Box(orientation=Gtk.Orientation.VERTICAL, spacing=12, margin=MARGIN)
        page.set_size_request(WIDTH - 2 * MARGIN, -1)
        buttons = Gtk.ButtonBox(spacing=8, layout_style=Gtk.ButtonBoxStyle.END)
        build = {
            "text": self._write,
            "wait": self._wait,
            "proposal": self._propose,
            "end": self._end,
        }[told["page"]]
        self.window.set_title(TITLES[told["page"]])
        self._focus = build(told, page, buttons)
        page.pack_end(buttons, expand=False, fill=False, padding=0)
        self.window.add(page)
        page.show_all()
        self._focus.grab_focus()
        if self._aside and self._text is None:
            self.window.hide()
        elif not self.window.get_visible():
            self._to_front()

    # The pages. Each returns the widget that gets the keys.

    def _write(self, told: dict[str, Any], page: Any, buttons: Any) -> Any:
        page.add(
            _label(_("Correct dictation {number}").format(number=told["number"]), "dictate-heading")
        )
        view = Gtk.TextView(wrap_mode=Gtk.WrapMode.WORD_CHAR, accepts_tab=False)
        for side in ("left", "right", "top", "bottom"):
            getattr(view, f"set_{side}_margin")(8)
        view.get_buffer().set_text(told["text"])
        view.connect("key-press-event", self._text_key)
        field = Gtk.ScrolledWindow(
            shadow_type=Gtk.ShadowType.IN,
            propagate_natural_height=True,
            max_content_height=LONGEST_TEXT,
            min_content_height=60,
        )
        field.add(view)
        page.add(field)
        page.add(_label(_("Enter: done   Shift+Enter: new line   Esc: close"), "dictate-note"))
        self._text = view
        _button(buttons, "_Close", self._close)
        _button(buttons, "_Done", self._done, suggested=True)
        return view

    def _wait(self, told: dict[str, Any], page: Any, buttons: Any) -> Any:
        row = Gtk.Box(spacing=12)
        spinner = Gtk.Spinner(active=True)
        row.add(spinner)
        row.add(_label(told["note"]))
        page.add(row)
        page.add(_label(told["kept"], "dictate-note"))
        return _button(buttons, "_Close", self._close)

    def _propose(self, told: dict[str, Any], page: Any, buttons: Any) -> Any:
        page.add(_label(told["proposal"], "dictate-heading"))
        page.add(_label(told["why"]))
        grid = Gtk.Grid(column_spacing=14, row_spacing=6)
        for at, (what, text) in enumerate(told["evidence"]):
            grid.attach(_label(what, "dictate-note", wrap=False), 0, at, 1, 1)
            grid.attach(_label(text), 1, at, 1, 1)
        if told["evidence"]:
            page.add(grid)
        for answer, label in told["buttons"]:
            made = _button(buttons, label, lambda answer=answer: say({"answer": answer}))
            made.set_sensitive(False)
        proposed = made  # the last one
        proposed.get_style_context().add_class("suggested-action")

        def unlock() -> bool:
            if self.window.get_child() is page:
                buttons.foreach(lambda button: button.set_sensitive(True))
                if self.window.is_active():
                    proposed.grab_focus()
            return False

        GLib.timeout_add(LOCKED_MS, unlock)
        return proposed

    def _end(self, told: dict[str, Any], page: Any, buttons: Any) -> Any:
        for line in told["lines"]:
            page.add(_label(line))
        return _button(buttons, "_Close", self._close, suggested=True)

    # What the user does.

    def _text_key(self, view: Any, event: Any) -> bool:
        enter = event.keyval in (Gdk.KEY_Return, Gdk.KEY_KP_Enter, Gdk.KEY_ISO_Enter)
        if not enter or event.state & Gdk.ModifierType.SHIFT_MASK:
            return False
        # An input method may need the key, to finish a word.
        if not view.im_context_filter_keypress(event):
            self._done()
        return True

    def _window_key(self, _window: Any, event: Any) -> bool:
        if event.keyval != Gdk.KEY_Escape:
            return False
        if self._text is None or not self._text.im_context_filter_keypress(event):
            self._close()
        return True

    def _done(self) -> None:
        buffer = self._text.get_buffer()
        if text := buffer.props.text.strip():
            self._text.set_editable(False)
            say({"text": text})

    def _close(self) -> bool:
        self.window.hide()
        say({"closed": True})
        Gtk.main_quit()
        return True

    # Where it is.

    def _step_aside(self, *, aside: bool) -> None:
        """During a dictation the keys belong to the window below, unless the user writes here."""
        self._aside = aside
        if self._text is None and aside:
            self.window.hide()
        elif not aside and not self.window.get_visible():
            self.window.set_focus_on_map(False)
            self.window.show()
            self.window.set_focus_on_map(True)
            # On Wayland it may get the keys all the same: they are meant for another window.
            self.window.set_focus(None)

    def _to_front(self) -> None:
        self._aside = False
        self.window.show()
        self.window.present_with_time(self._now())
        self._focus.grab_focus()

    def _now(self) -> int:
        """The time of the X server; without it, a window manager may think that the window opened
        itself, and leave it in the background."""
        window = self.window.get_window()
        if "X11" not in type(window).__name__:
            return int(Gdk.CURRENT_TIME)
        gi.require_version("GdkX11", "3.0")
        from gi.repository import GdkX11

        window.set_events(window.get_events() | Gdk.EventMask.PROPERTY_CHANGE_MASK)
        return int(GdkX11.x11_get_server_time(window))


def _label(text: str, style: str = "", *, wrap: bool = True) -> Any:
    label = Gtk.Label(label=text, xalign=0.0, yalign=0.0, selectable=False, hexpand=wrap)
    if wrap:
        label.set_line_wrap(True)
        label.set_line_wrap_mode(Pango.WrapMode.WORD_CHAR)
        label.set_max_width_chars(60)
    if style:
        label.get_style_context().add_class(style)
    return label


def _button(box: Any, label: str, act: Any, *, suggested: bool = False) -> Any:
    button = Gtk.Button.new_with_mnemonic(label)
    button.connect("clicked", lambda __: act())
    if suggested:
        button.get_style_context().add_class("suggested-action")
    box.add(button)
    return button


def follow_the_desktop() -> None:
    """Use the dark theme where the desktop does, also where only color-scheme says so."""
    source = Gio.SettingsSchemaSource.get_default()
    schema = source and source.lookup("org.gnome.desktop.interface", recursive=True)
    if schema and schema.has_key("color-scheme"):
        settings = Gio.Settings.new("org.gnome.desktop.interface")
        if settings.get_string("color-scheme") == "prefer-dark":
            Gtk.Settings.get_default().props.gtk_application_prefer_dark_theme = True


def listen(shown: CorrectionWindow) -> None:
    """Do and answer each line; exit at the end of stdin."""
    rest = b""

    def on_input(*__: Any) -> bool:
        nonlocal rest
        piece = os.read(0, 65536)
        if not piece:
            Gtk.main_quit()
            return False
        *lines, rest = (rest + piece).split(b"\n")
        for line in lines:
            shown.show(json.loads(line))
            say({})
        return True

    GLib.io_add_watch(0, GLib.PRIORITY_DEFAULT, GLib.IO_IN | GLib.IO_HUP, on_input)


def end(*what: Any) -> None:
    """Exit on an exception in a GTK callback, which GTK would print and ignore."""
    sys.__excepthook__(*what)
    os._exit(1)


def main() -> None:
    """Until stdin ends or the user closes it."""
    sys.excepthook = end
    if not Gtk.init_check(sys.argv)[0]:
        cannot(_("there is no desktop that can be reached"))
    GLib.set_prgname("dictate")
    follow_the_desktop()
    listen(CorrectionWindow())
    say({"ready": True})
    Gtk.main()


if __name__ == "__main__":
    main()
