"""The prompts: what the model is asked to do. The user may have own ones beside config.toml."""

import re
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Final

from dictate.errors import ConfigError
from dictate.translation import _

LARGEST: Final = 64 * 1024
"""Maximum bytes of a prompt."""
_MARK: Final = re.compile(r"\{\{|\}\}|\{(\w*)\}|[{}]")


class Prompt(Enum):
    """What a model is asked for; the value is the name of the file."""

    POLISH = "polish.md"
    EDIT = "edit.md"


_REQUIRED: Final = {Prompt.POLISH: ("text",), Prompt.EDIT: ("text", "instruction")}
_OPTIONAL: Final = ("terms", "language")


@dataclass(frozen=True, slots=True)
class PromptText:
    """A prompt that is in use, and what is wrong with the user's own one, if that is not."""

    text: str
    problem: str = ""

    def filled(self, **values: str) -> str:
        """The prompt with these in place of {text}, {instruction}, {terms} and {language}."""
        doubled = {"{{": "{", "}}": "}"}
        return _MARK.sub(lambda mark: doubled.get(mark[0]) or values[mark[1]], self.text)


def default(prompt: Prompt) -> str:
    """The prompt that Dictate comes with."""
    return Path(__file__).with_name(prompt.value).read_text(encoding="utf-8")


def read(prompt: Prompt, folder: Path) -> PromptText:
    """The user's own prompt in this folder, or the default. It blocks on the disk."""
    path = folder / prompt.value
    try:
        with path.open("rb") as file:
            text = file.read(LARGEST + 1).decode()
        check(prompt, text)
    except FileNotFoundError:
        return PromptText(default(prompt))
    except OSError as error:
        problem = _("{name}: cannot be read: {error}").format(name=path.name, error=error.strerror)
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        problem = _("{name}:{line}: it is not UTF-8").format(name=path.name, line=line)
    except ConfigError as error:
        problem = error.problems[0]
    else:
        return PromptText(text)
    return PromptText(default(prompt), problem)


def check(prompt: Prompt, text: str) -> None:
    """Raises ConfigError, with the line, if a prompt cannot be used."""
    if len(text) > LARGEST:
        raise ConfigError(
            [
                _("{file}: it is larger than {largest} kB").format(
                    file=prompt.value, largest=LARGEST // 1024
                )
            ]
        )
    known = (*_REQUIRED[prompt], *_OPTIONAL)
    found = set()
    for mark in _MARK.finditer(text):
        line = text.count("\n", 0, mark.start()) + 1
        if mark[0] in ("{", "}"):
            raise ConfigError(
                [
                    _("{file}:{line}: a single {mark}: write {doubled} for the sign").format(
                        file=prompt.value, line=line, mark=mark[0], doubled=mark[0] * 2
                    )
                ]
            )
        if mark[1] is not None and mark[1] not in known:
            names = ", ".join(f"{{{name}}}" for name in known)
            raise ConfigError(
                [
                    _("{file}:{line}: {mark} is not one of {names}").format(
                        file=prompt.value, line=line, mark=mark[0], names=names
                    )
                ]
            )
        found.add(mark[1])
    for name in _REQUIRED[prompt]:
        if name not in found:
            last = len(text.splitlines()) or 1
            raise ConfigError(
                [
                    _("{file}:{last}: {{{name}}} is missing in it").format(
                        file=prompt.value, last=last, name=name
                    )
                ]
            )
