"""Pasting by a keyboard of our own in the kernel, with a stand-in for the kernel and a real sway;
`tests/vm` has the kernel."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from dictate.config.schema import OutputSettings
from dictate.errors import DeliveryUnsure, NotDelivered, Unavailable
from dictate.installation import install_command
from dictate.outputs import OUTPUTS, Receipt
from dictate.outputs.paste import shift_insert
from dictate.outputs.paste_keys import uinput
from dictate.outputs.paste_keys.uinput import UInputOutput
from dictate.platform import kernel_input
from dictate.platform.kernel_input import OWN_KEYBOARD
from tests.lab.bus import session_bus
from tests.lab.corpus import TEXTS
from tests.lab.outputs import working
from tests.lab.pressed import write_all
from tests.lab.remote_desktop import RemoteDesktopPortal
from tests.lab.sway import Blank, Foot, Gtk3, Gtk4, Keyboard, Sway, SwayWindow, copy, need, paste
from tests.lab.uinput import CHORD, StandIn, kernel
from tests.lab.xserver import wait_for

pytestmark = pytest.mark.desktop


@pytest.fixture
def devices(
    sway: Sway, seat: Keyboard, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[type[StandIn]]:
    need("wl-copy")
    monkeypatch.setenv("WAYLAND_DISPLAY", sway.display)
    with kernel(tmp_path, monkeypatch) as devices:
        yield devices


@pytest.fixture
def field(devices: type[StandIn], sway: Sway, tmp_path: Path) -> Iterator[Gtk3]:
    opened = Gtk3(sway, tmp_path)
    opened.focus()
    yield opened
    opened.close()


def with_output(work: Callable[[UInputOutput], Awaitable[None]], timeout_ms: int = 300) -> None:
    working(UInputOutput(OutputSettings(use="uinput", paste_timeout_ms=timeout_ms)), work)


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not holds():  # noqa: ASYNC110
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("kind", [Foot, Gtk4], ids=lambda kind: kind.kind)
def test_arrives_exactly(
    sway: Sway, devices: type[StandIn], tmp_path: Path, kind: type[SwayWindow]
) -> None:
    window = kind(sway, tmp_path)
    window.focus()
    with_output(lambda output: write_all(output, window, sway), timeout_ms=10_000)
    (device,) = devices.made
    assert device.name == OWN_KEYBOARD
    assert tuple(device.pressed) == CHORD * len(TEXTS)
    assert device.closed
    window.close()


@pytest.mark.parametrize("number", [1, 2, 3, 4])
@pytest.mark.fault("C5")
def test_the_keyboard_vanishes_within_the_chord(
    field: Gtk3, sway: Sway, devices: type[StandIn], number: int
) -> None:
    """The receipt is true, no key stays down, the clipboard is given back, and the next text comes
    by another keyboard."""
    copy(sway, b"theirs")
    receipts: list[Receipt] = []

    async def work(output: UInputOutput) -> None:
        devices.vanishes_at = number
        try:
            receipts.append(await output.write("one", None))
        except NotDelivered as error:
            assert "not pressed: our keyboard in the kernel is gone" in str(error)  # noqa: PT017
        await asyncio.to_thread(wait_for, lambda: paste(sway) == b"theirs", "it is given back")
        assert await output.write("two", None) is Receipt.DELIVERED
        await asyncio.to_thread(field.wait_text, "onetwo" if receipts else "two")

    with_output(work, timeout_ms=3000)
    assert bool(receipts) == (number > 2)
    first, second = devices.made
    assert first.closed
    assert first.down == set()
    assert tuple(second.pressed) == CHORD


@pytest.mark.fault("C5")
def test_who_is_stopped_within_the_chord_leaves_no_key_down(
    devices: type[StandIn], sway: Sway, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shift_insert, "HOLD_S", 60)
    window = Blank(sway, tmp_path)
    window.focus()

    async def work(output: UInputOutput) -> None:
        assert output._keyboard is not None
        pressing = asyncio.create_task(output._keyboard.press(lambda: False))
        await until(lambda: len(devices.made[0].pressed) == 3)
        assert devices.made[0].down == {42}
        pressing.cancel()
        await asyncio.wait({pressing})
        assert devices.made[0].down == set()
        assert not devices.made[0].closed

    with_output(work)
    window.close()


@pytest.mark.fault("C10")
def test_where_nothing_takes_the_text_it_is_held(
    sway: Sway, devices: type[StandIn], tmp_path: Path
) -> None:
    window = Blank(sway, tmp_path)
    window.focus()
    copy(sway, b"theirs")

    async def work(output: UInputOutput) -> None:
        with pytest.raises(NotDelivered, match="is a text field active there"):
            await output.write("lost?", None)
        assert await asyncio.to_thread(paste, sway) == b"theirs"

    with_output(work)
    assert tuple(devices.made[0].pressed) == CHORD
    window.close()


@pytest.mark.fault("C7")
def test_the_compositor_dies(
    devices: type[StandIn], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Sway() as sway:
        monkeypatch.setenv("WAYLAND_DISPLAY", sway.display)

        async def work(output: UInputOutput) -> None:
            window = await asyncio.to_thread(Blank, sway, tmp_path)
            await asyncio.to_thread(window.focus)
            writing = asyncio.create_task(output.write("lost?", None))
            await until(lambda: len(devices.made[0].pressed) >= 3)
            await asyncio.to_thread(sway.kill)
            with pytest.raises(DeliveryUnsure):
                await writing
            with pytest.raises(NotDelivered, match="Wayland compositor"):
                await output.write("two", None)
            window.close()

        with_output(work, timeout_ms=10_000)
    assert devices.made[0].down == set()


@pytest.mark.fault("C9")
def test_a_locked_screen_gets_nothing(
    field: Gtk3, devices: type[StandIn], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with session_bus(tmp_path) as bus, RemoteDesktopPortal(bus.address) as desktop:
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", bus.address)

        async def work(output: UInputOutput) -> None:
            assert await output.write("before", None) is Receipt.DELIVERED
            await asyncio.to_thread(desktop.order, "lock")
            with pytest.raises(NotDelivered, match="the screen is locked"):
                await output.write("lost?", None)

        with_output(work, timeout_ms=10_000)
    assert tuple(devices.made[0].pressed) == CHORD
    field.wait_text("before")


def test_the_desktop_has_time_to_see_the_keyboard(
    field: Gtk3, devices: type[StandIn], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once, before the first text; also where that comes while it is waited for."""
    from dictate.outputs.paste_keys import uinput_keys

    monkeypatch.setattr(uinput_keys, "WARM_UP_S", 1.0)
    output = UInputOutput(OutputSettings(use="uinput", paste_timeout_ms=10_000))

    async def main() -> None:
        loop = asyncio.get_running_loop()
        since = loop.time()
        opening = asyncio.create_task(output.open())
        await until(lambda: bool(devices.made))
        await output.write("text", None)
        assert loop.time() - since >= 1.0
        await opening
        await output.close()

    asyncio.run(main())
    assert len(devices.made) == 1
    field.wait_text("text")


def test_why_not(devices: type[StandIn], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    output = UInputOutput(OutputSettings(use="uinput"))
    assert output.unavailable_reason() is None

    def refused(reason: str) -> None:
        assert reason in (output.unavailable_reason() or "")

        async def main() -> None:
            with pytest.raises(Unavailable):
                await output.open()
            with pytest.raises(NotDelivered):
                await output.write("text", None)
            await output.close()

        asyncio.run(main())
        assert devices.made == []

    with monkeypatch.context() as patch:
        patch.setattr(kernel_input, "find_spec", lambda _: None)
        refused(install_command("evdev"))
    with monkeypatch.context() as patch:
        patch.setattr(uinput, "NODE", tmp_path / "nothing")
        refused("/dictate setup --uinput` has the kernel load it")
    with monkeypatch.context() as patch:
        patch.setattr("os.access", lambda *_: False)  # nobody refuses root anything
        refused("may not be written: `sudo ")


def test_it_is_for_wayland_and_for_who_asks_for_it(
    devices: type[StandIn], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "uinput" not in OUTPUTS.auto
    monkeypatch.delenv("WAYLAND_DISPLAY")
    output = UInputOutput(OutputSettings(use="uinput"))
    assert "this is no Wayland session" in (output.unavailable_reason() or "")
