"""`dictate completion`: a script by which a shell completes this command."""

import argparse

from dictate import console
from dictate.cli.options import Commands, LateHelp, add_command
from dictate.ctl import completion
from dictate.translation import _


def add(commands: Commands) -> None:
    """Describe the command line."""
    command = add_command(commands, "completion", _("print a shell completion script"))
    command.add_argument("shell", type=completion.shell, help=_("bash, zsh, fish or tcsh"))
    command.set_defaults(run=_completion)


def _completion(arguments: argparse.Namespace) -> int:
    from dictate.models.catalogue import CATALOGUE

    top: LateHelp = arguments.top
    for parser in completion.parsers(top):
        if isinstance(parser, LateHelp):
            parser.complete()
    console.line(completion.script(top, arguments.shell, {"name": tuple(CATALOGUE)}))
    return 0
