"""The key through the desktop's portal, against a portal that passes, denies, closes and dies."""

import asyncio
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from dbus_fast import Message

from dictate.config.schema import HotkeySettings
from dictate.errors import Refused, Unavailable
from dictate.hotkeys.chord import Chord
from dictate.hotkeys.listener import KeyListener
from dictate.hotkeys.portal import PortalKeySource, PortalShortcut
from dictate.platform.bus import connect, leave
from tests.lab.bus import Bus, session_bus
from tests.lab.keys import Listening
from tests.lab.portal import Portal


@pytest.fixture
def bus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bus]:
    with session_bus(tmp_path) as bus:
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", bus.address)
        yield bus


@pytest.fixture
def portal(bus: Bus) -> Iterator[Portal]:
    with Portal(bus.address) as portal:
        yield portal


def source(key: str = "ctrl+alt+space") -> PortalKeySource:
    return PortalKeySource(HotkeySettings(key=key))


@pytest.mark.parametrize(
    ("key", "trigger"),
    [
        ("ctrl+alt+space", "CTRL+ALT+space"),
        ("super+d", "LOGO+d"),
        ("ctrl_r", "Control_R"),
        ("shift+f5", "SHIFT+F5"),
        ("ß", "?"),
    ],
)
def test_what_the_desktop_is_asked_for(portal: Portal, key: str, trigger: str) -> None:
    async def main() -> None:
        async with Listening(source(key)):
            assert portal.heard() == f"bound dictate {key} {trigger}"

    asyncio.run(main())


def test_who_says_no_is_not_asked_again(portal: Portal) -> None:
    portal.tell("deny")
    states: list[str] = []

    async def main() -> None:
        with pytest.raises(Refused, match=r"you did not let dictate have ctrl\+alt\+space"):
            async with Listening(source()):
                pass
        portal.heard()
        settings = HotkeySettings(use="portal", key="f9")
        listener = KeyListener(settings, lambda _: None, states.append, lambda _: True)
        running = asyncio.create_task(listener.run())
        assert await asyncio.to_thread(portal.heard) == "bound dictate f9 F9"
        await asyncio.sleep(1.5)  # twice the time of a second try
        assert states == [
            "none: you did not let dictate have f9; to be asked again, restart dictate"
        ]
        portal.tell("allow")
        listener.change(HotkeySettings(use="portal", key="f8"))
        assert await asyncio.to_thread(portal.heard) == "bound dictate f8 F8"
        while states[-1] != "f8":  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        running.cancel()
        await asyncio.wait({running})

    asyncio.run(main())


@pytest.mark.fault("B6")
@pytest.mark.parametrize("how", ["close", "kill", "bus"])
def test_a_session_that_ends_while_the_key_is_down_is_a_release(
    bus: Bus, portal: Portal, how: str
) -> None:
    async def main() -> None:
        async with Listening(source()) as keys:
            portal.heard()
            portal.tell("press")
            await keys.wait_for("KeyDown")
            if how == "close":
                portal.tell("close")
            else:
                await asyncio.to_thread(portal.kill if how == "kill" else bus.kill)
            with pytest.raises(Unavailable):
                await asyncio.wait_for(keys.task, 5)
            await keys.wait_for("KeyUp")

    asyncio.run(main())


@pytest.mark.fault("B6")
@pytest.mark.parametrize("how", ["close", "kill"])
def test_it_is_bound_again(
    portal: Portal, how: str, record_property: Callable[[str, object], None]
) -> None:
    heard: list[str] = []
    states: list[str] = []

    async def main() -> None:
        settings = HotkeySettings(use="portal", key="f9", mode="hold", tap_ms=50)
        listener = KeyListener(
            settings, lambda press: heard.append(press.name), states.append, lambda _: True
        )
        running = asyncio.create_task(listener.run())
        assert await asyncio.to_thread(portal.heard) == "bound dictate f9 F9"
        while states[-1:] != ["f9"]:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        portal.tell("press")
        await asyncio.sleep(0.2)
        if how == "close":
            portal.tell("close")
        else:
            await asyncio.to_thread(portal.kill)
            await asyncio.to_thread(portal.start)
        back = time.monotonic()
        assert await asyncio.to_thread(portal.heard) == "bound dictate f9 F9"
        while states[-1] != "f9":  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        record_property("recovered_s", time.monotonic() - back)
        assert heard == ["START_HELD", "STOP"]
        portal.tell("press")
        await asyncio.sleep(0.2)
        portal.tell("release")
        while len(heard) < 4:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        assert heard[2:] == ["START_HELD", "STOP"]
        running.cancel()
        await asyncio.wait({running})

    asyncio.run(main())


def test_a_portal_that_our_first_call_has_started_is_none_that_was_restarted(bus: Bus) -> None:
    """The bus starts it then, and tells of that."""

    async def main() -> None:
        connection = await connect()
        shortcut = PortalShortcut(connection, Chord("f9"))
        for body in (["there", "", ":1.7"], ["there", ":1.7", ""]):
            shortcut._portal._take(
                Message.new_signal(
                    *("/org/freedesktop/DBus", "org.freedesktop.DBus", "NameOwnerChanged"),
                    *("sss", body),
                )
            )
        assert (await shortcut._portal.next()).body[1] == ""
        with pytest.raises(Unavailable, match="restarted"):
            await shortcut._portal.next()
        await leave(connection)

    asyncio.run(main())


@pytest.mark.fault("B2")
def test_auto_repeat_is_no_release(portal: Portal) -> None:
    """KDE says "activated" again while the key is held."""

    async def main() -> None:
        async with Listening(source()) as keys:
            for order in ("press", "press", "release"):
                portal.tell(order)
            await keys.wait_for("KeyDown", "KeyDown", "KeyUp")

    asyncio.run(main())


def test_a_desktop_without_it_says_what_to_do(bus: Bus) -> None:
    reason = source().unavailable_reason() or ""
    assert "no portal for global shortcuts" in reason
    assert "dictate setup --keys" in reason


def test_the_key_that_cancels_is_not_taken_for_good(portal: Portal) -> None:
    settings = HotkeySettings(key="escape", cancel_key="escape")
    assert "dictatectl cancel" in (PortalKeySource(settings).unavailable_reason() or "")


def test_a_mouse_button_is_no_key(portal: Portal) -> None:
    reason = source("mouse_back").unavailable_reason() or ""
    assert reason.startswith("portals know keys only, and mouse_back is a mouse button")


def test_kde_gets_no_modifier_alone(portal: Portal, monkeypatch: pytest.MonkeyPatch) -> None:
    assert source("ctrl_r").unavailable_reason() is None
    monkeypatch.setenv("XDG_CURRENT_DESKTOP", "KDE")
    assert "use several keys together" in (source("ctrl_r").unavailable_reason() or "")
    assert source("ctrl+alt+space").unavailable_reason() is None


@pytest.mark.parametrize(
    ("key", "name"),
    [("ctrl+alt+space", "dictate_ctrl_alt_space"), ("ß", "dictate_udf"), ("é", "dictate_ue9")],
)
def test_each_shortcut_has_a_session_of_its_own_name(bus: Bus, key: str, name: str) -> None:
    async def main() -> None:
        connection = await connect()
        assert PortalShortcut(connection, Chord(key))._name == name
        await leave(connection)

    asyncio.run(main())
