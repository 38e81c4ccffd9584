"""Words where the script tells them apart, and signs where it does not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dictate.unicode_scripts import pieces, runs, signs_per_word, units


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Claude Code, v2.0!", ["claude", "code", "v2", "0"]),
        ("用Claude写代码。", ["用", "claude", "写", "代", "码"]),
        ("クロード・コード", list("クロードコード")),
        ("ที่นี่ 2 คน", [*"ที่นี่", "2", *"คน"]),
        ("한국어 텍스트", ["한국어", "텍스트"]),
        ("", []),
    ],
)
def test_units(text: str, found: list[str]) -> None:
    assert units(text) == found


def test_how_many_make_a_word() -> None:
    assert [signs_per_word(unit) for unit in ("word", "語", "ク", "ก", "한국어", "9")] == [
        1,
        2,
        2,
        4,
        1,
        1,
    ]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("We need it, now.", ["We", " need", " it,", " now."]),
        ("用 Claude Code写。好", ["用", " Claude", " Code", "写。", "好"]),
        ("ไป,มา", ["ไ", "ป,", "ม", "า"]),
    ],
)
def test_pieces(text: str, found: list[str]) -> None:
    assert pieces(text) == found


def test_some_runs_stay_whole() -> None:
    whole = runs("克劳德\n克劳德代码, Claude 语音\nไป ก")
    assert whole == {"克劳德", "克劳德代码", "语音", "ไป"}
    assert pieces("用克劳德代码、克劳德。写 Claude语音ไปก", whole) == [
        *("用", "克劳德代码、", "克劳德。", "写", " Claude", "语音", "ไป", "ก")
    ]


@given(st.text())
def test_pieces_are_the_text(text: str) -> None:
    assert "".join(pieces(text)) == text.rstrip()
    assert all(piece.split() == [piece.strip()] for piece in pieces(text))
