"""A space belongs between two texts only where their scripts use one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dictate.joining import join, needs_space


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("one", "two"),
        ("One.", "Two."),
        ("Wie geht's?", "Gut."),
        ("안녕하세요", "반갑습니다"),
        ("привет", "мир"),
        ("مرحبا", "كيف"),
        ("नमस्ते।", "आप"),
        ("use", ".NET"),
        ("chapter", "5"),
        ("5", "6"),
        ("(see below)", "then"),
        ('he said "yes"', "and left"),
        ("he said", '"yes"'),
        ("er sagte „ja“", "und ging"),
        ("il dit «\u00a0oui\u00a0»", "et part"),
        ("great", "😀"),
        ("wait \u2013", "what"),
        # Of a script without spaces and another one.
        ("我在用", "Python"),
        ("See you.", "再见。"),
        ("มี", "Python"),
        ("มี", "5 คน"),
        ("한국", "中国"),
    ],
)
def test_words_of_two_texts_do_not_touch(before: str, after: str) -> None:
    assert needs_space(before, after)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "two"),
        ("one", ""),
        ("one ", "two"),
        ("one\n", "two"),
        ("one", " two"),
        ("one", "\ntwo"),
        ("one\u3000", "two"),
        ("one", ", two"),
        ("one", "..."),
        ("one", ") two"),
        ("one (", "two"),
        ("Hola. ¿", "Qué tal?"),
        ("src/", "code"),
        ('he said "', "yes"),
        ('he said "yes', '" and left'),
        ("he said “", "yes"),
        ("he said “yes", "” and left"),
        ("er sagte „", "ja"),
        ("مرحبا", "، كيف"),
        # Scripts without spaces.
        ("你好", "世界"),
        ("你好。", "世界。"),
        ("你好.", "世界."),
        ("我很好。", "How are you?"),
        ("How are you", "\uff0c他说"),
        ("他说「", "Hello"),
        ("今天是", "5号"),
        ("iPhone 5", "です"),
        ("こんにちは", "元気ですか"),
        ("カタカナ", "漢字"),
        ("ｶﾀｶﾅ", "ひらがな"),
        ("你好😀", "再见"),
        ("สวัสดี", "ครับ"),
        ("ก็", "ได้"),
        ("ສະບາຍດີ", "ບໍ່"),
        ("សួស្តី", "អ្នក"),
        ("မင်္ဂလာပါ။", "နေကောင်းလား"),
    ],
)
def test_texts_touch_where_no_space_belongs(before: str, after: str) -> None:
    assert not needs_space(before, after)


@given(st.text(max_size=8), st.text(max_size=8))
def test_there_are_never_two_spaces_and_never_an_error(before: str, after: str) -> None:
    if needs_space(before, after):
        assert not before[-1].isspace()
        assert not after[0].isspace()


def test_many_texts_are_joined_by_the_same_rule() -> None:
    assert join(["One.", "", "Two", ", three"]) == "One. Two, three"
    assert join(["你好。", "再见", "5号"]) == "你好。再见5号"
    assert join([]) == ""
