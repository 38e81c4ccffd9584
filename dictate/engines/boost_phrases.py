"""Which phrases of a list a decoder is to boost, and how much.

Boosting works on token ids, so matching is case-sensitive: each term is in the list in several
cases, and the text step restores the user's spelling. Boosting re-ranks the labels where the model
emits one anyway: it repairs substitutions and cannot insert a word into silence.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from threading import Lock
from typing import Final, Protocol

from dictate.engines import TermReport
from dictate.engines.boost_guard import Forms
from dictate.hotwords.model import Guards, Hotwords, Term
from dictate.hotwords.spoken_form import spoken_form
from dictate.translation import _

ALPHA: Final = 1.5
"""The weight of the tree at strength 1: the highest with at most one false term in 1,000 words. On
240 utterances with terms and 800 without, half of these with true clouds, by voices that the test
model never heard, it finds 209 terms and writes 4 false ones in 4,998 words (2.0: 226 and 19; 1.2:
157 and 1): tests/mini_model/README.md."""
CONTEXT_SCORE: Final = 1.25
DEPTH_SCALING: Final = 1.6
"""The score of a phrase's first token, and the factor for the later ones. NeMo's guide to word
boosting advises 1 and 2 for RNNT; on the same utterances that finds 188 terms at this alpha, with
one false one."""
LONG_LISTS: Final = ((1000, 0.6), (100, 0.8))
"""Number of terms above which the strength is multiplied by this factor. Lists of 20,000 phrases
raised the word error rate from 9.9 to 11.4 % (arXiv 2508.07014)."""


MOST_LISTS: Final = 4
"""Maximum number of lists whose phrases are kept."""


class Tokenizer(Protocol):
    """What turns text into tokens and back; NeMo's, and that of ONNX files."""

    @property
    def unk_id(self) -> int:
        """The token of what the model cannot write."""

    def text_to_ids(self, text: str) -> list[int]:
        """The tokens of a text."""

    def ids_to_tokens(self, tokens: list[int]) -> list[str]:
        """The piece of each token."""


@dataclass(frozen=True, slots=True)
class BoostPhrases:
    """The input of one tree; equal inputs make equal trees."""

    tokens: tuple[tuple[int, ...], ...] = ()
    texts: tuple[str, ...] = ()
    weights: tuple[float, ...] = ()
    alpha: float = 0.0

    def __hash__(self) -> int:
        # Of a part: a long list is looked up several times in each dictation.
        return hash((len(self.tokens), self.tokens[:8], self.alpha))


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
        phrases, problem = phrases_of(term, hotwords.guards.shortest, encode, unknown)
        if problem:
            refused.append(problem)
        for tokens, text in phrases.items():
            if found.get(tokens, ("", 0.0))[1] < term.weight:
                found[tokens] = text, term.weight
    share = next((s for n, s in LONG_LISTS if len(terms) > n), 1.0) if hotwords.guards.cap else 1.0
    return (
        BoostPhrases(
            tokens=tuple(found),
            texts=tuple(text for text, __ in found.values()),
            weights=tuple(weight for __, weight in found.values()),
            alpha=ALPHA * hotwords.strength * share,
        ),
        refused,
    )


def phrases_of(
    term: Term, shortest: int, encode: Callable[[str], list[int]], unknown: int
) -> tuple[dict[tuple[int, ...], str], str]:
    """The phrases that are boosted for this term, by their tokens; or why there is none.

    They are its spelling and, if it has signs, the words for them. A spelling that the model cannot
    write, or that is too short, is represented by its spoken forms: the text step writes the
    spelling where they are heard.
    """
    forms = [term.spelling, spoken_form(term.spelling)]
    found = _encoded(forms, shortest, encode, unknown)
    found = found or _encoded(term.sounds_like, shortest, encode, unknown)
    if found:
        return found, ""
    if _letters(term.spelling) < shortest:
        return {}, (
            _(
                "{spelling!r} is too short to be preferred: a term of fewer than {shortest} "
                "letters would turn up everywhere (hotwords.shortest)"
            ).format(spelling=term.spelling, shortest=shortest)
        )
    missing = "".join(sorted({sign for sign in term.spelling if unknown in encode(sign)}))
    which = (
        _("a character that this model cannot write ({missing})").format(missing=missing)
        if missing
        else _("no token")
    )
    return {}, (
        _(
            "{spelling!r} has {which}: give it sounds_like without such a character; then "
            "that is preferred, and written your way"
        ).format(spelling=term.spelling, which=which)
    )


def _encoded(
    forms: Iterable[str], shortest: int, encode: Callable[[str], list[int]], unknown: int
) -> dict[tuple[int, ...], str]:
    found: dict[tuple[int, ...], str] = {}
    for form in forms:
        for text in variants(form) if _letters(form) >= shortest else ():
            tokens = tuple(encode(text))
            if tokens and unknown not in tokens:
                found.setdefault(tokens, text)
    return found


def _letters(text: str) -> int:
    return sum(map(str.isalnum, text))


def variants(spelling: str) -> Iterator[str]:
    """The upper and lower cases in which the model may write a term."""
    yield from dict.fromkeys(
        (spelling, spelling.lower(), spelling.title(), spelling[:1].upper() + spelling[1:])
    )


@dataclass(frozen=True, slots=True)
class PhraseList:
    """What becomes of one list."""

    phrases: BoostPhrases
    forms: Forms
    """The same as texts."""
    full_alpha: float
    """The weight of a tree of only a few of them."""
    refused: tuple[str, ...]
    """One line for each term that cannot be boosted."""


class PhraseLists:
    """The phrases of the lists that were used last, for one tokenizer. Of any thread: a list may be
    taken in beside the dictations."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer
        self._lists: OrderedDict[tuple[Hotwords, str], PhraseList] = OrderedDict()
        self._lock = Lock()

    def take(self, hotwords: Hotwords, language: str) -> PhraseList:
        """What becomes of this list in this language. A new one takes a while."""
        key = hotwords, language
        with self._lock:
            found = self._lists.get(key)
        if found is None:
            tokenizer = self._tokenizer
            phrases, refused = boost_phrases(
                hotwords, language, tokenizer.text_to_ids, tokenizer.unk_id
            )
            english = language.lower().startswith("en")
            forms = Forms(phrases.texts, english=english)
            found = PhraseList(phrases, forms, ALPHA * hotwords.strength, tuple(refused))
        with self._lock:
            self._lists[key] = found
            self._lists.move_to_end(key)
            while len(self._lists) > MOST_LISTS:
                self._lists.popitem(last=False)
        return found

    def inspect(self, terms: Iterable[Term], guards: Guards) -> list[TermReport]:
        """As `Engine.inspect`: the pieces of each case of the spelling, separated by spaces."""
        tokenizer = self._tokenizer
        reports = []
        for term in terms:
            __, problem = phrases_of(term, guards.shortest, tokenizer.text_to_ids, tokenizer.unk_id)
            pieces = (
                tokenizer.ids_to_tokens(list(tokenizer.text_to_ids(text)))
                for text in variants(term.spelling)
            )
            reports.append(TermReport(term.spelling, tuple(map(" ".join, pieces)), problem))
        return reports
