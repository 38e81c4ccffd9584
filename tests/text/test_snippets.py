"""Snippets: what is said, and the lines that are written."""

import pytest

from dictate.config.schema import TextSettings
from dictate.hotwords.model import Hotwords, Term
from dictate.text import polish
from dictate.text.snippets import SnippetValues, has_snippet, needed

ADDRESS = "Example Street 1\n12345 Sampletown"
MINE = Hotwords(
    terms=(Term("Address Book"), Term("Sampletown")),
    replacements=(("insert my card", "never reached"), ("my name", "Ada")),
    snippets=(
        ("my address", ADDRESS),
        ("my address book", "the book"),
        ("greeting", "Hello,\n\n"),
        ("signature", "\n-- \nAda\n  Example Ltd."),
        ("my card", "card"),
        ("today", "{date}, {time}, {date:%d.%m.%Y}"),
        ("quote", "> {clipboard}\n"),
        ("bold", "**{selection}**"),
        ("loop", "for (;;) {{ new line comma }}"),
    ),
)
FORMS = {"%Y-%m-%d": "2026-11-30", "%H:%M": "14:05", "%d.%m.%Y": "30.11.2026"}
VALUES = SnippetValues(FORMS.__getitem__, clipboard="copied\x1b[0m\ttext\nmore", selection="chosen")
TEXT = TextSettings()


@pytest.mark.parametrize(
    ("heard", "written"),
    [
        ("insert my address", ADDRESS),
        ("Insert my address.", ADDRESS),
        ("Insert, my address.", ADDRESS),
        ("INSERT MY ADDRESS", ADDRESS),
        ("Send it to insert my address. Thanks.", f"Send it to {ADDRESS}. Thanks."),
        ("insert my address and insert my card", f"{ADDRESS} and card"),
        ("insert my address book", "the book"),  # the longest
        ("insert my addresses", "insert my addresses"),
        ("my address", "my address"),
        ("reinsert my address", "reinsert my address"),
        ("literal insert my address", "insert my address"),
        ("Insert greeting, how are you?", "Hello,\n\nhow are you?"),
        ("Insert greeting. How are you?", "Hello,\n\nHow are you?"),
        ("Bye. Insert signature.", "Bye.\n-- \nAda\n  Example Ltd."),
        ("one new line insert my card", "one\ncard"),
        ("insert today", "2026-11-30, 14:05, 30.11.2026"),
        ("insert quote", "> copied[0m text\nmore\n"),
        ("Make it insert bold please.", "Make it **chosen** please."),
        ("insert loop", "for (;;) { new line comma }"),
        ("insert my name", "insert Ada"),
    ],
)
def test_a_snippet_is_written_for_its_name(heard: str, written: str) -> None:
    assert polish(heard, MINE, TEXT, values=VALUES) == written


def test_the_guard_word_is_the_users_or_none() -> None:
    german = TextSettings(snippet_word="einfügen")
    assert polish("einfu\u0308gen my card", MINE, german, values=VALUES) == "card"
    assert polish("insert my card", MINE, german, values=VALUES) == "never reached"
    without = TextSettings(snippet_word="")
    assert polish("this is my card", MINE, without, values=VALUES) == "this is card"


def test_without_values_no_snippet_is_written() -> None:
    assert polish("Insert my address.", MINE, TEXT) == "Insert my address."


def test_whether_a_text_has_a_snippet_in_it() -> None:
    assert has_snippet("Send it to insert my address, please.", MINE, "insert")
    assert not has_snippet("Send it to my address, please.", MINE, "insert")
    assert not has_snippet("insert my address", Hotwords(), "insert")


@pytest.mark.fault("S6")
def test_in_a_terminal_a_snippet_has_no_line_end() -> None:
    values = SnippetValues(FORMS.__getitem__, one_line=True)
    assert polish("insert my address", MINE, TEXT, values=values) == ADDRESS.replace("\n", " ")
    assert polish("insert signature", MINE, TEXT, values=values) == "-- Ada Example Ltd."


def test_a_snippet_stays_as_it_is_in_every_style() -> None:
    style = TextSettings(numbers=True, fillers="remove", punctuation="lower")
    signed = Hotwords(snippets=(("my card", "Um, Twenty Five. Ada."),))
    written = polish("Um, Insert my card. Thanks.", signed, style, language="en", values=VALUES)
    assert written == "Um, Twenty Five. Ada. thanks"


def test_a_snippet_in_code_mode_keeps_its_lines_and_capitals() -> None:
    code = TextSettings(code=True)
    written = polish("x equals insert my card insert signature", MINE, code, values=VALUES)
    assert written == "x = card\n-- \nAda\n  Example Ltd."


@pytest.mark.parametrize(
    ("heard", "names"),
    [
        ("insert quote and insert bold", {"clipboard", "selection"}),
        ("Insert quote.", {"clipboard"}),
        ("quote me on that, insert today", set()),
        ("insert my address", set()),
    ],
)
def test_only_what_a_snippet_needs_is_read(heard: str, names: set[str]) -> None:
    assert needed(heard, MINE, "insert") == names
