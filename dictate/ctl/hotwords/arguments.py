"""The command line of `dictatectl hotwords`."""

import argparse

from dictate.ctl.arguments import Commands, add_command, add_json, count, maximum, number
from dictate.translation import _


def add_actions(hotwords: argparse.ArgumentParser) -> None:
    """Everything that `dictatectl hotwords` can do."""
    actions = hotwords.add_subparsers(dest="action", metavar="ACTION", required=True)
    add_json(add_command(actions, "list", "hotwords.listing:list_all", _("list the hotwords")))
    _add_add(actions)
    _add_remove(actions)
    _add_edit(actions)
    _add_lint(actions)
    _add_test(actions)
    _add_calibrate(actions)
    _add_evidence(actions)


def _add_add(actions: Commands) -> None:
    add = add_command(
        actions,
        "add",
        "hotwords.editing:add",
        _("add a hotword, or change it"),
        _("It is changed in the file that has it; a new one goes into hotwords.toml."),
    )
    add.add_argument("spelling", nargs="+", help=_("how it is written, e.g. Claude Code"))
    add.add_argument("--weight", type=number, help=_("how strongly it is boosted (default: 1)"))
    add.add_argument(
        "--sounds-like",
        action="append",
        default=[],
        metavar="WORDS",
        help=_("how it sounds, in ordinary words; may be repeated"),
    )
    add.add_argument(
        "--group", default="", metavar="NAME", help=_("use it only when this [[group]] is on")
    )


def _add_remove(actions: Commands) -> None:
    remove = add_command(actions, "remove", "hotwords.editing:remove", _("remove a hotword"))
    remove.add_argument(
        "spelling", nargs="+", help=_("how it is written, as in `dictatectl hotwords list`")
    )


def _add_edit(actions: Commands) -> None:
    edit = add_command(
        actions,
        "edit",
        "hotwords.editing:edit",
        _("open hotwords.toml in your editor, and check it afterwards"),
        _("The editor is $VISUAL or $EDITOR."),
    )
    edit.add_argument(
        "spelling",
        nargs="*",
        help=_("a hotword: open the file that has it, which may be another one"),
    )


def _add_lint(actions: Commands) -> None:
    lint = add_command(
        actions,
        "lint",
        "hotwords.lint:lint",
        _("check the list, and say what to do"),
        _(
            "It names terms that an engine cannot write, that sound like ordinary words, or "
            "that get in the way of each other. The exit code is 1 if there are errors or "
            "warnings, and 0 if there are hints at most."
        ),
    )
    add_json(lint)


def _add_test(actions: Commands) -> None:
    test = add_command(
        actions,
        "test",
        "hotwords.proof:test",
        _("show what a hotword does, before you use it"),
        _(
            "It is spoken in sentences by the voices that are installed (flite, espeak-ng, "
            "piper), or by you, and recognized by the engine in use, without it and with it. "
            "Then sentences that only sound like it, and your own last dictations, must stay "
            "as they are. Dictating goes on meanwhile."
        ),
    )
    test.add_argument("spelling", nargs="+", help=_("how it is written, e.g. Claude Code"))
    test.add_argument(
        "--sounds-like",
        action="append",
        default=[],
        metavar="WORDS",
        help=_("how it sounds, in ordinary words; may be repeated"),
    )
    who = test.add_mutually_exclusive_group()
    who.add_argument("--say", action="store_true", help=_("you say it, after each line that asks"))
    who.add_argument(
        "--clip",
        action="append",
        default=[],
        metavar="FILE",
        help=_("a recording in which it is said; may be repeated"),
    )
    test.add_argument(
        "--voices", type=maximum, default=4, metavar="N", help=_("at most so many (default: 4)")
    )
    test.add_argument(
        "--last",
        type=maximum,
        default=20,
        metavar="N",
        help=_("look at your last N dictations that still have sound (default: 20; 0: at none)"),
    )
    test.add_argument(
        "--apply", action="store_true", help=_("add it with the weight that it needs, if it works")
    )
    test.add_argument(
        "--html",
        metavar="FILE",
        help=_("write one page with everything, and all clips to listen to"),
    )
    add_json(test)


def _add_calibrate(actions: Commands) -> None:
    calibrate = add_command(
        actions,
        "calibrate",
        "hotwords.calibrate:calibrate",
        _("measure how strongly the engine may prefer hotwords"),
        _(
            "It looks for the highest strength at which at most 1 word in 1,000 becomes a "
            "hotword that was not said, and makes it the default of this engine and model on "
            "this machine. hotwords.strength in config.toml multiplies it. It takes minutes; "
            "dictating goes on."
        ),
    )
    which = calibrate.add_mutually_exclusive_group()
    which.add_argument("--show", action="store_true", help=_("show what is in force"))
    which.add_argument("--reset", action="store_true", help=_("back to the built-in strengths"))
    calibrate.add_argument(
        "--voices", type=maximum, default=4, metavar="N", help=_("at most so many (default: 4)")
    )
    add_json(calibrate)


def _add_evidence(actions: Commands) -> None:
    audit = add_command(
        actions,
        "audit",
        "hotwords.evidence:audit",
        _("show what your hotwords did to your last dictations"),
        _("Below each text stands what it would have been without them."),
    )
    audit.add_argument(
        "limit", nargs="?", type=count, default=10, help=_("number of dictations (default: 10)")
    )
    add_json(audit, _("print JSON, for scripts; newest first"))
    for name, summary in (
        ("restore", _("use a quarantined hotword again")),
        ("unlearn", _("take back what was learned from a correction")),
    ):
        action = add_command(actions, name, f"hotwords.learning:{name}", summary)
        action.add_argument("spelling", nargs="+", help=_("as in `dictatectl hotwords list`"))


def add_correct(commands: Commands) -> None:
    """`dictatectl correct`."""
    correct = add_command(
        commands,
        "correct",
        "hotwords.learning:correct",
        _("correct a text, and have dictate learn from it"),
        _(
            "Without words, you edit the text. What was wrong is then tried on the sound of "
            "that dictation, and you are asked before anything is learned. The text in the "
            "window stays as it is."
        ),
    )
    correct.add_argument(
        "words",
        nargs="*",
        metavar="[N] [WRONG RIGHT]",  # untranslated
        help=_(
            "a number from `dictatectl history` (default: the last text); the wrong words "
            'and the right ones, e.g. "cloud code" "Claude Code"'
        ),
    )
    how = correct.add_mutually_exclusive_group()
    how.add_argument("--text", help=_("the whole text as it should be"))
    how.add_argument("--editor", action="store_true", help=_("edit it with $EDITOR"))
    how.add_argument("--window", action="store_true", help=_("edit it in a window"))
    correct.add_argument("--yes", action="store_true", help=_("accept what is proposed"))
    add_json(correct)
