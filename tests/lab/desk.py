"""A complete headless desktop, for end-to-end tests and for the benchmarks."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.lab.bus import session_bus
from tests.lab.pulse import PulseAudio
from tests.lab.xserver import XServer


@dataclass
class Desk:
    """A session bus, an X server with a window manager, and a sound server with a microphone."""

    folder: Path
    x: XServer
    sound: PulseAudio
    env: dict[str, str]
    """The environment variables with which a program finds all three."""


@contextmanager
def running_desk(folder: Path, size: str = "1024x768") -> Iterator[Desk]:
    """A running desktop with a screen of this size; its sockets lie in `folder`."""
    with ExitStack() as stack:
        bus = stack.enter_context(session_bus(folder))
        x = stack.enter_context(XServer(size=size))
        sound = stack.enter_context(PulseAudio(folder))
        pulse = {k: v for k, v in sound.env.items() if k.startswith("PULSE_")}
        env = {"DISPLAY": x.display, "DBUS_SESSION_BUS_ADDRESS": bus.address, **pulse}
        yield Desk(folder, x, sound, env)
