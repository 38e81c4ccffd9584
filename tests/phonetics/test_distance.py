"""How far apart two pronunciations are."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dictate.phonetics.distance import distance, nearest
from dictate.phonetics.phonemes import PHONEMES, omission, sound_key, substitution

SOUNDS = st.lists(st.sampled_from(sorted(PHONEMES)), max_size=8).map(" ".join)
CLAUDE, CLOUD, LOAD, ROAD, STORAGE = (
    "K L AO D", "K L AW D", "L OW D", "R OW D", "S T AO R AH JH",
)  # fmt: skip


def test_what_is_confused_is_nearer_than_what_is_not() -> None:
    apart = [distance(CLAUDE, other) for other in (CLAUDE, CLOUD, LOAD, ROAD, STORAGE)]
    assert apart == sorted(apart)
    assert apart[0] == 0.0
    assert apart[1] < 0.1 < apart[2] < 0.3 < apart[3] < 0.4 < apart[4]


@pytest.mark.parametrize(
    ("near", "far"),
    [("T D", "T L"), ("M N", "M S"), ("F TH", "F G"), ("IH IY", "IH AA"), ("AO AW", "AO IY")],
)
def test_phonemes_that_are_alike_cost_less(near: str, far: str) -> None:
    assert 0 < substitution(*near.split()) < substitution(*far.split())


def test_costs_are_symmetric_and_never_worth_a_detour() -> None:
    for one, other in product(PHONEMES, repeat=2):
        assert substitution(one, other) == substitution(other, one) <= 1.2
        assert substitution(one, other) <= omission(one) + omission(other) + 0.4
        assert (substitution(one, other) == 0) == (one == other)


@given(SOUNDS, SOUNDS)
def test_it_is_a_share_and_the_same_in_both_directions(one: str, other: str) -> None:
    apart = distance(one, other)
    assert 0 <= apart <= 1
    assert apart == pytest.approx(distance(other, one))
    assert (apart == 0) == (one == other)


def test_the_nearest_of_several_pronunciations_counts() -> None:
    assert nearest([STORAGE, CLOUD], [CLAUDE]) == distance(CLOUD, CLAUDE)
    assert nearest([], [CLAUDE]) == 1.0


def test_words_that_are_easily_confused_have_one_key() -> None:
    assert sound_key(CLAUDE) == sound_key(CLOUD) == "klat"
    assert sound_key("N ER D") == sound_key("N AO R D") == "nart"
    assert sound_key(LOAD) != sound_key(ROAD)
