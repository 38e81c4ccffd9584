"""What the engine gets to hear: spoken by a program that is installed, or recordings of the user.

A program says the same text the same way each time, so two machines can be compared; a recording
says what the user can expect.
"""

import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from dictate.benchmark.rows import HARMLESS, HOTWORD
from dictate.errors import ConfigError, Unavailable
from dictate.events import RATE, Samples
from dictate.microphone.sound_file import read_sound_file

FLITE: Final = ("slt", "rms", "awb")
ESPEAK: Final = ("en-us", "en-gb")
QUIET_S: Final = 0.4
"""Seconds of quiet room before and after what is spoken."""
SNIPPET_S: Final = 0.25
"""Seconds of speech in which nobody can have said a word."""

SENTENCES: Final = (
    "The weather in the mountains was cold and clear this morning.",
    "Please open the window and close the door.",
    "The train to the city leaves in the afternoon.",
    "We should talk about the new plan before the end of the week.",
    "She wrote a long letter to her brother and sent it the same day.",
    "There is a problem with the new version of the program.",
    f"I use {HOTWORD} every day to write programs.",
    f"Please ask {HOTWORD} to look at the test.",
    f"{HOTWORD} can read the whole project.",
    f"We keep the old pictures in {HARMLESS}.",
    f"The price of {HARMLESS} went down last year.",
    f"Is there enough {HARMLESS} for all the files?",
)
"""No number and no spoken sign, which engines write in more than one right way."""

_NOBODY_SPEAKS: Final = (
    "no program that speaks is installed: apt install flite, or say it yourself (--recordings)"
)


@dataclass(frozen=True, slots=True)
class Clip:
    """Something that was said."""

    text: str
    samples: Samples


@dataclass(frozen=True, slots=True)
class Clips:
    """All that there is to hear."""

    source: str
    """Who speaks, for people; empty if nobody does."""
    clips: tuple[Clip, ...]
    unavailable_reason: str
    """Why there is not what is not there, and what to do."""

    def with_words(self, words: str) -> list[Clip]:
        """Those in which these words are said, whatever their case. Raises Unavailable if none."""
        found = [clip for clip in self._all() if words.lower() in clip.text.lower()]
        if not found:
            raise Unavailable(f"nobody says {words!r}: {self.unavailable_reason}")
        return found

    def plain(self) -> list[Clip]:
        """Those that an engine without hotwords can know. Raises Unavailable if there are none."""
        plain = [clip for clip in self._all() if HOTWORD.lower() not in clip.text.lower()]
        if not plain:
            raise Unavailable(f"nobody says anything but {HOTWORD!r}: {self.unavailable_reason}")
        return plain

    def lasting(self, seconds: float, first: str = "") -> Samples:
        """So much of it in one piece, again and again if there is less, those with the words
        `first` in them before the others. Raises Unavailable if there is nothing to hear."""
        ordered = sorted(self._all(), key=lambda clip: first.lower() not in clip.text.lower())
        whole = np.concatenate([clip.samples for clip in ordered])
        return np.resize(whole, round(seconds * RATE))

    def snippet(self) -> Samples:
        """The loudest SNIPPET_S of the first clip: speech, but no word. Raises Unavailable."""
        samples, length = self._all()[0].samples, round(SNIPPET_S * RATE)
        if len(samples) <= length:
            return samples
        energy = np.cumsum([0.0, *np.square(samples, dtype=np.float64)])
        start = int(np.argmax(energy[length:] - energy[:-length]))
        return samples[start : start + length]

    def _all(self) -> tuple[Clip, ...]:
        if not self.clips:
            raise Unavailable(self.unavailable_reason)
        return self.clips


def spoken() -> Clips:
    """The sentences, by flite, else by espeak-ng. Without either there is nothing to hear, and
    the clips say why. Raises Unavailable if the program fails."""
    for program, voice in (("flite", FLITE[0]), ("espeak-ng", ESPEAK[0])):
        if shutil.which(program):
            clips = tuple(Clip(text, speak(text, voice)) for text in SENTENCES)
            return Clips(f"{program}, voice {voice}", clips, "")
    return Clips("", (), _NOBODY_SPEAKS)


def recorded(folder: Path) -> Clips:
    """The recordings in a folder: each NAME.wav or NAME.flac that has a NAME.txt, which says what
    is said. Raises ConfigError if there is none, AudioFileError for one that cannot be read."""
    if not folder.is_dir():
        raise ConfigError([f"{folder}: there is no such folder"])
    sounds = sorted(path for path in folder.iterdir() if path.suffix.lower() in (".wav", ".flac"))
    pairs = [(path, path.with_suffix(".txt")) for path in sounds]
    clips = [
        Clip(" ".join(text.read_text(errors="replace").split()), read_sound_file(sound))
        for sound, text in pairs
        if text.is_file()
    ]
    if not clips:
        raise ConfigError(
            [f"{folder}: no NAME.wav or NAME.flac with a NAME.txt beside it that says what is said"]
        )
    return Clips(f"recordings in {folder}", tuple(clips), f"record it, and put it into {folder}")


def silence(seconds: float) -> Samples:
    """Nothing at all."""
    return np.zeros(round(seconds * RATE), np.float32)


def noise(seconds: float) -> Samples:
    """A quiet room with a fan in it, at -50 dB; the same each time."""
    count = round(seconds * RATE)
    return np.random.default_rng(0).normal(0, 0.003, count).astype(np.float32)


def speak(text: str, voice: str) -> Samples:
    """The text in this voice (one of FLITE or ESPEAK), in a quiet room. Blocks. Raises
    Unavailable if the program is missing or fails."""
    program = "flite" if voice in FLITE else "espeak-ng"
    if shutil.which(program) is None:
        raise Unavailable(f"{program} is not installed: apt install {program}")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "spoken.wav"
        if voice in FLITE:
            command = ["flite", "-voice", voice, "-t", text, "-o", str(path)]
        else:
            command = ["espeak-ng", "-v", voice, "-s", "150", "-w", str(path), text]
        try:
            subprocess.run(command, check=True, capture_output=True, timeout=30)
        except (subprocess.SubprocessError, OSError) as error:
            raise Unavailable(f"{program} cannot speak ({error}): install it again") from error
        return in_a_room(read_sound_file(path))


def in_a_room(samples: Samples) -> Samples:
    """With quiet before and after, and a little noise all over; the same each time."""
    quiet = np.zeros(int(QUIET_S * RATE), np.float32)
    sound = np.concatenate([quiet, samples, quiet])
    hiss = np.random.default_rng(0).normal(0, 0.0005, len(sound))
    return (sound + hiss).astype(np.float32)
