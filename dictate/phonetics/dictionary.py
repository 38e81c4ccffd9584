"""CMU's pronouncing dictionary and a model of English word pairs, as PocketSphinx ships them.

They are a part of the starter engine's package, which is always installed. Loaded once, at the
first use: the dictionary takes 0.2 s and 25 MB, the word pairs 0.1 s and 27 MB.
"""

from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Final

_NONE: Final = -500_000_000
"""Below this, PocketSphinx has no probability for a word. Its logarithms have the base 1.0001."""
_LN_BASE: Final = 1.0001 - 1


def lookup(word: str) -> str | None:
    """The phonemes of a word in lower case, or None. Further pronunciations are "read(2)" and so
    on."""
    return entries().get(word)


@cache
def entries() -> dict[str, str]:
    """All words and their further pronunciations, with their phonemes; empty if PocketSphinx is not
    installed."""
    path = _model_folder() / "cmudict-en-us.dict"
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError:
        return {}
    return dict(line.split(" ", 1) for line in lines)


class WordPairs:
    """How often English words occur, and after which other words."""

    def __init__(self) -> None:
        from pocketsphinx import Config, LogMath, NGramModel

        path = str(_model_folder() / "en-us.lm.bin")
        self._model = NGramModel(Config(loglevel="FATAL"), LogMath(), path)

    def word(self, word: str) -> float | None:
        """The natural logarithm of a word's share of all words ("the": -3.2); None if it does not
        occur."""
        found = self._model.prob([word])
        return None if found < _NONE else found * _LN_BASE

    def after(self, word: str, before: str) -> float | None:
        """That of its share of all words after `before`, for both in lower case."""
        found = self._model.prob([word, before])
        return None if found < _NONE else found * _LN_BASE


@cache
def word_pairs() -> WordPairs:
    """The one model, loaded."""
    return WordPairs()


def common_words(rarest: float) -> Iterator[tuple[str, str, float]]:
    """The words of the dictionary whose share is at least e^`rarest`: word, phonemes, logarithm of
    the share. Each pronunciation of a word comes once."""
    pairs = word_pairs()
    shares: dict[str, float | None] = {}
    for key, sounds in entries().items():
        word = key.partition("(")[0]
        if word not in shares:
            shares[word] = pairs.word(word)
        share = shares[word]
        if share is not None and share >= rarest and word.replace("'", "").isalpha():
            yield word, sounds, share


def _model_folder() -> Path:
    # Not imported: finding a folder needs no decoder.
    spec = find_spec("pocketsphinx")
    return Path(spec.origin).parent / "model" / "en-us" if spec and spec.origin else Path()
