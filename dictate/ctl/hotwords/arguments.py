"""The command line of `dictatectl hotwords`."""

import argparse

from dictate.ctl.arguments import Commands, add_command, add_json, count, number


def add_actions(hotwords: argparse.ArgumentParser) -> None:
    """Everything that `dictatectl hotwords` can do."""
    actions = hotwords.add_subparsers(dest="action", metavar="ACTION", required=True)
    add_json(add_command(actions, "list", "hotwords.editing:list_all", "list the hotwords"))
    add = add_command(actions, "add", "hotwords.editing:add", "add a hotword, or change it")
    add.add_argument("spelling", nargs="+", help="how it is written, e.g. Claude Code")
    add.add_argument("--weight", type=number, help="how strongly it is boosted (default: 1)")
    add.add_argument(
        "--sounds-like",
        action="append",
        default=[],
        metavar="WORDS",
        help="how it sounds, in ordinary words; may be repeated",
    )
    _add_evidence(actions)
    remove = add_command(actions, "remove", "hotwords.editing:remove", "remove a hotword")
    remove.add_argument(
        "spelling", nargs="+", help="how it is written, as in `dictatectl hotwords list`"
    )


def _add_evidence(actions: Commands) -> None:
    audit = add_command(
        actions,
        "audit",
        "hotwords.evidence:audit",
        "show what your hotwords did to your last dictations",
        "Below each text stands what it would have been without them.",
    )
    audit.add_argument(
        "limit", nargs="?", type=count, default=10, help="number of dictations (default: 10)"
    )
    add_json(audit, "print JSON, for scripts; newest first")
    for name, summary in (
        ("restore", "use a quarantined hotword again"),
        ("unlearn", "take back what was learned from a correction"),
    ):
        action = add_command(actions, name, f"hotwords.learning:{name}", summary)
        action.add_argument("spelling", nargs="+", help="as in `dictatectl hotwords list`")


def add_correct(commands: Commands) -> None:
    """`dictatectl correct`."""
    correct = add_command(
        commands,
        "correct",
        "hotwords.learning:correct",
        "correct a text, and have dictate learn from it",
        "Without words, you edit the text. What was wrong is then tried on the sound of that "
        "dictation, and you are asked before anything is learned. The text in the window stays as "
        "it is.",
    )
    correct.add_argument(
        "words",
        nargs="*",
        metavar="[N] [WRONG RIGHT]",
        help="a number from `dictatectl history` (default: the last text); the wrong words and "
        'the right ones, e.g. "cloud code" "Claude Code"',
    )
    how = correct.add_mutually_exclusive_group()
    how.add_argument("--text", help="the whole text as it should be")
    how.add_argument("--editor", action="store_true", help="edit it with $EDITOR")
    correct.add_argument("--yes", action="store_true", help="accept what is proposed")
    add_json(correct)
