"""Whether an application pastes the clipboard at Shift+Insert, and PRIMARY may stay as it is.

Text fields of GTK drop their selection as soon as another program takes PRIMARY, so that the pasted
text would not replace it. They paste the clipboard, so for them it is enough. All others get both,
because terminals, Tk and some editors paste PRIMARY: without ours, they would paste their own.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

_GTK: Final = ("/libgtk-x11-2.0.", "/libgtk-3.", "/libgtk-4.")
_TERMINAL: Final = "/libvte-"
_PSEUDO_TERMINALS: Final = ("/dev/ptmx", "/dev/pts/ptmx")
"""What a terminal emulator keeps open for the program in it."""
_PASTE_PRIMARY: Final = ("vim", "putty")
"""Parts of the names of programs that use GTK, but paste PRIMARY without being a terminal."""


def pastes_clipboard(pid: int | None, name: str) -> bool:
    """Whether the process `pid`, an application called `name`, certainly does.

    False if that cannot be known: the process belongs to another user or runs on another machine.
    """
    if pid is None or any(part in name.lower() for part in _PASTE_PRIMARY):
        return False
    try:
        loaded = Path(f"/proc/{pid}/maps").read_text(errors="replace")
        if _TERMINAL in loaded or not any(library in loaded for library in _GTK):
            return False
        return not any(_has_terminal(each) for each in _family(pid))
    except OSError:
        return False


def _has_terminal(pid: int) -> bool:
    """Whether the process has a terminal for another one. Raises OSError."""
    files = Path(f"/proc/{pid}/fd").iterdir()
    return any(_target(file) in _PSEUDO_TERMINALS for file in files)


def _target(file: Path) -> str:
    try:
        return str(file.readlink())
    except FileNotFoundError:  # closed meanwhile
        return ""


def _family(pid: int) -> Iterator[int]:
    """The process and its descendants: an editor may have its terminal in one of them."""
    yield pid
    for file in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in file.read_text().split():
            yield from _family(int(child))
