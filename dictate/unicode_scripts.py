"""Words in any script, including those without spaces between words. Pure."""

import re
from collections.abc import Collection
from typing import Final

_THAI: Final = "\u0e00-\u0e7f"
_HAN_AND_KANA: Final = (
    "\u3005-\u3007\u3040-\u30fa\u30fc-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
)
_UNSPACED: Final = _THAI + _HAN_AND_KANA
_UNIT: Final = re.compile(rf"[{_UNSPACED}]|[^\W{_UNSPACED}]+")
_RUN: Final = re.compile(rf"[{_UNSPACED}]{{2,}}")


def units(text: str) -> list[str]:
    """The words in lower case, without punctuation; single characters in scripts without spaces."""
    return _UNIT.findall(text.casefold())


def signs_per_word(unit: str) -> int:
    """Roughly how many units like this one make a word."""
    if "\u0e00" <= unit <= "\u0e7f":
        return 4
    return 2 if re.match(f"[{_HAN_AND_KANA}]", unit) else 1


def runs(text: str) -> set[str]:
    """The runs of two or more characters of scripts without spaces."""
    return set(_RUN.findall(text))


def pieces(text: str, whole: Collection[str] = ()) -> list[str]:
    """The text cut into units, each with its punctuation and the space before it; joined, they are
    the text again. The runs in `whole` are not cut."""
    known = "".join(f"{run}|" for run in sorted(whole, key=len, reverse=True))
    piece = rf"\s*(?:(?:{known}[{_UNSPACED}])[^\w\s{_UNSPACED}]*|[^\s{_UNSPACED}]+)"
    return re.findall(piece, text)
