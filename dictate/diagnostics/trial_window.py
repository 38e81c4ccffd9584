"""A small window with a text field, for `output_trial.py`: GTK 3, or Tk where GTK is missing.

It runs in any Python that has a toolkit, mostly the system's, so it imports nothing of Dictate.
It writes a line of JSON for each change: {"focus": true}, or {"text": "what stands in the field"}.
It closes when its input ends.
"""

# ruff: noqa: T201, FBT003 - it talks to its parent; and GTK has it so
# mypy: ignore-errors

import json
import sys
import threading

from dictate.translation import _

TITLE = _("Dictate checks its outputs")
HINT = _("A text appears here by itself. If it does not within a second: click into this field.")


def say(**what) -> None:
    print(json.dumps(what), flush=True)


def at_the_end(close) -> None:
    """Call `close` when there is nothing more to read."""

    def wait() -> None:
        sys.stdin.read()
        close()

    threading.Thread(target=wait, daemon=True).start()


def gtk() -> None:
    import gi

    gi.require_version("Gtk", "3.0")
    from gi.repository import GLib, Gtk

    window = Gtk.Window(title=TITLE)
    window.set_default_size(420, 120)
    field = Gtk.TextView(wrap_mode=Gtk.WrapMode.CHAR)
    box = Gtk.Box(orientation=Gtk.Orientation.VERTICAL)
    box.pack_start(Gtk.Label(label=HINT), False, False, 6)
    box.pack_start(field, True, True, 0)
    window.add(box)
    text = field.get_buffer()
    text.connect("changed", lambda __: say(text=text.get_text(*text.get_bounds(), True)))
    field.connect("focus-in-event", lambda *__: say(focus=True))
    window.connect("destroy", Gtk.main_quit)
    at_the_end(lambda: GLib.idle_add(Gtk.main_quit))
    window.show_all()
    field.grab_focus()
    window.present()
    Gtk.main()


def tk() -> None:
    import tkinter

    root = tkinter.Tk(className="dictate-check")
    root.title(TITLE)
    tkinter.Label(root, text=HINT).pack()
    field = tkinter.Text(root, width=60, height=5)
    field.pack()

    def changed(__) -> None:
        if field.edit_modified():
            say(text=field.get("1.0", "end-1c"))
            field.edit_modified(False)

    field.bind("<<Modified>>", changed)
    field.bind("<FocusIn>", lambda __: say(focus=True))
    at_the_end(lambda: root.after_idle(root.destroy))
    field.focus_force()
    root.mainloop()


if __name__ == "__main__":
    try:
        gtk()
    except (ImportError, ValueError):
        tk()
