"""From what was heard to what is written, one line each."""

import re
import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dictate.config.schema import TextSettings
from dictate.hotwords.model import Hotwords, Term, TermState
from dictate.plain_text import clean
from dictate.text import polish

ON = TextSettings(spoken_punctuation="on")
AUTO = TextSettings()
OFF = TextSettings(spoken_punctuation="off", spoken_newlines=False)
NONE = Hotwords()

MINE = Hotwords(
    terms=(
        Term("Claude Code", sounds_like=("clot code", "concord")),
        Term("Code"),
        Term("Comma AI"),
        Term("pytest"),
        Term("C++"),
        Term(".NET"),
        Term("Qwen3-ASR"),
        Term("O'Reilly"),
        Term("Żółw"),
        Term("Straße"),
        Term("क्लॉड"),
        Term("Nemotron", state=TermState.QUARANTINED, sounds_like=("nemo tron",)),
    ),
    replacements=(
        ("git hub", "GitHub"),
        ("GitHub", "never reached by the one above"),
        ("um", ""),
        ("grace period", "grace period"),
        ("code review", "CR"),
    ),
    commands=(("next line", "newline"), ("Full Stop", "paragraph")),
)


@pytest.mark.parametrize(
    ("heard", "written"),
    [
        ("claude code", "Claude Code"),
        ("CLAUDE   Code", "Claude Code"),
        ("clot code is here", "Claude Code is here"),
        ("the Concord, I said", "the Claude Code, I said"),
        ("cloud storage", "cloud storage"),
        ("claude", "claude"),
        ("I like c plus plus and dot net", "I like C++ and .NET"),
        ("see plus plus", "see plus plus"),
        ("zolw", "zolw"),
        ("claude coder encode decoded", "claude coder encode decoded"),
        ("(claude code)", "(Claude Code)"),
        ("claude code's and code-based", "Claude Code's and Code-based"),
        ("my_code code_x code.py src/code a@code.org c:\\code", None),
        ("decode\u0301 code\u0301", None),
        ("Pytest is", "pytest is"),
        ("c++ and c++.", "C++ and C++."),
        ("c++17 asp.net", None),
        ("use .net", "use .NET"),
        ("qwen3-asr", "Qwen3-ASR"),
        ("o'reilly's", "O'Reilly's"),
        ("żółw Z\u0307O\u0301Ł\u0057", "Żółw Żółw"),
        ("STRASSE", "Straße"),
        ("क्लॉड क्लॉडि", None),
        ("nemotron nemo tron", None),
        ("code review", "CR"),
        ("git hub", "GitHub"),
        ("no\u200bthing", "nothing"),
        ("cla\u200bude code", "Claude Code"),
    ],
)
def test_terms_and_replacements(heard: str, written: str | None) -> None:
    expected = heard if written is None else written
    assert polish(heard, MINE, OFF) == expected


def test_a_term_of_its_own_spelling_beats_another_that_sounds_like_it() -> None:
    hotwords = Hotwords(terms=(Term("Concorde", sounds_like=("concord",)), Term("Concord")))
    assert polish("concord", hotwords, ON) == "Concord"


@pytest.mark.parametrize(
    ("heard", "written"),
    [
        ("um", ""),
        ("Um, I think um yes um", "I think yes"),
        ("I, um, think", "I, think"),
        ("yes um comma no", "yes, no"),
        ("(um)", ""),
    ],
)
def test_what_is_replaced_by_nothing_leaves_no_hole(heard: str, written: str) -> None:
    assert polish(heard, MINE, ON) == written


@pytest.mark.parametrize(
    ("heard", "written"),
    [
        ("hello comma world", "hello, world"),
        ("hello full stop how are you question mark", "hello. How are you?"),
        ("yes exclamation point no exclamation mark", "yes! No!"),
        ("one colon two semicolon three", "one: two; three"),
        ("wait ellipsis what dot dot dot", "wait\u2026 what\u2026"),
        ("well hyphen known dash really", "well-known \u2013 really"),
        ("he said open quote hello close quote to me", 'he said "hello" to me'),
        ("open paren see below close parenthesis full stop", "(see below)."),
        ("see open bracket one close bracket comma two", "see [one], two"),
        ("full stop", "."),
        ("what question mark exclamation mark", "what?!"),
        ("stop period open quote go close quote", 'stop. "Go"'),
        ("it ended full stop 5 people left", "it ended. 5 people left"),
        ("it ended full stop élan", "it ended. Élan"),
        # Engines with punctuation of their own.
        ("Hello, comma, world.", "Hello, world."),
        ("Hello. Full stop. How", "Hello. How"),
        ("Hello, question mark.", "Hello?"),
        ("He said, open quote, hello, close quote.", 'He said, "hello".'),
        # Just words.
        ("the period of time", "the period of time"),
        ("a dash of salt", "a dash of salt"),
        ("put a comma here", "put a comma here"),
        ("a period of calm comma of course", "a period of calm, of course"),
        ("no comma thanks", "no, thanks"),
        ("I like that period", "I like that."),
        ("commas periods colonel", "commas periods colonel"),
        ("A new line of code", "A new line of code"),
    ],
)
def test_spoken_punctuation(heard: str, written: str) -> None:
    assert polish(heard, NONE, ON) == written


@pytest.mark.parametrize(
    ("heard", "written"),
    [
        ("one new line two", "one\ntwo"),
        ("one newline two new paragraph three", "one\ntwo\n\nthree"),
        ("One. New paragraph. Two.", "One.\n\nTwo."),
        ("One, new line, two", "One\ntwo"),
        ("one full stop new line two", "one.\nTwo"),
        ("new line", "\n"),
        ("one new line new line two", "one\n\ntwo"),
        ("one new line comma", "one\n,"),
        ("one \n two\r\nthree\u2028four\u2029\x85five\vsix", "one two three four five six"),
    ],
)
def test_a_line_ends_only_where_it_was_said(heard: str, written: str) -> None:
    assert polish(heard, NONE, ON) == written


def test_terms_and_replacements_are_never_taken_for_commands() -> None:
    assert polish("comma ai comma grace period period", MINE, ON) == "Comma AI, grace period."
    assert polish("hello period pytest works", MINE, ON) == "hello. pytest works"


def test_the_users_commands_come_first_and_can_be_switched_off() -> None:
    assert polish("one next line two full stop three", MINE, ON) == "one\ntwo\n\nthree"
    only_signs = TextSettings(spoken_newlines=False)
    assert polish("one next line new line full stop", MINE, only_signs) == "one next line new line."
    only_lines = TextSettings(spoken_punctuation="off")
    assert polish("one comma new line two", MINE, only_lines) == "one comma\ntwo"


WORDS = st.sampled_from(
    ["comma", "full stop", "new line", "um", "clot", "code", "open quote", "close quote", "hyphen"]
)
NOISE = st.sampled_from(
    ["dash", "the", "of", "A", "é", "👍🏽", ",", ".", "\n", "\u200d", "\x1b", "("]
)
LANGUAGE = st.sampled_from([None, "auto", "en", "de-CH", "fr", "es", "it", "pt", "nl", "sv", "zh"])
HEARD = st.text(max_size=40) | st.lists(WORDS | NOISE, max_size=12).map(" ".join)


@given(HEARD, LANGUAGE, st.none() | st.booleans(), st.sampled_from([0.0, 0.1, 60.0]))
@pytest.mark.fault("C8", "S6")
def test_nothing_said_brings_a_control_character_or_an_error(
    heard: str, language: str | None, punctuates: bool | None, audio_s: float
) -> None:
    written = polish(heard, MINE, AUTO, language=language, punctuates=punctuates, audio_s=audio_s)
    assert written.replace("\n", "").isprintable() or not heard.isprintable()
    assert not any(ord(character) < 32 for character in written.replace("\n", ""))


@given(HEARD)
@pytest.mark.fault("C8", "S6")
def test_no_line_end_without_the_command(heard: str) -> None:
    assert "\n" not in polish(heard, MINE, OFF)


# Without the signs in which engines write about sounds: these are left out with what is in them.
@given(
    st.text(
        alphabet=st.characters(categories=["L", "N", "P", "Zs"], exclude_characters="()[]{}*"),
        max_size=60,
    )
)
def test_without_a_phrase_in_it_a_text_keeps_its_words(heard: str) -> None:
    hotwords = Hotwords(
        terms=(Term("Claude Code \U0001f916"),), replacements=(("\U0001f916", "x"),)
    )
    written = polish(heard, hotwords, OFF)
    assert written == polish(heard, NONE, OFF)
    assert not written or written.split() == heard.split()


@given(HEARD, LANGUAGE)
def test_no_step_invents_a_word(heard: str, language: str | None) -> None:
    fillers = Hotwords(replacements=(("um", ""), ("clot code", "")))
    written = polish(heard, fillers, AUTO, language=language)
    said = unicodedata.normalize("NFC", clean(heard)).casefold()
    for word in re.findall(r"\w+", unicodedata.normalize("NFC", written).casefold()):
        assert word in said


@given(HEARD, LANGUAGE)
def test_a_text_that_was_polished_stays_as_it_is(heard: str, language: str | None) -> None:
    # Of single words only: of "clot um code" the phrase "clot code" would be left, and go the next
    # time. No replacement works on the result of another one.
    fillers = Hotwords(replacements=(("um", ""), ("clot", "clod")))
    once = polish(heard, fillers, OFF, language=language)
    assert polish(once, fillers, OFF, language=language) == once


@pytest.mark.parametrize("heard", ["comma {} ", "好{}。", "a{}"])
def test_nothing_of_an_endless_text_is_lost(heard: str) -> None:
    words = 300_000 // len(heard)
    text = "".join(heard.format(number) for number in range(words))
    written = polish(text, Hotwords(), TextSettings(), language="en", punctuates=False)
    assert re.findall(r"\d+", written) == re.findall(r"\d+", text)
    assert written.endswith(text[-1000:].rstrip()), "beyond the maximum it stays as it is"


@pytest.mark.fault("D11")
def test_a_loop_without_end_is_cut_whole() -> None:
    heard = "We go. " + "I do not know. " * 20_000
    assert polish(heard, Hotwords(), TextSettings(), audio_s=9) == "We go. I do not know."


@pytest.mark.fault("S14")
def test_ten_thousand_terms_do_not_make_it_slow() -> None:
    hotwords = Hotwords(tuple(Term(f"Term {number} Word") for number in range(10_000)))
    polish("", hotwords, ON)
    text = "term of words comma " * 500
    started = time.monotonic()
    polish(text, hotwords, ON)
    # It takes some 20 ms; trying each term at each word would take a minute.
    assert time.monotonic() - started < 5
