"""Words of two texts that correspond, in long texts piece by piece."""

import random
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import pytest
from rapidfuzz.distance import Levenshtein

from dictate import word_alignment
from dictate.word_alignment import Stretch, aligned


def changes(stretches: Sequence[Stretch]) -> int:
    return sum(max(each.b - each.a, each.d - each.c) for each in stretches if not each.equal)


@pytest.mark.parametrize("seed", range(20))
def test_a_long_text_is_compared_piece_by_piece_with_as_few_changes(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance = random.Random(seed)
    one = [f"word{chance.randrange(100)}" for _ in range(600)]
    other = [word for word in one if chance.random() > 0.05]
    for at in range(0, len(other), 50):
        other[at:at] = chance.choices(one, k=chance.randrange(4))
    fewest = changes(list(aligned(one, other)))
    opcodes = Levenshtein.opcodes

    def bounded(one: Sequence[str], other: Sequence[str]) -> Any:
        assert max(len(one), len(other)) <= 100
        return opcodes(one, other)

    monkeypatch.setattr(word_alignment, "WINDOW", 100)
    monkeypatch.setattr(Levenshtein, "opcodes", bounded)
    found = list(aligned(one, other))
    assert changes(found) == fewest
    assert [word for each in found for word in one[each.a : each.b]] == one
    assert [word for each in found for word in other[each.c : each.d]] == other
    for before, after in pairwise(found):
        assert before.equal is not after.equal
    assert all(one[each.a : each.b] == other[each.c : each.d] for each in found if each.equal)


@pytest.mark.parametrize(("one", "other"), [("", ""), ("a" * 500, ""), ("", "b" * 500)])
def test_texts_without_an_equal_word_are_one_stretch(
    one: str, other: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(word_alignment, "WINDOW", 100)
    expected = [Stretch(False, 0, len(one), 0, len(other))] if one or other else []
    assert list(aligned(one, other)) == expected
