"""Which languages a model knows, and how it is given one. Pure.

A multilingual model may take the language as an index into its prompt. A model without such a
prompt finds out the language itself, or knows only one.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

from dictate.errors import Unavailable
from dictate.hotwords.model import AUTO
from dictate.translation import _

_USUAL: Final = {"en": "en-us"}
"""The country that is meant if the tag has none and the model distinguishes countries."""
_TAG: Final = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]+)*")
_SPOKEN: Final = re.compile(r"\u2581?<[a-z]{2,3}-[A-Z]{2}>")


@dataclass(frozen=True, slots=True)
class Languages:
    """The languages of one model."""

    indices: Mapping[str, int]
    """Language -> its index in the prompt; empty for a model without a language prompt."""
    speaks: tuple[str, ...]
    """What a model without a language prompt knows, as BCP 47 tags without countries; empty if that
    is unknown."""

    @property
    def tags(self) -> tuple[str, ...]:
        """BCP 47 tags of all languages it knows."""
        return tuple(sorted(filter(_TAG.fullmatch, self.indices.keys() - {AUTO}))) or self.speaks

    def index(self, language: str) -> int | None:
        """The index of this language, a BCP 47 tag or AUTO; None for a model without a language
        prompt.

        "de" and "de-AT" find "de-DE" if that is the only German. Raises Unavailable with the
        languages there are.
        """
        wanted = language.replace("_", "-").lower()
        if not self.indices:
            self._check(wanted, language)
            return None
        general = wanted.partition("-")[0]
        known = {tag.lower(): index for tag, index in self.indices.items()}
        for tag in (wanted, general, _USUAL.get(general, "")):
            if tag in known:
                return known[tag]
        alike = {index for tag, index in known.items() if tag.partition("-")[0] == general}
        if len(alike) == 1:
            return alike.pop()
        which = _("several of that") if alike else _("none of that")
        raise Unavailable(
            _("language is {language!r}, and this model has {which}; it takes {shortest}").format(
                language=language, which=which, shortest=", ".join(self._shortest())
            )
        )

    def _check(self, wanted: str, language: str) -> None:
        if not self.speaks:
            raise Unavailable(
                _(
                    "this model takes no language and does not say which one it knows: set "
                    "language to that one"
                )
            )
        if wanted.partition("-")[0] in self.speaks or (wanted == AUTO and len(self.speaks) > 1):
            return
        raise Unavailable(
            _(
                "this model knows {speaks}, not {language!r}: set language to one of these, "
                "or model to a model that knows yours (dictate models list)"
            ).format(speaks=", ".join(self.speaks), language=language)
        )

    def _shortest(self) -> list[str]:
        """The shortest name of each index."""
        names: dict[int, str] = {}
        for tag in sorted(
            (*self.tags, *({AUTO} & self.indices.keys())), key=lambda tag: (len(tag), tag)
        ):
            names.setdefault(self.indices[tag], tag)
        return sorted(names.values())


def utterance_language(wanted: str, detected: str, known: Collection[str]) -> str | None:
    """The language of an utterance (BCP 47); None if it is unknown.

    `wanted` is that of the settings, or AUTO; `detected` is empty if the engine detected none;
    `known` are the languages of the engine.
    """
    if wanted and wanted.lower() != AUTO:
        return wanted
    if detected:
        return detected
    return next(iter(known)) if len(known) == 1 else None


def is_tag(piece: str) -> bool:
    """Whether a piece of a vocabulary is a tag by which a model names the language it recognised,
    as in "<en-US>"."""
    return _SPOKEN.fullmatch(piece) is not None
