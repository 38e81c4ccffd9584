"""The documentation of the options: the commented config.toml and docs/reference/config.md, made
from the classes in schema.py and the strings below their fields.
"""

import ast
import inspect
import textwrap
from dataclasses import Field, dataclass, fields
from importlib import import_module
from typing import Any

import tomlkit

from dictate.config import polish_schema, profile_schema, schema
from dictate.config.profile_schema import KeySettings, Pairs, ProfileSettings, Texts
from dictate.translation import N_

ARRAYS = {"profile": ProfileSettings, "key": KeySettings}
"""The tables that may occur several times."""

KINDS: dict[Any, str] = {
    bool: N_("true or false"),
    int: N_("a whole number"),
    float: N_("a number"),
    str: N_("a text in quotes"),
    list: N_("a list"),
    dict: N_("a table"),
    Texts: N_("a list of texts"),
    Pairs: N_("a table of texts"),
}
"""The TOML types in words."""

_UNITS = {"ms": "milliseconds", "s": "seconds", "min": "minutes", "days": "days", "mb": "megabytes"}

_HEAD = """\
# The settings of Dictate. Each option is shown with its default: to change it, remove the "#".
# A change takes effect as soon as you save the file, unless the text says otherwise. A file with a
# mistake changes nothing, and you get a message with the line (also: dictatectl check).
"""

_DOCS_HEAD = """\
# Options

<!-- Made from dictate/config/schema.py by `make docs`: change it there. -->

The options are in `~/.config/dictate/config.toml`. A missing file, table or option means the
default. A change takes effect when you save the file, at the latest with the next dictation; an
option marked *restart* needs `systemctl --user restart dictate`. The words that you want spelled
your way have [a file of their own](../guide/hotwords.md).

A file with a mistake changes nothing: every mistake is reported with its line, and the settings
stay as they were. If Dictate starts with such a file, it does without it, with the defaults, until
you mend it. A file that is gone or empty while Dictate runs changes nothing either, because some
programs empty a file before they save it; `dictatectl reload` takes the defaults.
"""


@dataclass(frozen=True, slots=True)
class Option:
    """One option and its documentation."""

    name: str
    kind: Any
    """bool, int, float, str, Texts or Pairs."""
    default: Any
    """For an array, the example instead, if there is one."""
    description: str
    unit: str
    """In full: "milliseconds"; empty if there is none."""
    choices: tuple[str, ...]
    low: float | None
    high: float | None
    live: bool
    """Whether a change takes effect without a restart."""

    @property
    def values(self) -> str:
        """The permitted values, in words."""
        if self.choices:
            return "one of " + ", ".join(self.choices)
        said = KINDS[self.kind]
        if self.low is not None and self.high is not None:
            said += f" from {_number(self.low)} to {_number(self.high)}"
        return f"{said} ({self.unit})" if self.unit else said

    @property
    def line(self) -> str:
        """The line of the file that sets the default."""
        default = self.default
        if self.kind == Pairs:
            default = tomlkit.inline_table()
            default.update(dict(self.default))
        elif self.kind == Texts:
            default = list(self.default)
        return f"{self.name} = {tomlkit.item(default).as_string()}"


@dataclass(frozen=True, slots=True)
class Section:
    """One table of config.toml and its documentation."""

    name: str
    description: str
    options: tuple[Option, ...]

    @property
    def header(self) -> str:
        """The line of the file above its options."""
        return f"[[{self.name}]]" if self.name in ARRAYS else f"[{self.name}]"


def choices_of(option: Field[Any], *, installed: bool = False) -> tuple[str, ...]:
    """The values that a field of a settings class may have; empty if they cannot be listed.

    `installed` includes the backends of other packages that are installed here.
    """
    choices = tuple(str(choice) for choice in option.metadata.get("choices", ()))
    if where := option.metadata.get("backends"):
        backends = imported(where)
        return ("auto", *(backends.names if installed else backends.table), *choices)
    return choices


def imported(where: str) -> Any:
    """What a field's metadata names as "module:name"."""
    module, _, name = where.partition(":")
    return getattr(import_module(module), name)


def describe() -> tuple[Section, ...]:
    """Every table and option with its description, read back from the source of schema.py."""
    classes = {
        node.name: node
        for module in (schema, polish_schema, profile_schema)
        for node in ast.parse(inspect.getsource(module)).body
        if isinstance(node, ast.ClassDef)
    }
    sections = {
        section.name: ARRAYS.get(section.name, section.type) for section in fields(schema.Settings)
    }
    return tuple(
        _section(name, settings, classes[getattr(settings, "__name__", "")])
        for name, settings in sections.items()
    )


def default_toml() -> str:
    """The config.toml of a new user: every option is explained, none is set."""
    parts = [_HEAD]
    for section in describe():
        several = section.name in ARRAYS
        header = "" if several else f"{section.header}\n"
        parts.append(f"\n{header}{_comment(section.description)}")
        if several:
            parts.append(f"\n#{section.header}\n")
        for option in section.options:
            said = f"{option.values[0].upper()}{option.values[1:]}."
            if option.choices and all(choice in option.description for choice in option.choices):
                said = ""
            if not option.live:
                said += " A change takes effect after a restart."
            parts.append(f"\n{_comment(option.description)}{_comment(said)}#{option.line}\n")
    return "".join(parts)


def docs() -> str:
    """docs/reference/config.md."""
    parts = [_DOCS_HEAD]
    for section in describe():
        parts.append(f"\n## {section.header}\n\n{section.description}\n\n")
        parts.append(
            "| option and default | values | what it does | applied |\n|---|---|---|---|\n"
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
            default=option.metadata.get("example", option.default),
            description=said[option.name],
            unit=_UNITS.get(option.name.rpartition("_")[2], ""),
            choices=choices_of(option),
            low=option.metadata.get("low"),
            high=option.metadata.get("high"),
            live=option.metadata.get("live", True),
        )
        for option in fields(settings)
        if not option.metadata.get("hidden")
    )
    return Section(name, " ".join((ast.get_docstring(source) or "").split()), options)


def _comment(text: str) -> str:
    lines = textwrap.wrap(text, 96, break_long_words=False, break_on_hyphens=False)
    return "".join(f"# {line}\n" for line in lines)


def _number(value: float) -> str:
    return f"{value:,.0f}".replace(",", " ") if value == int(value) else f"{value:g}"
