"""Voice commands: what is one, and what they make of a text, one line each."""

import pytest

from dictate.config.schema import EditingSettings
from dictate.hotwords.model import Hotwords
from dictate.text.edit_phrases import EDIT_PHRASES, Edit
from dictate.text.voice_editing import begun, capitalised, edit_of, without_escape

ALL = EditingSettings()
MINE = Hotwords(commands=(("forget it", "scratch"), ("undo that", "scratch"), ("next", "newline")))


@pytest.mark.parametrize(
    ("heard", "language", "edit"),
    [
        ("scratch that", "en", Edit.SCRATCH),
        ("Scratch that.", "en-GB", Edit.SCRATCH),
        (" SCRATCH, THAT! ", None, Edit.SCRATCH),
        ("Select that.", "en", Edit.SELECT),
        ("Cap that.", "en", Edit.CAPITAL),
        ("capitalise that", "auto", Edit.CAPITAL),
        ("New sentence.", "en", Edit.NEW_SENTENCE),
        ("Undo that?", "en", Edit.UNDO),
        ("scratch that idea", "en", None),
        ("please scratch that", "en", None),
        ("scratch that scratch that", "en", None),
        ("scratch-that", "en", None),
        ("scratch", "en", None),
        ("", "en", None),
        ("...", "en", None),
        ("scratch that" + "." * 300, "en", None),
        ("Streich das.", "de", Edit.SCRATCH),
        ("Schreib das gro\u00df.", "de-CH", Edit.CAPITAL),
        ("Mach das ru\u0308ckga\u0308ngig.", "de", Edit.UNDO),
        ("scratch that", "de", None),
        ("Neuer Satz", "de", Edit.NEW_SENTENCE),
        ("Efface \u00e7a.", "fr", Edit.SCRATCH),
        ("nouvelle phrase", "fr-CA", Edit.NEW_SENTENCE),
        ("Borra eso.", "es", Edit.SCRATCH),
        ("Pon may\u00fascula.", "es", Edit.CAPITAL),
        ("scratch that", "sv", Edit.SCRATCH),  # no names of its own
    ],
)
def test_only_a_whole_utterance_is_a_command(
    heard: str, language: str | None, edit: Edit | None
) -> None:
    assert edit_of(heard, Hotwords(), ALL, language) is edit


def test_the_users_phrases_come_first_in_every_language() -> None:
    assert edit_of("Forget it.", MINE, ALL, "en") is Edit.SCRATCH
    assert edit_of("Forget it.", MINE, ALL, "de") is Edit.SCRATCH
    assert edit_of("Undo that.", MINE, ALL, "en") is Edit.SCRATCH
    assert edit_of("next", MINE, ALL, "en") is None
    assert edit_of("Scratch that.", MINE, ALL, "en") is Edit.SCRATCH


@pytest.mark.parametrize("edit", Edit)
def test_each_command_can_be_switched_off(edit: Edit) -> None:
    off = EditingSettings(**{edit.value: False})
    for language, phrases in EDIT_PHRASES.items():
        assert edit in phrases.values()
        for spoken, meant in phrases.items():
            wanted = None if meant is edit else meant
            assert edit_of(spoken, Hotwords(), off, language) is wanted


@pytest.mark.parametrize(
    ("heard", "said"),
    [
        ("Literal scratch that.", "scratch that."),
        ("literal, scratch that", "scratch that"),
        ("literal scratch that idea", "literal scratch that idea"),
        ("literal", "literal"),
        ("a literal comma", "a literal comma"),
    ],
)
def test_after_literal_a_command_is_text(heard: str, said: str) -> None:
    assert without_escape(heard, Hotwords(), ALL, "en") == said
    assert without_escape("w\u00f6rtlich streich das", Hotwords(), ALL, "de") == "streich das"


@pytest.mark.parametrize(
    ("text", "language", "capital"),
    [
        ("hello there", "en", "Hello there"),
        (" hello there. ", "en", " Hello there. "),
        ("Hello there", "en", "Hello There"),
        ('"hello," he said', "en", '"Hello," he said'),
        ("Don't stop o'clock", "en", "Don't Stop O'clock"),
        ("Well-known iPhone 3rd", "en", "Well-Known IPhone 3rd"),
        ("3 apples", "en", "3 Apples"),
        ("\u00fcber uns", "de", "\u00dcber uns"),
        ("ijs eten", "nl", "IJs eten"),
        ("istanbul", "tr", "\u0130stanbul"),
        ("stra\u00dfe", "de", "Stra\u00dfe"),
        ("\u65e5\u672c\u8a9e", "ja", "\u65e5\u672c\u8a9e"),
        ("123", "en", "123"),
        ("", "en", ""),
    ],
)
def test_a_capital_at_the_start_and_then_at_each_word(
    text: str, language: str, capital: str
) -> None:
    assert capitalised(text, language) == capital


@pytest.mark.parametrize(
    ("before", "text", "written"),
    [
        ("we met", "it was late", ". It was late"),
        ("we met", "It was late.", ". It was late."),
        ("we met.", "it was late", "It was late"),
        ("Really?", "it was late", "It was late"),
        ('he said "no."', "it was late", "It was late"),
        ('he said "no"', "it was late", '. It was late'),
        ("we met (twice)", "it was late", ". It was late"),
        ("we met,", "it was late", "It was late"),
        ("we met ", "it was late", "It was late"),
        ("", "it was late", "It was late"),
        ("we met", "42 came", ". 42 came"),
        ("it grew by 25%", "we met", ". We met"),
        ("we met\u2026", "then", "Then"),
    ],
)  # fmt: skip
def test_a_new_sentence(before: str, text: str, written: str) -> None:
    assert begun(text, before, "en") == written
