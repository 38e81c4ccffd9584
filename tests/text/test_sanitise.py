"""The last step: nothing leaves it that could execute, reorder or hide."""

import sys
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dictate.plain_text import clean
from dictate.text.pieces import Break
from dictate.text.sanitise import sanitise

BIDI = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
ANY_TEXT = st.text(
    alphabet=st.characters(exclude_categories=[])
    | st.sampled_from(
        "\u200c\u200d\ufe0f\u2764\U0001f3f4\U000e0067\U000e007f\U0001f3fd\u0915\u094d\u1820"
    )
)


@given(ANY_TEXT)
@example("\ud800\udc00")
@example("\x1b[31mrm -rf /\r\n")
@pytest.mark.fault("C8", "S6")
def test_whatever_comes_in_the_result_is_one_harmless_line(text: str) -> None:
    cleaned = clean(text)
    for character in cleaned:
        assert unicodedata.category(character) not in ("Cc", "Cs", "Zl", "Zp")
        assert character not in BIDI
    assert clean(cleaned) == cleaned


@given(ANY_TEXT)
def test_only_the_invisible_goes(text: str) -> None:
    def seen(string: str) -> list[str]:
        return [each for each in string if unicodedata.category(each)[0] not in "CZ"]

    assert seen(clean(text)) == seen(text)


@pytest.mark.fault("C8", "S6")
def test_every_character_alone() -> None:
    for number in range(sys.maxunicode + 1):
        character = chr(number)
        category = unicodedata.category(character)
        cleaned = clean(character)
        if category in ("Cc", "Cs", "Zl", "Zp"):
            assert cleaned in ("", " ")
        elif category != "Cf":
            assert cleaned == character
    assert clean(BIDI) == ""
    assert clean("".join(map(chr, range(32)))).strip() == ""


@pytest.mark.parametrize(
    "text",
    [
        "plain text, as it is",
        "zwei  Leerzeichen\u00a0und\u3000mehr",
        "👨‍👩‍👧‍👦 👩🏽‍💻 🏳️‍🌈 ❤️‍🔥 🏴‍☠️ 🙂‍↔️",
        "🏴󠁧󠁢󠁥󠁮󠁧󠁿 🇩🇪 5️⃣",
        "می‌خواهم",
        "क्‍ष श्री‌मान",
        "അവന്‍",
        "ශ්‍රී ලංකා",
        "ᠠ᠎ᠠ",
        "e\u0301 Z\u0335\u0321",
        "\u0600123",
    ],
)
def test_what_belongs_to_a_text_survives_exactly(text: str) -> None:
    assert clean(text) == text


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("a\u200bb\ufeffc\u2060d\u00ade", "abcde"),
        ("a\u200db\u200cc", "abc"),
        ("👍\u200d a", "👍 a"),
        ("क\u200d\u200d\u200dष", "क\u200dष"),
        ("x\U000e0067\U000e007f🏴\U000e0067 y", "x🏴 y"),
        ("a\r\nb\tc \n d", "a b c d"),
        ("a\x00\x07\x1b[0m\x7f\x9bb", "a[0mb"),
        ("\u202egnp.exe", "gnp.exe"),
    ],
)
@pytest.mark.fault("S6")
def test_what_hides_goes(text: str, cleaned: str) -> None:
    assert clean(text) == cleaned


def test_a_line_end_is_an_object_until_here() -> None:
    assert sanitise(["a\n", Break.LINE, "\nb", Break.PARAGRAPH, ""]) == "a \n b\n\n"
