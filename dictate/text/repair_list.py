"""Loads what the repair of a list needs: pronunciations, dictionary, word pairs.

The one file here that is not pure: it blocks, so call it off the loop. The first list costs 60 MB
and 0.3 s, 10,000 terms another second, and 1 ms for each word that espeak-ng has to be asked for.
"""

from functools import lru_cache

from dictate.hotwords.model import Hotwords
from dictate.hotwords.sounds import term_sounds
from dictate.phonetics.dictionary import entries, lookup, word_pairs
from dictate.text.repair import Repairs


@lru_cache(maxsize=4)
def load_repairs(hotwords: Hotwords) -> Repairs | None:
    """The repairs of a list; None for an empty list, or without the dictionary."""
    if not hotwords.terms or not entries():
        return None
    return Repairs(term_sounds(hotwords), lookup, word_pairs())


def wants_repair(repair: str, hotwords_as: str) -> bool:
    """Whether the texts of an engine are repaired: `repair` is from config.toml, `hotwords_as` is
    how the engine uses hotwords, empty if it does not."""
    return repair == "on" or (repair == "auto" and not hotwords_as)
