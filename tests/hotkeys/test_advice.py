"""What a user is told to do with the key."""

import pytest

from dictate.hotkeys.advice import how_to_press
from dictate.hotkeys.chord import in_words


@pytest.mark.parametrize(
    ("key", "mode", "holds", "words"),
    [
        ("ctrl_r", "hold_or_tap", True, "hold Right Ctrl and talk"),
        ("alt_gr", "hold", True, "hold AltGr and talk"),
        ("f9", "toggle", True, "press F9, talk, and press it again"),
        ("ctrl+alt+space", "hold", False, "press Ctrl+Alt+Space, talk, and press it again"),
        ("page_up", "double_tap", True, "tap Page Up, then hold it and talk"),
    ],
)
def test_what_to_do_with_the_key(key: str, mode: str, holds: bool, words: str) -> None:
    assert how_to_press(key, mode, holds=holds) == words


@pytest.mark.parametrize(("key", "words"), [("super+d", "Super+D"), ("x", "X"), ("ß", "ß")])
def test_a_key_in_words(key: str, words: str) -> None:
    assert in_words(key) == words
