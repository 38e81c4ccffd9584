"""`dictate settings`: the settings window."""

import argparse

from dictate.cli.options import Commands, add_command
from dictate.translation import _


def add(commands: Commands) -> None:
    """Describe the command line."""
    settings = add_command(
        commands,
        "settings",
        _("open the settings window"),
        _(
            "It shows every option, your hotwords, the history, the engines, and what works "
            "here. It needs GTK 4 and libadwaita."
        ),
    )
    settings.set_defaults(run=_settings)


def _settings(_arguments: argparse.Namespace) -> int:
    from dictate.settings import command

    return command.run()
