"""Where the user of a campaign sits: a screen with its windows, and its key."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from Xlib import XK, X
from Xlib.display import Display

from tests.lab.daemon import RealDaemon
from tests.lab.sway import Foot, Gtk3, Sway
from tests.lab.windows import GtkField, Window, Xterm
from tests.lab.xserver import XServer

KEY = "Control_R"


class Seat:
    """Who sits at an X server and holds a real key."""

    kinds: tuple[type[Window], ...] = (Xterm, GtkField)
    settings = '[output]\nuse = "x11"\n'
    hotkey = "ctrl_r"
    """What the daemon says of its key, once it hears it."""

    def __init__(self, screen: XServer) -> None:
        self.screen = screen
        self.env = {"DISPLAY": screen.display}
        self._display = Display(screen.display)
        self._code = self._display.keysym_to_keycode(XK.string_to_keysym(KEY))

    def open(self, kind: type[Window], folder: Path) -> Window:
        """One more window, which gets the focus."""
        return kind(self.screen, folder)

    def press(self, daemon: RealDaemon) -> None:
        self._key(X.KeyPress)

    def release(self, daemon: RealDaemon) -> None:
        self._key(X.KeyRelease)

    def _key(self, kind: int) -> None:
        self._display.xtest_fake_input(kind, self._code)
        self._display.sync()

    @property
    def keys_down(self) -> set[int]:
        """The keycodes that the server considers pressed."""
        keymap = self._display.query_keymap()
        return {
            8 * at + bit for at, byte in enumerate(keymap) for bit in range(8) if byte >> bit & 1
        }

    def close(self) -> None:
        self._display.close()


class SwaySeat(Seat):
    """Who has bound a key in sway: it runs `dictatectl press`, and at its release `release`."""

    kinds = (Foot, Gtk3)
    settings = '[output]\nuse = "auto"\n[hotkey]\nuse = "none"\n'
    hotkey = "none"

    def __init__(self, screen: Sway) -> None:
        self.sway = screen
        self.env = {"WAYLAND_DISPLAY": screen.display}

    def open(self, kind: type[Window], folder: Path) -> Window:
        return kind(self.sway, folder)  # type: ignore[arg-type]

    def press(self, daemon: RealDaemon) -> None:
        daemon.ctl("press", check=False)

    def release(self, daemon: RealDaemon) -> None:
        daemon.ctl("release", check=False)

    @property
    def keys_down(self) -> set[int]:
        """Sway does not tell."""
        return set()


@contextmanager
def seat(*, sway: bool) -> Iterator[Seat]:
    """One of them, which runs inside."""
    if sway:
        with Sway() as compositor:
            yield SwaySeat(compositor)
        return
    with XServer() as server:
        x = Seat(server)
        try:
            yield x
        finally:
            x.close()
