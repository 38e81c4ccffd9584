"""What a source returned: its terms, and its copy on this machine for the time without network.

A source is not written by the user, so an entry that cannot be used is skipped and counted, and
never keeps the others back.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from dictate.errors import UnsafeFolder
from dictate.hotwords.limits import (
    LONGEST_PHRASE,
    MOST_FORMS,
    composed,
    why_not_phrase,
    why_not_weight,
)
from dictate.hotwords.model import Source, Term
from dictate.platform import paths
from dictate.platform.own_files import read_own
from dictate.toml.toml_file import write
from dictate.translation import _

LISTS: Final = ("hotwords", "words", "terms")
"""The keys of an object that may hold the list."""
SPELLINGS: Final = ("spelling", "word", "term")
"""The keys of an entry that may hold the spelling."""
FORM: Final = _(
    'a JSON list of texts, or of objects like {"spelling": "Claude Code", "weight": 1.5}'
)


@dataclass(frozen=True, slots=True)
class SourceCopy:
    """The last list of a source, as it is kept."""

    content: Any
    """The JSON value that it returned."""
    etag: str = ""
    """What it calls this version; empty if it does not say."""


def terms_in(content: Any, group: str = "") -> tuple[list[Term], Counter[str]]:
    """The terms in what a source returned, and how many entries are skipped, by the reason. Raises
    ValueError if it is no list of terms, or if none of them can be used."""
    entries = content
    if isinstance(content, dict):
        entries = next((content[name] for name in LISTS if name in content), None)
    if not isinstance(entries, list):
        raise ValueError(_("it did not return {form}").format(form=FORM))  # noqa: TRY004 - it is the value of a server
    terms, skipped = [], Counter[str]()
    for entry in entries:
        try:
            terms.append(_term(entry, group))
        except ValueError as error:
            skipped[str(error)] += 1
    if entries and not terms:
        raise ValueError(
            _("none of its {count:,} entries can be used ({reasons})").format(
                count=len(entries), reasons=reasons(skipped)
            )
        )
    return terms, skipped


def reasons(skipped: Counter[str]) -> str:
    """Why entries are skipped, the most frequent reason first: "2 without a spelling"."""
    return ", ".join(f"{count:,} {reason}" for reason, count in skipped.most_common())


def _term(entry: Any, group: str) -> Term:
    """Raises ValueError with a reason that fits behind a number."""
    given = {"spelling": entry} if isinstance(entry, str) else entry
    if not isinstance(given, dict):
        raise ValueError(_("neither a text nor an object"))  # noqa: TRY004
    spelling = next((given[name] for name in SPELLINGS if name in given), None)
    if not isinstance(spelling, str):
        raise ValueError(_("without a spelling"))  # noqa: TRY004
    weight, forms = given.get("weight", 1.0), given.get("sounds_like") or []
    forms = [forms] if isinstance(forms, str) else forms
    if why_not_weight(weight):
        raise ValueError(_("with a weight that is not above 0 and at most 10"))
    if not isinstance(forms, list) or not all(isinstance(form, str) for form in forms):
        raise ValueError(_("with a sounds_like that is no list of texts"))
    if len(forms) > MOST_FORMS:
        raise ValueError(
            _("with more than {most_forms} forms in sounds_like").format(most_forms=MOST_FORMS)
        )
    phrases = [composed(phrase) for phrase in (spelling, *forms)]
    for phrase in phrases:
        _check(phrase)
    return Term(phrases[0], float(weight), tuple(phrases[1:]), group=group)


def _check(phrase: str) -> None:
    if not any(map(str.isalnum, phrase)):
        raise ValueError(_("without a letter or digit"))
    if len(phrase) > LONGEST_PHRASE:
        raise ValueError(
            _("of more than {longest_phrase} characters").format(longest_phrase=LONGEST_PHRASE)
        )
    if why_not_phrase(phrase):
        raise ValueError(_("with a line end or an invisible character"))


def read_copy(source: Source) -> SourceCopy | None:
    """The last list of this source; None if there is none. It blocks."""
    try:
        kept = json.loads(read_own(_path(source)))
        return SourceCopy(kept["content"], str(kept["etag"]))
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        return None  # it is requested again


def write_copy(source: Source, copy: SourceCopy) -> None:
    """Keep this list for this source. It blocks. Raises UnsafeFolder, OSError."""
    paths.safe_dir(_folder().parent)
    paths.safe_dir(_folder())
    write(_path(source), json.dumps({"etag": copy.etag, "content": copy.content}))


def remove_copies(but: Iterable[Source]) -> None:
    """Delete the lists of all other sources: names may be private. It blocks."""
    kept = {_path(source) for source in but}
    with suppress(OSError, UnsafeFolder):
        for path in _folder().glob("*.json"):
            if path not in kept:
                path.unlink(missing_ok=True)


def _folder() -> Path:
    return paths.state_dir() / "sources"


def _path(source: Source) -> Path:
    """Another token may mean another list, so it has a copy of its own."""
    of = "\n".join((source.url, source.header, source.token_file))
    return _folder() / f"{hashlib.sha256(of.encode()).hexdigest()[:32]}.json"
