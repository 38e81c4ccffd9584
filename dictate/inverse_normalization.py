"""The library that writes spoken numbers as digits. Loaded when it is first needed, never trusted.

It is damga: weighted finite-state transducers, as recognizers use them for inverse text
normalization. Loading takes up to a third of a second and 16 to 31 MB of memory, so nothing imports
it before an option asks for it. It may fail or be absent; then a text stays as it is.
"""

import logging
from collections.abc import Callable
from functools import lru_cache
from importlib import import_module
from importlib.util import find_spec
from typing import Final

from dictate.translation import _

log = logging.getLogger(__name__)

LANGUAGES: Final = ("en", "de", "fr", "es")
"""Those whose sentences were tried, as BCP 47 tags without region."""
LONGEST: Final = 1000
"""Maximum characters of a text for the library, which cannot be interrupted."""

_failed: set[str] = set()
"""Languages whose failure has been logged."""


def unavailable_reason() -> str | None:
    """Why there are no digits here and what to do about it, or None."""
    if find_spec("damga") is None:
        return _("the package damga is not installed here: it is for Python 3.11 to 3.13")
    return None


def load(language: str) -> bool:
    """Have the library ready for one of LANGUAGES; whether it is. Blocks at the first call."""
    return _normalizer(language) is not None


def normalized(text: str, language: str) -> str:
    """`text` in one of LANGUAGES, with numbers as digits; unchanged if the library cannot. Besides
    numbers it may change letter case and spaces. Never raises."""
    normalize = _normalizer(language)
    if normalize is None or len(text) > LONGEST:
        return text
    try:
        return normalize(text)
    except Exception as error:
        if language not in _failed:
            _failed.add(language)
            # Only the kind of error: its message may hold the text.
            log.warning(
                "a text keeps its numbers as words: damga failed (%s)", type(error).__name__
            )
        return text


@lru_cache(maxsize=len(LANGUAGES))
def _normalizer(language: str) -> Callable[[str], str] | None:
    reason = unavailable_reason()
    if reason is None:
        try:
            normalize: Callable[[str], str] = (
                import_module("damga").InverseNormalizer(lang=language, backend="native").normalize
            )
        except Exception as error:
            reason = _("damga does not load ({name}: {error})").format(
                name=type(error).__name__, error=error
            )
        else:
            return normalize
    log.warning("numbers stay words: %s", reason)
    return None
