"""config.toml: reads it, reports every mistake in it, and changes single options.

`python -m dictate.config.config_file --write` writes the files of a checkout that are made from
the code.
"""

import re
import sys
from collections.abc import Iterator
from dataclasses import Field, fields, replace
from pathlib import Path
from typing import Any

import tomlkit

from dictate.config.option_values import permitted, shown, wrong_value
from dictate.config.profile_parser import ProfileParser
from dictate.config.reference import default_toml as default_toml
from dictate.config.reference import describe as describe
from dictate.config.reference import docs as docs
from dictate.config.reference import imported
from dictate.config.schema import CONFLICTS, TABLES, Settings
from dictate.errors import did_you_mean
from dictate.hotwords.language import LAYOUT
from dictate.hotwords.model import SECOND
from dictate.toml import toml_file
from dictate.toml.edits import append, changed
from dictate.toml.positions import span_of
from dictate.toml.toml_file import Problems
from dictate.translation import _

_ARRAYS = ("profile", "key")


def load(path: Path) -> Settings:
    """The settings in the file at `path`; the defaults if there is none.

    It blocks on the disk: call it off the loop. Raises ConfigError with all problems at once.
    """
    text = toml_file.read(path)
    return Settings() if text is None else parse(text, path.name)


def parse(text: str, name: str = "config.toml") -> Settings:
    """The settings in a TOML text, over the defaults. Raises ConfigError with all problems."""
    document = toml_file.parse(text, name)
    problems = Problems(document)
    defaults = Settings()
    profiles = ProfileParser(document.data, problems)
    sections = profiles.read()
    for table, given in document.data.items():
        if (table in _ARRAYS and isinstance(given, list | dict)) or (
            table == SECOND and isinstance(given, dict)
        ):
            continue  # read already
        default = getattr(defaults, table, None)
        if default is None or table in _ARRAYS:
            problems.add((table,), _unknown_table(table, given))
        elif not isinstance(given, dict):
            problems.add(
                (table,),
                _("{table} is a table: write [{table}] on a line of its own").format(table=table),
            )
        else:
            sections[table] = _section(table, default, given, problems)
    settings = replace(defaults, **sections)
    if settings.engine.language == LAYOUT:
        language = defaults.engine.language
        engine = replace(settings.engine, language=language, follows_layout=True)
        settings = replace(settings, engine=engine)
    for where in dict.fromkeys(CONFLICTS[table] for table in document.data if table in CONFLICTS):
        for option, message in imported(where)(settings):
            problems.add(profiles.place(option), message)
    problems.raise_if_any()
    return settings


def _section(table: str, default: Any, given: dict[str, Any], problems: Problems) -> Any:
    known = {each.name: each for each in fields(default) if not each.metadata.get("hidden")}
    older = {old: option for option in known.values() for old in option.metadata.get("was", ())}
    values = {}
    for name, value in given.items():
        if name in older:
            now = _renamed(older[name], name, value)
            if now is None:
                told = _("{table}.{name} cannot be {shown}; it is {now} now").format(
                    table=table, name=name, shown=shown(value), now=older[name].name
                )
                problems.add((table, name), told)
            elif older[name].name not in given:
                values[older[name].name] = now
            continue
        if name not in known:
            problems.add((table, name), _unknown_option(table, name))
            continue
        try:
            values[name] = permitted(known[name], value)
        except ValueError as wrong:
            problems.add((table, name), f"{table}.{name} {wrong}")
    return replace(default, **values)


def _renamed(option: Field[Any], old: str, value: Any) -> Any:
    """The value of an option that is given by an older name; None if it is none of its values."""
    return next(
        (
            now
            for was, now in option.metadata["was"][old].items()
            if was == value and type(was) is type(value)
        ),
        None,
    )


def wrong(option: str, value: object) -> str | None:
    """What is wrong with a value of the option ("engine.use"), or None."""
    table, __, name = option.partition(".")
    known = {field.name: field for field in fields(getattr(Settings(), table))}
    return wrong_value(known[name], value)


def _unknown_table(table: str, given: Any) -> str:
    names = [section.name for section in fields(Settings)]
    if isinstance(given, dict):
        return _("there is no table [{table}]{did_you_mean}").format(
            table=table, did_you_mean=did_you_mean(table, names)
        )
    defaults = Settings()
    homes = [f"[{one.name}]" for one in TABLES if hasattr(getattr(defaults, one.name), table)]
    if homes:
        return _("{table} must be below its table: {homes}").format(
            table=table, homes=_(" or ").join(homes)
        )
    return _("there is no option {table}{did_you_mean}").format(
        table=table, did_you_mean=did_you_mean(table, names)
    )


def _unknown_option(table: str, name: str) -> str:
    everywhere = [
        f"{section.name}.{option.name}"
        for section in TABLES
        for option in fields(section.type)  # type: ignore[arg-type]
        if not option.metadata.get("hidden")
    ]
    here = [full.partition(".")[2] for full in everywhere if full.startswith(f"{table}.")]
    namesakes = [full for full in everywhere if full.partition(".")[2] == name]
    near = (
        _("; did you mean {namesakes}?").format(namesakes=namesakes[0])
        if namesakes
        else did_you_mean(name, here)
    )
    near = near or _("; it has {here}").format(here=", ".join(here))
    return _("there is no option {name} in [{table}]{near}").format(
        name=name, table=table, near=near
    )


def changes(old: Settings, new: Settings) -> list[str]:
    """One line for each option that differs: "engine.use: auto -> pocketsphinx"."""
    lines: list[str] = []
    for section in TABLES:
        before, after = getattr(old, section.name), getattr(new, section.name)
        lines += _differences(section.name, before, after)
    return [*lines, *_array_changes(old, new)]


def _array_changes(old: Settings, new: Settings) -> Iterator[str]:
    before = {each.name: each for each in old.profile}
    after = {each.name: each for each in new.profile}
    yield from (
        _('profile "{name}": gone').format(name=name) for name in before if name not in after
    )
    for name, profile in after.items():
        if name not in before:
            yield _('profile "{name}": new').format(name=name)
        else:
            yield from _differences(f'profile "{name}"', before[name], profile)
    if [name for name in before if name in after] != [name for name in after if name in before]:
        yield _("profiles: in the order {after}").format(after=", ".join(after))
    was, now = ({each.key: each.profile for each in one.key} for one in (old, new))
    for key in dict.fromkeys((*was, *now)):
        if was.get(key) != now.get(key):
            yield _("key {key}: {before} -> {after}").format(
                key=key, before=was.get(key, _("none")), after=now.get(key, _("none"))
            )


def _differences(name: str, before: Any, after: Any) -> Iterator[str]:
    """A line for each field that differs."""
    for option in fields(before):
        was, now = getattr(before, option.name), getattr(after, option.name)
        if was != now:
            restart = "" if option.metadata.get("live", True) else _(" (after a restart)")
            yield f"{name}.{option.name}: {_bare(was)} -> {_bare(now)}{restart}"


def _bare(value: Any) -> str:
    if isinstance(value, tuple):  # of texts, or of pairs
        told = (
            each if isinstance(each, str) else f"{each[0]} = {_bare(each[1])}" for each in value
        )
        return ", ".join(told) or _("none")
    return value if isinstance(value, str) and value else shown(value)


def set_option(path: Path, option: str, value: str | float | bool) -> None:  # noqa: FBT001
    """Set one option ("engine.use") in the file, and keep its comments.

    If the file has the option commented out, that line becomes the option. It blocks. Raises
    ConfigError and leaves the file as it was.
    """
    table, __, name = option.partition(".")
    written = f"{tomlkit.key(name).as_string()} = {tomlkit.item(value).as_string()}"
    parse(f"[{tomlkit.key(table).as_string()}]\n{written}\n", name="")

    def change(text: str) -> str:
        section = toml_file.parse(text, path.name).data.get(table)
        if section is None or (name not in section and span_of(text, (table,))):
            new = _with_line(text, table, name, written)
        else:
            new = changed(text, (table,), lambda found: found.update({name: value}))
        parse(new, path.name)
        return new

    toml_file.edit(path, default_toml(), change)


def set_profile_option(path: Path, profile: str, option: str, value: str) -> None:
    """The same for one profile. If the file has none with this name, it gets one."""

    def change(text: str) -> str:
        tables = toml_file.parse(text, path.name).data.get("profile", ())
        places = [at for at, each in enumerate(tables) if each.get("name") == profile]
        if places:
            place = ("profile", places[0])
            new = changed(text, place, lambda found: found.update({option: value}))
        elif tables and span_of(text, ("profile", 0)) is None:
            added = {"name": profile, option: value}
            new = changed(text, ("profile",), lambda found: append(found, added))
        else:
            named, written = (tomlkit.item(each).as_string() for each in (profile, value))
            new = f"{text.rstrip()}\n\n[[profile]]\nname = {named}\n{option} = {written}\n"
        parse(new, path.name)
        return new

    if profile == SECOND and SECOND in toml_file.parse(toml_file.read(path) or "", path.name).data:
        set_option(path, f"{SECOND}.{option}", value)  # an older file
    else:
        toml_file.edit(path, default_toml(), change)


def unset_option(path: Path, option: str) -> None:
    """Comment one option out again, with its default; the opposite of `set_option`.

    It blocks. Raises ConfigError and leaves the file as it was.
    """
    table, __, name = option.partition(".")
    default = tomlkit.item(getattr(getattr(Settings(), table), name)).as_string()
    written = re.compile(
        rf"(^\[{table}\][^\n]*\n(?:(?!\[)[^\n]*\n)*?){name} ?=[^\n]*", re.MULTILINE
    )

    def change(text: str) -> str:
        toml_file.parse(text, path.name)
        changed = written.sub(lambda match: f"{match[1]}#{name} = {default}", text, count=1)
        toml_file.parse(changed, path.name)
        return changed

    toml_file.edit(path, default_toml(), change)


def _with_line(text: str, table: str, name: str, written: str) -> str:
    shown = rf"(^\[{table}\][^\n]*\n(?:(?!\[)[^\n]*\n)*?)# ?{name} ?=[^\n]*"
    uncommented = re.sub(shown, lambda match: match[1] + written, text, count=1, flags=re.MULTILINE)
    if uncommented != text:
        return uncommented
    span = span_of(text, (table,))
    if span is None:
        return f"{text.rstrip()}\n\n[{table}]\n{written}\n".lstrip()
    lines = text.split("\n")
    return "\n".join([*lines[: span[1]], written, *lines[span[1] :]])


def main() -> None:
    """Write the files that are made from the code into the checkout that is the current folder."""
    from dictate.hotwords import hotwords_file

    if sys.argv[1:] != ["--write"]:
        raise SystemExit(_("usage: python -m dictate.config.config_file --write"))
    for name, text in (
        ("config/config.toml", default_toml()),
        ("config/hotwords.toml", hotwords_file.DEFAULT),
        ("docs/reference/config.md", docs()),
    ):
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
