"""`dictatectl`: steers the running daemon. Small, as it is called for each press of a key.

It imports no stage, and what a single command needs only there.
"""

import argparse
import os
import sys
from collections.abc import Callable

from dictate import __version__
from dictate.ctl.exit_codes import EXPLAINED, FAILED, INTERRUPTED, NOT_RUNNING, OK
from dictate.errors import ConfigError, DictateError


def parser() -> argparse.ArgumentParser:
    """The whole command line; the completion scripts are made from it."""
    top = argparse.ArgumentParser(
        prog="dictatectl",
        description="Steer the running dictate.",
        epilog=EXPLAINED,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action="version", version=f"dictatectl {__version__}")
    commands = top.add_subparsers(dest="command", metavar="COMMAND", required=True)

    def command(name: str, run: str, text: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=text, description=text.capitalize() + ".")
        added.set_defaults(run=run)
        return added

    status = command("status", "status", "show what dictate is doing")
    how = status.add_mutually_exclusive_group()
    how.add_argument("--json", action="store_true", help="for machines")
    how.add_argument(
        "--follow", action="store_true", help="one line of JSON now and for each change, for bars"
    )
    start = command("start", "steer", "begin a dictation")
    command("stop", "steer", "end the dictation and write it")
    toggle = command("toggle", "steer", "begin a dictation, or end it and write it")
    press = command("press", "steer", "a key of your desktop is down: as the hotkey would be")
    release = command("release", "steer", "that key is up")
    for begins in (start, toggle, press, release):
        begins.add_argument(
            "--second", action="store_true", help="the second way: see [second] in config.toml"
        )
    command("cancel", "steer", "throw the dictation away")
    command("reload", "reload", "read config.toml and hotwords.toml again")
    last = command("last", "last", "print the last text")
    last.add_argument("--json", action="store_true", help="all that is known of it")
    history = command("history", "history", "list what was dictated")
    history.add_argument("-n", dest="limit", type=_count, default=10, help="how many (10)")
    history.add_argument("--json", action="store_true", help="for machines, newest first")
    paste = command("paste", "paste", "write a text once more, into the focused window")
    paste.add_argument("number", nargs="?", type=_count, default=0, help="the last, if not given")
    command("undo", "undo", "take the last text back, out of the window it was written into")
    forget = command("forget", "forget", "delete a dictation, words and sound")
    what = forget.add_mutually_exclusive_group(required=True)
    what.add_argument("number", nargs="?", type=_count, default=0)
    what.add_argument("--all", action="store_true", help="everything that was ever dictated")
    forget.add_argument("--yes", action="store_true", help="do not ask")
    devices = command("devices", "devices", "list the microphones")
    devices.add_argument("--json", action="store_true", help="for machines")
    check = command("check", "check", "say what works here, what does not, and what to do")
    check.add_argument("--json", action="store_true", help="for machines")
    check.add_argument(
        "--live", action="store_true", help="write into a small window and see what arrives"
    )
    engine = command("engine", "engine", "list the engines, or use another one from now on")
    engine.add_argument("name", nargs="?", help="auto, or one that the list shows")
    engine.add_argument("--second", action="store_true", help="the one of the second way")
    engine.add_argument("--json", action="store_true", help="for machines")
    _add_hotwords(command("hotwords", "list", "show or change your words"))
    completion = command("completion", "completion", "print a completion script")
    completion.add_argument("shell", choices=("bash", "zsh", "tcsh"))
    return top


def _add_hotwords(hotwords: argparse.ArgumentParser) -> None:
    actions = hotwords.add_subparsers(dest="action", metavar="ACTION", required=True)
    listed = actions.add_parser("list", help="show them")
    listed.set_defaults(run="list_hotwords")
    listed.add_argument("--json", action="store_true", help="for machines")
    add = actions.add_parser("add", help="add a word, or change it")
    add.set_defaults(run="add_hotword")
    add.add_argument("spelling", help="as it shall be written: 'Claude Code'")
    add.add_argument("--weight", type=float, help="how strongly it is preferred (1)")
    add.add_argument(
        "--sounds-like", action="append", default=[], metavar="WORDS", help="may be repeated"
    )
    remove = actions.add_parser("remove", help="remove a word")
    remove.set_defaults(run="remove_hotword")
    remove.add_argument("spelling")


def _count(text: str) -> int:
    number = int(text)
    if not 0 < number < 2**32:
        raise argparse.ArgumentTypeError("it must be 1 or more")
    return number


def run(argv: list[str] | None = None) -> int:
    """Do what the words say; the exit code."""
    top = parser()
    arguments = top.parse_args(argv)
    if arguments.command == "completion":
        import shtab

        sys.stdout.write(shtab.complete(top, shell=arguments.shell) + "\n")
        return OK
    from dictate.ctl import commands
    from dictate.ctl.client import NotRunning

    do: Callable[[argparse.Namespace], int] = getattr(commands, arguments.run)
    try:
        return do(arguments)
    except NotRunning as error:
        return _complain(str(error), NOT_RUNNING)
    except ConfigError as error:
        return _complain("\n".join(error.problems), FAILED)
    except DictateError as error:
        return _complain(str(error), FAILED)


def _complain(message: str, code: int) -> int:
    sys.stderr.write(f"dictatectl: {message}\n")
    return code


def main() -> None:
    """The entry point of `dictatectl`."""
    try:
        code = run()
        sys.stdout.flush()
    except KeyboardInterrupt:
        code = INTERRUPTED
    except BrokenPipeError:
        # Whoever read us has seen enough; Python would complain once more when it flushes.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = OK
    sys.exit(code)


if __name__ == "__main__":
    main()
