"""The phonemes of American English in ARPAbet, and how unlike two of them are. Pure.

The features and their saliences are those of ALINE (G. Kondrak, "A New Algorithm for the Alignment
of Phonetic Sequences", NAACL 2000): a consonant has manner, place, voice, nasal, lateral and
retroflex, a vowel has height, backness and rounding. ALINE weighs vowels far less than consonants,
because it looks for related words in different languages. Here, two words of one language may
differ by nothing but a vowel, so its differences count for more (`_FARTHEST_VOWELS`).
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Final

_STOP, _AFFRICATE, _FRICATIVE, _APPROXIMANT = 1.0, 0.9, 0.8, 0.6
_LIPS, _LIP_AND_TEETH, _TEETH, _RIDGE, _BEHIND_RIDGE = 1.0, 0.95, 0.9, 0.85, 0.75
_PALATE, _VELUM, _GLOTTIS = 0.7, 0.6, 0.1

_CONSONANTS: Final[Mapping[str, tuple[float, float, str]]] = {
    "P": (_STOP, _LIPS, ""), "B": (_STOP, _LIPS, "voice"),
    "T": (_STOP, _RIDGE, ""), "D": (_STOP, _RIDGE, "voice"),
    "K": (_STOP, _VELUM, ""), "G": (_STOP, _VELUM, "voice"),
    "M": (_STOP, _LIPS, "voice nasal"), "N": (_STOP, _RIDGE, "voice nasal"),
    "NG": (_STOP, _VELUM, "voice nasal"),
    "CH": (_AFFRICATE, _BEHIND_RIDGE, ""), "JH": (_AFFRICATE, _BEHIND_RIDGE, "voice"),
    "F": (_FRICATIVE, _LIP_AND_TEETH, ""), "V": (_FRICATIVE, _LIP_AND_TEETH, "voice"),
    "TH": (_FRICATIVE, _TEETH, ""), "DH": (_FRICATIVE, _TEETH, "voice"),
    "S": (_FRICATIVE, _RIDGE, ""), "Z": (_FRICATIVE, _RIDGE, "voice"),
    "SH": (_FRICATIVE, _BEHIND_RIDGE, ""), "ZH": (_FRICATIVE, _BEHIND_RIDGE, "voice"),
    "HH": (_FRICATIVE, _GLOTTIS, ""),
    "L": (_APPROXIMANT, _RIDGE, "voice lateral"),
    "R": (_APPROXIMANT, _RIDGE, "voice retroflex"),
    "W": (_APPROXIMANT, _LIPS, "voice"), "Y": (_APPROXIMANT, _PALATE, "voice"),
}  # fmt: skip
"""Phoneme -> manner, place, and what else it is."""

_VOWELS: Final[Mapping[str, tuple[tuple[float, float, float], ...]]] = {
    "IY": ((1.0, 1.0, 0),), "IH": ((0.8, 0.9, 0),), "UW": ((1.0, 0.0, 1),), "UH": ((0.8, 0.1, 1),),
    "EH": ((0.4, 1.0, 0),), "AE": ((0.1, 1.0, 0),), "AH": ((0.4, 0.5, 0),), "ER": ((0.5, 0.5, 0),),
    "AO": ((0.4, 0.0, 1),), "AA": ((0.0, 0.0, 0),),
    "EY": ((0.6, 1.0, 0), (0.8, 0.9, 0)), "OW": ((0.5, 0.0, 1), (0.8, 0.1, 1)),
    "AY": ((0.0, 0.5, 0), (0.8, 0.9, 0)), "AW": ((0.0, 0.5, 0), (0.8, 0.1, 1)),
    "OY": ((0.4, 0.0, 1), (0.8, 0.9, 0)),
}  # fmt: skip
"""Phoneme -> height, frontness and rounding, of both ends of a diphthong."""

_PLACE, _MANNER, _OTHER, _RETROFLEX, _VOWEL = 40.0, 50.0, 10.0, 10.0, 5.0
"""ALINE's saliences: place, manner, any other feature of a consonant, retroflex, and each feature
of a vowel."""
_FARTHEST: Final = 35.0
"""ALINE's score of two equal phonemes: a difference of as much leaves nothing of it."""
_FARTHEST_VOWELS: Final = 20.0
"""The same for vowels. Chosen here: "IY" and "AA" are then 0.5 apart, "AO" and "AW" 0.22."""
_HALF_VOWELS: Final = {frozenset(pair): 0.4 for pair in (("Y", "IY"), ("W", "UW"), ("R", "ER"))}
_UNLIKE: Final = 1.2
"""A vowel and a consonant: almost as much as leaving out one and adding the other."""
_LEFT_OUT: Final = {"AH": 0.4, "IH": 0.5, "HH": 0.4, "T": 0.6, "D": 0.6}
"""Phonemes that casual speech drops, and engines with it: chosen here, like the next two."""
_LEFT_OUT_VOWEL, _LEFT_OUT_CONSONANT = 0.6, 0.7

PHONEMES: Final = frozenset((*_CONSONANTS, *_VOWELS))
"""All 39."""

_CLASSES: Final = {
    phoneme: sign
    for sign, group in {
        "p": "P B", "t": "T D TH DH", "k": "K G", "f": "F V", "s": "S Z", "j": "SH ZH CH JH",
        "n": "M N NG", "l": "L", "r": "R", "w": "W", "y": "Y", "h": "HH", "R": "ER",
        "a": " ".join(vowel for vowel in _VOWELS if vowel != "ER"),
    }.items()
    for phoneme in group.split()
}  # fmt: skip


def is_vowel(phoneme: str) -> bool:
    """Whether it makes a syllable."""
    return phoneme in _VOWELS


def sound_key(sounds: str) -> str:
    """A coarse key of a pronunciation: what is easily confused has the same, "K L AW D" and
    "G L AO T" both "klat"."""
    return "".join(_CLASSES[phoneme] for phoneme in sounds.split()).replace("R", "ar")


@lru_cache(maxsize=2048)
def substitution(one: str, other: str) -> float:
    """How unlike two phonemes are: 0 (equal) to 1 (nothing in common), 1.2 for a vowel and a
    consonant."""
    if one == other:
        return 0.0
    if is_vowel(one) != is_vowel(other):
        return _HALF_VOWELS.get(frozenset((one, other)), _UNLIKE)
    if is_vowel(one):
        return min(1.0, _vowels(one, other) / _FARTHEST_VOWELS)
    return min(1.0, _consonants(one, other) / _FARTHEST)


def omission(phoneme: str) -> float:
    """The cost of a phoneme that only one of two pronunciations has."""
    usual = _LEFT_OUT_VOWEL if is_vowel(phoneme) else _LEFT_OUT_CONSONANT
    return _LEFT_OUT.get(phoneme, usual)


def _consonants(one: str, other: str) -> float:
    manner, place, features = _CONSONANTS[one]
    manner2, place2, features2 = _CONSONANTS[other]
    differ = set(features.split()) ^ set(features2.split())
    return _MANNER * abs(manner - manner2) + _PLACE * abs(place - place2) + _OTHER * len(differ)


def _vowels(one: str, other: str) -> float:
    ends, ends2 = _VOWELS[one], _VOWELS[other]
    apart = [
        _VOWEL * sum(abs(a - b) for a, b in zip(end, end2, strict=True))
        for end, end2 in ((ends[0], ends2[0]), (ends[-1], ends2[-1]))
    ]
    return sum(apart) / 2 + _RETROFLEX * ((one == "ER") != (other == "ER"))
