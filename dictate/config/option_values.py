"""The value of a single option: whether it is permitted, and how Dictate spells it."""

from dataclasses import Field
from math import isfinite
from typing import Any, get_origin

import tomlkit

from dictate.config.profile_schema import Pairs
from dictate.config.reference import KINDS, choices_of, imported
from dictate.errors import did_you_mean
from dictate.hotwords.limits import (
    LONGEST_PHRASE,
    LONGEST_REPLACEMENT,
    composed,
    why_not_phrase,
    why_not_text,
)
from dictate.translation import _


def permitted(option: Field[Any], value: Any) -> Any:
    """The value as Dictate spells it. Raises ValueError with the end of a sentence that begins with
    the name of the option."""
    if option.metadata.get("was_bool") and isinstance(value, bool):
        value = "on" if value else "off"
    if wrong := wrong_value(option, value):
        raise ValueError(wrong)
    return _spelled(option, value)


def wrong_value(option: Field[Any], value: Any) -> str | None:
    """What is wrong with a value of the option, or None."""
    kind: Any = option.type
    if get_origin(kind) is tuple:
        return _wrong_list(kind, value)
    low, high = option.metadata.get("low"), option.metadata.get("high")
    fits = isinstance(value, int | float) if kind is float else isinstance(value, kind)
    if not fits or isinstance(value, bool) is not (kind is bool):
        return _("must be {kinds}, not {shown}").format(kinds=_(KINDS[kind]), shown=shown(value))
    if kind is float and not isfinite(value):
        return _("must be a number, not {value}").format(value=value)
    if low is not None and high is not None and not low <= value <= high:
        return _("must be from {low:g} to {high:g}, not {value}").format(
            low=low, high=high, value=value
        )
    # The default is not looked up, so that most files import no table of backends.
    if value != option.default and (choices := choices_of(option)):
        name = str(value).partition(":")[0]
        if name not in choices and name not in (names := choices_of(option, installed=True)):
            meant = did_you_mean(value, names) if kind is str else ""
            return _("must be one of {names}, not {shown}{meant}").format(
                names=", ".join(names), shown=shown(value), meant=meant
            )
    try:
        _spelled(option, value)
    except ValueError as error:
        return _("cannot be {shown}: {error}").format(shown=shown(value), error=error)
    return None


def _wrong_list(kind: Any, value: Any) -> str | None:
    """The same for a list of texts, or a table of texts."""
    pairs = kind == Pairs
    if not isinstance(value, dict if pairs else list):
        return _("must be {kinds}, not {shown}").format(kinds=_(KINDS[kind]), shown=shown(value))
    texts = [*value, *value.values()] if isinstance(value, dict) else value
    for text in texts:
        if not isinstance(text, str):
            return _("must be {kinds}, and {shown} is not a text in quotes").format(
                kinds=_(KINDS[kind]), shown=shown(text)
            )
        if wrong := why_not_text(composed(text), LONGEST_REPLACEMENT):
            return _("has a text that {wrong}").format(wrong=wrong)
        if not pairs and not text.strip():
            return _("has an empty text")
    for spoken in value if pairs else ():
        if wrong := why_not_phrase(composed(spoken)):
            return _(
                "has a phrase that {wrong}: at most {longest_phrase} characters, and a letter"
            ).format(wrong=wrong, longest_phrase=LONGEST_PHRASE)
    return None


def _spelled(option: Field[Any], value: Any) -> Any:
    kind: Any = option.type
    if kind == Pairs:
        return tuple((composed(spoken), composed(written)) for spoken, written in value.items())
    if get_origin(kind) is tuple:
        return tuple(map(composed, value))
    if value != option.default and (where := option.metadata.get("reads")):
        return imported(where)(value)
    return float(value) if option.type is float else value


def shown(value: Any) -> str:
    """A value as the file would have it, shortened if it is long."""
    if isinstance(value, dict | list):
        return _(KINDS[type(value)])
    text: str = tomlkit.item(value).as_string()
    return text if len(text) <= 60 else f"{text[:57]}..."
