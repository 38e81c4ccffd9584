"""Which terms of a long list an utterance is decoded again with."""

import pytest

from dictate.engines.boost_phrases import ALPHA, BoostPhrases, PhraseList, PhraseLists
from dictate.engines.second_pass import SecondPass, second_pass
from dictate.engines.token_text import TokenText
from dictate.hotwords.model import Hotwords, Term

TERMS = ("Claude Code", "Nemotron", "Kubernetes", "Hyprland")
OTHERS = tuple(f"Qx{letter}vr{letter}zu" for letter in "abcdefghijklmnop")


class Letters:
    """A tokenizer with a token for each character."""

    unk_id = 0

    def text_to_ids(self, text: str) -> list[int]:
        return list(map(ord, text))

    def ids_to_text(self, ids: list[int]) -> str:
        return "".join(map(chr, ids))

    def ids_to_tokens(self, tokens: list[int]) -> list[str]:
        return list(map(chr, tokens))


@pytest.fixture(scope="module")
def taken() -> PhraseList:
    hotwords = Hotwords(tuple(map(Term, (*TERMS, *OTHERS))), strength=0.5)
    return PhraseLists(Letters()).take(hotwords, "en")


def of(taken: PhraseList) -> SecondPass:
    made = second_pass(taken, TokenText(Letters()))
    assert made is not None
    return made


@pytest.mark.parametrize(
    ("plain", "term"),
    [
        ("We need cloud code today.", "Claude Code"),
        ("Ask nemo tron about it.", "Nemotron"),
        ("Ask cuban eddies about it.", "Kubernetes"),  # by its sound
        ("So hyper land is here.", "Hyprland"),
    ],
)
def test_it_is_decoded_with_the_terms_that_the_plain_text_resembles(
    taken: PhraseList, plain: str, term: str
) -> None:
    wanted: list[BoostPhrases] = []

    def decode(few: BoostPhrases) -> list[int]:
        wanted.append(few)
        return Letters().text_to_ids("again")

    second = of(taken)
    for end in range(0, len(plain), 4):  # as it grows
        second.hear(plain[:end])
    assert second.boosted(plain, decode) == "again"
    assert {text.casefold() for text in wanted[0].texts} == {term.casefold()}
    assert wanted[0].alpha == ALPHA * 0.5
    whole = taken.phrases
    assert set(wanted[0].tokens) <= set(whole.tokens)


def test_a_text_like_no_term_is_not_decoded_again(taken: PhraseList) -> None:
    def decode(few: BoostPhrases) -> list[int]:
        pytest.fail(f"decoded with {few.texts}")

    second = of(taken)
    assert second.boosted("The meeting is on Friday.", decode) == "The meeting is on Friday."
    assert second.boosted("", decode) == ""


def test_what_is_too_long_to_be_kept_keeps_the_first_pass(taken: PhraseList) -> None:
    assert of(taken).boosted("We need cloud code today.", lambda _: None) is None


def test_a_short_list_and_one_without_weight_need_none() -> None:
    lists = PhraseLists(Letters())
    short = lists.take(Hotwords(tuple(map(Term, TERMS))), "en")
    weightless = Hotwords(tuple(map(Term, (*TERMS, *OTHERS))), strength=0.0)
    for taken in (short, lists.take(weightless, "en")):
        assert second_pass(taken, TokenText(Letters())) is None
