"""The styles of punctuation, one line for each text in all of them."""

# ruff: noqa: RUF001 - the signs are meant

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dictate.config.schema import TextSettings
from dictate.hotwords.model import Hotwords, Term
from dictate.text import polish

NONE = Hotwords()
MINE = Hotwords(terms=(Term("Claude Code"), Term("Yahoo!"), Term("Node.js")))


def styled(heard: str, style: str, language: str | None = "en", hotwords: Hotwords = NONE) -> str:
    """What is written in this style."""
    settings = TextSettings(punctuation=style)
    return polish(heard, hotwords, settings, language=language, punctuates=True)


@pytest.mark.parametrize(
    ("language", "heard", "written"),
    [
        ("en", "See you tomorrow.", "See you tomorrow"),
        ("en", "Okay.", "Okay"),
        ("en", "Well, if you like, we can go.", "Well, if you like, we can go"),
        ("en", 'He said "yes."', 'He said "yes"'),
        ("de", "Bis morgen.", "Bis morgen"),
        ("de", "Ich komme am 3. Oktober.", "Ich komme am 3. Oktober"),
        ("de", "Nimm z. B. den Zug.", "Nimm z. B. den Zug"),
        ("en", "Ask Mr. Smith.", "Ask Mr. Smith"),
        ("ja", "明日行きます。", "明日行きます"),
        ("en", "It is version 3.5.", "It is version 3.5"),
        # Another sign than a full stop says something.
        ("en", "Really?", "Really?"),
        ("en", "Great!", "Great!"),
        ("en", "Well...", "Well..."),
        # More than one sentence, or more than a line.
        ("en", "Yes. I am here.", "Yes. I am here."),
        ("en", "Really? I see.", "Really? I see."),
        ("en", "Yes, new line I am here.", "Yes\nI am here."),
        ("en", f"It is {'very ' * 20}long.", f"It is {'very ' * 20}long."),
        ("en", "We meet at 4 p.m.", "We meet at 4 p.m."),
        ("en", "no full stop here", "no full stop here"),
    ],
)
def test_short(language: str, heard: str, written: str) -> None:
    assert styled(heard, "short", language) == written


@pytest.mark.parametrize(
    ("language", "heard", "none", "lower"),
    [
        (
            "en",
            "Hello, Tom. How are you? I'm fine!",
            "Hello Tom How are you I'm fine",
            "hello tom how are you I'm fine",
        ),
        ("en", "I think I am; you know.", "I think I am you know", "I think I am you know"),
        (
            "en",
            "At 4:30 p.m. it's 3.5 degrees, e.g. on well-known sites.",
            "At 4:30 p.m. it's 3.5 degrees e.g. on well-known sites",
            "at 4:30 p.m. it's 3.5 degrees e.g. on well-known sites",
        ),
        (
            "en",
            "Mail john.smith@example.com, or see www.example.com/docs.",
            "Mail john.smith@example.com or see www.example.com/docs",
            "mail john.smith@example.com or see www.example.com/docs",
        ),
        ("en", "It costs $1,200.50.", "It costs $1,200.50", "it costs $1,200.50"),
        ("en", "NASA and my iPhone: good.", "NASA and my iPhone good", "NASA and my iPhone good"),
        ("en", 'He said, "Yes." (No.)', 'He said "Yes" (No)', 'he said "yes" (no)'),
        ("en", "No. Well… yes...", "No Well yes", "no well yes"),
        ("en", "one – two - three", "one – two - three", "one – two - three"),
        ("en", "Dr. Smith, etc., came.", "Dr. Smith etc. came", "dr. smith etc. came"),
        (
            "de",
            "Am 3. Oktober, z. B. um 15:30 Uhr, ist das Haus leer.",
            "Am 3. Oktober z. B. um 15:30 Uhr ist das Haus leer",
            "am 3. oktober z. b. um 15:30 uhr ist das haus leer",
        ),
        ("de", "Es waren 20. Danach 30.", "Es waren 20 Danach 30", "es waren 20 danach 30"),
        ("fr", "Quoi ? L'un dit : non !", "Quoi L'un dit non", "quoi l'un dit non"),
        ("es", "¿Qué tal? ¡Bien!", "Qué tal Bien", "qué tal bien"),
        ("ja", "はい。いいえ、そう？", "はいいいえそう", "はいいいえそう"),
        ("en", "no signs here", "no signs here", "no signs here"),
    ],
)
def test_none_and_lower(language: str, heard: str, none: str, lower: str) -> None:
    assert styled(heard, "none", language) == none
    assert styled(heard, "lower", language) == lower
    assert styled(heard, "full", language) == heard


def test_the_users_own_words_keep_their_form() -> None:
    heard = "Use Claude code, node.js. And Yahoo! Yes."
    assert styled(heard, "none", hotwords=MINE) == "Use Claude Code Node.js And Yahoo! Yes"
    assert styled(heard, "lower", hotwords=MINE) == "use Claude Code Node.js and Yahoo! yes"


def test_what_is_spoken_stays() -> None:
    settings = TextSettings(punctuation="lower", spoken_punctuation="on")
    heard = "Yes, comma. We go full stop New line Then question mark"
    written = polish(heard, NONE, settings, language="en", punctuates=True)
    assert written == "yes, we go.\nthen?"
    short = TextSettings(punctuation="short")
    assert polish("we go full stop", NONE, short, language="en", punctuates=False) == "we go."


def test_numbers_and_fillers_fit_in() -> None:
    settings = TextSettings(punctuation="lower", numbers=True, fillers="remove")
    heard = "Um, Meet me at Four thirty p.m. It costs, uh, Twenty dollars."
    written = polish(heard, NONE, settings, language="en", punctuates=True)
    assert written == "meet me at 4:30 p.m. it costs $20"


@given(st.text(max_size=60), st.sampled_from(["short", "none", "lower"]))
def test_no_letter_is_lost(heard: str, style: str) -> None:
    def letters(text: str) -> str:
        return "".join(sign for sign in text.casefold() if sign.isalnum())

    assert letters(styled(heard, style)) == letters(styled(heard, "full"))
