"""The commands that a key press may run. They load nothing but the client of the bus."""

import sys
from argparse import Namespace
from typing import Final

from dictate import console
from dictate.client.daemon_client import ask, ask_about_profiles
from dictate.ctl.exit_codes import NOTHING, OK
from dictate.translation import _

NOTHING_TO: Final = {
    "stop": _("nothing is being recorded: there is nothing to stop"),
    "release": _("the key is not down: there is nothing to release"),
    "cancel": _("no dictation is under way: there is nothing to cancel"),
}
"""What a command says that found nothing to do."""


def control(arguments: Namespace) -> int:
    """start, stop, toggle, press, release, edit and cancel."""
    command = arguments.command
    profile = getattr(arguments, "profile", "")
    if profile:
        answer = ask_about_profiles(command.capitalize(), "s", profile)
    else:
        answer = ask(command.capitalize())
    if command in NOTHING_TO and not answer:
        console.line(f"dictatectl: {NOTHING_TO[command]}", sys.stderr)
        return NOTHING
    if isinstance(answer, str):
        console.line(answer)
    return OK
