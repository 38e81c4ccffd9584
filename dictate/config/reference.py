"""What people read about the options: the commented config.toml and docs/reference/config.md, made
from the classes in schema.py and the strings below their fields.
"""

import ast
import inspect
import textwrap
from dataclasses import Field, dataclass, fields
from importlib import import_module
from typing import Any

import tomlkit

from dictate.config import schema

KINDS: dict[Any, str] = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "a text in quotes",
    list: "a list",
    dict: "a table",
}
"""The types of TOML, in words."""

_UNITS = {"ms": "milliseconds", "s": "seconds", "min": "minutes", "days": "days", "mb": "megabytes"}

_HEAD = """\
# The settings of Dictate. Each option is shown with its default: take the "#" before it away and
# change it. A change counts as soon as the file is saved, except where it says otherwise. A file
# with a mistake changes nothing and tells you the line (also: dictatectl check).
"""

_DOCS_HEAD = """\
# Options

<!-- Made from dictate/config/schema.py by `make docs`: change it there. -->

They stand in `~/.config/dictate/config.toml`. A missing file, table or option means the default.
Saving the file applies it, to the next dictation at the latest; an option marked *restart* waits
for `systemctl --user restart dictate`. A file with a mistake changes nothing: every mistake is
reported with its line, and the settings stay as they were. The words you want spelled your way
have [a file of their own](../guide/hotwords.md).
"""


@dataclass(frozen=True, slots=True)
class Option:
    """One option, as people read about it."""

    name: str
    kind: Any
    """bool, int, float or str."""
    default: Any
    description: str
    unit: str
    """In full ("milliseconds"), or empty."""
    choices: tuple[str, ...]
    low: float | None
    high: float | None
    live: bool
    """Whether a change counts without a restart."""

    @property
    def values(self) -> str:
        """What it may be, in words."""
        if self.choices:
            return "one of " + ", ".join(self.choices)
        said = KINDS[self.kind]
        if self.low is not None and self.high is not None:
            said += f" from {_number(self.low)} to {_number(self.high)}"
        return f"{said} ({self.unit})" if self.unit else said

    @property
    def line(self) -> str:
        """The default as it would stand in the file."""
        return f"{self.name} = {tomlkit.item(self.default).as_string()}"


@dataclass(frozen=True, slots=True)
class Section:
    """One table of config.toml, as people read about it."""

    name: str
    description: str
    options: tuple[Option, ...]


def choices_of(option: Field[Any], *, installed: bool = False) -> tuple[str, ...]:
    """The values that a field of a settings class may have; none if they cannot be listed.

    With `installed`, the backends of other packages that are installed here are among them.
    """
    choices = tuple(str(choice) for choice in option.metadata.get("choices", ()))
    if where := option.metadata.get("backends"):
        module, _, attribute = where.partition(":")
        backends = getattr(import_module(module), attribute)
        return ("auto", *(backends.names if installed else backends.table), *choices)
    return choices


def describe() -> tuple[Section, ...]:
    """Every table and option with its description, read back from the source of config.py."""
    classes = {
        node.name: node
        for node in ast.parse(inspect.getsource(schema)).body
        if isinstance(node, ast.ClassDef)
    }
    return tuple(
        _section(section.name, section.type, classes[getattr(section.type, "__name__", "")])
        for section in fields(schema.Settings)
    )


def default_toml() -> str:
    """config.toml as a new user gets it: every option explained, none of them set."""
    parts = [_HEAD]
    for section in describe():
        parts.append(f"\n[{section.name}]\n{_comment(section.description)}")
        for option in section.options:
            said = f"{option.values[0].upper()}{option.values[1:]}."
            if option.choices and all(choice in option.description for choice in option.choices):
                said = ""
            if not option.live:
                said += " A change takes a restart."
            parts.append(f"\n{_comment(option.description)}{_comment(said)}#{option.line}\n")
    return "".join(parts)


def docs() -> str:
    """docs/reference/config.md."""
    parts = [_DOCS_HEAD]
    for section in describe():
        parts.append(f"\n## [{section.name}]\n\n{section.description}\n\n")
        parts.append(
            "| option and default | may be | what it does | applied |\n|---|---|---|---|\n"
        )
        for option in section.options:
            applied = "live" if option.live else "*restart*"
            cells = (f"`{option.line}`", option.values, option.description, applied)
            parts.append("| " + " | ".join(cells) + " |\n")
    return "".join(parts)


def _section(name: str, settings: Any, source: ast.ClassDef) -> Section:
    said = {}
    for attribute, below in zip(source.body, source.body[1:], strict=False):
        if isinstance(attribute, ast.AnnAssign) and isinstance(below, ast.Expr):
            said[ast.unparse(attribute.target)] = " ".join(ast.literal_eval(below.value).split())
    options = tuple(
        Option(
            name=option.name,
            kind=option.type,
            default=option.default,
            description=said[option.name],
            unit=_UNITS.get(option.name.rpartition("_")[2], ""),
            choices=choices_of(option),
            low=option.metadata.get("low"),
            high=option.metadata.get("high"),
            live=option.metadata.get("live", True),
        )
        for option in fields(settings)
    )
    return Section(name, " ".join((ast.get_docstring(source) or "").split()), options)


def _comment(text: str) -> str:
    lines = textwrap.wrap(text, 96, break_long_words=False, break_on_hyphens=False)
    return "".join(f"# {line}\n" for line in lines)


def _number(value: float) -> str:
    return f"{value:,.0f}".replace(",", " ") if value == int(value) else f"{value:g}"
