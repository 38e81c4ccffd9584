"""Repair of texts: terms come back, and ordinary English stays. With the real dictionary."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dictate.config.schema import TextSettings
from dictate.hotwords.model import Hotwords, Term
from dictate.text import polish
from dictate.text.repair import Repairs
from dictate.text.repair_list import load_repairs, wants_repair

SPELLINGS = ("Claude", "Claude Code", "GitHub", "PyTorch", "Terraform", "Nemotron", "Jenkins")
LIST = Hotwords(
    (*map(Term, SPELLINGS), Term("Kubernetes", sounds_like=("cooper netties",))),
    replacements=(("pie torch", "the oven"),),
)


@pytest.fixture(scope="module")
def repairs() -> Repairs:
    loaded = load_repairs(LIST)
    assert loaded is not None
    return loaded


@pytest.mark.parametrize(
    ("heard", "written"),
    [
        (
            "The cloud storage is almost full, but cloud code can help.",
            "The cloud storage is almost full, but Claude Code can help.",
        ),
        ("I wrote this with clawed code last night.", "I wrote this with Claude Code last night."),
        ("We asked clawed about it.", "We asked Claude about it."),
        ("Push it to get hub today.", "Push it to GitHub today."),
        ("Write it in terror form first.", "Write it in Terraform first."),
        ("Load Nemetron before the first dictation.", "Load Nemotron before the first dictation."),
        ("Start it in Jenkens again.", "Start it in Jenkins again."),
    ],
)
def test_terms_come_back(repairs: Repairs, heard: str, written: str) -> None:
    assert repairs.repair(heard) == written


@pytest.mark.parametrize(
    "text",
    [
        "The cloud storage is almost full.",
        "Cloud computing is cheaper than our own servers.",
        "We moved everything to the cloud last year.",
        "There is a dark cloud over the city.",
        "I need to get up early, and the cloud provider raised its prices.",
        "She loaded the code into the cloud.",
        "My code is in the cloud. Code review is tomorrow.",
        "Open cloud/code and cloud_code and cloud-code.",
        "CLOUD CODE",
        "The jenkinses of this world.",
        "",
    ],
)
def test_ordinary_english_stays(repairs: Repairs, text: str) -> None:
    assert repairs.repair(text) == text


def test_a_stretch_crosses_no_sign(repairs: Repairs) -> None:
    text = "We talked about the clawed, code and more."
    assert "Claude Code" not in repairs.repair(text)


def test_a_text_that_would_change_all_over_stays(repairs: Repairs) -> None:
    one = "Push it to get hub today."
    assert repairs.repair(f"{one} {one}").count("GitHub") == 2
    assert repairs.repair("clawed code get hub terror form pie torch") == (
        "clawed code get hub terror form pie torch"
    )


def said(text: str, repairs: Repairs | None, language: str | None = "en-US") -> str:
    return polish(text, LIST, TextSettings(), language=language, repairs=repairs)


def test_repair_is_a_step_before_spelling(repairs: Repairs) -> None:
    assert said("we use clawed code here", repairs) == "we use Claude Code here"
    assert said("we use clawed code here", None) == "we use clawed code here"


@pytest.mark.parametrize("language", ["de", None, "auto"])
def test_only_english_is_repaired(repairs: Repairs, language: str | None) -> None:
    assert said("we use clawed code here", repairs, language) == "we use clawed code here"


def test_what_is_a_phrase_already_stays_one(repairs: Repairs) -> None:
    assert said("install pie torch now", repairs) == "install the oven now"
    assert said("we deploy to cooper netties here", repairs) == "we deploy to Kubernetes here"


@settings(max_examples=30, deadline=None)
@given(st.text(max_size=80))
def test_any_text_is_survived_and_repaired_once(text: str) -> None:
    repairs = load_repairs(LIST)
    assert repairs is not None
    once = repairs.repair(text)
    assert {one.spelling for one in repairs.find(text)} <= set(SPELLINGS) | {"Kubernetes"}
    if not repairs.find(text):
        assert once == text


def test_a_long_list_does_not_slow_a_dictation() -> None:
    terms = tuple(Term(f"{first} {second}") for first in WORDS for second in WORDS)
    repairs = load_repairs(Hotwords(terms))
    assert repairs is not None
    text = "We moved the cloud storage to another room because the old one was almost full. " * 4
    began = time.process_time()
    for _ in range(20):
        repairs.find(text)
    # 4 ms on a busy machine; the bound only tells it from a search through all terms.
    assert (time.process_time() - began) / 20 < 0.05


WORDS = (
    "river", "stone", "window", "garden", "paper", "silver", "morning", "letter", "bridge",
    "forest", "summer", "market", "butter", "candle", "mountain", "kitchen", "harbor", "pencil",
    "blanket", "orchard", "valley", "copper", "thunder", "lantern", "meadow", "saddle", "village",
    "anchor", "feather", "pocket", "ribbon", "shadow",
)  # fmt: skip


def test_nothing_to_repair_with() -> None:
    assert load_repairs(Hotwords()) is None


@pytest.mark.parametrize(
    ("repair", "hotwords_as", "wanted"),
    [("auto", "", True), ("auto", "a prompt", False), ("on", "a prompt", True), ("off", "", False)],
)
def test_who_is_repaired(repair: str, hotwords_as: str, *, wanted: bool) -> None:
    assert wants_repair(repair, hotwords_as) is wanted
