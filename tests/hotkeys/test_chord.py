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
        ("F9 ", Chord("f9")),
        ("ctrl + space", Chord("space", ("ctrl",))),
        (" Ctrl +ALT+ d ", Chord("d", ("ctrl", "alt"))),
        ("ctrl + +", Chord("+", ("ctrl",))),
        ("Page Up", Chord("page_up")),
        ("scroll-lock", Chord("scroll_lock")),
        ("-", Chord("-")),
        ("Mouse Back", Chord("mouse_back")),
        ("ctrl+mouse_forward", Chord("mouse_forward", ("ctrl",))),
    ],
)
def test_what_is_meant(text: str, chord: Chord) -> None:
    assert parse(text) == chord
    assert parse(str(chord)) == chord


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("ctr_r", "no key is called 'ctr_r'; did you mean ctrl_r?"),
        ("xxx+d", "no modifier is called 'xxx'; there are ctrl, alt, shift, super"),
        ("strg+d", "no modifier is called 'strg'; did you mean ctrl?"),
        ("win+d", "did you mean super?"),
        ("Control_R", "did you mean ctrl_r?"),
        ("Prior", "did you mean page_up?"),
        ("AltGr", "did you mean alt_gr?"),
        ("esc", "did you mean escape?"),
        ("Enter", "did you mean return?"),
        ("f99", "no key is called 'f99'; did you mean f9?"),
        ("XF86Tools", "no key is called 'xf86tools'; there are ctrl_r"),
        ("ctlr+d", "did you mean ctrl?"),
        ("mouse8", "did you mean mouse_back?"),
        ("BTN_EXTRA", "did you mean mouse_forward?"),
        ("mouse_left", "no key is called 'mouse_left'"),
        ("ctrl+", "no key is called 'ctrl+'"),
        ("ctrl+alt", "no key is called 'alt'"),
        ("shift+ctrl_r", "ctrl_r is a modifier itself: use it alone"),
        ("", "no key is called ''"),
        (" ", "no key is called ' '; did you mean space?"),
    ],
)
def test_what_nobody_can_mean(text: str, told: str) -> None:
    assert told in (wrong(text) or "")
