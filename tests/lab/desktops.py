"""Desktops without a screen, one for each thing that outputs need, and a window on each.

Which output works on which desktop is not written down: `Desktops.window` asks the output.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cached_property
from pathlib import Path
from typing import TypeAlias

import pytest

from dictate.outputs import Output
from dictate.outputs.ibus import output as ibus_output
from tests.lab.bus import session_bus
from tests.lab.ibus import IBusDaemon
from tests.lab.remote_desktop import RemoteDesktopPortal
from tests.lab.sway import Gtk3, Keyboard, Sway
from tests.lab.uinput import kernel
from tests.lab.windows import GtkField, TkField, Window
from tests.lab.xserver import XServer, need

Open: TypeAlias = Callable[[], Window]
"""Opens a window with a text field on the desktop."""


class Desktops:
    """Each is started when it is first needed; all end with `close`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._running = ExitStack()
        self._fits: dict[str, str] = {}
        """The desktop on which each output works, by the output's name."""

    @contextmanager
    def window(
        self, output: Output, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> Iterator[Window]:
        """A window on the first desktop on which `output` can work. Skips where there is none."""
        kinds = (self._x11, self._ibus, self._kernel_keyboard, self._portal)
        reasons = []
        for kind in kinds:
            if self._fits.get(output.name, kind.__name__) != kind.__name__:
                continue
            with monkeypatch.context() as patch, kind(folder, patch) as opens:
                if reason := output.unavailable_reason():
                    reasons.append(reason)
                    continue
                self._fits[output.name] = kind.__name__
                window = opens()
                try:
                    yield window
                finally:
                    window.close()
                return
        pytest.skip(f"{output.name} works on no desktop of the tests: {'; '.join(reasons)}")

    def close(self) -> None:
        self._running.close()

    @cached_property
    def _x(self) -> XServer:
        need("xclip")
        return self._running.enter_context(XServer())

    @cached_property
    def _sway(self) -> Sway:
        return self._running.enter_context(Sway())

    @cached_property
    def _ibus_daemon(self) -> IBusDaemon:
        daemon = IBusDaemon(self._x, self._folder)
        daemon.start()
        self._running.callback(daemon.kill)
        return daemon

    @contextmanager
    def _x11(self, folder: Path, patch: pytest.MonkeyPatch) -> Iterator[Open]:
        patch.setenv("DISPLAY", self._x.display)
        yield lambda: TkField(self._x, folder)

    @contextmanager
    def _ibus(self, folder: Path, patch: pytest.MonkeyPatch) -> Iterator[Open]:
        """An X server whose applications talk to IBus."""
        daemon = self._ibus_daemon
        patch.setenv("DISPLAY", self._x.display)
        patch.setenv("IBUS_ADDRESS", daemon.address)
        patch.setattr(self._x, "more_env", daemon.env)
        patch.setattr(ibus_output, "_RECEIPT_S", 2.0)  # this machine may be busy

        def opens() -> Window:
            opened = GtkField(self._x, folder)
            daemon.wait_field()
            return opened

        yield opens

    @contextmanager
    def _kernel_keyboard(self, folder: Path, patch: pytest.MonkeyPatch) -> Iterator[Open]:
        """A sway with a seat, on a machine with /dev/uinput."""
        patch.setenv("WAYLAND_DISPLAY", self._sway.display)
        with ExitStack() as stack:
            stack.callback(Keyboard().close)  # a seat without one gives nothing the focus
            stack.enter_context(kernel(folder, patch))
            yield lambda: Gtk3(self._sway, folder)

    @contextmanager
    def _portal(self, folder: Path, patch: pytest.MonkeyPatch) -> Iterator[Open]:
        """A sway with a portal for remote control on the session bus."""
        patch.setenv("WAYLAND_DISPLAY", self._sway.display)
        patch.setenv("XDG_STATE_HOME", str(folder / "state"))
        with (
            session_bus(folder) as bus,
            RemoteDesktopPortal(bus.address, self._sway.display),
        ):
            patch.setenv("DBUS_SESSION_BUS_ADDRESS", bus.address)
            yield lambda: Gtk3(self._sway, folder)
