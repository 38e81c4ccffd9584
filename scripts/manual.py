"""Writes the manual pages from the command lines: `make docs` runs it."""

import argparse
import os
import sys
from pathlib import Path

from argparse_manpage.manpage import Manpage

from dictate import cli
from dictate.cli.options import LateHelp
from dictate.ctl import main as ctl
from dictate.ctl.completion import parsers

PURPOSES = {
    "dictate": "speech becomes text in the focused window",
    "dictatectl": "control a running dictate",
}


def main(folder: Path) -> None:
    os.environ["COLUMNS"] = "10000"  # `man` breaks the lines
    folder.mkdir(exist_ok=True)
    for parser in (cli.parser(), ctl.parser()):
        (folder / f"{parser.prog}.1").write_text(page(parser))


def page(parser: argparse.ArgumentParser) -> str:
    for each in parsers(parser):
        for action in each._actions:
            if isinstance(action, argparse._SubParsersAction):
                for summary in action._choices_actions:
                    summary.help = ""  # the description, which stands below it, says the same
        each.formatter_class = argparse.RawDescriptionHelpFormatter
        if isinstance(each, LateHelp):
            each.complete()
    other = next(name for name in PURPOSES if name != parser.prog)
    described = {
        "description": PURPOSES[parser.prog],
        "manual_title": "Dictate",
        "project_name": "Dictate",
        "date": " ",  # else that of the build: the same sources would make other bytes
    }
    manual = Manpage(parser, format="single-commands-section", _data=described)
    manual.add_section("see also", ">", f".BR {other} (1)")
    return str(manual)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
