"""Which words are ordinary English, by how often they occur. Pure."""

from itertools import pairwise
from typing import Final, Protocol

COMMON: Final = -13.0
"""Natural logarithm of the share of a word among all words from which on it is ordinary: one in
440,000."""
VERY_COMMON: Final = -8.0
"""That of one that is in every other text: "go", "will"."""
USUAL_PAIR: Final = -8.0
"""That of a word among those after the one before it, from which on the two are ordinary together:
"cloud storage" has -4.8, "cloud code" -10.8."""
LIKELIER: Final = 0.8
"""What the logarithm gains after "the", "a", "to" or "very", if it is an ordinary word and no name:
"rust" 1.3, "cloud" 1.9, "john" none."""


class English(Protocol):
    """How often English words occur: `dictionary.WordPairs`."""

    def word(self, word: str) -> float | None:
        """The natural logarithm of a word's share; None if it does not occur."""

    def after(self, word: str, before: str) -> float | None:
        """That of its share after another word."""


def ordinary_share(word: str, english: English) -> float | None:
    """The logarithm of its share, if this is one ordinary word, and no name."""
    lower = word.lower()
    share = english.word(lower) if word.isalpha() else None
    if share is None or share < COMMON:
        return None
    after = (english.after(lower, before) for before in ("the", "a", "to", "very"))
    likelier = max((one - share for one in after if one is not None), default=0.0)
    return share if likelier >= LIKELIER or share >= VERY_COMMON else None


def is_ordinary_text(words: list[str], english: English) -> bool:
    """Whether these words, in lower case, are common, and each is usual after the one before."""
    shares = [english.word(word) for word in words]
    if not words or any(share is None or share < COMMON for share in shares):
        return False
    after = (english.after(word, before) for before, word in pairwise(words))
    return all(share is not None and share >= USUAL_PAIR for share in after)
