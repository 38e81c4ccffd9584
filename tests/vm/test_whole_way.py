"""Key to text by the kernel alone: the key is read there, and the paste is pressed there.

Real are the kernel, its keyboards, sway, the daemon, the bus and the applications; a recording is
the microphone and a script the engine.
"""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from dictate.config.schema import OutputSettings
from dictate.errors import NotDelivered
from dictate.outputs import Receipt
from dictate.outputs.paste_keys.uinput import UInputOutput
from dictate.platform.kernel_input import OWN_KEYBOARD
from tests.lab.daemon import RealDaemon
from tests.lab.kernel import (
    LIMIT_S,
    RIGHT_CTRL,
    C,
    Keyboard,
    Reader,
    by_name,
    seated_sway,
    shift_holder,
)
from tests.lab.outputs import working
from tests.lab.scripted import Home, home
from tests.lab.sway import Foot, Gtk3, Sway, SwayWindow, copy, paste
from tests.lab.uinput import CHORD
from tests.lab.xserver import wait_for

pytestmark = [pytest.mark.vm, pytest.mark.timeout(400)]


@pytest.fixture(scope="module")
def person() -> Iterator[Keyboard]:
    keyboard = Keyboard()
    yield keyboard
    keyboard.unplug()


@pytest.fixture(scope="module")
def sway(person: Keyboard) -> Iterator[Sway]:
    with seated_sway() as sway:
        yield sway


def test_what_sway_holds_down_after_we_were_killed(
    person: Keyboard, sway: Sway, tmp_path: Path
) -> None:
    """Nothing: what a person types is what she types. No daemon has a keyboard yet."""
    window = Gtk3(sway, tmp_path)
    window.focus()
    copy(sway, b"theirs ")
    with shift_holder() as holder:
        wait_for(lambda: OWN_KEYBOARD in sway.devices(), "sway reads our keyboard")
        holder.tell()
        window.wait_text("theirs ")
        holder.kill()
    wait_for(lambda: OWN_KEYBOARD not in sway.devices(), "sway has seen it go")
    person.press(C)
    person.release(C)
    window.wait_text("theirs c")
    window.close()


def test_with_a_modifier_held_the_receipt_is_true(
    person: Keyboard, sway: Sway, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a person holds counts for our keyboard, too, where the desktop makes one of both."""
    monkeypatch.setenv("WAYLAND_DISPLAY", sway.display)
    window = Gtk3(sway, tmp_path)
    window.focus()
    copy(sway, b"theirs")

    async def work(output: UInputOutput) -> None:
        said = ""
        await asyncio.to_thread(person.press, RIGHT_CTRL)
        try:
            if await output.write("held ", None) is Receipt.DELIVERED:
                said = "held "
        except NotDelivered:
            assert await asyncio.to_thread(paste, sway) == b"theirs"
        finally:
            await asyncio.to_thread(person.release, RIGHT_CTRL)
        print(f"with Ctrl held: {said or 'nothing'}")
        assert await output.write("free", None) is Receipt.DELIVERED
        await asyncio.to_thread(window.wait_text, f"{said}free")

    working(UInputOutput(OutputSettings(use="uinput", paste_timeout_ms=5000)), work)
    window.close()


@pytest.fixture(scope="module")
def daemon(sway: Sway, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealDaemon]:
    with home(tmp_path_factory.mktemp("home"), seconds=60) as user:
        config = user.settings.replace('use = "stdout"', 'use = "uinput"\npaste_timeout_ms = 10000')
        config = config.replace('use = "none"', 'use = "evdev"\nkey = "ctrl_r"\nmode = "hold"')
        with user.daemon(config=config, WAYLAND_DISPLAY=sway.display) as daemon:
            wait_for(lambda: daemon.status()["engine_state"] == "ready", "the engine", LIMIT_S)
            status = daemon.status()
            assert (status["output"], status["hotkey"]) == ("uinput", "ctrl_r")
            yield daemon


def dictate(daemon: RealDaemon, person: Keyboard) -> None:
    person.press(RIGHT_CTRL)
    daemon.wait_state("recording", LIMIT_S)
    person.release(RIGHT_CTRL)
    daemon.wait_state("ready", LIMIT_S)


@pytest.mark.parametrize("kind", [Gtk3, Foot], ids=lambda kind: kind.kind)
def test_key_to_text(
    daemon: RealDaemon, person: Keyboard, sway: Sway, tmp_path: Path, kind: type[SwayWindow]
) -> None:
    window = kind(sway, tmp_path)
    window.focus()
    copy(sway, b"theirs")
    (path,) = by_name(OWN_KEYBOARD)
    reader = Reader(path)
    said = ""
    for times in (1, 2):
        dictate(daemon, person)
        said += Home.text
        window.wait_text(said)
        assert daemon.history(1)[0]["state"] == "delivered"
        assert reader.read(4 * times) == CHORD * times
        assert reader.device.active_keys() == []
    wait_for(lambda: paste(sway) == b"theirs", "the clipboard is given back")
    reader.close()
    window.close()
