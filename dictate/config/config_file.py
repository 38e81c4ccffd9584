"""config.toml: reads it, reports every mistake in it, and changes single options.

`python -m dictate.config.config_file --write` writes the files of a checkout that are made from
the code.
"""

import re
import sys
from dataclasses import Field, fields, replace
from math import isfinite
from pathlib import Path
from typing import Any

import tomlkit

from dictate.config.reference import KINDS, choices_of, imported
from dictate.config.reference import default_toml as default_toml
from dictate.config.reference import describe as describe
from dictate.config.reference import docs as docs
from dictate.config.schema import CONFLICTS, Settings
from dictate.errors import did_you_mean
from dictate.toml import toml_file
from dictate.toml.positions import span_of
from dictate.toml.toml_file import Problems


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
    sections = {}
    for table, given in document.data.items():
        default = getattr(defaults, table, None)
        if default is None:
            problems.add((table,), _unknown_table(table, given))
        elif not isinstance(given, dict):
            problems.add((table,), f"{table} is a table: write [{table}] on a line of its own")
        else:
            sections[table] = _section(table, default, given, problems)
    settings = replace(defaults, **sections)
    for where in dict.fromkeys(CONFLICTS[table] for table in sections if table in CONFLICTS):
        for option, message in imported(where)(settings):
            problems.add(option, message)
    problems.raise_if_any()
    return settings


def _section(table: str, default: Any, given: dict[str, Any], problems: Problems) -> Any:
    known = {option.name: option for option in fields(default)}
    older = {old: option for option in known.values() for old in option.metadata.get("was", ())}
    values = {}
    for name, value in given.items():
        if name in older:
            now = _renamed(older[name], name, value)
            if now is None:
                told = f"{table}.{name} cannot be {_shown(value)}; it is {older[name].name} now"
                problems.add((table, name), told)
            elif older[name].name not in given:
                values[older[name].name] = now
            continue
        if name not in known:
            problems.add((table, name), _unknown_option(table, name))
            continue
        if known[name].metadata.get("was_bool") and isinstance(value, bool):
            value = "on" if value else "off"
        wrong = _wrong(known[name], value)
        if wrong:
            problems.add((table, name), f"{table}.{name} {wrong}")
        else:
            values[name] = _value(known[name], value)
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


def _value(option: Field[Any], value: Any) -> Any:
    """The value as Dictate spells it. Raises ValueError."""
    if value != option.default and (where := option.metadata.get("reads")):
        return imported(where)(value)
    return float(value) if option.type is float else value


def wrong(option: str, value: object) -> str | None:
    """What is wrong with a value of the option ("engine.use"), or None."""
    table, _, name = option.partition(".")
    known = {field.name: field for field in fields(getattr(Settings(), table))}
    return _wrong(known[name], value)


def _wrong(option: Field[Any], value: Any) -> str | None:
    """What is wrong with a value of the option, or None."""
    kind: Any = option.type
    low, high = option.metadata.get("low"), option.metadata.get("high")
    fits = isinstance(value, int | float) if kind is float else isinstance(value, kind)
    if not fits or isinstance(value, bool) is not (kind is bool):
        return f"must be {KINDS[kind]}, not {_shown(value)}"
    if kind is float and not isfinite(value):
        return f"must be a number, not {value}"
    if low is not None and high is not None and not low <= value <= high:
        return f"must be from {low:g} to {high:g}, not {value}"
    # The default is not looked up, so that most files import no table of backends.
    if value != option.default and (choices := choices_of(option)):
        name = str(value).partition(":")[0]
        if name not in choices and name not in (names := choices_of(option, installed=True)):
            meant = did_you_mean(value, names) if kind is str else ""
            return f"must be one of {', '.join(names)}, not {_shown(value)}{meant}"
    try:
        _value(option, value)
    except ValueError as error:
        return f"cannot be {_shown(value)}: {error}"
    return None


def _unknown_table(table: str, given: Any) -> str:
    names = [section.name for section in fields(Settings)]
    if isinstance(given, dict):
        return f"there is no table [{table}]{did_you_mean(table, names)}"
    homes = [f"[{name}]" for name in names if hasattr(getattr(Settings(), name), table)]
    if homes:
        return f"{table} must be below its table: {' or '.join(homes)}"
    return f"there is no option {table}{did_you_mean(table, names)}"


def _unknown_option(table: str, name: str) -> str:
    everywhere = [
        f"{section.name}.{option.name}"
        for section in fields(Settings)
        for option in fields(section.type)  # type: ignore[arg-type]
    ]
    here = [full.partition(".")[2] for full in everywhere if full.startswith(f"{table}.")]
    namesakes = [full for full in everywhere if full.partition(".")[2] == name]
    near = f"; did you mean {namesakes[0]}?" if namesakes else did_you_mean(name, here)
    near = near or f"; it has {', '.join(here)}"
    return f"there is no option {name} in [{table}]{near}"


def _shown(value: Any) -> str:
    """A value as the file would have it, shortened if it is long."""
    if isinstance(value, dict | list):
        return KINDS[type(value)]
    shown: str = tomlkit.item(value).as_string()
    return shown if len(shown) <= 60 else f"{shown[:57]}..."


def changes(old: Settings, new: Settings) -> list[str]:
    """One line for each option that differs: "engine.use: auto -> pocketsphinx"."""
    lines = []
    for section in fields(Settings):
        before, after = getattr(old, section.name), getattr(new, section.name)
        for option in fields(before):
            was, now = getattr(before, option.name), getattr(after, option.name)
            if was != now:
                restart = "" if option.metadata.get("live", True) else " (after a restart)"
                lines.append(f"{section.name}.{option.name}: {_bare(was)} -> {_bare(now)}{restart}")
    return lines


def _bare(value: Any) -> str:
    return value if isinstance(value, str) and value else _shown(value)


def set_option(path: Path, option: str, value: str | float | bool) -> None:  # noqa: FBT001
    """Set one option ("engine.use") in the file, and keep its comments.

    If the file has the option commented out, that line becomes the option. It blocks. Raises
    ConfigError and leaves the file as it was.
    """
    table, _, name = option.partition(".")
    written = f"{tomlkit.key(name).as_string()} = {tomlkit.item(value).as_string()}"
    parse(f"[{tomlkit.key(table).as_string()}]\n{written}\n", name="")

    def change(text: str) -> str:
        toml_file.parse(text, path.name)
        document = tomlkit.parse(text)
        section: Any = document.get(table)
        if section is None or (name not in section and span_of(text, (table,))):
            changed = _with_line(text, table, name, written)
        else:
            section[name] = value
            changed = tomlkit.dumps(document)
        parse(changed, path.name)
        return changed

    toml_file.edit(path, default_toml(), change)


def unset_option(path: Path, option: str) -> None:
    """Comment one option out again, with its default; the opposite of `set_option`.

    It blocks. Raises ConfigError and leaves the file as it was.
    """
    table, _, name = option.partition(".")
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
        raise SystemExit("usage: python -m dictate.config.config_file --write")
    for name, text in (
        ("config/config.toml", default_toml()),
        ("config/hotwords.toml", hotwords_file.DEFAULT),
        ("docs/reference/config.md", docs()),
    ):
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
