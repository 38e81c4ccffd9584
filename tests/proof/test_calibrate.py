"""The default strength is found by bisection, and chosen by what was measured."""

import asyncio

import pytest

from dictate.hotwords.model import Hotwords, Term, TermState
from dictate.proof.calibrate import (
    NAMES,
    STRENGTHS,
    Measured,
    _Measure,
    bisect,
    calibration_list,
    choose,
)
from tests.lab.scripted_decoder import ScriptedDecoder, clip

WORDS = "the cloud is there and " * 100  # 500 words


def measure(decoder: ScriptedDecoder) -> _Measure:
    return _Measure(
        decoder,
        Hotwords((Term("Claude"),)),
        [clip("said", "I asked Claude.")],
        [clip("control", WORDS), clip("other", WORDS)],
        lambda *_: None,
    )


def engine(found_from: float, harms_from: float) -> ScriptedDecoder:
    def says(name: str, strengths: dict[str, float]) -> str:
        if name == "said":
            return "i asked claude" if strengths["Claude"] >= found_from else "i asked cloud"
        wrong = strengths["Claude"] >= harms_from
        return "Claude is there" if wrong else "the cloud is there"

    return ScriptedDecoder(says)


@pytest.mark.parametrize("harms_from", [0.1, 0.5, 1.0, 1.25, 2.5, 4.0, 9.0])
def test_the_highest_permitted_strength_is_among_the_measured(harms_from: float) -> None:
    decoder = engine(found_from=0.0, harms_from=harms_from)
    measured = asyncio.run(bisect(measure(decoder)))
    permitted = [strength for strength in STRENGTHS if strength < harms_from]
    found = [one.strength for one in measured if one.permitted]
    assert (found[-1] if found else None) == (permitted[-1] if permitted else None)
    assert len(measured) <= 5
    assert 1.0 in [one.strength for one in measured]


def test_the_lowest_strength_that_finds_the_most_terms_is_chosen() -> None:
    measured = asyncio.run(bisect(measure(engine(found_from=1.2, harms_from=9.0))))
    chosen = choose(measured)
    assert chosen is not None
    assert (chosen.strength, chosen.found, chosen.false_hits) == (2.0, 1, 0)
    assert chosen.control_words == 1000


def test_what_the_engine_writes_by_itself_is_no_false_hit() -> None:
    decoder = ScriptedDecoder(lambda *_: "Claude is there")
    found = asyncio.run(measure(decoder).at(1.0))
    assert (found.false_hits, found.found) == (0, 1)


def test_no_strength_is_chosen_where_all_do_harm() -> None:
    assert choose(asyncio.run(bisect(measure(engine(found_from=0.0, harms_from=0.1))))) is None


@pytest.mark.parametrize(
    ("words", "hits", "bound", "permitted"),
    [(1000, 0, 3.0, True), (3000, 0, 1.0, True), (1000, 1, 4.74, True), (1000, 2, 6.3, False)],
)
def test_the_confidence_is_that_of_so_many_words(
    words: int, hits: int, bound: float, permitted: bool
) -> None:
    one = Measured(1.0, words, hits, 0, 0)
    assert one.at_most_per_1000 == pytest.approx(bound)
    assert one.permitted is permitted
    assert Measured(1.0, words, 50, 0, 0).at_most_per_1000 is None


def test_the_list_is_the_names_and_the_users_terms_without_weights() -> None:
    own = Hotwords(
        (Term("docker", weight=3.0), Term("Zoë"), Term("Bad", state=TermState.QUARANTINED))
    )
    found = {term.spelling: term.weight for term in calibration_list(own).terms}
    assert "Docker" not in found
    assert found["docker"] == found["Zoë"] == 1.0
    assert "Bad" not in found
    assert len(found) == len(NAMES) + 1
