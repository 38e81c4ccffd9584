"""The voices that can speak here: piper, flite and espeak-ng, as far as they are installed.

A program says the same text in the same way each time (piper varies a little). Everything here
blocks.
"""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, zip_longest
from pathlib import Path
from typing import Final

import numpy as np

from dictate.errors import AudioFileError, Unavailable
from dictate.events import RATE, Samples
from dictate.installation import system_command
from dictate.microphone.sound_file import read_sound_file
from dictate.translation import _

QUIET_S: Final = 0.4
"""Seconds of quiet room before and after the speech."""
SPEAK_S: Final = 30.0
"""Seconds that a program may take for a sentence."""
FLITE: Final = ("slt", "rms", "awb")
"""Its voices that people understand well; the others are older."""
_ESPEAK_EN: Final = (("en-us", 150), ("en+f3", 165), ("en-us+m3", 140), ("en-gb-scotland", 155))
"""British is "en": of "en-gb" it speaks all variants alike."""
_ESPEAK: Final = (("", 150), ("+f3", 165), ("+m3", 140), ("+f4", 155))
"""Variants of the voice of any other language, with words in a minute."""
_PIPER_FOLDERS: Final = ("piper-voices", "piper", "piper/voices")
"""Below the folders for data (XDG): where people and packages put voice models."""


@dataclass(frozen=True, slots=True)
class Voice:
    """One voice of one program."""

    program: str
    name: str
    """What the program calls it; for piper the path of its model."""
    words_per_min: int = 0
    """Of espeak-ng."""

    def __str__(self) -> str:
        return f"{self.program} {Path(self.name).stem if self.program == 'piper' else self.name}"


def installed(language: str = "en") -> list[Voice]:
    """The voices that speak this language (BCP 47), each program in turn, so that the first few are
    as different as possible."""
    base = language.partition("-")[0].lower()
    of_programs = (
        list(_piper(base)),
        [Voice("flite", name) for name in FLITE] if base == "en" and shutil.which("flite") else [],
        list(_espeak(base)) if shutil.which("espeak-ng") else [],
    )
    return [voice for voice in chain(*zip_longest(*of_programs)) if voice is not None]


def nobody_speaks(language: str) -> str:
    """What to do where no voice is installed."""
    programs = ("flite", "espeak-ng") if language.startswith("en") else ("espeak-ng",)
    return _(
        "no speech synthesizer is installed that speaks {language!r}: {system_command}, "
        "or use a recording (--clip) or your own voice (--say)"
    ).format(language=language, system_command=system_command(*programs))


def speak(text: str, voice: Voice) -> Samples:
    """The text in this voice, in a quiet room. Raises Unavailable if the program is missing or
    fails."""
    if shutil.which(voice.program) is None:
        raise Unavailable(
            _("{program} is not installed: {system_command}").format(
                program=voice.program, system_command=system_command(voice.program)
            )
        )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "spoken.wav"
        try:
            subprocess.run(
                _command(text, voice, path),
                input=text.encode(),
                check=True,
                capture_output=True,
                timeout=SPEAK_S,
            )
            return with_room_noise(read_sound_file(path))
        except (subprocess.SubprocessError, OSError, AudioFileError) as error:
            raise Unavailable(
                _("{voice} failed ({error}): install it again").format(voice=voice, error=error)
            ) from error


def with_room_noise(samples: Samples) -> Samples:
    """The sound with quiet before and after, and a little noise all over; the same every time."""
    quiet = np.zeros(int(QUIET_S * RATE), np.float32)
    sound = np.concatenate([quiet, samples, quiet])
    hiss = np.random.default_rng(0).normal(0, 0.0005, len(sound))
    return (sound + hiss).astype(np.float32)


def _command(text: str, voice: Voice, path: Path) -> Sequence[str]:
    match voice.program:
        case "flite":
            return ("flite", "-voice", voice.name, "-t", text, "-o", str(path))
        case "espeak-ng":
            speed = str(voice.words_per_min)
            # The text may begin with a dash.
            return ("espeak-ng", "-v", voice.name, "-s", speed, "-w", str(path), "--", text)
        case _:
            return ("piper", "--model", voice.name, "--output_file", str(path))


def _espeak(base: str) -> Iterator[Voice]:
    if base == "en":
        yield from (Voice("espeak-ng", name, speed) for name, speed in _ESPEAK_EN)
        return
    try:
        listed = subprocess.run(
            ["espeak-ng", f"--voices={base}"], capture_output=True, text=True, timeout=SPEAK_S
        ).stdout.splitlines()
    except (OSError, subprocess.SubprocessError):
        return
    if len(listed) > 1:  # the first line is a heading
        yield from (Voice("espeak-ng", f"{base}{variant}", speed) for variant, speed in _ESPEAK)


def _piper(base: str) -> Iterator[Voice]:
    """The voice models of piper (`en_US-joe-medium.onnx` beside a .json) in the folders for
    data."""
    if shutil.which("piper") is None:
        return
    home = os.environ.get("XDG_DATA_HOME") or str(Path.home() / ".local/share")
    folders = [home, *(os.environ.get("XDG_DATA_DIRS") or "/usr/local/share:/usr/share").split(":")]
    for root in folders:
        for name in _PIPER_FOLDERS:
            for model in sorted(Path(root, name).glob(f"{base}[-_]*.onnx")):
                if model.with_name(f"{model.name}.json").is_file():
                    yield Voice("piper", str(model))
