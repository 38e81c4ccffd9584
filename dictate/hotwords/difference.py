"""What is in a list, and what changed in it, in words. Pure."""

from collections.abc import Mapping, Sequence

from dictate.hotwords.model import Group, Hotwords, Source, Term
from dictate.translation import _


def summary(hotwords: Hotwords) -> str:
    """What is in the list, in numbers: "12 terms, 1 replacement"."""
    counts = {
        "term": len(hotwords.terms),
        "replacement": len(hotwords.replacements)
        + sum(len(pairs) for __, pairs in hotwords.replacements_in),
        "snippet": len(hotwords.snippets),
        "command": len(hotwords.commands),
    }
    found = [f"{count:,} {name}{'s' * (count != 1)}" for name, count in counts.items() if count]
    return ", ".join(found) or _("no terms")


def difference(old: Hotwords, new: Hotwords) -> list[str]:
    """One line for each change: "+ Claude Code", "~ Nemotron: weight 1 -> 1.5"."""
    if old is new:
        return []
    lines = []
    before = {term.spelling: term for term in old.terms}
    after = {term.spelling: term for term in new.terms}
    lines += [f"- {spelling}" for spelling in before if spelling not in after]
    for spelling, term in after.items():
        if spelling not in before:
            lines.append(f"+ {spelling}")
        elif changed := _changed(before[spelling], term):
            lines.append(f"~ {spelling}: {', '.join(changed)}")
    lines += _named("group", {each.name: each for each in old.groups}, new.groups)
    lines += _named("source", {each.name: each for each in old.sources}, new.sources)
    lines += _pairs("replacement", dict(old.replacements), dict(new.replacements))
    own, others = dict(old.replacements_in), dict(new.replacements_in)
    for tag in own | others:
        lines += _pairs(f"replacement ({tag})", dict(own.get(tag, ())), dict(others.get(tag, ())))
    # Their texts may be long and private.
    texts, texts_now = dict(old.snippets), dict(new.snippets)
    lines += [_("- snippet {name}").format(name=name) for name in texts if name not in texts_now]
    lines += [
        _("{sign} snippet {name}").format(sign="~" if name in texts else "+", name=name)
        for name, text in texts_now.items()
        if texts.get(name) != text
    ]
    lines += _pairs("command", dict(old.commands), dict(new.commands))
    if old.context != new.context:
        lines.append("~ context")
    if old.strength != new.strength:
        lines.append(
            _("~ strength {before:g} -> {after:g}").format(before=old.strength, after=new.strength)
        )
    return lines


def _changed(before: Term, after: Term) -> list[str]:
    lines = []
    if before.weight != after.weight:
        lines.append(
            _("weight {before:g} -> {after:g}").format(before=before.weight, after=after.weight)
        )
    if before.sounds_like != after.sounds_like:
        lines.append(
            _("sounds like {forms}").format(forms=", ".join(after.sounds_like) or _("its spelling"))
        )
    if before.language != after.language:
        lines.append(
            _("language {before} -> {after}").format(
                before=before.language or _("any"), after=after.language or _("any")
            )
        )
    if before.group != after.group:
        lines.append(
            _("group {before} -> {after}").format(
                before=before.group or _("none"), after=after.group or _("none")
            )
        )
    if before.state is not after.state:
        lines.append(f"{before.state.value} -> {after.state.value}")
    return lines


def _named(kind: str, old: Mapping[str, object], new: Sequence[Group | Source]) -> list[str]:
    names = {each.name: each for each in new}
    lines = [f"- {kind} {name}" for name in old if name not in names]
    for name, each in names.items():
        if name not in old:
            lines.append(f"+ {kind} {name}")
        elif old[name] != each:
            lines.append(f"~ {kind} {name}")
    return lines


def _pairs(kind: str, old: dict[str, str], new: dict[str, str]) -> list[str]:
    lines = [f"- {kind} {spoken}" for spoken in old if spoken not in new]
    for spoken, becomes in new.items():
        if spoken not in old:
            lines.append(f"+ {kind} {spoken} -> {becomes or 'nothing'}")
        elif old[spoken] != becomes:
            lines.append(f"~ {kind} {spoken} -> {becomes or 'nothing'}")
    return lines
