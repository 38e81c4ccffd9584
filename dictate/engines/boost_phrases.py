"""Which phrases of a list a decoder is to boost, and how much. Pure.

Boosting works on token ids, so matching is case-sensitive: each term is in the list in several
cases, and the text step restores the user's spelling. Boosting re-ranks the labels where the model
emits one anyway: it repairs substitutions and cannot insert a word into silence.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from dictate.hotwords.model import Hotwords, Term

ALPHA: Final = 2.0
"""The weight of the tree at strength 1: with the test model 66 of 72 confusable terms are found (60
at 1.5, 68 at 2.5), and none of 100 other sentences changes (one at 2.5):
tests/mini_model/README.md."""
CONTEXT_SCORE: Final = 1.0
DEPTH_SCALING: Final = 2.0
"""Scores of a phrase's first token and of the later ones, as NeMo's guide to word boosting advises
for RNNT."""
LONG_LISTS: Final = ((1000, 0.6), (100, 0.8))
"""Number of terms above which the strength is multiplied by this factor. Lists of 20,000 phrases
raised the word error rate from 9.9 to 11.4 % (arXiv 2508.07014)."""


@dataclass(frozen=True, slots=True)
class BoostPhrases:
    """The input of one tree; equal inputs make equal trees."""

    tokens: tuple[tuple[int, ...], ...] = ()
    texts: tuple[str, ...] = ()
    weights: tuple[float, ...] = ()
    alpha: float = 0.0


def boost_phrases(
    hotwords: Hotwords, language: str, encode: Callable[[str], list[int]], unknown: int
) -> tuple[BoostPhrases, list[str]]:
    """The part of the list that can be boosted, and one line for each term that cannot.

    `encode` returns the token ids of a text; `unknown` is the id for text without a token.
    """
    found: dict[tuple[int, ...], tuple[str, float]] = {}
    refused = []
    terms = hotwords.for_language(language)
    for term in terms:
        if sum(map(str.isalnum, term.spelling)) < hotwords.guards.shortest:
            refused.append(
                f"{term.spelling!r} is too short to be preferred: a term of fewer than "
                f"{hotwords.guards.shortest} letters would turn up everywhere (hotwords.shortest)"
            )
            continue
        known = 0
        for text in variants(term):
            tokens = tuple(encode(text))
            if tokens and unknown not in tokens:
                known += 1
                if found.get(tokens, ("", 0.0))[1] < term.weight:
                    found[tokens] = text, term.weight
        if not known:
            refused.append(
                f"{term.spelling!r} has a character that this model cannot write: give it another "
                "spelling, and a replacement that writes it your way"
            )
    share = next((s for n, s in LONG_LISTS if len(terms) > n), 1.0) if hotwords.guards.cap else 1.0
    return (
        BoostPhrases(
            tokens=tuple(found),
            texts=tuple(text for text, _ in found.values()),
            weights=tuple(weight for _, weight in found.values()),
            alpha=ALPHA * hotwords.strength * share,
        ),
        refused,
    )


def variants(term: Term) -> Iterator[str]:
    """The upper and lower cases in which the model may write a term."""
    spelling = term.spelling
    yield from dict.fromkeys(
        (spelling, spelling.lower(), spelling.title(), spelling[:1].upper() + spelling[1:])
    )
