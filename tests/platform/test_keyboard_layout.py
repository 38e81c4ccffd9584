"""The language of the keyboard layout: the mapping, and each desktop that says which is on."""

import asyncio
import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from dbus_fast import Message, MessageType, Variant
from dbus_fast.aio import MessageBus

from dictate.outputs.wayland.protocols import KEYBOARD, KEYBOARD_MANAGER
from dictate.platform import keyboard_layout, layout_languages
from dictate.platform.keyboard_layout import (
    gnome_language,
    kde_language,
    layout_language,
    sway_layout,
)
from dictate.platform.x11_layout import of_group
from tests.lab.bus import session_bus
from tests.lab.sway import Sway
from tests.lab.wayland_client import WaylandClient
from tests.lab.xserver import XServer, need

INSTALLED = any((Path(root) / "rules/evdev.xml").exists() for root in layout_languages._ROOTS)

ALT, SHIFT = 64, 50


@pytest.fixture(autouse=True)
def _no_desktop(monkeypatch: pytest.MonkeyPatch) -> None:
    if not INSTALLED:
        pytest.skip("the list of keyboard layouts is missing: apt install xkb-data")
    for name in ("SWAYSOCK", "DISPLAY", "WAYLAND_DISPLAY", "XDG_CURRENT_DESKTOP"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    ("layout", "variant", "language"),
    [
        ("us", "", "en"),
        ("us", "dvorak", "en"),
        ("us", "intl", "en"),
        ("us", "altgr-intl", "en"),
        ("us", "rus", "ru"),
        ("us", "chr", None),
        ("gb", "", "en"),
        ("gb", "extd", "en"),
        ("au", "", "en"),
        ("de", "", "de"),
        ("de", "nodeadkeys", "de"),
        ("de", "neo", "de"),
        ("de", "tr", "tr"),
        ("at", "", "de"),
        ("ch", "", "de"),
        ("ch", "de_nodeadkeys", "de"),
        ("ch", "fr", "fr"),
        ("ch", "fr_nodeadkeys", "fr"),
        ("fr", "bepo", "fr"),
        ("fr", "oss", "fr"),
        ("ca", "", "fr"),
        ("ca", "eng", "en"),
        ("be", "", None),
        ("be", "nodeadkeys", None),
        ("es", "", "es"),
        ("es", "cat", "ca"),
        ("latam", "", "es"),
        ("br", "", "pt"),
        ("pt", "", "pt"),
        ("it", "", "it"),
        ("it", "intl", "it"),
        ("nl", "", "nl"),
        ("dk", "", "da"),
        ("no", "", "no"),
        ("se", "", "sv"),
        ("fi", "", "fi"),
        ("pl", "", "pl"),
        ("cz", "qwerty", "cs"),
        ("sk", "", "sk"),
        ("hu", "", "hu"),
        ("gr", "", "el"),
        ("tr", "f", "tr"),
        ("ru", "", "ru"),
        ("ua", "", "uk"),
        ("rs", "latin", "sr"),
        ("in", "", "hi"),
        ("in", "tam", "ta"),
        ("il", "", "he"),
        ("jp", "", "ja"),
        ("kr", "", "ko"),
        ("brai", "", None),
        ("custom", "", None),
        ("nowhere", "", None),
        ("", "", None),
    ],
)
def test_the_language_of_a_layout(layout: str, variant: str, language: str | None) -> None:
    assert layout_languages.of_code(layout, variant) == language


@pytest.mark.parametrize(
    ("description", "language"),
    [
        ("English (US)", "en"),
        ("English (UK)", "en"),
        ("German", "de"),
        ("German (Switzerland)", "de"),
        ("German (no dead keys)", "de"),
        ("French (Switzerland)", "fr"),
        ("Spanish (Latin American)", "es"),
        ("Portuguese (Brazil)", "pt"),
        ("Belgian", None),
        ("A layout of mine", None),
        ("", None),
    ],
)
def test_the_language_of_a_description(description: str, language: str | None) -> None:
    assert layout_languages.of_description(description) == language


@pytest.mark.parametrize(
    ("engine", "language"),
    [
        ("xkb:de::ger", "de"),
        ("xkb:ch:fr:fre", "fr"),
        ("xkb:nowhere::ger", "de"),
        ("mozc-jp", "ja"),
        ("mozc-on", "ja"),
        ("anthy", "ja"),
        ("hangul", "ko"),
        ("libpinyin", "zh"),
        ("rime", "zh"),
        ("Unikey", "vi"),
        ("Bamboo::Us", "vi"),
        ("m17n:ru:kbd", "ru"),
        ("m17n:t:latn-post", None),
        ("typing-booster", None),
        ("", None),
    ],
)
def test_the_language_of_an_engine_of_ibus(engine: str, language: str | None) -> None:
    assert layout_languages.of_ibus(engine) == language


def test_no_list_of_layouts_means_no_language(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules/evdev.xml").write_text("<xkbConfigRegistry><layoutList>")  # cut off
    monkeypatch.setattr(layout_languages, "_ROOTS", (str(tmp_path), str(tmp_path / "none")))
    monkeypatch.delenv("XKB_CONFIG_ROOT", raising=False)
    layout_languages._installed.cache_clear()
    try:
        assert layout_languages.of_code("de") is None
        assert layout_languages.of_description("German") is None
        assert layout_languages.of_ibus("xkb:de::ger") == "de"
    finally:
        layout_languages._installed.cache_clear()


@pytest.mark.parametrize(
    ("names", "group", "layout"),
    [
        (b"evdev\0pc105\0us\0\0\0", 0, ("us", "")),
        (
            b"evdev\0pc105\0us,de,ch\0,nodeadkeys,fr\0grp:alt_shift_toggle\0",
            1,
            ("de", "nodeadkeys"),
        ),
        (b"evdev\0pc105\0us,de,ch\0,nodeadkeys,fr\0\0", 2, ("ch", "fr")),
        (b"evdev\0pc105\0us,de\0\0\0", 1, ("de", "")),
        (b"evdev\0pc105\0us\0\0\0", 3, ("", "")),
        (b"", 0, ("", "")),
    ],
)
def test_the_layout_of_a_group(names: bytes, group: int, layout: tuple[str, str]) -> None:
    assert of_group(names, group) == layout


def keyboard(name: str, index: int = 0, identifier: str = "1:1:AT_keyboard") -> dict[str, Any]:
    return {
        "type": "keyboard",
        "identifier": identifier,
        "xkb_active_layout_name": name,
        "xkb_active_layout_index": index,
    }


@pytest.mark.parametrize(
    ("inputs", "layout"),
    [
        ([], ""),
        ([{"type": "pointer"}], ""),
        ([keyboard("German")], "German"),
        # Lid switches and power buttons are keyboards, too, and keep the first layout.
        ([keyboard("English (US)"), keyboard("German", 1)], "German"),
        ([keyboard("German", 1), keyboard("English (US)")], "German"),
        ([keyboard("Xkb", 1, "0:0:wlr_virtual_keyboard_v1"), keyboard("German")], "German"),
        ([keyboard("German", 0, "0:0:wlr_virtual_keyboard_v1")], "German"),
        ([{"type": "keyboard", "xkb_active_layout_name": None}], ""),
    ],
)
def test_the_layout_among_the_devices_of_sway(inputs: list[dict[str, Any]], layout: str) -> None:
    assert sway_layout(inputs) == layout


def test_the_language_of_a_source_of_gnome() -> None:
    assert gnome_language("xkb", "de+nodeadkeys") == "de"
    assert gnome_language("xkb", "ch+fr") == "fr"
    assert gnome_language("ibus", "mozc-jp") == "ja"


def test_the_language_of_a_layout_of_kde() -> None:
    assert kde_language("ch", "French (Switzerland)") == "fr"
    assert kde_language("de", "Deutsch") == "de"  # described in the language of the desktop


def test_nothing_is_known_without_a_desktop() -> None:
    assert asyncio.run(layout_language()) is None


@pytest.mark.desktop
def test_x11_says_the_layout_of_now(monkeypatch: pytest.MonkeyPatch) -> None:
    need("setxkbmap")
    with XServer(window_manager=False) as x:
        monkeypatch.setenv("DISPLAY", x.display)
        assert asyncio.run(layout_language()) == "en"
        x.run(
            *("setxkbmap", "-layout", "us,de,ch", "-variant", ",nodeadkeys,fr"),
            *("-option", "grp:alt_shift_toggle"),
        )
        assert asyncio.run(layout_language()) == "en"
        for language in ("de", "fr", "en"):
            for code, down in ((ALT, True), (SHIFT, True), (SHIFT, False), (ALT, False)):
                x.key(code, down=down)
            assert asyncio.run(layout_language()) == language
        # Under Wayland this is Xwayland, whose layout is not the one that the user types with.
        monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-1")
        assert asyncio.run(layout_language()) is None


def test_a_dead_or_hung_x_server_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    need("Xvfb")
    monkeypatch.setattr(keyboard_layout, "LIMIT_S", 0.2)
    with XServer(window_manager=False) as x:
        monkeypatch.setenv("DISPLAY", x.display)
        assert x.server is not None
        x.server.send_signal(19)
        assert asyncio.run(layout_language()) is None
        x.server.send_signal(18)
        assert asyncio.run(layout_language()) == "en"
    assert asyncio.run(layout_language()) is None


_KEYMAP = b"""xkb_keymap {
  xkb_keycodes { include "evdev" };
  xkb_types { include "complete" };
  xkb_compat { include "complete" };
  xkb_symbols { include "pc+us+ch(fr):2+de:3+inet(evdev)" };
};\0"""


@pytest.mark.desktop
def test_sway_says_the_layout_of_now(monkeypatch: pytest.MonkeyPatch) -> None:
    with Sway() as sway:
        monkeypatch.setenv("SWAYSOCK", str(sway.control))
        monkeypatch.setenv("WAYLAND_DISPLAY", sway.display)
        assert asyncio.run(layout_language()) is None  # it has no keyboard
        connection = WaylandClient()
        manager = connection.bind(KEYBOARD_MANAGER)
        keys = manager.send("create_virtual_keyboard", connection.seat, KEYBOARD)
        keymap = os.memfd_create("keymap")
        os.write(keymap, _KEYMAP)
        keys.send("keymap", 1, keymap, len(_KEYMAP))
        for group, language in ((0, "en"), (1, "fr"), (2, "de"), (0, "en")):
            keys.send("modifiers", 0, 0, 0, group)
            connection.round_trip()
            assert asyncio.run(layout_language()) == language
        connection.close()
    assert asyncio.run(layout_language()) is None  # sway is gone


class Answering:
    """A program on the bus that answers calls from a table, or with an error."""

    def __init__(self, name: str, answers: dict[tuple[Any, ...], tuple[str, Any]]) -> None:
        self._name = name
        self.answers = answers

    async def __aenter__(self) -> "Answering":
        self._bus = await MessageBus().connect()
        self._bus.add_message_handler(self._answer)
        await self._bus.request_name(self._name)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._bus.disconnect()

    def _answer(self, call: Message) -> Message | bool:
        if call.message_type is not MessageType.METHOD_CALL:
            return False
        answer = self.answers.get((call.path, call.member, *call.body))
        if answer is None:
            return Message.new_error(call, "org.freedesktop.DBus.Error.Failed", "unknown")
        return Message.new_method_return(call, answer[0], [answer[1]])


@pytest.fixture
def bus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with ExitStack() as stack:
        address = stack.enter_context(session_bus(tmp_path)).address
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
        yield


PORTAL = "/org/freedesktop/portal/desktop"
SOURCES = "org.gnome.desktop.input-sources"


def read(*sources: tuple[str, str]) -> tuple[str, Variant]:
    """What the portal returns: variants in variants."""
    return "v", Variant("v", Variant("a(ss)", [list(source) for source in sources]))


@pytest.mark.usefixtures("bus")
def test_gnome_says_the_source_of_now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CURRENT_DESKTOP", "ubuntu:GNOME")

    async def languages() -> list[str | None]:
        latest, listed = (
            (PORTAL, "Read", SOURCES, "mru-sources"),
            (PORTAL, "Read", SOURCES, "sources"),
        )
        german, french = ("xkb", "de+nodeadkeys"), ("xkb", "fr")
        found = [await layout_language()]
        async with Answering("org.freedesktop.portal.Desktop", {}) as portal:
            found.append(await layout_language())
            # Nobody has switched yet.
            portal.answers = {latest: read(), listed: read(german, french)}
            found.append(await layout_language())
            portal.answers[latest] = read(french, german)
            found.append(await layout_language())
            portal.answers[latest] = read(("ibus", "mozc-jp"), french)
            found.append(await layout_language())
        return found

    assert asyncio.run(languages()) == [None, None, "de", "fr", "ja"]


@pytest.mark.usefixtures("bus")
def test_kde_says_the_layout_of_now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CURRENT_DESKTOP", "KDE")
    layouts = [["us", "", "English (US)"], ["ch", "", "French (Switzerland)"]]

    async def languages() -> list[str | None]:
        found = [await layout_language()]
        answers: dict[tuple[Any, ...], tuple[str, Any]] = {}
        answers["/Layouts", "getLayoutsList"] = "a(sss)", layouts
        async with Answering("org.kde.keyboard", answers):
            for number in (0, 1, 7):
                answers["/Layouts", "getLayout"] = "u", number
                found.append(await layout_language())
        return found

    assert asyncio.run(languages()) == [None, "en", "fr", None]
