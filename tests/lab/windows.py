"""Real applications with a text field, whose content can be read back as it changes."""

import itertools
import signal
import subprocess
from pathlib import Path

import pytest

from tests.lab.xserver import XServer, end, need, wait_for

PYTHON = "/usr/bin/python3"
"""The system's Python: it has GTK and Tk, our virtual environment does not."""

_GTK = """
import os, sys, gi
gi.require_version("Gtk", "3.0")
from gi.repository import Gtk
title, path = sys.argv[1:]
window = Gtk.Window(title=title); window.set_default_size(420, 200)
view = Gtk.TextView(); view.set_wrap_mode(Gtk.WrapMode.CHAR)
scroller = Gtk.ScrolledWindow(); scroller.add(view); window.add(scroller)
buffer = view.get_buffer()
def changed(_):
    with open(path + "~", "wb") as file:
        file.write(buffer.get_text(*buffer.get_bounds(), True).encode())
    os.replace(path + "~", path)
buffer.connect("changed", changed)
window.connect("destroy", Gtk.main_quit)
window.show_all(); view.grab_focus(); changed(None)
Gtk.main()
"""

GTK_FIELD = """
import os, sys, gi
version, secret, title, path = sys.argv[1:]
gi.require_version("Gtk", version)
from gi.repository import GLib, Gtk
if version == "4.0": Gtk.init()
window = Gtk.Window(title=title)
if secret:
    view = buffer = Gtk.Entry()
    read = view.get_text
    if secret == "yes":
        view.set_visibility(False); view.set_input_purpose(Gtk.InputPurpose.PASSWORD)
else:
    view = Gtk.TextView(wrap_mode=Gtk.WrapMode.CHAR)
    buffer = view.get_buffer()
    read = lambda: buffer.get_text(*buffer.get_bounds(), True)
def save(path, text):
    with open(path + "~", "wb") as file:
        file.write(text.encode())
    os.replace(path + "~", path)
buffer.connect("changed", lambda _: save(path, read()))
shows = view.get_delegate() if secret and version == "4.0" else view
shows.connect("preedit-changed", lambda _, text: save(path + ".preedit", text))
if version == "4.0": window.set_child(view)
else: window.add(view); window.show_all()
save(path, ""); view.grab_focus(); window.present()
GLib.MainLoop().run()
"""
"""GTK's version, "" or "yes" for a password or "no" for an entry, title, file; beside the file it
says the preedit."""

_BLANK = """
import sys, gi
gi.require_version("Gtk", "3.0")
from gi.repository import Gtk
title, path = sys.argv[1:]
open(path, "w").close()
window = Gtk.Window(title=title); window.add(Gtk.Label(label="no text field here"))
window.connect("destroy", Gtk.main_quit)
window.show_all()
Gtk.main()
"""

_TK = """
import os, sys, tkinter
title, path = sys.argv[1:]
root = tkinter.Tk(className="tkfield"); root.title(title); root.geometry("420x200")
text = tkinter.Text(root, wrap="char"); text.pack(); text.focus_force()
def changed(_=None):
    with open(path + "~", "wb") as file:
        file.write(text.get("1.0", "end-1c").encode("utf-8", "surrogatepass"))
    os.replace(path + "~", path)
    text.edit_modified(False)
text.bind("<<Modified>>", changed)
changed()
root.mainloop()
"""

_numbers = itertools.count(1)


class Window:
    """One running application. `text()` is the content of its field."""

    kind = ""
    longest = 1_000_000
    """It asks its user before it takes more characters at once."""
    _known = 0

    def __init__(self, x: XServer, folder: Path) -> None:
        self.x = x
        self.title = f"{self.kind}-{next(_numbers)}"
        self.file = folder / f"{self.title}.txt"
        self.child = self.launch()
        wait_for(self.file.exists, f"{self.title} starts")
        wait_for(self.xid, f"{self.title} has a window")
        self.focus()

    def launch(self) -> subprocess.Popen[bytes]:
        raise NotImplementedError

    def xid(self) -> str:
        """The window's number, as xdotool knows it."""
        return self.x.run("xdotool", "search", "--name", f"^{self.title}$").split()[-1]

    def refocus(self) -> None:
        """Take the keyboard focus away, and give it back."""
        xid = self.xid()
        self.x.run("xdotool", "windowminimize", xid)
        self.x.run("xdotool", "windowactivate", "--sync", xid)
        self.focus()

    def focus(self) -> None:
        """Give it the keyboard focus, and wait until it has it."""
        xid = self.xid()
        self.x.run("xdotool", "windowactivate", xid)
        wait_for(
            lambda: self.x.run("xdotool", "getactivewindow").strip() == xid, f"{self.title} focus"
        )
        wait_for(
            lambda: (
                self.x.run("xdotool", "getwindowfocus").strip() == xid
                or self.title in self.x.run("xdotool", "getwindowfocus", "getwindowname")
            ),
            f"{self.title} has the keyboard",
        )

    def text(self) -> str:
        return self.file.read_bytes().decode("utf-8", "replace")[self._known :]

    def forget(self) -> None:
        """What stands in it now is no part of `text()` any more."""
        self._known += len(self.text())

    def wait_text(self, expected: str, seconds: float = 20) -> None:
        """Wait for exactly this text; fail with the text that is there."""
        try:
            wait_for(lambda: self.text() == expected, self.title, seconds)
        except AssertionError:
            raise AssertionError(_difference(self.title, self.text(), expected)) from None

    def hang(self) -> None:
        """SIGSTOP: it is there, and does nothing."""
        self.child.send_signal(signal.SIGSTOP)

    def wake(self) -> None:
        self.child.send_signal(signal.SIGCONT)

    def close(self) -> None:
        """SIGKILL."""
        end(self.child)


class Xterm(Window):
    """A terminal in raw mode: what arrives is what was pasted (a newline as carriage return)."""

    kind = "xterm"

    def launch(self) -> subprocess.Popen[bytes]:
        need("xterm")
        reader = f"stty raw -echo; exec tee '{self.file}'"
        return self.x.spawn("xterm", "-u8", "-T", self.title, "-e", "sh", "-c", reader)


class GtkField(Window):
    """A GTK 3 text view."""

    kind = "gtk3"

    def launch(self) -> subprocess.Popen[bytes]:
        _need_module("gi", "python3-gi gir1.2-gtk-3.0")
        return self.x.spawn(PYTHON, "-c", _GTK, self.title, str(self.file))


class Gtk4Field(Window):
    """A GTK 4 text view, which also says what is shown as preedit."""

    kind = "gtk4"
    version = "4.0"
    secret = ""

    def launch(self) -> subprocess.Popen[bytes]:
        _need_module("gi", "python3-gi gir1.2-gtk-4.0")
        arguments = (self.version, self.secret, self.title, str(self.file))
        return self.x.spawn(PYTHON, "-c", GTK_FIELD, *arguments)

    def preedit(self) -> str:
        """What is shown at the cursor and is no part of the text."""
        file = self.file.with_name(f"{self.file.name}.preedit")
        return file.read_text() if file.exists() else ""


class Gtk4PasswordField(Gtk4Field):
    """A GTK 4 entry for a password."""

    kind = "password"
    secret = "yes"


class PasswordField(Gtk4PasswordField):
    """The same with GTK 3."""

    version = "3.0"


class GtkEntry(Gtk4Field):
    """A GTK 3 entry of one line."""

    kind = "gtk3-entry"
    version = "3.0"
    secret = "no"


class Gtk4Entry(GtkEntry):
    """The same with GTK 4."""

    kind = "gtk4-entry"
    version = "4.0"


class Blank(Window):
    """A GTK 3 window that takes no text."""

    kind = "blank"

    def launch(self) -> subprocess.Popen[bytes]:
        _need_module("gi", "python3-gi gir1.2-gtk-3.0")
        return self.x.spawn(PYTHON, "-c", _BLANK, self.title, str(self.file))


class TkField(Window):
    """A Tk text widget."""

    kind = "tk"

    def launch(self) -> subprocess.Popen[bytes]:
        _need_module("tkinter", "python3-tk")
        return self.x.spawn(PYTHON, "-c", _TK, self.title, str(self.file))


KINDS: tuple[type[Window], ...] = (Xterm, GtkField, TkField)


def _need_module(module: str, packages: str) -> None:
    done = subprocess.run([PYTHON, "-c", f"import {module}"], capture_output=True, check=False)
    if done.returncode:
        pytest.skip(f"{PYTHON} cannot import {module}: apt install {packages}")


def _difference(title: str, found: str, expected: str) -> str:
    pairs = enumerate(zip(found, expected, strict=False))
    at = next((n for n, (a, b) in pairs if a != b), min(len(found), len(expected)))
    return (
        f"{title}: {len(found)} characters instead of {len(expected)}; from character {at} on it "
        f"has {found[at : at + 80]!r} instead of {expected[at : at + 80]!r}"
    )
