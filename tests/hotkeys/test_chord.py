"""What a user may call a key."""

import pytest

from dictate.hotkeys.chord import Chord, parse, wrong


@pytest.mark.parametrize(
    ("text", "chord"),
    [
        ("ctrl_r", Chord("ctrl_r")),
        ("F9", Chord("f9")),
        ("ctrl+alt+space", Chord("space", ("ctrl", "alt"))),
        ("Super+D", Chord("d", ("super",))),
        ("shift+ctrl+f5", Chord("f5", ("ctrl", "shift"))),
        ("+", Chord("+")),
        ("ctrl++", Chord("+", ("ctrl",))),
        ("ß", Chord("ß")),
    ],
)
def test_what_is_meant(text: str, chord: Chord) -> None:
    assert parse(text) == chord
    assert parse(str(chord)) == chord


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("ctr_r", "no key is called 'ctr_r'; did you mean ctrl_r?"),
        ("strg+d", "no modifier is called 'strg'; there are ctrl, alt, shift, super"),
        ("ctlr+d", "did you mean ctrl?"),
        ("ctrl+", "no key is called 'ctrl+'"),
        ("ctrl+alt", "no key is called 'alt'"),
        ("shift+ctrl_r", "ctrl_r is a modifier itself: use it alone"),
        ("", "no key is called ''"),
        (" ", "no key is called ' '"),
    ],
)
def test_what_nobody_can_mean(text: str, told: str) -> None:
    assert told in (wrong(text) or "")
