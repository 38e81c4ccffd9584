"""What the command lines have in common."""

import argparse
import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from dictate.platform.log_lines import log_to_stderr
from dictate.translation import _

if TYPE_CHECKING:
    Commands: TypeAlias = argparse._SubParsersAction["LateHelp"]  # noqa: SLF001 - for the type
else:
    Commands = argparse.Action


class LateHelp(argparse.ArgumentParser):
    """A parser whose help names what the tables of our stages have. They are imported only to print
    it: no other command pays for them."""

    names: "Callable[[], dict[str, str]] | None" = None
    """What stands for each `{word}` in the help texts of the options."""

    def complete(self) -> None:
        """Put the names in."""
        if self.names is not None:
            names, self.names = self.names(), None
            for action in self._actions:
                action.help = action.help and action.help.format(**names)

    def format_help(self) -> str:
        """The help, complete."""
        self.complete()
        return super().format_help()


def add_command(commands: Commands, name: str, summary: str, description: str = "") -> LateHelp:
    """A command with its help."""
    sentence = f"{summary[0].upper()}{summary[1:]}."
    return commands.add_parser(name, help=summary, description=f"{sentence} {description}".strip())


def add_engine(command: argparse.ArgumentParser) -> None:
    """The option --engine."""
    command.add_argument(
        "--engine", metavar="NAME", help=_("use this engine, whatever config.toml says")
    )


def add_hotwords(command: argparse.ArgumentParser) -> None:
    """The option --hotwords."""
    command.add_argument(
        "--hotwords",
        metavar="FILE",
        type=Path,
        help=_("read this file instead of your hotwords.toml"),
    )


def at_least_one(text: str) -> int:
    """A whole number of 1 or more on the command line."""
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(
            _("{text!r} is not a whole number of 1 or more").format(text=text)
        )
    if int(text) < 1:
        raise argparse.ArgumentTypeError(_("{text} is less than 1").format(text=text))
    return int(text)


def set_up_logging(*, verbose: bool = False) -> None:
    """Log to stderr, as systemd or a terminal wants it."""
    # Under systemd, the system's journal adds the time.
    clock = "" if "INVOCATION_ID" in os.environ else "%(asctime)s "
    level = logging.DEBUG if verbose else logging.INFO
    log_to_stderr(level, f"{clock}%(levelname)s %(name)s: %(message)s", "%H:%M:%S")  # untranslated
    logging.getLogger("asyncio").setLevel(logging.WARNING)
