"""The text of a snippet, as the user wrote it: lines, and placeholders like {date}. Pure."""

import re
from dataclasses import dataclass
from typing import Final

from dictate.errors import did_you_mean
from dictate.plain_text import clean
from dictate.translation import _

LONGEST_SNIPPET: Final = 10_000
"""Maximum characters of a snippet."""
LONGEST_FORM: Final = 100

PLACEHOLDERS: Final = ("date", "time", "clipboard", "selection")
USUAL_FORMS: Final = {"date": "%Y-%m-%d", "time": "%H:%M"}
"""How a date and a time are written unless the placeholder says it: {date:%d.%m.%Y}."""

_BRACES = re.compile(r"\{\{|\}\}|\{([^{}\n]*)\}|[{}]")


@dataclass(frozen=True, slots=True)
class Placeholder:
    """A place in a snippet that is filled when it is written."""

    name: str
    """One of PLACEHOLDERS."""
    form: str = ""
    """For a date or a time: a format of strftime."""


class SnippetProblem(ValueError):
    """What is wrong with a snippet."""

    def __init__(self, message: str, piece: str = "") -> None:
        """`piece` is the part of the text that is wrong; empty if all of it is."""
        super().__init__(message)
        self.piece = piece


def parts_of(text: str) -> list[str | Placeholder]:
    """The text, cut at its placeholders; "{{" and "}}" are braces. Raises SnippetProblem."""
    found: list[str | Placeholder] = []
    done = 0
    for match in _BRACES.finditer(text):
        found.append(text[done : match.start()])
        done = match.end()
        if match[0] in ("{{", "}}"):
            found.append(match[0][0])
        elif match[1] is None:
            rest = text[match.start() :].split("\n", 1)[0]
            raise SnippetProblem(
                _("write {match} for a brace that is to be written").format(match=match[0] * 2),
                rest,
            )
        else:
            found.append(_placeholder(match))
    return [*found, text[done:]]


def check(text: str) -> None:
    """Raises SnippetProblem if this cannot be a snippet."""
    if not text.strip():
        raise SnippetProblem(_("this snippet has no text"))
    if len(text) > LONGEST_SNIPPET:
        raise SnippetProblem(
            _(
                "this snippet has {count:,} characters, at most {longest_snippet:,} are allowed"
            ).format(count=len(text), longest_snippet=LONGEST_SNIPPET)
        )
    for line in text.split("\n"):
        if clean(line) != line:
            raise SnippetProblem(
                _("this snippet has a tab, or a control character other than a line end"), line
            )
    parts_of(text)


def _placeholder(match: re.Match[str]) -> Placeholder:
    name, colon, form = match[1].partition(":")
    if name not in PLACEHOLDERS:
        known = ", ".join(f"{{{each}}}" for each in PLACEHOLDERS)
        meant = did_you_mean(name, PLACEHOLDERS)
        raise SnippetProblem(
            _(
                "there is no placeholder {match}, only {known}{meant} (for braces, write "
                "{{{{ and }}}})"
            ).format(match=match[0], known=known, meant=meant),
            match[0],
        )
    if colon and name not in USUAL_FORMS:
        raise SnippetProblem(_("{{{name}}} takes no format").format(name=name), match[0])
    if colon and ("%" not in form or len(form) > LONGEST_FORM):
        raise SnippetProblem(
            _("write the format of {{{name}}} like {{date:%d.%m.%Y}}").format(name=name), match[0]
        )
    return Placeholder(name, form or USUAL_FORMS.get(name, ""))
