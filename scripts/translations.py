"""Brings the translations up to date: `make docs` runs it, `scripts/translations.py fr` begins one.

`dictate/locale/LANGUAGE/LC_MESSAGES/dictate.po` is what a translator edits. Each gets the messages
that are in the code now, and loses those that are gone; `dictate.mo`, which gettext reads, is made
from it.
"""

import ast
import sys
from pathlib import Path

from babel.messages import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from dictate.settings.options import table
from dictate.translation import ARGPARSE, DOMAIN

FOLDER = Path(__file__).parents[1] / "dictate"
LOCALE = FOLDER / "locale"
MARKS = {"_": 1, "N_": 1, "ngettext": 2, "pgettext": 2}
"""The functions that mark a message, and the number of texts that each takes."""


def messages() -> Catalog:
    """Everything that is shown, in English: what is marked in the code, the options with their
    descriptions and units, and what argparse says."""
    found = Catalog()
    for file in sorted(FOLDER.rglob("*.py")):
        for call in ast.walk(ast.parse(file.read_text())):
            if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Name)):
                continue
            name, given = call.func.id, [getattr(each, "value", None) for each in call.args]
            texts = [text for text in given[: MARKS.get(name, 0)] if isinstance(text, str)]
            if not texts or len(texts) < MARKS[name]:  # of a variable: marked where it is set
                continue
            place = [(file.relative_to(FOLDER).as_posix(), call.lineno)]
            if name == "pgettext":
                found.add(texts[1], context=texts[0], locations=place)
            else:
                found.add(tuple(texts) if name == "ngettext" else texts[0], locations=place)
    for section in table():
        for part in (section, *section["options"]):
            for text in filter(None, (part["title"], part["description"], part.get("unit"))):
                found.add(text, locations=[("config/schema.py", 1)])
    for text in ARGPARSE:
        found.add(text, locations=[("translation.py", 1)])
    return found


def catalogue(file: Path) -> Catalog:
    """What this file has, for the messages that are in the code now."""
    with file.open("rb") as stream:
        known = read_po(stream)
    created = known.creation_date
    known.update(messages(), no_fuzzy_matching=True)
    known.obsolete.clear()
    known.creation_date = created
    return known


def untranslated(of: Catalog) -> list[Message]:
    """The messages without a translation, or with one that is not certain."""
    return [one for one in of if one.id and (one.fuzzy or not all(_texts(one.string)))]


def _texts(text: str | tuple[str, ...] | None) -> tuple[str | None, ...]:
    return text if isinstance(text, tuple) else (text,)


def main(languages: list[str]) -> int:
    for language in languages:
        file = LOCALE / language / "LC_MESSAGES" / f"{DOMAIN}.po"
        if not file.exists():
            file.parent.mkdir(parents=True)
            begun = Catalog(language, DOMAIN, project="Dictate", fuzzy=False)
            with file.open("wb") as stream:
                write_po(stream, begun)
    for file in sorted(LOCALE.glob(f"*/LC_MESSAGES/{DOMAIN}.po")):
        now = catalogue(file)
        with file.open("wb") as stream:
            write_po(stream, now, width=100, no_location=True, sort_output=True)
        with file.with_suffix(".mo").open("wb") as stream:
            write_mo(stream, now)
        missing = untranslated(now)
        print(f"{file.parts[-3]}: {len(now)} messages, {len(missing)} not translated")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
