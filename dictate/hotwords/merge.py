"""Joins what several files say into one list, and reports what does not fit together."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

from dictate.errors import did_you_mean
from dictate.hotwords.limits import MOST_TERMS, folded
from dictate.hotwords.model import Group, Hotwords, Source, Term
from dictate.toml.positions import Key
from dictate.toml.toml_file import Problems
from dictate.translation import _

Pairs: TypeAlias = list[tuple[Key, str, str]]
"""What is heard and what is written, each with the key at which it stands."""


@dataclass(slots=True)
class FileParts:
    """What one file says, each part with the key at which it stands."""

    name: str
    problems: Problems
    terms: list[tuple[Key, Term]] = field(default_factory=list)
    group_keys: dict[int, Key] = field(default_factory=dict)
    """Where the group of a term is named, by its number among `terms`."""
    groups: list[tuple[Key, Group]] = field(default_factory=list)
    sources: list[tuple[Key, Source]] = field(default_factory=list)
    replacements: Pairs = field(default_factory=list)
    replacements_in: list[tuple[str, Pairs]] = field(default_factory=list)
    snippets: Pairs = field(default_factory=list)
    commands: Pairs = field(default_factory=list)
    context: str = ""


Place: TypeAlias = tuple[FileParts, Key, str]
"""A name or phrase, and where it stands."""


def merged(parts: list[FileParts], strength: float, *, whole: bool = True) -> Hotwords:
    """The list in these files; of no use if problems were reported to one of them. `whole` means
    that no file is missing, whose groups could be meant."""
    terms = [term for part in parts for __, term in part.terms]
    if len(terms) > MOST_TERMS:
        places = [(part, key) for part in parts for key, __ in part.terms]
        part, key = places[MOST_TERMS]
        allowed = _("at most {most_terms:,} terms are allowed in all files together").format(
            most_terms=MOST_TERMS
        )
        part.problems.add(
            key,
            _("{allowed}: from here on, remove {count:,}").format(
                allowed=allowed, count=len(terms) - MOST_TERMS
            ),
        )
    _no_twins((part, key, term.spelling) for part in parts for key, term in part.terms)
    groups = tuple(group for part in parts for __, group in part.groups)
    _no_twins((part, key, group.name) for part in parts for key, group in part.groups)
    sources = tuple(source for part in parts for __, source in part.sources)
    _no_twins((part, key, source.url) for part in parts for key, source in part.sources)
    if whole:
        _groups_exist(parts, {group.name for group in groups})
    _no_twins(_phrases((part, part.replacements) for part in parts))
    by_tag: dict[str, list[tuple[FileParts, Pairs]]] = {}
    for part in parts:
        for tag, pairs in part.replacements_in:
            by_tag.setdefault(tag, []).append((part, pairs))
    for found in by_tag.values():
        _no_twins(_phrases(found))
    _no_twins(_phrases((part, part.snippets) for part in parts))
    _no_twins(_phrases((part, part.commands) for part in parts))
    _no_twins((part, ("context",), "context") for part in parts if part.context)
    return Hotwords(
        terms=tuple(terms),
        strength=strength,
        replacements=_without_keys(part.replacements for part in parts),
        replacements_in=tuple(
            (tag, _without_keys(pairs for __, pairs in found)) for tag, found in by_tag.items()
        ),
        snippets=_without_keys(part.snippets for part in parts),
        commands=_without_keys(part.commands for part in parts),
        context=next((part.context for part in parts if part.context), ""),
        groups=groups,
        sources=sources,
    )


def _groups_exist(parts: list[FileParts], known: set[str]) -> None:
    for part in parts:
        wanted = [(key, part.terms[number][1].group) for number, key in part.group_keys.items()] + [
            ((*key, "group"), source.group) for key, source in part.sources if source.group
        ]
        for key, name in wanted:
            if name not in known:
                meant = did_you_mean(name, known)
                how = meant or _('; write [[group]], and below it name = "{name}"').format(
                    name=name
                )
                part.problems.add(
                    key, _('there is no group "{name}"{how}').format(name=name, how=how)
                )


def _phrases(found: Iterable[tuple[FileParts, Pairs]]) -> Iterator[Place]:
    return ((part, key, heard) for part, pairs in found for key, heard, __ in pairs)


def _no_twins(places: Iterable[Place]) -> None:
    seen: dict[str, tuple[FileParts, Key]] = {}
    for part, key, phrase in places:
        first, first_key = seen.setdefault(folded(phrase), (part, key))
        if phrase and (first is not part or first_key != key):
            line = first.problems.line(first_key)
            where = _("line {line}").format(line=line) if first is part else f"{first.name}:{line}"
            part.problems.add(
                key,
                _('"{phrase}" is in {where} already: remove one of them').format(
                    phrase=phrase, where=where
                ),
            )


def _without_keys(found: Iterable[Pairs]) -> tuple[tuple[str, str], ...]:
    return tuple((heard, written) for pairs in found for __, heard, written in pairs)
