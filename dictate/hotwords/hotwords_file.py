"""Changes hotwords.toml and the files beside it: adds and removes terms, and keeps the comments.

A term is changed in the file that has it; a new one goes into hotwords.toml.
"""

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import tomli
import tomlkit

from dictate.errors import ConfigError, NotFound, did_you_mean
from dictate.hotwords import whole_list
from dictate.hotwords.difference import difference as difference
from dictate.hotwords.difference import summary as summary
from dictate.hotwords.limits import MOST_TERMS, composed, folded
from dictate.hotwords.model import Hotwords, Source, TermState
from dictate.hotwords.parser import parse as parse
from dictate.hotwords.parser import parse_files
from dictate.hotwords.term_text import with_term, without_term
from dictate.hotwords.whole_list import WholeList, files_beside, name_of, texts_of
from dictate.hotwords.whole_list import load as load
from dictate.toml import toml_file
from dictate.toml.edits import changed
from dictate.toml.positions import Key
from dictate.translation import _

_REPLACEMENTS: Final[Key] = ("replacements",)

# untranslated
DEFAULT = '''\
# Your own words, and how Dictate writes them. Save the file, and the next dictation uses them. A
# file with a mistake changes nothing, and you get a message with the line.

# What you talk about, in a sentence. Some engines recognize your words better with it.
#context = "Notes about Python programming and machine learning."

# The short form: words and phrases to expect, spelled the way you want them.
words = [
    #"Anthropic",
    #"Hyprland",
]

# The long form, for a term that is often misheard. sounds_like lists in ordinary words what you see
# when it goes wrong. Choose forms that you never say on purpose ("cloud" would be a bad one).
[[word]]
spelling = "Claude Code"
sounds_like = ["clawed code", "clod code", "clot code"]

#[[word]]
#spelling = "Nemotron"
#sounds_like = ["nemo tron"]
#weight = 1.5             # above 0, at most 10; 1 is the default
#language = "en"          # the only language in which it counts
#group = "code"           # see below
#state = "quarantined"    # "active", or "quarantined": kept here, but not used

# Terms that are on only in some profiles of config.toml ("main" is without one) or applications.
#[[group]]
#name = "code"
#applications = ["code", "kitty"]
#words = ["pytest", "mypy"]

# A URL that returns more terms, as a JSON list. More files can be in the folder hotwords.d.
#[[source]]
#url = "http://localhost:8100/v1/corrections/hotwords"

# On the left what is recognized, on the right what is written. An empty text removes it.
[replacements]
#"git hub" = "GitHub"
#"my firm" = "Example Ltd."

# The same for one language only, named by its tag.
#[replacements.en]
#"um" = ""

# "insert my address" writes the text on the right, with its line ends. {date}, {time}, {clipboard}
# and {selection} are filled in; {{ and }} are braces.
[snippets]
#"my address" = """
#Example Street 1
#12345 Sampletown"""
#"today" = "{date:%d.%m.%Y}"

# On the left what you say, on the right the action: newline, paragraph, and for a whole utterance
# scratch, select, capital, new_sentence or undo.
[commands]
#"next line" = "newline"
#"forget it" = "scratch"
'''
"""The hotwords.toml of a new user."""


def add(
    path: Path,
    spelling: str,
    weight: float | None = None,
    sounds_like: Sequence[str] = (),
    group: str = "",
    *,
    exactly: bool = False,
) -> list[str]:
    """Add a term to the list at `path`, or update it, and return what changed, as `difference`
    does.

    Regardless of letter case, a term is in the list once: the new spelling replaces the old one,
    and so do the weight and the group if they are given; spoken forms are added to the old ones,
    and a quarantined term becomes active again. `exactly` means that it then has no other weight,
    group or spoken form. A missing file is made. It blocks. Raises ConfigError and leaves the files
    as they were.
    """
    wanted: dict[str, Any] = {"spelling": spelling}
    if weight is not None:
        wanted["weight"] = weight
    if sounds_like:
        wanted["sounds_like"] = list(sounds_like)
    if group:
        wanted["group"] = group
    _check_term(wanted)
    texts = texts_of(path)
    whole = whole_list.of_texts(texts, path)
    groups = [each.name for each in whole.hotwords.groups]
    if group and group not in groups:
        how = did_you_mean(group, groups) or _(
            '; write [[group]], and below it name = "{group}"'
        ).format(group=group)
        raise ConfigError(
            [
                _('there is no group "{group}" in {name}{how}').format(
                    group=group, name=path.name, how=how
                )
            ]
        )
    origin = _origin(whole, spelling)
    if not isinstance(origin, Path) and len(whole.own.terms) >= MOST_TERMS:
        raise ConfigError(
            [
                _(
                    "the list has {most_terms:,} terms already, which is the most: remove one "
                    "before"
                ).format(most_terms=MOST_TERMS)
            ]
        )
    file = origin if isinstance(origin, Path) else path
    return _edit(
        path, file, lambda text: with_term(text, wanted, exactly=exactly), (texts, whole.own)
    )


def remove(path: Path, spelling: str) -> list[str]:
    """Remove a term from the file that has it, regardless of letter case, and return what changed;
    empty if the list at `path` has no such term.

    It blocks. Raises ConfigError and leaves the files as they were; NotFound if the term is from a
    source, with what to do instead.
    """
    texts = texts_of(path)
    whole = whole_list.of_texts(texts, path)
    origin = _origin(whole, spelling)
    if origin is None:
        return []
    if isinstance(origin, Source):
        raise NotFound(
            _(
                "{spelling!r} comes from {name}: remove it there, or have it ignored with "
                '[[word]], spelling = "{spelling}" and state = "quarantined" in {file}'
            ).format(spelling=spelling, name=origin.name, file=path.name)
        )
    return _edit(path, origin, lambda text: without_term(text, spelling), (texts, whole.own))


def make(path: Path) -> None:
    """Make the file at `path` if it is missing. It blocks. Raises ConfigError."""
    if not path.exists():  # what is there may have mistakes
        toml_file.edit(path, _default(path), lambda text: text, toml_file.LARGEST_LIST_BYTES)


def file_with(path: Path, spelling: str) -> Path | None:
    """The file of the list at `path` that has this term; None if it is in no file. It blocks.
    Raises ConfigError."""
    origin = _origin(whole_list.read(path), spelling)
    return origin if isinstance(origin, Path) else None


def _origin(whole: WholeList, spelling: str) -> Path | Source | None:
    wanted = folded(composed(spelling))
    return next((place for name, place in whole.origins.items() if folded(name) == wanted), None)


def _check_term(wanted: dict[str, Any]) -> None:
    """Raises ConfigError with what is wrong with a term, whatever file it goes into."""
    text = f"[[word]]\n{tomlkit.dumps(wanted)}"
    if "group" in wanted:
        text += f"[[group]]\n{tomlkit.dumps({'name': wanted['group']})}"
    try:
        parse(text, name=_("new term"))
    except ConfigError as error:
        names = {"spelling": _("the spelling"), "sounds_like": _("a form of sounds_like")}
        fields = ["", *(names.get(name, name) for name in wanted), "", _("the group")]
        raise ConfigError([_of_term(problem, fields) for problem in error.problems]) from error


def quarantine(path: Path, spelling: str) -> list[str]:
    """Keep a term in its file, but unused, and return what changed; empty if it is in no file of
    the list at `path`, or quarantined already. It blocks. Raises ConfigError and leaves the files
    as they were."""
    whole = whole_list.read(path)
    known, origin = whole.hotwords.term(spelling), _origin(whole, spelling)
    if known is None or not isinstance(origin, Path):
        return []
    fields = {"spelling": known.spelling, "state": TermState.QUARANTINED.value}
    return _edit(path, origin, lambda text: with_term(text, fields))


def replace_phrase(path: Path, wrong: str, right: str) -> list[str]:
    """Have `right` written where `wrong` is recognized, and return what changed. A missing file is
    made. It blocks. Raises ConfigError and leaves the file as it was."""

    def change(text: str) -> str:
        replacements = tomli.loads(text).get("replacements")
        if replacements is None:
            block = tomlkit.dumps({"replacements": {wrong: right}})
            return f"{text.rstrip()}\n\n{block}".lstrip()
        head = re.search(r"^\[ *replacements *\].*$", text, re.MULTILINE)
        if head is None or wrong in replacements:
            return changed(text, _REPLACEMENTS, lambda found: found.update({wrong: right}))
        # tomlkit would write it below the comments that lead to the next table.
        return f"{text[: head.end()]}\n{tomlkit.dumps({wrong: right}).strip()}{text[head.end() :]}"

    return _edit(path, path, change)


def keep_phrase(path: Path, wrong: str) -> list[str]:
    """Take the replacement of `wrong` out of the file, and return what changed; empty if there is
    none. It blocks. Raises ConfigError and leaves the file as it was."""

    def change(text: str) -> str:
        if wrong not in tomli.loads(text).get("replacements", {}):
            return text
        return changed(text, _REPLACEMENTS, lambda found: found.pop(wrong))

    return _edit(path, path, change) if path.exists() else []


def _of_term(problem: str, fields: Sequence[str]) -> str:
    """A problem of a term that is not in a file: without a file and a line, so with the field."""
    __, line, message = problem.split(":", 2)
    message = message.strip()
    this = _("this {reason}").partition("{reason}")[0]
    rest = message.removeprefix(this)
    return message if rest == message else f"{fields[int(line) - 1]} {rest}"


def _edit(
    path: Path,
    file: Path,
    change: Callable[[str], str],
    known: tuple[dict[Path, str], Hotwords] | None = None,
) -> list[str]:
    """What changed in the list at `path` by this change to the text of one of its files. `known`
    are texts whose list is known: a long one takes a while to parse."""
    lines: list[str] = []

    def parsed(texts: dict[Path, str]) -> Hotwords:
        if known is not None and texts == known[0]:
            return known[1]
        return parse_files([(name_of(each, path), text) for each, text in texts.items()])[0]

    def edited(text: str) -> str:
        texts = texts_of(path)
        texts = ({path: ""} if file == path else {}) | texts | {file: text}
        before, after = parsed(texts), change(text)
        lines.extend(difference(before, parsed(texts | {file: after})))
        return after if lines else text

    toml_file.edit(file, _default(path), edited, toml_file.LARGEST_LIST_BYTES)
    return lines


def _default(path: Path) -> str:
    """The text of a new file. The terms of the usual one could be in the files beside it."""
    return "" if files_beside(path) else DEFAULT
