"""A phrase-boosting tree with the scores of NeMo's: the same list boosts the same here. Pure.

The tree is an Aho-Corasick automaton. A token that continues a phrase adds to the score; a phrase
that is abandoned gives back what it has added (context_graph_universal.py and
boosting_graph_batched.py in nemo/collections/asr/parts/context_biasing).
"""

import math
from collections import deque
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dictate.engines.boost_phrases import CONTEXT_SCORE, DEPTH_SCALING, BoostPhrases

MOST_SCORES: Final = 4096
"""Maximum number of states whose scores are kept: a dictation meets few, and each takes 4 kB."""


@dataclass(slots=True, eq=False)
class State:
    """What has been matched so far: a beginning of a phrase."""

    token_score: float = 0.0
    """What its last token adds."""
    path_score: float = 0.0
    """What all of its tokens have added."""
    is_end: bool = False
    next: dict[int, "State"] = field(default_factory=dict)
    fallback: "State | None" = None
    """The longest end of it that is itself a beginning of a phrase; None for the root."""

    @property
    def fallback_score(self) -> float:
        """What is given back when the phrase is abandoned."""
        if self.fallback is None or self.is_end:
            return 0.0
        return self.fallback.path_score - self.path_score


class BoostingTree:
    """The tree of one list, for any number of utterances."""

    def __init__(self, phrases: BoostPhrases, vocabulary: int) -> None:
        """`vocabulary` is the number of tokens without the blank."""
        self.root = State()
        self._alpha = phrases.alpha
        self._vocabulary = vocabulary
        self._scores: dict[State, NDArray[np.float32]] = {}
        for tokens, weight in zip(phrases.tokens, phrases.weights, strict=True):
            self._insert(tokens, CONTEXT_SCORE * weight)
        self._set_fallbacks()

    def scores(self, state: State) -> NDArray[np.float32]:
        """What the tree adds to the score of each token after `state`, shape (vocabulary,)."""
        found = self._scores.get(state)
        if found is None:
            if len(self._scores) >= MOST_SCORES:
                self._scores.clear()
            found = self._scores[state] = self._score(state)
        return found

    def advance(self, state: State, token: int) -> State:
        """The state after this token."""
        while token not in state.next:
            if state.fallback is None:
                return self.root
            state = state.fallback
        return state.next[token]

    def _insert(self, tokens: tuple[int, ...], score: float) -> None:
        state = self.root
        for depth, token in enumerate(tokens):
            before, known = state, state.next.get(token)
            if known is None:
                deeper = score * DEPTH_SCALING + math.log(depth + 1) if depth else score
                known = before.next[token] = State(deeper)
            else:
                known.token_score = max(score, known.token_score)
            known.path_score = before.path_score + known.token_score
            known.is_end = known.is_end or depth == len(tokens) - 1
            state = known

    def _set_fallbacks(self) -> None:
        waiting = deque([self.root])
        while waiting:
            state = waiting.popleft()
            for token, after in state.next.items():
                fallback = state.fallback
                after.fallback = self.root if fallback is None else self.advance(fallback, token)
                waiting.append(after)

    def _score(self, state: State) -> NDArray[np.float32]:
        chain, given_back = [(state, 0.0)], 0.0
        while state.fallback is not None:
            given_back += state.fallback_score
            state = state.fallback
            chain.append((state, given_back))
        scores = np.full(self._vocabulary, given_back, np.float32)
        for one, back in reversed(chain):
            for token, after in one.next.items():
                scores[token] = back + after.token_score
        scores *= np.float32(self._alpha)
        return scores
