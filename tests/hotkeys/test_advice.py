"""What a user is told to do with the key."""

import pytest

from dictate.hotkeys.advice import how_to_press, without_key
from dictate.hotkeys.chord import in_words
from dictate.hotkeys.desktop_keys import bound_in


@pytest.mark.parametrize(
    ("key", "mode", "holds", "words"),
    [
        ("ctrl_r", "hold_or_tap", True, "hold Right Ctrl and talk"),
        ("alt_gr", "hold", True, "hold AltGr and talk"),
        ("f9", "toggle", True, "press F9, talk, and press it again"),
        ("ctrl+alt+space", "hold", False, "press Ctrl+Alt+Space, talk, and press it again"),
        ("mouse_back", "hold", True, "hold Mouse Back and talk"),
        ("page_up", "double_tap", True, "tap Page Up, then hold it and talk"),
    ],
)
def test_what_to_do_with_the_key(key: str, mode: str, holds: bool, words: str) -> None:
    assert how_to_press(key, mode, holds=holds) == words


@pytest.mark.parametrize(("key", "words"), [("super+d", "Super+D"), ("x", "X"), ("ß", "ß")])
def test_a_key_in_words(key: str, words: str) -> None:
    assert in_words(key) == words


def test_sway_binds_mouse_buttons_and_no_other_desktop_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-0")
    for name in ("SWAYSOCK", "HYPRLAND_INSTANCE_SIGNATURE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CURRENT_DESKTOP", "sway")
    assert without_key("mouse_back", "").startswith("no key works yet: run `dictate setup --keys`")
    for desktop in ("Hyprland", "GNOME", "KDE", "other"):
        monkeypatch.setenv("XDG_CURRENT_DESKTOP", desktop)
        assert bound_in("mouse_back") is None
        said = without_key("mouse_back", "it is a mouse button")
        assert said.startswith('no key works yet: set key = "ctrl+alt+space" under [hotkey]')
