"""A private IBus daemon."""

import asyncio
import signal
import subprocess
from pathlib import Path

from dbus_fast import Message
from dbus_fast.aio import MessageBus

from tests.lab.xserver import XServer, end, need, wait_for


class IBusDaemon:
    """ibus-daemon for the applications of an X server that get its `env`.

    It keeps its address, and ends with the thread that has started it.
    """

    def __init__(self, x: XServer, folder: Path) -> None:
        need("ibus-daemon", "ibus")
        self.address = f"unix:path={folder}/ibus-bus"
        self.env = {
            "IBUS_ADDRESS": self.address,
            "XDG_CONFIG_HOME": str(folder),  # where applications see it come back
            "GTK_IM_MODULE": "ibus",
            "XMODIFIERS": "@im=ibus",
        }
        self._x = x
        self._socket = folder / "ibus-bus"
        self._child: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it; it answers when this returns."""
        self._socket.unlink(missing_ok=True)
        self._child = self._x.spawn(
            *("ibus-daemon", "--address", self.address, "--panel", "disable"),
            *("--emoji-extension", "disable", "--config", "disable", "--xim"),
        )
        wait_for(self._socket.exists, "ibus-daemon listens")
        wait_for(self._answers, "ibus-daemon answers")

    def _answers(self) -> bool:
        return bool(self._ibus("list-engine").stdout)

    def send_signal(self, number: signal.Signals) -> None:
        """Send the daemon a signal; SIGSTOP makes it hang."""
        assert self._child is not None
        self._child.send_signal(number)

    def kill(self) -> None:
        """SIGKILL."""
        if self._child is not None:
            end(self._child)
            self._child = None

    def engine(self) -> str:
        """The active input method; "" if there is none."""
        return self._ibus("engine").stdout.strip()

    def wait_field(self) -> None:
        """Return once a text field has the focus, and IBus knows it."""
        wait_for(lambda: asyncio.run(_focus(self.address)), "IBus knows of a text field")

    def use(self, engine: str) -> None:
        """Activate this input method, as the user does."""
        self._ibus("engine", engine)
        wait_for(lambda: self.engine() == engine, f"{engine} is on")

    def _ibus(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["ibus", *words],
            env=self._x.env | self.env,
            capture_output=True,
            text=True,
            timeout=10,
            check=False,
        )


async def _focus(address: str) -> bool:
    bus = await MessageBus(bus_address=address).connect()
    reply = await bus.call(
        Message(
            destination="org.freedesktop.IBus",
            path="/org/freedesktop/IBus",
            interface="org.freedesktop.DBus.Properties",
            member="Get",
            signature="ss",
            body=["org.freedesktop.IBus", "CurrentInputContext"],
        )
    )
    bus.disconnect()
    return not reply.body[0].value.endswith("_1")  # that one is IBus's own
