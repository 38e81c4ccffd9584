"""A field for passwords and a locked screen get nothing, by outputs that do not see the field."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest
from dbus_fast import Message
from dbus_fast.aio import MessageBus

from dictate.config.schema import OutputSettings
from dictate.errors import NotDelivered
from dictate.outputs import FieldText, Focus, accessible_text
from dictate.outputs.guard import SECRET
from dictate.outputs.paste_keys.portal import PortalOutput
from dictate.outputs.wayland.input_method import InputMethodOutput
from dictate.outputs.wayland.virtual_keyboard import VirtualKeyboardOutput
from dictate.outputs.x11.output import X11Output
from tests.contract.test_output_contract import settled
from tests.lab.accessibility import (
    AccessibilityBus,
    Gtk3Fields,
    Gtk3FieldsInSway,
    Gtk4Fields,
    Gtk4FieldsInSway,
    QtFields,
    QtFieldsInSway,
    SwayFields,
    TwoFields,
)
from tests.lab.bus import session_bus
from tests.lab.outputs import working
from tests.lab.remote_desktop import RemoteDesktopPortal
from tests.lab.secrets import focus_on, held, listening, secret, written
from tests.lab.sway import Foot, Keyboard, Sway, need
from tests.lab.windows import Xterm
from tests.lab.xserver import XServer, wait_for

pytestmark = pytest.mark.desktop

IN_SWAY = (Gtk3FieldsInSway, Gtk4FieldsInSway, QtFieldsInSway)
TAB = 15
KINDS = (Gtk3Fields, Gtk4Fields, QtFields)


@pytest.fixture
def x(accessible_x: XServer) -> XServer:
    return accessible_x


@pytest.fixture
def accessibility(
    x: XServer, accessible_desk: tuple[XServer, AccessibilityBus]
) -> AccessibilityBus:
    return accessible_desk[1]


async def until(what: Callable[[], bool]) -> None:
    while not what():  # noqa: ASYNC110
        await asyncio.sleep(0.01)


def with_output(work: Callable[[X11Output], Awaitable[None]]) -> None:
    working(X11Output(OutputSettings(paste_timeout_ms=20_000)), work)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.kind)
@pytest.mark.fault("C9", "S8")
def test_a_field_for_passwords_gets_nothing(
    x: XServer, tmp_path: Path, kind: type[TwoFields]
) -> None:
    async def work(output: X11Output) -> None:
        await listening(output)
        window = await asyncio.to_thread(kind, x, tmp_path)
        focus = await focus_on(output, window)
        await written(output, "one ", focus)
        for text in ("two ", "three "):
            await asyncio.to_thread(x.run, "xdotool", "key", "Tab")
            await secret(output)
            await held(output, focus, SECRET)
            await asyncio.to_thread(x.run, "xdotool", "key", "shift+Tab")
            await secret(output, False)
            await asyncio.to_thread(x.run, "xdotool", "key", "End")
            await written(output, text, focus)
        await asyncio.to_thread(window.wait_text, "one two three ")
        assert window.secret() == ""
        await asyncio.to_thread(window.close)

    with_output(work)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.kind)
@pytest.mark.fault("C9")
def test_it_is_the_first_field_of_a_new_window(
    x: XServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: type[TwoFields]
) -> None:
    monkeypatch.setattr(kind, "first", "secret")

    async def work(output: X11Output) -> None:
        await listening(output)
        window = await asyncio.to_thread(kind, x, tmp_path)
        focus = await focus_on(output, window)
        await secret(output)
        await held(output, focus, SECRET)
        assert (window.text(), window.secret()) == ("", "")
        await asyncio.to_thread(window.close)

    with_output(work)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.kind)
def test_another_window_that_tells_nothing_gets_its_text(
    x: XServer, tmp_path: Path, kind: type[TwoFields]
) -> None:
    async def work(output: X11Output) -> None:
        await listening(output)
        terminal = await asyncio.to_thread(Xterm, x, tmp_path)
        window = await asyncio.to_thread(kind, x, tmp_path)
        await focus_on(output, window)
        await asyncio.to_thread(x.run, "xdotool", "key", "Tab")
        await secret(output)
        await written(output, "here", await focus_on(output, terminal))
        await asyncio.to_thread(terminal.wait_text, "here")
        focus = await focus_on(output, window)
        await secret(output)
        await held(output, focus, SECRET)
        assert window.secret() == ""
        for opened in (window, terminal):
            await asyncio.to_thread(opened.close)

    with_output(work)


def test_accessibility_is_not_switched_on(
    x: XServer, accessibility: AccessibilityBus, tmp_path: Path
) -> None:
    async def work(output: X11Output) -> None:
        await listening(output)
        window = await asyncio.to_thread(Gtk3Fields, x, tmp_path)
        await output.write("text", await focus_on(output, window))
        await asyncio.to_thread(window.close)

    with_output(work)
    assert not accessibility.enabled()


def test_nothing_is_started_that_is_not_there(
    x: XServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    services = tmp_path / "services"
    services.mkdir()
    names = ("org.a11y.Bus", "org.freedesktop.ScreenSaver", "org.gnome.ScreenSaver")
    for name in names:
        service = f"[D-BUS Service]\nName={name}\nExec=/usr/bin/touch {tmp_path}/{name}\n"
        (services / f"{name}.service").write_text(service)

    def started() -> list[str]:
        return [name for name in names if (tmp_path / name).exists()]

    async def work(output: X11Output) -> None:
        window = await asyncio.to_thread(Xterm, x, tmp_path)
        await output.write("text", await focus_on(output, window))
        await asyncio.to_thread(window.close)
        assert not started()
        # Who does ask for it gets it.
        session = await MessageBus().connect()
        for name in names:
            await session.send(Message(name, "/", "org.freedesktop.DBus.Peer", "Ping"))
        await asyncio.to_thread(wait_for, lambda: started() == list(names), "they are", 20)
        session.disconnect()

    with session_bus(tmp_path, services) as bus:
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", bus.address)
        with_output(work)


def test_accessibility_that_comes_later_is_found(
    x: XServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def a_password(output: X11Output) -> None:
        await listening(output)
        window = await asyncio.to_thread(Gtk3Fields, x, tmp_path)
        focus = await focus_on(output, window)
        await asyncio.to_thread(x.run, "xdotool", "key", "Tab")
        await secret(output)
        await held(output, focus, SECRET)
        await asyncio.to_thread(window.close)
        await secret(output, False)

    with session_bus(tmp_path) as bus:
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", bus.address)

        async def work(output: X11Output) -> None:
            for _ in range(2):
                accessibility = AccessibilityBus(bus.address, tmp_path, x.display)
                await asyncio.to_thread(accessibility.__enter__)
                monkeypatch.setattr(x, "more_env", accessibility.env)
                await a_password(output)
                await asyncio.to_thread(accessibility.__exit__, None, None, None)

        with_output(work)


# Wayland


@pytest.fixture
def sway_desk(
    sway: Sway, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[RemoteDesktopPortal]:
    """A portal that presses keys in sway, where applications find accessibility."""
    need("wl-copy")
    monkeypatch.setenv("WAYLAND_DISPLAY", sway.display)
    with (
        session_bus(tmp_path) as bus,
        AccessibilityBus(bus.address, tmp_path) as accessibility,
        RemoteDesktopPortal(bus.address, sway.display) as portal,
    ):
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", bus.address)
        monkeypatch.setattr(sway, "more_env", accessibility.env)
        yield portal


@pytest.mark.parametrize("made", [VirtualKeyboardOutput, PortalOutput, InputMethodOutput])
@pytest.mark.parametrize("kind", IN_SWAY, ids=lambda kind: kind.kind)
@pytest.mark.fault("C9")
def test_on_wayland(
    sway: Sway,
    seat: Keyboard,
    sway_desk: RemoteDesktopPortal,
    tmp_path: Path,
    made: type[VirtualKeyboardOutput | PortalOutput | InputMethodOutput],
    kind: type[SwayFields],
) -> None:
    output = made(OutputSettings(use=made.name, paste_timeout_ms=20_000))
    foot = Foot(sway, tmp_path)

    async def refused(focus: Focus | None) -> None:
        with pytest.raises(NotDelivered, match="password"):
            await output.write("lost?", focus)

    async def work(output: VirtualKeyboardOutput | PortalOutput | InputMethodOutput) -> None:
        await listening(output)
        window = await asyncio.to_thread(kind, sway, tmp_path)
        await asyncio.to_thread(window.focus)
        await written(output, "one ", await settled(output))
        await asyncio.to_thread(window.wait_text, "one ")
        await asyncio.to_thread(seat.tap, TAB)
        await secret(output)
        await refused(await settled(output))
        # A terminal tells nothing.
        await asyncio.to_thread(foot.focus)
        await written(output, "here", await settled(output))
        await asyncio.to_thread(foot.wait_text, "here")
        await asyncio.to_thread(window.focus)
        await secret(output)
        await refused(await settled(output))
        assert (window.text(), window.secret()) == ("one ", "")
        await asyncio.to_thread(window.close)

    working(output, work)
    foot.close()


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.kind)
@pytest.mark.fault("S8")
def test_what_is_read_back_is_no_password(
    x: XServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: type[TwoFields]
) -> None:
    monkeypatch.setattr(accessible_text, "LOOK_S", 0.05)

    async def work(output: X11Output) -> None:
        await listening(output)
        window = await asyncio.to_thread(kind, x, tmp_path)
        focus = await focus_on(output, window)
        await written(output, "ask cloud", focus)
        await asyncio.to_thread(window.wait_text, "ask cloud")
        seen: list[FieldText] = []
        async with asyncio.timeout(20):
            await until(lambda: (field := output._guard._field) is not None and bool(field.place))
            following = asyncio.create_task(output.follow_field(focus, seen.append))
            await until(lambda: FieldText("ask cloud", 9, 9) in seen)
            await asyncio.to_thread(x.run, "xdotool", "key", "BackSpace", "k", "Left")
            await until(lambda: FieldText("ask clouk", 8, 8) in seen)
            await asyncio.to_thread(x.run, "xdotool", "key", "Tab", "s")
            await following
        await asyncio.to_thread(wait_for, lambda: window.secret() == "s", "it is typed", 20)
        await output.follow_field(focus, seen.append)
        assert "s" not in {each.text for each in seen}
        assert not [each for each in seen if "\u2022" in each.text or "\u25cf" in each.text]
        await asyncio.to_thread(window.close)

    with_output(work)
