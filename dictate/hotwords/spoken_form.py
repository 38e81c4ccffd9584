"""How a term with signs is said: "C++" is "C plus plus". Pure.

Only signs are spelled out. An accent is never left out, because it makes another word: "resume" is
not "résumé". Whoever wants that says so with sounds_like.
"""

import re
from typing import Final

_SIGNS: Final = {"+": "plus", "&": "and", "@": "at", "/": "slash", "#": "hash", ".": "dot"}
_SIGN: Final = re.compile(r"[+&@/#]|\.(?=\w)")


def spoken_form(spelling: str) -> str:
    """The spelling with the names of its signs, in English; empty if it has none: "C plus plus",
    "F sharp", "dot NET", "node dot js"."""
    said = _SIGN.sub(lambda sign: f" {_name(spelling, sign)} ", spelling)
    return "" if said == spelling else " ".join(said.split())


def _name(spelling: str, sign: re.Match[str]) -> str:
    after_a_letter = sign.start() and spelling[sign.start() - 1].isalpha()
    return "sharp" if sign[0] == "#" and after_a_letter else _SIGNS[sign[0]]
