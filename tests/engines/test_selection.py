"""Which terms of a long list reach an engine that has room for few."""

import random

from hypothesis import given
from hypothesis import strategies as st

from dictate.engines.selection import ranked
from dictate.hotwords.model import Term

NAMES = ("Kubernetes", "Claude Code", "Grafana", "Nemotron", "TypeScript")
TERMS = tuple(map(Term, NAMES))


def order(terms: tuple[Term, ...] = TERMS, **more: object) -> list[str]:
    return [term.spelling for term in ranked(terms, **more)]  # type: ignore[arg-type]


def test_without_more_it_is_the_order_of_the_file() -> None:
    assert order() == list(NAMES)
    assert order(draft="I will call you back as soon as I get home.") == list(NAMES)


def test_the_heavier_come_before_those_that_stand_first() -> None:
    assert order((*TERMS, Term("Wayland", weight=1.6))) == ["Wayland", *NAMES]


def test_what_sounds_like_the_draft_comes_first() -> None:
    heavy = (*TERMS, Term("Wayland", weight=1.6))
    assert order(heavy, draft="We asked cloud code about it.")[:2] == ["Claude Code", "Wayland"]
    assert order(heavy, draft="The cuban eddies are down.")[0] == "Kubernetes"
    assert order(draft="Use nemo tron and type script.")[:2] == ["Nemotron", "TypeScript"]
    told = (*TERMS, Term("Zażółć", sounds_like=("jar of witch",)))
    assert order(told, draft="Open the jar of witch.")[0] == "Zażółć"


@given(st.permutations(NAMES), st.text(max_size=40))
def test_no_term_is_lost_whatever_the_draft(names: list[str], draft: str) -> None:
    assert sorted(order(tuple(map(Term, names)), draft=draft)) == sorted(NAMES)


def test_a_long_list_is_sorted_alike_whatever_its_order() -> None:
    """With all of it different, the order in the file has no say."""
    terms = [Term(f"term {number}", weight=1 + number / 10_000) for number in range(10_000)]
    mixed = random.Random(1).sample(terms, len(terms))
    assert ranked(mixed) == ranked(terms) == terms[::-1]
