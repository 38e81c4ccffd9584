"""How the terms of a list sound. May run espeak-ng, and takes a second for a long list."""

from dictate.hotwords.model import Hotwords
from dictate.phonetics.pronouncer import pronunciations


def term_sounds(hotwords: Hotwords) -> dict[str, list[str]]:
    """Each term that may act in English, by its spelling, with the pronunciations of all its
    forms. Too short ones are left out: nothing can be told from their sound."""
    terms = [
        term
        for term in hotwords.for_language("en")
        if sum(map(str.isalnum, term.spelling)) >= hotwords.guards.shortest
    ]
    forms = {term.spelling: (term.spelling, *term.sounds_like) for term in terms}
    known = pronunciations(form for said in forms.values() for form in said)
    return {
        spelling: list(dict.fromkeys(sound for form in said for sound in known[form]))
        for spelling, said in forms.items()
    }
