"""`dictatectl`: controls the running daemon. It must start fast: a key press may run it.

So it imports no stage, and each command imports what only that command needs.
"""

import argparse
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from dictate import __version__, console
from dictate.ctl.exit_codes import EXPLAINED, FAILED, INTERRUPTED, NOT_RUNNING, OK
from dictate.errors import ConfigError, DictateError

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001 - for the type


def parser() -> argparse.ArgumentParser:
    """The whole command line; the shell completion is generated from it."""
    top = argparse.ArgumentParser(
        prog="dictatectl",
        description="Control the running dictate.",
        epilog=EXPLAINED,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action="version", version=f"dictatectl {__version__}")
    commands = top.add_subparsers(dest="command", metavar="COMMAND", required=True)
    _add_status(commands)
    _add_dictating(commands)
    _add_texts(commands)
    _add_diagnostics(commands)
    _add_engine(commands)
    _add_hotwords(commands)
    completion = _command(commands, "completion", "completion", "print a shell completion script")
    completion.add_argument("shell", choices=("bash", "zsh", "tcsh"))
    return top


def _command(commands: "Commands", name: str, run: str, summary: str) -> argparse.ArgumentParser:
    description = f"{summary[0].upper()}{summary[1:]}."
    command = commands.add_parser(name, help=summary, description=description)
    command.set_defaults(run=run)
    return command


def _add_json(
    to: "argparse.ArgumentParser | argparse._MutuallyExclusiveGroup",
    text: str = "print JSON, for scripts",
) -> None:
    to.add_argument("--json", action="store_true", help=text)


def _add_status(commands: "Commands") -> None:
    status = _command(commands, "status", "status", "show what dictate is doing")
    form = status.add_mutually_exclusive_group()
    _add_json(form)
    form.add_argument(
        "--follow",
        action="store_true",
        help="print one line of JSON now and after every change, for status bars",
    )


def _add_dictating(commands: "Commands") -> None:
    for name, summary in (
        ("start", "start a dictation"),
        ("toggle", "start a dictation, or end the current one and write its text"),
        ("press", "act as if the hotkey were pressed; for key bindings of your desktop"),
        ("release", "act as if the hotkey were released"),
    ):
        _command(commands, name, "control", summary).add_argument(
            "--second",
            action="store_true",
            help="use the secondary profile, [second] in config.toml",
        )
    _command(commands, "stop", "control", "end the dictation and write its text")
    _command(commands, "cancel", "control", "discard the dictation")
    _command(commands, "reload", "reload", "read config.toml and hotwords.toml again")


def _add_texts(commands: "Commands") -> None:
    last = _command(commands, "last", "last", "print the last text")
    _add_json(last, "print everything that is known about it, as JSON")
    history = _command(commands, "history", "history", "list your dictations, newest last")
    history.add_argument(
        "-n", dest="limit", type=_count, default=10, help="maximum number (default: 10)"
    )
    _add_json(history, "print JSON, for scripts; newest first")
    paste = _command(commands, "paste", "paste", "write a text again, into the focused window")
    paste.add_argument(
        "number",
        nargs="?",
        type=_count,
        default=0,
        help="a number from `dictatectl history`; without it, the last text",
    )
    _command(commands, "undo", "undo", "remove the last text from the window it was written into")
    forget = _command(
        commands, "forget", "forget", "delete a dictation from the history, text and sound"
    )
    which = forget.add_mutually_exclusive_group(required=True)
    which.add_argument(
        "number", nargs="?", type=_count, default=0, help="a number from `dictatectl history`"
    )
    which.add_argument("--all", action="store_true", help="delete all dictations")
    forget.add_argument("--yes", action="store_true", help="do not ask for confirmation")


def _add_diagnostics(commands: "Commands") -> None:
    _add_json(_command(commands, "devices", "devices", "list the microphones"))
    check = _command(
        commands, "check", "check", "show what works here, what does not, and how to fix it"
    )
    _add_json(check)
    check.add_argument(
        "--live",
        action="store_true",
        help="open a small window, write into it with every output, and show what arrives",
    )


def _add_engine(commands: "Commands") -> None:
    engine = _command(commands, "engine", "engine", "list the engines, or switch to another one")
    engine.add_argument("name", nargs="?", help="auto, or a name from the list")
    engine.add_argument(
        "--second", action="store_true", help="switch the engine of the secondary profile"
    )
    _add_json(engine)


def _add_hotwords(commands: "Commands") -> None:
    hotwords = _command(commands, "hotwords", "list", "show or change your hotwords")
    actions = hotwords.add_subparsers(dest="action", metavar="ACTION", required=True)
    _add_json(_command(actions, "list", "list_hotwords", "list the hotwords"))
    add = _command(actions, "add", "add_hotword", "add a hotword, or change it")
    add.add_argument("spelling", help="how it is written, e.g. 'Claude Code'")
    add.add_argument("--weight", type=float, help="how strongly it is boosted (default: 1)")
    add.add_argument(
        "--sounds-like",
        action="append",
        default=[],
        metavar="WORDS",
        help="how it sounds, in ordinary words; may be repeated",
    )
    remove = _command(actions, "remove", "remove_hotword", "remove a hotword")
    remove.add_argument("spelling", help="how it is written, as in `dictatectl hotwords list`")


def _count(text: str) -> int:
    number = int(text)
    if not 0 < number < 2**32:
        raise argparse.ArgumentTypeError("it must be 1 or more")
    return number


def run(argv: list[str] | None = None) -> int:
    """Run a command line; the exit code."""
    top = parser()
    arguments = top.parse_args(argv)
    if arguments.command == "completion":
        import shtab

        console.line(shtab.complete(top, shell=arguments.shell))
        return OK
    from dictate.ctl import commands
    from dictate.ctl.client import NotRunning

    do: Callable[[argparse.Namespace], int] = getattr(commands, arguments.run)
    try:
        return do(arguments)
    except NotRunning as error:
        return _fail(str(error), NOT_RUNNING)
    except ConfigError as error:
        return _fail("\n".join(error.problems), FAILED)
    except DictateError as error:
        return _fail(str(error), FAILED)


def _fail(message: str, code: int) -> int:
    console.error(f"dictatectl: {message}")
    return code


def main() -> None:
    """The entry point of `dictatectl`."""
    sys.exit(console.run(_main))


def _main() -> int:
    try:
        return run()
    except KeyboardInterrupt:
        return INTERRUPTED


if __name__ == "__main__":
    main()
