"""The user's terms as phrase-boosting trees of NeMo's greedy decoder.

A tree is built from token ids, so matching is case-sensitive: each term is in it in several cases,
and the text step restores the user's spelling. Boosting re-ranks the labels where the model emits
one anyway (rnnt_label_looping.py decides about the blank before that): it repairs substitutions and
cannot insert a word into silence.

Strategy: `boost_phrases` selects what may be boosted, and is quick. The tree of a list is built in
a thread of its own, ahead of the dictation, and kept for later dictations with the same list.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final

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
MOST_TREES: Final = 4
"""Maximum number of trees that are kept, apart from those in use."""


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


class BoostingTree:
    """The tree of one list in the decoder; `release` it when the utterance is over."""

    def __init__(self, number: int) -> None:
        self.number = number
        """Its id in the decoder's multi-model."""
        self.users = 0

    def hypothesis(self) -> Any:
        """An empty hypothesis that is decoded with this tree."""
        from nemo.collections.asr.parts.context_biasing.biasing_multi_model import (
            BiasingRequestItemConfig,
        )
        from nemo.collections.asr.parts.utils.rnnt_utils import Hypothesis

        request = BiasingRequestItemConfig(
            multi_model_id=self.number, auto_manage_multi_model=False
        )
        return Hypothesis.empty_with_biasing_cfg(request)

    def release(self) -> None:
        """An utterance that used it is over."""
        self.users -= 1


class BoostingTreeCache:
    """All trees of one decoder. Everything except building runs on the engine's thread."""

    def __init__(self, multi_model: Any, vocabulary: int) -> None:
        self._multi_model = multi_model
        self._vocabulary = vocabulary
        self._builder = ThreadPoolExecutor(1, "boosting")
        self._building: dict[BoostPhrases, Future[Any]] = {}
        self._trees: OrderedDict[BoostPhrases, BoostingTree] = OrderedDict()

    def prepare(self, wanted: BoostPhrases) -> None:
        """Start to build the tree unless it exists. Returns at once."""
        if wanted.tokens and wanted not in self._trees and wanted not in self._building:
            self._building[wanted] = self._builder.submit(build, wanted, self._vocabulary)

    def take(self, wanted: BoostPhrases) -> BoostingTree | None:
        """The tree, to be released; None if there is nothing to boost. Waits for a tree that is
        being built."""
        if not wanted.tokens or wanted.alpha <= 0:
            return None
        self.prepare(wanted)
        if wanted not in self._trees:
            built = self._building.pop(wanted).result()
            number = self._multi_model.add_model(built, wanted.alpha)
            self._trees[wanted] = BoostingTree(number)
            self._evict(wanted)
        self._trees.move_to_end(wanted)
        tree = self._trees[wanted]
        tree.users += 1
        return tree

    def _evict(self, keep: BoostPhrases) -> None:
        idle = [key for key, tree in self._trees.items() if not tree.users and key != keep]
        for key in idle[: max(0, len(self._trees) - MOST_TREES)]:
            self._multi_model.remove_model(self._trees.pop(key).number)
        for key in [key for key in self._building if key != keep][:-1]:
            self._building.pop(key).cancel()


def build(wanted: BoostPhrases, vocabulary: int) -> Any:
    """A GPUBoostingTreeModel on the CPU. It takes about 10 ms for 100 terms, 2 s for 10,000."""
    from nemo.collections.asr.parts.context_biasing.boosting_graph_batched import (
        GPUBoostingTreeModel,
    )
    from nemo.collections.asr.parts.context_biasing.context_graph_universal import ContextGraph

    graph = ContextGraph(context_score=CONTEXT_SCORE, depth_scaling=DEPTH_SCALING)
    graph.build(
        token_ids=[list(tokens) for tokens in wanted.tokens],
        phrases=list(wanted.texts),
        scores=[CONTEXT_SCORE * weight for weight in wanted.weights],
        uniform_weights=False,
    )
    return GPUBoostingTreeModel.from_context_graph(
        graph,
        vocab_size=vocabulary,
        unk_score=0.0,
        final_eos_score=0.0,
        use_triton=None,
        uniform_weights=False,
    )
