"""What the commands of `dictatectl` have in common on the command line."""

import argparse
from typing import TYPE_CHECKING, TypeAlias

from dictate.translation import _

if TYPE_CHECKING:
    Commands: TypeAlias = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001 - for the type
else:
    Commands = argparse.Action


MOST = 1000
"""The greatest number of things that a command may be asked for."""


def add_command(
    commands: Commands, name: str, run: str, summary: str, more: str = ""
) -> argparse.ArgumentParser:
    """A command with its help. `run` names the function that does it: "last" in `commands.py`, or
    "hotwords.editing:add" in another module of this package."""
    description = f"{summary[0].upper()}{summary[1:]}. {more}".strip()
    command = commands.add_parser(name, help=summary, description=description)
    command.set_defaults(run=run)
    return command


def add_json(
    to: "argparse.ArgumentParser | argparse._MutuallyExclusiveGroup",
    text: str = _("print JSON, for scripts"),
) -> None:
    """The option --json."""
    to.add_argument("--json", action="store_true", help=text)


def count(text: str) -> int:
    """A whole number above 0 on the command line."""
    try:
        found = int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(
            _("{text!r} is not a whole number").format(text=text)
        ) from None
    if not 0 < found < 2**32:
        raise argparse.ArgumentTypeError(
            _("{text} is not a number from 1 to {most}").format(text=text, most=2**32 - 1)
        )
    return found


def maximum(text: str) -> int:
    """The most that is wanted of something, on the command line; 0 is nothing."""
    found = int(text) if text.isdecimal() else -1
    if not 0 <= found <= MOST:
        raise argparse.ArgumentTypeError(
            _("{text!r} is not a whole number from 0 to {most}").format(text=text, most=MOST)
        )
    return found


def number(text: str) -> float:
    """A number on the command line."""
    try:
        return float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(_("{text!r} is not a number").format(text=text)) from None
