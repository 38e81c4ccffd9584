"""The overlay's window, in its own process: run by the system's Python, which has GTK 3.

Each line on stdin is a whole picture as JSON, and is answered with a
line on stdout, which shows that this process works. The first line on stdout says how the window
is shown, or why it cannot be. The process ends with stdin.

The window takes neither keys nor clicks: they belong to the window below. It shows dictated text,
so nothing of it is printed, not even in an error.
"""

import argparse
import json
import os
import sys
import time
from typing import Any, NoReturn

from dictate.translation import _

WIDTH = 520
MARGIN = 48
"""Distance from the edge of the screen, in logical pixels like all sizes here."""
PADDING = 12
LINES = 3
"""Number of lines; of a longer text the last ones are shown."""
TICK_MS = 250
BAR, GAP, BARS = 3, 2, 28
MARK = 14
CANNOT = 3
"""The exit status on a desktop that cannot show the overlay."""

STYLE = b"""
#dictate { background-color: alpha(@theme_bg_color, 0.94); color: @theme_fg_color;
  border: 1px solid alpha(@theme_fg_color, 0.25); border-radius: 14px; }
#dictate.square { background-color: @theme_bg_color; border-radius: 0; }
#dictate label.note { color: alpha(@theme_fg_color, 0.75); }
"""
WORDS = {
    "opening": _("Wait"),
    "recording": _("Listening"),
    "finishing": _("Writing"),
    "held": _("Not written"),
    "nothing": _("Nothing heard"),
    "cancelled": _("Cancelled"),
}
COLOURS = {
    "recording": "error_color",
    "finishing": "success_color",
    "held": "warning_color",
    "nothing": "warning_color",
}


def cannot(why: str) -> NoReturn:
    """Report why this desktop gets no overlay, and exit."""
    answer({"why_not": why})
    sys.exit(CANNOT)


def answer(what: dict[str, str]) -> None:
    """One line to the daemon."""
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


# A screen reader must not read it out over the user's voice, nor a program read it on its bus.
os.environ["NO_AT_BRIDGE"] = "1"
# Otherwise the first GTK program on an X server loads Mesa and LLVM to choose a visual.
os.environ["GDK_GL"] = "disable"
try:
    import cairo
    import gi

    gi.require_version("Gdk", "3.0")
    gi.require_version("Gtk", "3.0")
    gi.require_version("PangoCairo", "1.0")
    gi.require_foreign("cairo")
    from gi.repository import Gdk, Gio, GLib, Gtk, Pango, PangoCairo
except (ImportError, ValueError) as error:
    # untranslated
    cannot(f"{error}: apt install python3-gi python3-gi-cairo gir1.2-gtk-3.0")


class OverlayWindow:
    """The window and its content."""

    def __init__(self, position: str, layer_shell: Any, *, steps_aside: bool) -> None:
        self._top = position == "top"
        self._layer_shell = layer_shell
        self._steps_aside = steps_aside
        self._picture: dict[str, Any] = {"state": "", "solid": "", "dim": ""}
        self._levels = [0.0] * BARS
        kind = Gtk.WindowType.TOPLEVEL if layer_shell else Gtk.WindowType.POPUP
        self.window = Gtk.Window(type=kind, name="dictate", title="Dictate")
        self._mark = Gtk.DrawingArea()
        self._meter = Gtk.DrawingArea()
        self._text = Gtk.DrawingArea()
        display = self.window.get_display()
        monitors = [display.get_monitor(n) for n in range(display.get_n_monitors())]
        narrowest = min((each.get_geometry().width for each in monitors), default=WIDTH)
        self._width = min(WIDTH, narrowest - MARGIN)
        self._word = Gtk.Label()
        self._time = Gtk.Label()
        self._note = Gtk.Label(
            ellipsize=Pango.EllipsizeMode.END, max_width_chars=1, hexpand=True, xalign=1.0
        )
        self._build()
        GLib.timeout_add(TICK_MS, self._tick)

    def _build(self) -> None:
        window = self.window
        window.set_accept_focus(False)
        window.set_focus_on_map(False)
        window.set_resizable(False)
        window.set_type_hint(Gdk.WindowTypeHint.NOTIFICATION)
        screen = window.get_screen()
        if screen.is_composited() and screen.get_rgba_visual():
            window.set_visual(screen.get_rgba_visual())
        else:
            window.get_style_context().add_class("square")
        provider = Gtk.CssProvider()
        provider.load_from_data(STYLE)
        priority = Gtk.STYLE_PROVIDER_PRIORITY_APPLICATION
        Gtk.StyleContext.add_provider_for_screen(screen, provider, priority)
        row = Gtk.Box(spacing=10)
        self._mark.set_size_request(MARK, MARK)
        self._meter.set_size_request(BARS * (BAR + GAP), MARK + 6)
        self._note.get_style_context().add_class("note")
        self._time.get_style_context().add_class("note")
        self._mark.set_valign(Gtk.Align.CENTER)
        for widget in (self._mark, self._word, self._meter, self._time):
            row.add(widget)
        row.add(self._note)
        column = Gtk.Box(orientation=Gtk.Orientation.VERTICAL, spacing=8, margin=PADDING)
        column.set_size_request(self._width - 2 * PADDING, -1)
        column.add(row)
        column.add(self._text)
        window.add(column)
        column.show_all()
        self._mark.connect("draw", self._draw_mark)
        self._meter.connect("draw", self._draw_meter)
        self._text.connect("draw", self._draw_text)
        if self._steps_aside:
            window.add_events(Gdk.EventMask.ENTER_NOTIFY_MASK)
            window.connect("enter-notify-event", self._step_aside)
        else:
            window.connect_after("map", self._let_through)
        if self._layer_shell:
            self._on_a_layer()
        else:
            window.connect("map", lambda __: self._place(window.get_allocated_height()))
            window.connect("size-allocate", lambda __, size: self._place(size.height))

    def _let_through(self, window: Any) -> None:
        # Not earlier: GTK resets the input shape while it maps a window.
        window.get_window().input_shape_combine_region(cairo.Region(), 0, 0)

    def _step_aside(self, *__: Any) -> None:
        # GNOME 43 sends clicks to any Xwayland window, whatever its input shape: it moves away to
        # the other edge before it can be clicked.
        self._top = not self._top
        self._place(self.window.get_allocated_height())

    def _on_a_layer(self) -> None:
        shell, window = self._layer_shell, self.window
        edge = shell.Edge.TOP if self._top else shell.Edge.BOTTOM
        shell.init_for_window(window)
        shell.set_namespace(window, "dictate")
        shell.set_layer(window, shell.Layer.OVERLAY)
        shell.set_keyboard_mode(window, shell.KeyboardMode.NONE)
        shell.set_anchor(window, edge, anchor_to_edge=True)
        shell.set_margin(window, edge, MARGIN)

    def _place(self, height: int) -> None:
        """On X11: centre it on the edge, on the monitor with the pointer."""
        display = self.window.get_display()
        __, x, y = display.get_default_seat().get_pointer().get_position()
        area = display.get_monitor_at_point(x, y).get_workarea()
        down = MARGIN if self._top else area.height - height - MARGIN
        self.window.move(area.x + (area.width - self._width) // 2, area.y + down)

    # What it shows.

    def show(self, picture: dict[str, Any]) -> None:
        """Show this picture."""
        state = picture["state"]
        if state == "recording" and self._picture["state"] != "recording":
            self._levels = [0.0] * BARS
        self._levels = (self._levels + picture["levels"])[-BARS:]
        self._picture = picture
        if not state:
            self.window.hide()
            return
        self._word.set_text(WORDS[state])
        goes, remote, download = (picture[name] for name in ("goes", "remote", "download"))
        notes = picture["progress"] or goes, remote, download
        self._note.set_text(" · ".join(filter(None, notes)))
        self._meter.set_visible(state in ("opening", "recording"))
        self._time.set_visible(state == "recording")
        self._tick()
        self._fit_text()
        for area in (self._mark, self._meter, self._text):
            area.queue_draw()
        if not self.window.get_visible():
            self.window.show()

    def _tick(self) -> bool:
        if self._picture["state"] == "recording":
            seconds = max(0, int(time.monotonic() - self._picture["since"]))
            self._time.set_text(f"{seconds // 60}:{seconds % 60:02}")
        return True

    def _layout(self) -> Any:
        """The text in lines; words that may still change are dim."""
        solid, dim = self._picture["solid"], self._picture["dim"]
        layout = self._text.create_pango_layout(solid + dim)
        layout.set_width((self._width - 2 * PADDING) * Pango.SCALE)
        layout.set_wrap(Pango.WrapMode.WORD_CHAR)
        faint = Pango.attr_foreground_alpha_new(0x8C00)
        faint.start_index = len(solid.encode())
        attributes = Pango.AttrList()
        attributes.insert(faint)
        layout.set_attributes(attributes)
        return layout

    def _fit_text(self) -> None:
        layout = self._layout()
        self._text.set_visible(bool(layout.get_text()))
        line = layout.get_pixel_size()[1] / layout.get_line_count()
        self._text.set_size_request(-1, round(line * min(LINES, layout.get_line_count())))

    def _draw_text(self, area: Any, context: Any) -> None:
        layout = self._layout()
        context.rectangle(0, 0, area.get_allocated_width(), area.get_allocated_height())
        context.clip()
        context.move_to(0, area.get_allocated_height() - layout.get_pixel_size()[1])
        Gdk.cairo_set_source_rgba(context, self._colour("theme_fg_color"))
        PangoCairo.show_layout(context, layout)

    def _draw_meter(self, area: Any, context: Any) -> None:
        height = area.get_allocated_height()
        Gdk.cairo_set_source_rgba(context, self._colour("theme_fg_color"))
        for at, level in enumerate(self._levels):
            tall = max(2.0, level * height)
            context.rectangle(at * (BAR + GAP), (height - tall) / 2, BAR, tall)
        context.fill()

    def _draw_mark(self, area: Any, context: Any) -> None:
        """One shape per state, so that colours alone carry no meaning."""
        state = self._picture["state"]
        Gdk.cairo_set_source_rgba(context, self._colour(COLOURS.get(state, "theme_fg_color")))
        middle = area.get_allocated_height() / 2
        if state == "recording":
            context.arc(MARK / 2, middle, MARK / 2 - 1, 0, 7)
            context.fill()
        elif state == "finishing":
            for at in range(3):
                context.arc(2 + at * 5, middle, 1.8, 0, 7)
                context.fill()
        elif state == "held":
            for x in (2, 8):
                context.rectangle(x, middle - 6, 4, 12)
            context.fill()
        elif state in ("nothing", "opening"):
            context.arc(MARK / 2, middle, MARK / 2 - 2, 0, 7)
            context.stroke()
            if state == "opening":  # the hands of a clock
                context.move_to(MARK / 2, middle - 4)
                context.line_to(MARK / 2, middle)
                context.line_to(MARK / 2 + 3, middle)
                context.stroke()
        else:
            for up in (-1, 1):
                context.move_to(2, middle - 5 * up)
                context.line_to(MARK - 2, middle + 5 * up)
            context.stroke()

    def _colour(self, name: str) -> Any:
        style = self.window.get_style_context()
        found, colour = style.lookup_color(name)
        return colour if found else style.get_color(Gtk.StateFlags.NORMAL)


def layer_shell(no_layers: str) -> Any:
    """The library that puts a window above all others on this desktop; None on X11.

    Exits where there is neither. `no_layers` says why there are no layers, if that is known.
    """
    display = Gdk.Display.get_default()
    x_server = os.environ.get("DISPLAY", "")
    if display is None:
        where = " and ".join(filter(None, (os.environ.get("WAYLAND_DISPLAY"), x_server)))
        if no_layers:
            cannot(_("{reason}, and Xwayland cannot be reached").format(reason=no_layers))
        if where:
            cannot(_("the desktop at {where} cannot be reached").format(where=where))
        cannot(_("there is no desktop"))
    if "X11" in type(display).__name__:
        return None
    try:
        gi.require_version("GtkLayerShell", "0.1")
        from gi.repository import GtkLayerShell
    except (ImportError, ValueError):
        no_layers = _("GtkLayerShell is missing: apt install gir1.2-gtklayershell-0.1")
    else:
        if GtkLayerShell.is_supported():
            return GtkLayerShell
        desktop = os.environ.get("XDG_CURRENT_DESKTOP") or _("this desktop")
        no_layers = _("{desktop} has no layer shell").format(desktop=desktop)
    if not x_server:
        cannot(no_layers)
    # GTK cannot switch from Wayland to X11 in a running process.
    words = [*sys.orig_argv, "--no-layers", no_layers]
    os.execve(sys.executable, words, {**os.environ, "GDK_BACKEND": "x11"})


def follow_the_desktop() -> None:
    """Use the dark theme where the desktop does, also where only color-scheme says so."""
    source = Gio.SettingsSchemaSource.get_default()
    schema = source and source.lookup("org.gnome.desktop.interface", recursive=True)
    if schema and schema.has_key("color-scheme"):
        settings = Gio.Settings.new("org.gnome.desktop.interface")
        if settings.get_string("color-scheme") == "prefer-dark":
            Gtk.Settings.get_default().props.gtk_application_prefer_dark_theme = True


def listen(overlay: OverlayWindow) -> None:
    """Show and answer each line; exit at the end of stdin."""
    rest = b""

    def on_input(*__: Any) -> bool:
        nonlocal rest
        piece = os.read(0, 65536)
        if not piece:
            Gtk.main_quit()
            return False
        *lines, rest = (rest + piece).split(b"\n")
        for line in lines:
            overlay.show(json.loads(line))
            answer({})
        return True

    GLib.io_add_watch(0, GLib.PRIORITY_DEFAULT, GLib.IO_IN | GLib.IO_HUP, on_input)


def end(*what: Any) -> None:
    """Exit on an exception in a GTK callback, which GTK would print and ignore."""
    sys.__excepthook__(*what)
    os._exit(1)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--position", default="bottom", choices=("bottom", "top"))
    # untranslated
    parser.add_argument(
        "--check", action="store_true", help="only report how it would be shown, or why not"
    )
    parser.add_argument(
        "--no-layers",
        default="",
        help="why there are no layers; X11 is tried then",  # untranslated
    )
    options = parser.parse_args()
    sys.excepthook = end
    os.nice(5)  # With few processors the text has priority.
    shell = layer_shell(options.no_layers)
    follow_the_desktop()
    overlay = OverlayWindow(options.position, shell, steps_aside=bool(options.no_layers))
    # untranslated
    answer({"by": "layer shell" if shell else "xwayland" if options.no_layers else "x11"})
    if not options.check:
        listen(overlay)
        Gtk.main()


if __name__ == "__main__":
    main()
