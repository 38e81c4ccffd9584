"""What people say to edit by voice, language by language. Pure."""

from collections.abc import Mapping
from enum import Enum
from typing import Final


class Edit(Enum):
    """What a voice command does. The values are its names in config.toml and hotwords.toml."""

    SCRATCH = "scratch"
    """Take the last text back."""
    SELECT = "select"
    """Select the last text."""
    CAPITAL = "capital"
    """Give the last text a capital; if it has one, each of its words."""
    NEW_SENTENCE = "new_sentence"
    """Begin a sentence with the next text."""
    UNDO = "undo"
    """Take back what the last voice command did."""


def _named(*pairs: tuple[Edit, str]) -> dict[str, Edit]:
    return {name: edit for edit, names in pairs for name in names.split(", ")}


EDIT_PHRASES: Final[Mapping[str, Mapping[str, Edit]]] = {
    "en": _named(
        (Edit.SCRATCH, "scratch that"),
        (Edit.SELECT, "select that"),
        (Edit.CAPITAL, "capital that, cap that, capitalize that, capitalise that"),
        (Edit.NEW_SENTENCE, "new sentence"),
        (Edit.UNDO, "undo that"),
    ),
    "de": _named(
        (Edit.SCRATCH, "streich das, streiche das"),
        (Edit.SELECT, "markier das, markiere das"),
        (Edit.CAPITAL, "schreib das groß, schreibe das groß, das groß"),
        (Edit.NEW_SENTENCE, "neuer Satz"),
        (Edit.UNDO, "mach das rückgängig"),
    ),
    "fr": _named(
        (Edit.SCRATCH, "efface ça, effacez ça"),
        (Edit.SELECT, "sélectionne ça, sélectionnez ça"),
        (Edit.CAPITAL, "mets une majuscule, mettez une majuscule"),
        (Edit.NEW_SENTENCE, "nouvelle phrase"),
        (Edit.UNDO, "annule ça, annulez ça"),
    ),
    "es": _named(
        (Edit.SCRATCH, "borra eso"),
        (Edit.SELECT, "selecciona eso"),
        (Edit.CAPITAL, "pon mayúscula"),
        (Edit.NEW_SENTENCE, "nueva frase, nueva oración"),
        (Edit.UNDO, "deshaz eso"),
    ),
}
"""By BCP 47 tag, without region. Other languages have the English ones."""
