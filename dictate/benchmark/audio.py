"""The speech for the benchmark: synthesized by an installed program, or the user's recordings.

A program says the same text in the same way every time, so two machines can be compared. Recordings
show what the user can expect.
"""

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from dictate.benchmark.rows import HARMLESS, HOTWORD
from dictate.errors import ConfigError, Unavailable
from dictate.events import RATE, Samples
from dictate.installation import system_command
from dictate.microphone.sound_file import read_sound_file
from dictate.proof.voices import FLITE, Voice, speak
from dictate.translation import _

ESPEAK: Final = ("en-us", "en-gb")
SNIPPET_S: Final = 0.25
"""Seconds of speech that are too short for a word."""

# untranslated
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
"""Without numbers and spoken punctuation, which engines may write correctly in several ways."""

_NO_SPEECH: Final = _(
    "no speech synthesizer is installed: {system_command}, or give your own --recordings"
).format(system_command=system_command("flite"))


@dataclass(frozen=True, slots=True)
class Clip:
    """A sentence, as text and as sound."""

    text: str
    samples: Samples


@dataclass(frozen=True, slots=True)
class Clips:
    """All sentences."""

    source: str
    """Who speaks, for people; empty if there is no speech."""
    clips: tuple[Clip, ...]
    unavailable_reason: str
    """What to do if a clip that is needed is missing."""

    def with_words(self, words: str) -> list[Clip]:
        """The clips with these words, in any letter case. Raises Unavailable if there are none."""
        found = [clip for clip in self._all() if words.lower() in clip.text.lower()]
        if not found:
            raise Unavailable(
                _("no clip contains {words!r}: {unavailable_reason}").format(
                    words=words, unavailable_reason=self.unavailable_reason
                )
            )
        return found

    def plain(self) -> list[Clip]:
        """The clips without the hotword. Raises Unavailable if there are none."""
        plain = [clip for clip in self._all() if HOTWORD.lower() not in clip.text.lower()]
        if not plain:
            raise Unavailable(
                _("every clip contains {hotword!r}: {unavailable_reason}").format(
                    hotword=HOTWORD, unavailable_reason=self.unavailable_reason
                )
            )
        return plain

    def lasting(self, seconds: float, first: str = "") -> Samples:
        """One sound of this length from all clips, repeated as needed; clips with the words `first`
        come first. Raises Unavailable if there is no clip."""
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


def synthesized() -> Clips:
    """The sentences, spoken by flite or else by espeak-ng. Without either there are no clips, and
    `unavailable_reason` says why. Raises Unavailable if the program fails."""
    for program, voice in (("flite", FLITE[0]), ("espeak-ng", ESPEAK[0])):
        if shutil.which(program):
            clips = tuple(Clip(text, synthesize(text, voice)) for text in SENTENCES)
            return Clips(
                _("{program}, voice {voice}").format(program=program, voice=voice), clips, ""
            )
    return Clips("", (), _NO_SPEECH)


def recorded(folder: Path) -> Clips:
    """The recordings in a folder: each NAME.wav or NAME.flac with a NAME.txt that has its words.
    Raises ConfigError if there is none, AudioFileError for one that cannot be read."""
    if not folder.is_dir():
        raise ConfigError([_("{folder}: there is no such folder").format(folder=folder)])
    sounds = sorted(path for path in folder.iterdir() if path.suffix.lower() in (".wav", ".flac"))
    pairs = [(path, path.with_suffix(".txt")) for path in sounds]
    clips = [
        Clip(" ".join(text.read_text(errors="replace").split()), read_sound_file(sound))
        for sound, text in pairs
        if text.is_file()
    ]
    if not clips:
        raise ConfigError(
            [
                _(
                    "{folder}: no NAME.wav or NAME.flac with a NAME.txt beside it that has its "
                    "words"
                ).format(folder=folder)
            ]
        )
    return Clips(
        _("recordings in {folder}").format(folder=folder),
        tuple(clips),
        _("add such a recording to {folder}").format(folder=folder),
    )


def silence(seconds: float) -> Samples:
    """Digital silence."""
    return np.zeros(round(seconds * RATE), np.float32)


def noise(seconds: float) -> Samples:
    """The noise of a fan in a quiet room, at -50 dB; the same every time."""
    count = round(seconds * RATE)
    return np.random.default_rng(0).normal(0, 0.003, count).astype(np.float32)


def synthesize(text: str, voice: str) -> Samples:
    """The text, spoken in this voice (one of FLITE or ESPEAK) in a quiet room. Blocks. Raises
    Unavailable if the program is missing or fails."""
    program = "flite" if voice in FLITE else "espeak-ng"
    return speak(text, Voice(program, voice, words_per_min=150))
