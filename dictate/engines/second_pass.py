"""Decodes an utterance again with only those terms of a long list that it could contain.

In the tree of a long list nearly every token begins some term, so that none is preferred: with the
test model, 78 of 120 terms are found among 100 others, and 43 among 1,000 (alone: 111). With only
the terms that sound or look like words of the text without hotwords, 110 and 108 are. They are
searched for while the user speaks; at the release, the frames that the encoder made are decoded
once more.
"""

import copy
from collections.abc import Callable
from itertools import compress
from typing import Final

from dictate.engines.boost_phrases import BoostPhrases, PhraseList
from dictate.engines.likeness import letters_of
from dictate.engines.token_text import TokenText
from dictate.unicode_scripts import pieces

LONG_LIST: Final = 20
"""Number of phrases above which there is a second pass; a term is up to four, one for each case."""
MOST_KEPT: Final = 1500
"""Maximum number of frames of the encoder that are kept to be decoded again: two minutes, 6 MB. A
longer utterance keeps the text of the first pass."""
WORDS: Final = 4
"""Number of words that a term is searched for in, at least; "Kubernetes" may be heard as three."""
MOST_WORDS: Final = 8
"""The same at most, for a list with terms of many words."""


class SecondPass:
    """Of one utterance."""

    def __init__(self, taken: PhraseList, text: TokenText) -> None:
        """`text` is an empty text."""
        self._taken = taken
        self._text = text
        self._words = min(MOST_WORDS, max(WORDS, taken.forms.longest + 1))
        self._searched: set[str] = set()
        self._found: set[str] = set()

    def copy(self) -> "SecondPass":
        """An independent copy."""
        twin: SecondPass = copy.copy(self)
        twin._text = self._text.copy()
        twin._searched, twin._found = self._searched.copy(), self._found.copy()
        return twin

    def hear(self, plain: str) -> None:
        """Search for terms in the text without hotwords, as far as it is known."""
        words = pieces(plain.casefold(), self._taken.forms.whole)
        stretches = {
            "".join(words[at : at + size]).strip()
            for size in range(1, self._words + 1)
            for at in range(len(words) - size + 1)
        }
        self._found |= self._taken.forms.likeness.search(sorted(stretches - self._searched))
        self._searched |= stretches

    def boosted(self, plain: str, decode: Callable[[BoostPhrases], list[int] | None]) -> str | None:
        """The text with the terms that were found; None if the utterance is too long. `decode`
        returns the tokens of the utterance with these phrases, None if it is too long."""
        self.hear(plain)
        whole = self._taken.phrases
        near = [letters_of(text) in self._found for text in whole.texts]
        if not any(near):
            return plain
        tokens = decode(
            BoostPhrases(
                tuple(compress(whole.tokens, near)),
                tuple(compress(whole.texts, near)),
                tuple(compress(whole.weights, near)),
                self._taken.full_alpha,
            )
        )
        if tokens is None:
            return None
        self._text.append(tokens)
        return self._text.text


def second_pass(taken: PhraseList, text: TokenText) -> SecondPass | None:
    """None for a short list, which needs none, and for one without any weight."""
    long = len(taken.phrases.texts) > LONG_LIST and taken.full_alpha > 0
    return SecondPass(taken, text) if long else None
