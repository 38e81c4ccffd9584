"""A whole desktop without a screen, once for each module of tests."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

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
    """What leads a program to all three."""


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """The desktop."""
    folder = tmp_path_factory.mktemp("desk")
    with ExitStack() as stack:
        bus = stack.enter_context(session_bus(folder))
        x = stack.enter_context(XServer())
        sound = stack.enter_context(PulseAudio(folder))
        pulse = {k: v for k, v in sound.env.items() if k.startswith("PULSE_")}
        env = {"DISPLAY": x.display, "DBUS_SESSION_BUS_ADDRESS": bus.address, **pulse}
        yield Desk(folder, x, sound, env)
