"""The command line of `dictatectl hotwords`."""

import argparse

from dictate.ctl.arguments import Commands, add_command, add_json, number


def add_actions(hotwords: argparse.ArgumentParser) -> None:
    """Everything that `dictatectl hotwords` can do."""
    actions = hotwords.add_subparsers(dest="action", metavar="ACTION", required=True)
    add_json(add_command(actions, "list", "hotwords.editing:list_all", "list the hotwords"))
    _add_add(actions)
    _add_remove(actions)
    _add_edit(actions)
    _add_lint(actions)


def _add_add(actions: Commands) -> None:
    add = add_command(
        actions,
        "add",
        "hotwords.editing:add",
        "add a hotword, or change it",
        "It is changed in the file that has it; a new one goes into hotwords.toml.",
    )
    add.add_argument("spelling", nargs="+", help="how it is written, e.g. Claude Code")
    add.add_argument("--weight", type=number, help="how strongly it is boosted (default: 1)")
    add.add_argument(
        "--sounds-like",
        action="append",
        default=[],
        metavar="WORDS",
        help="how it sounds, in ordinary words; may be repeated",
    )
    add.add_argument(
        "--group", default="", metavar="NAME", help="use it only when this [[group]] is on"
    )


def _add_remove(actions: Commands) -> None:
    remove = add_command(actions, "remove", "hotwords.editing:remove", "remove a hotword")
    remove.add_argument(
        "spelling", nargs="+", help="how it is written, as in `dictatectl hotwords list`"
    )


def _add_edit(actions: Commands) -> None:
    edit = add_command(
        actions,
        "edit",
        "hotwords.editing:edit",
        "open hotwords.toml in your editor, and check it afterwards",
        "The editor is $VISUAL or $EDITOR.",
    )
    edit.add_argument(
        "spelling", nargs="*", help="a hotword: open the file that has it, which may be another one"
    )


def _add_lint(actions: Commands) -> None:
    lint = add_command(
        actions,
        "lint",
        "hotwords.lint:lint",
        "check the list, and say what to do",
        "It names terms that an engine cannot write, that sound like ordinary words, or that get "
        "in the way of each other. The exit code is 1 if there are errors or warnings, and 0 if "
        "there are hints at most.",
    )
    add_json(lint)
