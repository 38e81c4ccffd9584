"""The command line of `dictatectl hotwords`."""

import argparse

from dictate.ctl.arguments import add_command, add_json, number


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
    remove = add_command(actions, "remove", "hotwords.editing:remove", "remove a hotword")
    remove.add_argument(
        "spelling", nargs="+", help="how it is written, as in `dictatectl hotwords list`"
    )
