"""`dictate`: every command that runs in this terminal, each in a module of its own.

There, `add` describes the command line, and a function named as the command runs it. A command
imports what it needs only when it runs, so that `--help` and mistyped commands answer at once.
"""

import resource
import sys
from typing import Final

from dictate import __version__, console
from dictate.cli import bench, completion, file, models, run, serve, settings, setup
from dictate.cli.options import LateHelp
from dictate.errors import AlreadyRunning, ConfigError, DictateError
from dictate.translation import _

EXIT_CONFIG: Final = 78
"""EX_CONFIG of sysexits.h: systemd does not start the service again after it."""


def parser() -> LateHelp:
    """The whole command line."""
    top = LateHelp(
        prog="dictate",
        description=_(
            "Hold a key, speak, and release it: your words are typed into the focused "
            "window. `dictatectl` controls a running dictate."
        ),
    )
    # untranslated
    top.add_argument(
        "--version",
        action="version",
        version=f"dictate {__version__}",
        help=_("show program's version number and exit"),
    )
    commands = top.add_subparsers(
        title=_("commands"), dest="command", required=True, metavar="COMMAND"
    )
    for command in (run, settings, file, serve, models, bench, setup, completion):
        command.add(commands)
    top.set_defaults(top=top)  # what completes it is made from it
    return top


def main(argv: list[str] | None = None) -> None:
    """The entry point of `dictate`."""
    sys.exit(console.run(lambda: _main(argv)))


def _main(argv: list[str] | None) -> int:
    arguments = parser().parse_args(argv)
    # A core file of this process or of its children would contain speech and text.
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
    try:
        status: int = arguments.run(arguments)
    except ConfigError as error:
        console.error(str(error))
        return EXIT_CONFIG
    except AlreadyRunning as error:
        # Not a failure: the user wanted a running dictate, and there is one.
        console.error(f"dictate: {error}")
        return 0
    except DictateError as error:
        says = getattr(error, "says", "")
        console.error(f"dictate: {error}{says and _('; it says: {says}').format(says=says)}")
        return 1
    except KeyboardInterrupt:
        return 130
    return status
