"""The pronunciation of a phrase, in the phonemes of CMU's dictionary (ARPAbet without stress).

Words that are not in the dictionary are passed to espeak-ng, all of a list in one call, and its IPA
is mapped. A phrase of several words gets every combination of their pronunciations, up to a limit.
Signs are spoken where people speak them: "C++", ".NET".
"""

import re
import shutil
import subprocess
from collections.abc import Callable, Collection, Iterable
from functools import cache
from itertools import islice, product
from typing import Final, Protocol, TypeVar

from dictate.installation import system_command
from dictate.phonetics import dictionary
from dictate.translation import _

MOST_PRONUNCIATIONS: Final = 8
"""Maximum number of pronunciations of a phrase; further combinations are left out."""

_IPA = {
    "tʃ": "CH", "dʒ": "JH", "aɪ": "AY", "aʊ": "AW", "eɪ": "EY", "oʊ": "OW", "əʊ": "OW", "ɔɪ": "OY",
    "iə": "IH", "eə": "EH", "ʊə": "UH", "n̩": "AH N", "l̩": "AH L", "ɚ": "ER", "ɝ": "ER", "ɜ": "ER",
    "ɐ": "AH", "ə": "AH", "ʌ": "AH", "ɑ": "AA", "ɒ": "AA", "a": "AE", "æ": "AE", "ɔ": "AO",
    "o": "AO", "ɛ": "EH", "e": "EH", "ɪ": "IH", "ᵻ": "IH", "i": "IY", "ʊ": "UH", "u": "UW",
    "y": "UW", "ø": "ER", "œ": "ER", "b": "B", "d": "D", "ð": "DH", "f": "F", "g": "G", "ɡ": "G",
    "h": "HH", "ç": "HH", "j": "Y", "k": "K", "x": "K", "q": "K", "l": "L", "ɫ": "L", "ɬ": "L",
    "m": "M", "n": "N", "ɲ": "N Y", "ŋ": "NG", "p": "P", "ɹ": "R", "r": "R", "ʁ": "R", "ɾ": "T",
    "s": "S", "ʃ": "SH", "t": "T", "θ": "TH", "v": "V", "w": "W", "z": "Z", "ʒ": "ZH",
}  # fmt: skip
_SOUNDS = re.compile("|".join(sorted(map(re.escape, _IPA), key=len, reverse=True)))
_OTHER_LANGUAGE = re.compile(r"\([a-z-]+\)")
_SIGNS: Final = {"+": "plus", "#": "sharp", "&": "and", "@": "at", "%": "percent"}
"""Signs that are spoken, and how."""
_DOT = re.compile(r"\.(?=[^\W_])")
"""A dot that is spoken: ".NET", "node.js"."""
_INNER_DOT = re.compile(r"(?<=[^\W_])\.(?=[^\W_])")
"""One that may be left out: people say "node js", too."""
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")

ESPEAK_S: Final = 5.0
ESPEAK_WORD_S: Final = 0.01
"""Seconds that espeak-ng may take, and those for each word: it takes 0.001 s."""


class Spoken(Protocol):
    """What is pronounced: a term. It must be hashable."""

    @property
    def spelling(self) -> str:
        """How it is written."""

    @property
    def sounds_like(self) -> tuple[str, ...]:
        """What it sounds like, in ordinary words."""


SpokenT = TypeVar("SpokenT", bound=Spoken)


class Pronouncer:
    """Knows a dictionary through `lookup`: a word in lower case -> its phonemes, or None."""

    def __init__(self, lookup: Callable[[str], str | None] = dictionary.lookup) -> None:
        self.lookup = lookup
        self._asked: dict[str, str] = {}
        """Word -> its phonemes by espeak-ng, empty if it gave none."""

    def pronounce(self, terms: Iterable[SpokenT]) -> tuple[dict[SpokenT, list[str]], list[str]]:
        """The pronunciations of each term that has any, and one line for each term without."""
        terms = list(terms)
        forms = {term: (term.spelling, *term.sounds_like) for term in terms}
        known = self.sounds(form for said in forms.values() for form in said)
        found, unusable = {}, []
        for term in terms:
            sounds = [sound for form in forms[term] for sound in known[form]]
            if sounds:
                found[term] = list(dict.fromkeys(sounds))[:MOST_PRONUNCIATIONS]
            else:
                unusable.append(_why_unusable(term))
        return found, unusable

    def sounds(
        self, phrases: Iterable[str], most_unknown: int | None = None
    ) -> dict[str, list[str]]:
        """The pronunciations of each phrase, none for one with a word that has none.

        `most_unknown` limits how many words espeak-ng is asked for; those that it was asked for
        before are known.
        """
        forms = {phrase: said_as(phrase) for phrase in phrases}
        words = {word for spoken in forms.values() for form in spoken for word in form}
        self._ask_espeak({word for word in words if not self._known(word)}, most_unknown)
        return {
            phrase: list(dict.fromkeys(sound for form in spoken for sound in self._form(form)))
            for phrase, spoken in forms.items()
        }

    def _form(self, words: Collection[str]) -> list[str]:
        choices = [self._word(word) for word in words]
        if not choices or not all(choices):
            return []
        combinations = islice(product(*choices), MOST_PRONUNCIATIONS)
        return [" ".join(parts) for parts in combinations]

    def _word(self, word: str) -> list[str]:
        known = self._known(word)
        if word.isupper() and 1 < len(word) <= 5:
            letters = [self._letter(letter) for letter in word.lower()]
            if all(letters):
                return [" ".join(letters), *known]
        return known or [sound for sound in [self._asked.get(word, "")] if sound]

    def _letter(self, letter: str) -> str:
        return "EY" if letter == "a" else self.lookup(letter) or ""

    def _known(self, word: str) -> list[str]:
        spelled = word.lower().replace("’", "'")
        first = self.lookup(spelled)
        if not first:
            return []
        found = [first]
        while further := self.lookup(f"{spelled}({len(found) + 1})"):
            found.append(further)
        return found

    def _ask_espeak(self, words: set[str], most: int | None) -> None:
        new = sorted(words - self._asked.keys())[:most]
        if not new or (program := shutil.which("espeak-ng")) is None:
            return
        try:
            answer = subprocess.run(
                [program, "-q", "--ipa", "--sep=_", "-v", "en-us", "--stdin"],
                input="\n\n".join(new) + "\n",
                capture_output=True,
                text=True,
                timeout=ESPEAK_S + ESPEAK_WORD_S * len(new),
                check=True,
            ).stdout.splitlines()
        except (OSError, subprocess.SubprocessError):
            return
        if len(answer) == len(new):
            self._asked.update(zip(new, map(from_ipa, answer), strict=True))


@cache
def shared() -> Pronouncer:
    """One with CMU's dictionary, which keeps what espeak-ng said as long as the process lives."""
    return Pronouncer()


def pronunciations(phrases: Iterable[str]) -> dict[str, list[str]]:
    """How each phrase may sound, at most `MOST_PRONUNCIATIONS` ways for each form of it; none if
    that is not known. May run espeak-ng."""
    return shared().sounds(phrases)


def from_ipa(ipa: str) -> str:
    """ARPAbet for the IPA of espeak-ng; marks without a phoneme (stress, length) are left out."""
    plain = _OTHER_LANGUAGE.sub("", ipa)
    plain = re.sub(r"[_ˈˌː\s]", "", plain.replace("ɜːɹ", "ɚ").replace("ɚɹ", "ɚ_ɹ"))
    return " ".join(_IPA[sound] for sound in _SOUNDS.findall(plain))


def words_in(phrase: str) -> list[str]:
    """The words of a phrase, without its signs."""
    return _WORD.findall(phrase)


def said_as(phrase: str) -> list[tuple[str, ...]]:
    """The words that are said for a phrase, in each way to say its signs."""
    said = phrase
    for sign, name in _SIGNS.items():
        said = said.replace(sign, f" {name} ")
    spoken = [_DOT.sub(" dot ", said)]
    if _INNER_DOT.search(said):
        spoken.append(_INNER_DOT.sub(" ", said))
    return [tuple(words_in(form)) for form in spoken]


def _why_unusable(term: Spoken) -> str:
    if not any(said_as(term.spelling)) and not term.sounds_like:
        return _("{spelling!r}: it has no word that can be spoken; add sounds_like").format(
            spelling=term.spelling
        )
    if shutil.which("espeak-ng") is None:
        how = _("{system_command}, or add sounds_like").format(
            system_command=system_command("espeak-ng")
        )
        return _("{spelling!r}: how it sounds is not known; {how}").format(
            spelling=term.spelling, how=how
        )
    return _("{spelling!r}: espeak-ng cannot say how it sounds; add sounds_like").format(
        spelling=term.spelling
    )
