"""A proof as a child process: JSON lines on standard output.

    {"waiting": what}                             it waits for the engine, or a dictation to end
    {"say": sentence, "number": n, "of": n}       the user is to say this now
    {"doing": what, "clip": n, "of": n}           before each clip
    {"said": sentence, "sound": base64}           a control sentence: PCM, 16-bit, mono, 16 kHz
    {"result": {...}}                             last
    {"error": message, "kind": "Unavailable"}     last, instead: a class of dictate/errors.py

It ends with its standard input, and so with its parent.
"""

import argparse
import asyncio
import base64
import json
import logging
import os
import sys
from pathlib import Path
from typing import Any

from dictate.errors import DictateError
from dictate.events import pcm_from_samples
from dictate.hotwords.spoken_words import Words
from dictate.platform.lifeline import die_with_input
from dictate.platform.log_lines import log_to_stderr
from dictate.proof import calibrate, command, voices
from dictate.proof.spoken_controls import spoken


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
    speak = commands.add_parser("controls")
    speak.add_argument("spelling")
    speak.add_argument("--heard", default="")
    speak.add_argument("--language", required=True)
    speak.add_argument("--most", type=int, required=True)
    given = parser.parse_args()
    log_to_stderr(logging.WARNING, "%(message)s")
    die_with_input()
    try:
        if given.command == "controls":
            _speak(given)
        else:
            asyncio.run(_run(given))
    except (DictateError, OSError) as error:
        emit({"error": str(error), "kind": type(error).__name__})
        return 1
    return 0


def _speak(given: argparse.Namespace) -> None:
    """Speak the control set of a term. The caller hears it."""
    os.nice(10)  # a dictation comes first
    speakers = voices.installed(given.language)[: command.VOICES]
    heard = Words.of(given.heard).keys
    for clip in spoken(given.spelling, given.language, speakers, given.most, given.most, heard):
        sound = base64.b64encode(pcm_from_samples(clip.sound)).decode()
        emit({"said": clip.said, "sound": sound})
    note = "" if speakers else voices.nobody_speaks(given.language)
    emit({"result": {"note": note}})


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
