"""The completion of a command line in a shell, made from its parser by shtab."""

import argparse
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from dictate.errors import did_you_mean
from dictate.translation import _


def shell(text: str) -> str:
    """The name of a shell on the command line."""
    import shtab

    if text in shtab.SUPPORTED_SHELLS:
        return text
    known = did_you_mean(text, shtab.SUPPORTED_SHELLS)
    known = known or _("; there are {supported_shells}").format(
        supported_shells=", ".join(shtab.SUPPORTED_SHELLS)
    )
    raise argparse.ArgumentTypeError(
        _("no completion can be made for {text!r}{known}").format(text=text, known=known)
    )


def script(
    top: argparse.ArgumentParser, shell: str, words: Mapping[str, Sequence[str]] | None = None
) -> str:
    """What `shell` reads. `words` are offered for the arguments of these names; engines, shells and
    files are known here. The parser is spoilt for anything else."""
    import shtab

    offered = {"engine": _engines(), "shell": shtab.SUPPORTED_SHELLS, **(words or {})}
    for parser in parsers(top):
        for action in parser._actions:  # noqa: SLF001 - argparse shows them nowhere else
            name = "engine" if parser.prog.endswith(" engine") else action.dest
            if _takes_file(action):
                action.complete = shtab.DIR if action.metavar == "FOLDER" else shtab.FILE  # type: ignore[attr-defined]
            elif action.nargs != 0 and name in offered and not action.choices:
                action.choices = offered[name]
    text: str = shtab.complete(top, shell=shell)
    return text


def _takes_file(action: argparse.Action) -> bool:
    """Whether an argument is a path."""
    return action.type is Path or action.metavar == "FILE"


def parsers(top: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    """A parser and those of its commands."""
    yield top
    for action in top._actions:  # noqa: SLF001
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001
            for command in dict.fromkeys(action.choices.values()):
                yield from parsers(command)


def _engines() -> Sequence[str]:
    from dataclasses import fields

    from dictate.config.reference import choices_of
    from dictate.config.schema import EngineSettings

    use = next(option for option in fields(EngineSettings) if option.name == "use")
    return choices_of(use, installed=True)
