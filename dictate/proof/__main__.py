"""A proof as a child process: JSON lines on standard output.

    {"waiting": what}                             it waits for the engine, or a dictation to end
    {"say": sentence, "number": n, "of": n}       the user is to say this now
    {"doing": what, "clip": n, "of": n}           before each clip
    {"result": {...}}                             last
    {"error": message, "kind": "Unavailable"}     last, instead: a class of dictate/errors.py

It ends with its standard input, and so with its parent.
"""

import argparse
import asyncio
import json
import logging
import sys
from pathlib import Path
from typing import Any

from dictate.errors import DictateError
from dictate.platform.lifeline import die_with_input
from dictate.proof import calibrate, command


def emit(what: dict[str, Any]) -> None:
    """Print one line."""
    sys.stdout.write(f"{json.dumps(what)}\n")
    sys.stdout.flush()


def main() -> int:
    """Run one proof; 0, or 1 if it failed."""
    parser = argparse.ArgumentParser(prog="python -m dictate.proof", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    test = commands.add_parser("test")
    test.add_argument("spelling")
    test.add_argument("--sounds-like", action="append", default=[])
    test.add_argument("--clip", type=Path, action="append", default=[])
    test.add_argument("--say", action="store_true")
    test.add_argument("--last", type=int, default=command.LAST)
    test.add_argument("--voices", type=int, default=command.VOICES)
    test.add_argument("--html", type=Path)
    strength = commands.add_parser("calibrate")
    strength.add_argument("--voices", type=int, default=command.VOICES)
    given = parser.parse_args()
    logging.basicConfig(stream=sys.stderr, format="%(message)s")
    die_with_input()
    try:
        asyncio.run(_run(given))
    except (DictateError, OSError) as error:
        emit({"error": str(error), "kind": type(error).__name__})
        return 1
    return 0


async def _run(given: argparse.Namespace) -> None:
    if given.command == "calibrate":
        await calibrate.calibrate(given.voices, emit)
        return
    options = command.Options(
        spelling=given.spelling,
        sounds_like=tuple(given.sounds_like),
        clips=tuple(given.clip),
        say=given.say,
        last=given.last,
        voices=given.voices,
        html=given.html,
    )
    await command.test(options, emit)


if __name__ == "__main__":
    sys.exit(main())
