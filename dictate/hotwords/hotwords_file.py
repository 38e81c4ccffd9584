"""hotwords.toml: reads it, lists what changed, adds and removes terms and keeps the comments."""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import tomlkit

from dictate.errors import ConfigError
from dictate.hotwords.model import Guards, Hotwords, Term, TermState
from dictate.hotwords.parser import parse as parse
from dictate.toml import toml_file
from dictate.toml.positions import span_of

DEFAULT = """\
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
#state = "quarantined"    # "active", or "quarantined": kept here, but not used

# On the left what is recognized, on the right what is written. An empty text removes it.
[replacements]
#"git hub" = "GitHub"
#"my address" = "Example Street 1, 12345 Sampletown"

# The same for one language only, named by its tag.
#[replacements.en]
#"um" = ""

# On the left what you say, on the right the action: newline or paragraph.
[commands]
#"next line" = "newline"
"""
"""The hotwords.toml of a new user."""

USUAL_GUARDS = Guards()


def load(path: Path, strength: float, guards: Guards = USUAL_GUARDS) -> Hotwords:
    """The list in the file at `path`; an empty one if there is none.

    `strength`, which applies to all terms, and `guards` are from config.toml. It blocks on the
    disk: call it off the loop. Raises ConfigError with all problems at once.
    """
    text = toml_file.read(path, toml_file.LARGEST_LIST_BYTES)
    hotwords = Hotwords(strength=strength) if text is None else parse(text, path.name, strength)
    return replace(hotwords, guards=guards)


def summary(hotwords: Hotwords) -> str:
    """What is in the list, in numbers: "12 terms, 1 replacement"."""
    counts = {
        "term": len(hotwords.terms),
        "replacement": len(hotwords.replacements)
        + sum(len(pairs) for _, pairs in hotwords.replacements_in),
        "command": len(hotwords.commands),
    }
    found = [f"{count:,} {name}{'s' * (count != 1)}" for name, count in counts.items() if count]
    return ", ".join(found) or "no terms"


def difference(old: Hotwords, new: Hotwords) -> list[str]:
    """One line for each change: "+ Claude Code", "~ Nemotron: weight 1 -> 1.5"."""
    lines = []
    before = {term.spelling: term for term in old.terms}
    after = {term.spelling: term for term in new.terms}
    lines += [f"- {spelling}" for spelling in before if spelling not in after]
    for spelling, term in after.items():
        if spelling not in before:
            lines.append(f"+ {spelling}")
        elif changed := _changed(before[spelling], term):
            lines.append(f"~ {spelling}: {', '.join(changed)}")
    lines += _pairs("replacement", dict(old.replacements), dict(new.replacements))
    own, others = dict(old.replacements_in), dict(new.replacements_in)
    for tag in own | others:
        lines += _pairs(f"replacement ({tag})", dict(own.get(tag, ())), dict(others.get(tag, ())))
    lines += _pairs("command", dict(old.commands), dict(new.commands))
    if old.context != new.context:
        lines.append("~ context")
    if old.strength != new.strength:
        lines.append(f"~ strength {old.strength:g} -> {new.strength:g}")
    return lines


def add(
    path: Path, spelling: str, weight: float | None = None, sounds_like: Sequence[str] = ()
) -> list[str]:
    """Add a term to the file, or update it, and return what changed, as `difference` does.

    Regardless of letter case, a term is in the file once: the new spelling replaces the old one,
    and so does the weight if it is given; spoken forms are added to the old ones, and a quarantined
    term becomes active again. A missing file is made. It blocks. Raises ConfigError and leaves the
    file as it was.
    """

    wanted: dict[str, Any] = {"spelling": spelling}
    if weight is not None:
        wanted["weight"] = weight
    if sounds_like:
        wanted["sounds_like"] = list(sounds_like)
    written = f"[[word]]\n{tomlkit.dumps(wanted)}"
    try:
        parse(written, name="new term")
    except ConfigError as error:
        names = {"spelling": "the spelling", "sounds_like": "a form of sounds_like"}
        fields = ["", *(names.get(name, name) for name in wanted)]
        raise ConfigError([_of_term(problem, fields) for problem in error.problems]) from error

    def change(text: str) -> str:
        document = tomlkit.parse(text)
        words, tables = document.get("words", []), document.get("word", [])
        short, long = _index(words, spelling), _index(tables, spelling)
        if long is not None:
            return _updated(text, long, wanted)
        if len(wanted) > 1:
            return _with_block(_without(text, spelling), written)
        if short is not None:
            words[short] = spelling
        elif "words" in document:
            words.append(spelling)
        else:
            document["words"] = [spelling]
        return tomlkit.dumps(document)

    return _edit(path, change)


def remove(path: Path, spelling: str) -> list[str]:
    """Remove a term from the file, regardless of letter case, and return what changed; empty if it
    was not there.

    It blocks. Raises ConfigError and leaves the file as it was.
    """
    return _edit(path, lambda text: _without(text, spelling)) if path.exists() else []


def quarantine(path: Path, spelling: str) -> list[str]:
    """Keep a term in the file, but unused, and return what changed; empty if it is not there, or
    quarantined already.

    It blocks. Raises ConfigError and leaves the file as it was.
    """

    def change(text: str) -> str:
        document = tomlkit.parse(text)
        tables: Any = document.get("word", [])
        state = TermState.QUARANTINED.value
        if (number := _index(tables, spelling)) is not None:
            return _updated(text, number, {"spelling": tables[number]["spelling"], "state": state})
        if (number := _index(document.get("words", []), spelling)) is None:
            return text
        entry = {"spelling": str(document["words"][number]), "state": state}
        return _with_block(_without(text, spelling), f"[[word]]\n{tomlkit.dumps(entry)}")

    return _edit(path, change) if path.exists() else []


def replace_phrase(path: Path, wrong: str, right: str) -> list[str]:
    """Have `right` written where `wrong` is recognized, and return what changed. A missing file is
    made. It blocks. Raises ConfigError and leaves the file as it was."""

    def change(text: str) -> str:
        document = tomlkit.parse(text)
        replacements: Any = document.get("replacements")
        if replacements is None:
            block = tomlkit.dumps({"replacements": {wrong: right}})
            return f"{text.rstrip()}\n\n{block}".lstrip()
        head = re.search(r"^\[ *replacements *\].*$", text, re.MULTILINE)
        if head is None or wrong in replacements:
            replacements[wrong] = right
            return tomlkit.dumps(document)
        # tomlkit would write it below the comments that lead to the next table.
        return f"{text[: head.end()]}\n{tomlkit.dumps({wrong: right}).strip()}{text[head.end() :]}"

    return _edit(path, change)


def keep_phrase(path: Path, wrong: str) -> list[str]:
    """Take the replacement of `wrong` out of the file, and return what changed; empty if there is
    none. It blocks. Raises ConfigError and leaves the file as it was."""

    def change(text: str) -> str:
        document = tomlkit.parse(text)
        replacements: Any = document.get("replacements", {})
        replacements.pop(wrong, None)
        return tomlkit.dumps(document)

    return _edit(path, change) if path.exists() else []


def _of_term(problem: str, fields: Sequence[str]) -> str:
    """A problem of a term that is not in a file: without a file and a line, so with the field."""
    _, line, message = problem.split(":", 2)
    message = message.strip()
    return re.sub("^this ", f"{fields[int(line) - 1]} ", message)


def _edit(path: Path, change: Callable[[str], str]) -> list[str]:
    lines: list[str] = []

    def edited(text: str) -> str:
        before = parse(text, path.name)
        after = change(text)
        lines.extend(difference(before, parse(after, path.name)))
        return after if lines else text

    toml_file.edit(path, DEFAULT, edited, toml_file.LARGEST_LIST_BYTES)
    return lines


def _without(text: str, spelling: str) -> str:
    document = tomlkit.parse(text)
    for name in ("words", "word"):
        items = document.get(name, [])
        if (number := _index(items, spelling)) is not None:
            # tomlkit would remove the comments after a [[word]] with it, so its lines are cut out.
            if span := span_of(text, (name, number)):
                lines = text.split("\n")
                after = span[1] + (not "".join(lines[span[1] : span[1] + 1]).strip())
                return "\n".join(lines[: span[0]] + lines[after:])
            del items[number]
    return tomlkit.dumps(document)


def _with_block(text: str, block: str) -> str:
    """`text` with a [[word]] after the last one, before the comments on the next table."""
    number = len(tomlkit.parse(text).get("word", [])) - 1
    span = span_of(text, ("word", number))
    if span is None:
        return f"{text.rstrip()}\n\n{block}".lstrip()
    lines = text.split("\n")
    return "\n".join([*lines[: span[1]], "", *block.rstrip().split("\n"), *lines[span[1] :]])


def _updated(text: str, number: int, wanted: dict[str, Any]) -> str:
    document = tomlkit.parse(text)
    table: Any = document["word"][number]
    heard = table.get("sounds_like", [])
    new = [form for form in wanted.get("sounds_like", []) if form not in heard]
    values = {**wanted, "sounds_like": [*heard, *new]} if new else wanted
    missing = {name: value for name, value in values.items() if name not in table}
    for name, value in values.items():
        if name in table and table[name] != value and (new or name != "sounds_like"):
            table[name] = value
    if "state" not in wanted and table.get("state") == TermState.QUARANTINED.value:
        table["state"] = TermState.ACTIVE.value
    span = span_of(text := tomlkit.dumps(document), ("word", number))
    if span is None:
        table.update(missing)
        return tomlkit.dumps(document)
    lines = text.split("\n")
    return "\n".join([*lines[: span[1]], *tomlkit.dumps(missing).splitlines(), *lines[span[1] :]])


def _index(items: Sequence[Any], spelling: str) -> int | None:
    """The position of a term in `words` or among the [[word]] tables, regardless of letter case."""
    for number, item in enumerate(items):
        if (item if isinstance(item, str) else item["spelling"]).casefold() == spelling.casefold():
            return number
    return None


def _changed(before: Term, after: Term) -> list[str]:
    lines = []
    if before.weight != after.weight:
        lines.append(f"weight {before.weight:g} -> {after.weight:g}")
    if before.sounds_like != after.sounds_like:
        lines.append(f"sounds like {', '.join(after.sounds_like) or 'its spelling'}")
    if before.language != after.language:
        lines.append(f"language {before.language or 'any'} -> {after.language or 'any'}")
    if before.state is not after.state:
        lines.append(f"{before.state.value} -> {after.state.value}")
    return lines


def _pairs(kind: str, old: dict[str, str], new: dict[str, str]) -> list[str]:
    lines = [f"- {kind} {spoken}" for spoken in old if spoken not in new]
    for spoken, becomes in new.items():
        if spoken not in old:
            lines.append(f"+ {kind} {spoken} -> {becomes or 'nothing'}")
        elif old[spoken] != becomes:
            lines.append(f"~ {kind} {spoken} -> {becomes or 'nothing'}")
    return lines
