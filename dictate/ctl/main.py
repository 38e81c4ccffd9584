"""`dictatectl`: controls the running daemon. It must start fast: a key press may run it.

So it imports no stage, and each command imports what only that command needs; those that keys run
are in `control.py`. Even the parser has only the part of the command line that was given.
"""

import argparse
import importlib
import sys
from collections.abc import Callable, Sequence
from typing import Final

from dictate import __version__, console
from dictate.ctl.arguments import Commands, add_command, add_json, count, number
from dictate.ctl.exit_codes import EXPLAINED, FAILED, INTERRUPTED, NOT_RUNNING, NOTHING, OK
from dictate.ctl.terminal import SWITCH_S
from dictate.errors import ConfigError, DictateError, NotFound
from dictate.translation import _

LONGEST_DELAY_S: Final = 60
"""Maximum number of seconds of --delay."""
CANCELLED: Final = _(
    "Its text and sound stay in the journal as long as any other (keep_days under "
    "[journal] in config.toml), so that `dictatectl paste` can still write it; with "
    "keep_cancelled = false they are deleted at once."
)
FROM_TERMINAL: Final = _(
    "Typed in a terminal, it counts {switch_s} seconds down, in which you switch to the "
    "window. From a shortcut it acts at once."
).format(switch_s=SWITCH_S)


def parser(word: str = "") -> argparse.ArgumentParser:
    """The whole command line; with the name of a command as `word` a part of it that has this
    command."""
    top = argparse.ArgumentParser(
        prog="dictatectl",
        description=_("Control the running dictate."),
        epilog=EXPLAINED,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument(
        "--version",
        action="version",
        version=f"dictatectl {__version__}",
        help=_("show program's version number and exit"),
    )
    commands = top.add_subparsers(
        title=_("commands"), dest="command", metavar="COMMAND", required=True
    )
    parts: dict[Callable[[Commands], None], Sequence[str]] = {
        _add_status: ("status",),
        _add_dictating: ("start", "toggle", "press", "release", "stop", "edit", "cancel", "reload"),
        _add_texts: ("last", "history", "paste", "correct", "undo", "forget"),
        _add_diagnostics: ("devices", "check"),
        _add_engine: ("engine",),
        _add_hotwords: ("hotwords",),
        _add_completion: ("completion",),
    }
    for add in [add for add, names in parts.items() if word in names] or parts:
        add(commands)
    return top


def _add_status(commands: Commands) -> None:
    status = add_command(commands, "status", "status", _("show what dictate is doing"))
    form = status.add_mutually_exclusive_group()
    add_json(form)
    form.add_argument(
        "--follow",
        action="store_true",
        help=_("print one line of JSON now and after every change, for status bars"),
    )


def _add_dictating(commands: Commands) -> None:
    use = _("use this profile of config.toml")
    for name, summary in (
        ("start", _("start a dictation")),
        ("toggle", _("start a dictation, or end the current one and write its text")),
        ("press", _("act as if the hotkey were pressed; for key bindings of your desktop")),
        ("release", _("act as if the hotkey were released")),
    ):
        _add_profile(add_command(commands, name, "control:control", summary), use)
    add_command(commands, "stop", "control:control", _("end the dictation and write its text"))
    add_command(
        commands,
        "edit",
        "control:control",
        _("change what is selected: say what to do, and run it again to end"),
        _("The language model of [polish] in config.toml does it."),
    )
    add_command(
        commands,
        "cancel",
        "control:control",
        _("discard the dictation: nothing is written"),
        _("{cancelled} `dictatectl forget` deletes a single one.").format(cancelled=CANCELLED),
    )
    add_command(
        commands,
        "reload",
        "reload",
        _("read config.toml and hotwords.toml again"),
        _(
            "A saved file is read by itself. This also tries again what has failed, and "
            "takes the defaults for a file that is gone or empty."
        ),
    )


def _add_texts(commands: Commands) -> None:
    from dictate.ctl.hotwords.arguments import add_correct

    last = add_command(commands, "last", "last", _("print the last text"))
    add_json(last, _("print everything that is known about it, as JSON"))
    history = add_command(
        commands,
        "history",
        "history:history",
        _("list your dictations, newest last"),
        _(
            "With --pick you pick one, and copy it, write it again, hear it, have another "
            "engine recognise it, or correct it. It needs fzf in a terminal; bound to a key "
            "of your desktop, one of rofi, wofi, fuzzel, bemenu and dmenu."
        ),
    )
    history.add_argument(
        "-n",
        dest="limit",
        type=count,
        help=_("maximum number (default: 10; with --pick 100)"),
    )
    form = history.add_mutually_exclusive_group()
    add_json(form, _("print JSON, for scripts; newest first"))
    form.add_argument("--pick", action="store_true", help=_("pick one, and what to do with it"))
    paste = add_command(
        commands, "paste", "paste", _("write a text again, where the cursor is"), FROM_TERMINAL
    )
    paste.add_argument(
        "number",
        nargs="?",
        type=count,
        default=0,
        help=_("a number from `dictatectl history`; without it, the last text"),
    )
    _add_delay(paste)
    add_correct(commands)
    undo = add_command(
        commands,
        "undo",
        "undo",
        _("delete the last text from the window that it was written into"),
        _(
            "{from_terminal} Where a text can be deleted by keys only (X11), nothing may "
            "have been typed since, not even this command: bind it to a key there (undo_key "
            "under [hotkey])."
        ).format(from_terminal=FROM_TERMINAL),
    )
    _add_delay(undo)
    forget = add_command(
        commands,
        "forget",
        "forget",
        _("delete a dictation for good: its text and its sound"),
        _(
            "It is erased from the journal, which is all that Dictate keeps. What was "
            "written into a window stays there."
        ),
    )
    which = forget.add_mutually_exclusive_group(required=True)
    which.add_argument(
        "number", nargs="?", type=count, default=0, help=_("a number from `dictatectl history`")
    )
    which.add_argument(
        "--all", action="store_true", help=_("delete all dictations, held and cancelled ones too")
    )
    forget.add_argument("--yes", action="store_true", help=_("do not ask for confirmation"))


def _add_diagnostics(commands: Commands) -> None:
    add_json(add_command(commands, "devices", "devices", _("list the microphones")))
    check = add_command(
        commands, "check", "check", _("show what works here, what does not, and how to fix it")
    )
    add_json(check)
    check.add_argument(
        "--live",
        action="store_true",
        help=_("open a small window, write into it with every output, and show what arrives"),
    )


def _add_engine(commands: Commands) -> None:
    engine = add_command(
        commands,
        "engine",
        "engine",
        _("list the engines, or switch to another one"),
        _(
            "It changes engine.use in config.toml. A dictate that was started with --engine "
            "keeps that one."
        ),
    )
    engine.add_argument("name", nargs="?", help=_("auto, or a name from the list"), metavar="NAME")
    _add_profile(engine, _("switch the engine of this profile of config.toml"))
    add_json(engine)


def _add_hotwords(commands: Commands) -> None:
    from dictate.ctl.hotwords.arguments import add_actions

    add_actions(add_command(commands, "hotwords", "", _("show or change your hotwords")))


def _add_completion(commands: Commands) -> None:
    from dictate.ctl.completion import shell

    completion = add_command(
        commands, "completion", "completion", _("print a shell completion script")
    )
    completion.add_argument("shell", type=shell, help=_("bash, zsh, fish or tcsh"))


def _add_profile(command: argparse.ArgumentParser, text: str) -> None:
    command.add_argument(
        "--profile",
        default="",
        metavar="NAME",
        help=text,
    )
    command.add_argument(
        "--second",
        action="store_const",
        const="second",
        dest="profile",
        help=_("the same as --profile second"),
    )


def _add_delay(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--delay",
        type=_seconds,
        metavar="SECONDS",
        help=_("wait before it (default: {switch_s} in a terminal, otherwise 0)").format(
            switch_s=SWITCH_S
        ),
    )


def _seconds(text: str) -> float:
    seconds = number(text)
    if not 0 <= seconds <= LONGEST_DELAY_S:
        raise argparse.ArgumentTypeError(
            _("{text} is not from 0 to {longest_delay_s} seconds").format(
                text=text, longest_delay_s=LONGEST_DELAY_S
            )
        )
    return seconds


def function_of(run: str) -> Callable[[argparse.Namespace], int]:
    """The function of a command; see `add_command`."""
    module, __, name = run.rpartition(":")
    found = importlib.import_module(f"dictate.ctl.{module or 'commands'}")
    function: Callable[[argparse.Namespace], int] = getattr(found, name)
    return function


def run(argv: list[str] | None = None) -> int:
    """Run a command line; the exit code."""
    words = sys.argv[1:] if argv is None else argv
    arguments = parser(word=words[0] if words else "").parse_args(words)
    if arguments.command == "completion":
        from dictate.ctl.completion import script

        console.line(script(parser(), arguments.shell))
        return OK
    from dictate.client.daemon_client import NotRunning

    try:
        return function_of(arguments.run)(arguments)
    except NotRunning as error:
        return _fail(str(error), NOT_RUNNING)
    except NotFound as error:
        return _fail(str(error), NOTHING)
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
