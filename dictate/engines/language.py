"""Which languages a model speaks, and what it is told of them. Pure.

A multilingual model may want to be told the language, as one of its "slots". One that does not
finds out itself, or speaks but one.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from dictate.errors import Unavailable
from dictate.hotwords.model import AUTO

_USUAL: Final = {"en": "en-us"}
"""Which country is meant where none is said and the model tells them apart."""
_TAG: Final = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]+)*")
_SPOKEN: Final = re.compile(r"\u2581?<[a-z]{2,3}-[A-Z]{2}>")


@dataclass(frozen=True, slots=True)
class Languages:
    """The languages of one model."""

    slots: Mapping[str, int]
    """What it can be told -> the slot for it; empty where it cannot be told anything."""
    speaks: tuple[str, ...]
    """What it speaks where it has no slots, as BCP 47 tags without countries; empty where nobody
    knows."""

    @property
    def tags(self) -> tuple[str, ...]:
        """BCP 47 tags of all that it speaks."""
        return tuple(sorted(filter(_TAG.fullmatch, self.slots.keys() - {AUTO}))) or self.speaks

    def slot(self, language: str) -> int | None:
        """The slot for this language, a BCP 47 tag or AUTO; None for a model without slots.

        "de" and "de-AT" find "de-DE" if that is the only German. Raises Unavailable with what
        there is.
        """
        wanted = language.replace("_", "-").lower()
        if not self.slots:
            self._check(wanted, language)
            return None
        general = wanted.partition("-")[0]
        known = {tag.lower(): slot for tag, slot in self.slots.items()}
        for tag in (wanted, general, _USUAL.get(general, "")):
            if tag in known:
                return known[tag]
        alike = {slot for tag, slot in known.items() if tag.partition("-")[0] == general}
        if len(alike) == 1:
            return alike.pop()
        which = "several of that" if alike else "none of that"
        raise Unavailable(
            f"engine.language is {language!r}, and this model has {which}; it takes "
            f"{', '.join(self._shortest())}"
        )

    def _check(self, wanted: str, language: str) -> None:
        if not self.speaks:
            raise Unavailable(
                "this model cannot be told a language, and does not say which it speaks: set "
                "engine.language to that"
            )
        if wanted.partition("-")[0] in self.speaks or (wanted == AUTO and len(self.speaks) > 1):
            return
        raise Unavailable(
            f"this model speaks {', '.join(self.speaks)}, not {language!r}: set engine.language to "
            "what it speaks, or engine.model to one that speaks yours (dictate models list)"
        )

    def _shortest(self) -> list[str]:
        """The shortest name of each slot."""
        names: dict[int, str] = {}
        for tag in sorted(
            (*self.tags, *({AUTO} & self.slots.keys())), key=lambda tag: (len(tag), tag)
        ):
            names.setdefault(self.slots[tag], tag)
        return sorted(names.values())


def is_tag(piece: str) -> bool:
    """Whether a piece of a vocabulary is what a model writes to say which language it heard, as in
    "<en-US>"."""
    return _SPOKEN.fullmatch(piece) is not None
