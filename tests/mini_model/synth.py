"""What the test model hears: sentences in voices, in rooms, with more and less quiet around them.

    python -m tests.mini_model.synth FOLDER

writes for each set SET.pcm, all its recordings end to end (16 kHz, 16 bit, mono), and SET.json,
a Recording for each. Needs flite and espeak-ng. The same every time.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import random
import subprocess
import tempfile
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile
import soxr

from tests.mini_model import text

Sound = npt.NDArray[np.float32]
Pcm = npt.NDArray[np.int16]

RATE = 16000
SPOKEN = 10000
"""How many times a voice speaks for training; each is heard in two rooms."""
PROCESSES = 2

_VARIANTS = ("", "", "", "+f1", "+f2", "+f3", "+m1", "+m2", "+m3", "+m4", "+m6")
_ACCENTS = ("en-029", "en-gb-x-gbclan", "en-gb-x-gbcwmd", "en-gb-x-rp", "en-us-nyc")
TRAINED = (
    *["slt", "slt", "rms", "rms", "rms", "awb", "awb"] * 6,
    *[f"{accent}{variant}" for accent in ("en-us", "en-gb") for variant in _VARIANTS],
    *[f"{accent}{variant}" for accent in _ACCENTS for variant in ("", "+f2", "+m3")],
)
UNHEARD = ("en-us+f4", "en-gb+m5", "en-gb-scotland", "en-gb-scotland+f5")
"""Voices that training never hears, but for the second: espeak-ng has no variants of en-gb, and
en-gb is in training."""
STRANGER = ("kal16",)
"""A person that training never hears, in no voice like this."""
SPEAKERS = {
    "known": TRAINED,
    "unheard": UNHEARD,
    "stranger": STRANGER,
    "terms": TRAINED + UNHEARD * 6,
    "clouds": TRAINED + UNHEARD * 6,
}
"""Who speaks the test sets."""


@dataclass(frozen=True)
class Recording:
    """One piece of the sound of a set."""

    samples: int
    text: str
    special: str
    """The text with its term spelt the special way; the same text if it holds none."""
    term: str
    voice: str


Item = tuple[Sound, Recording]
Stored = tuple[Pcm, Recording]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    folder: Path = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    with multiprocessing.Pool(PROCESSES) as pool:
        for name in text.TESTS:
            _write(folder / name, [_for_tests(name)])
        _write(folder / "train", pool.imap(_for_training, range(SPOKEN), 16))


def read(folder: Path, name: str) -> list[Stored]:
    """The recordings of a set, left on the disk until they are used."""
    pcm = np.memmap(folder / f"{name}.pcm", "<i2", "r")
    recordings = [Recording(**r) for r in json.loads((folder / f"{name}.json").read_text())]
    ends = np.cumsum([r.samples for r in recordings])
    return [(pcm[end - r.samples : end], r) for end, r in zip(ends, recordings, strict=True)]


def _write(path: Path, groups: Iterable[list[Item]]) -> None:
    recordings: list[dict[str, object]] = []
    with path.with_suffix(".pcm").open("wb") as file:
        for sound, recording in (item for group in groups for item in group):
            file.write((np.clip(sound, -1, 1) * 32767).astype("<i2").tobytes())
            recordings.append(asdict(recording))
    path.with_suffix(".json").write_text(json.dumps(recordings))


def _for_tests(name: str) -> list[Item]:
    items = []
    for i, sentence in enumerate(text.for_tests(name)):
        rng = random.Random(f"{name} {i}")
        voice = rng.choice(SPEAKERS[name])
        sound = _in_a_room(rng, _spoken(rng, voice, sentence.spoken))
        term = sentence.term.special if sentence.term else ""
        items.append((sound, _recording(sound, sentence.ordinary, sentence.special, term, voice)))
    return items


def _for_training(i: int) -> list[Item]:
    """One thing to say, in two rooms, or two recordings in which nobody speaks."""
    rng = random.Random(i)
    if rng.random() < 0.05:
        quiet = [_nobody(rng) for _ in range(2)]
        return [(sound, _recording(sound, "", "", "", "")) for sound in quiet]
    voice = rng.choice(TRAINED)
    sentences = [text.for_training(rng) for _ in range(2 if rng.random() < 0.05 else 1)]
    sounds = [_spoken(rng, voice, sentence.spoken) for sentence in sentences]
    items = []
    for _ in range(2):
        parts = [sounds[0]]
        for more in sounds[1:]:
            parts += [_quiet(rng, 0.3, 1.2), more]
        sound = _in_a_room(rng, _other_throat(rng, np.concatenate(parts)))
        special = [s.term is not None and rng.random() < text.SPECIAL_SHARE for s in sentences]
        pairs = zip(sentences, special, strict=True)
        label = " ".join(s.special if special else s.ordinary for s, special in pairs)
        items.append((sound, _recording(sound, label, label, "", voice)))
    return items


def _recording(sound: Sound, label: str, special: str, term: str, voice: str) -> Recording:
    return Recording(len(sound), label, special, term, voice)


def _spoken(rng: random.Random, voice: str, words: str) -> Sound:
    """The voice alone, from its first sound to its last, as loud as it gets."""
    with tempfile.TemporaryDirectory(dir=_memory()) as folder:
        path = Path(folder) / "spoken.wav"
        if voice.startswith("en-"):
            speed, pitch = str(rng.randint(130, 190)), str(rng.randint(30, 70))
            command = ["espeak-ng", "-v", voice, "-s", speed, "-p", pitch, "-w", str(path), words]
        else:
            command = ["flite", "-voice", voice, "-t", words, "-o", str(path)]
            command += ["--setf", f"duration_stretch={rng.uniform(0.85, 1.25):.2f}"]
            if rng.random() < 0.6:
                middle = 190 if voice == "slt" else 115
                pitch = f"{middle * rng.uniform(0.8, 1.25):.0f}"
                command += ["--setf", f"int_f0_target_mean={pitch}"]
        subprocess.run(command, check=True, capture_output=True, timeout=60)
        sound, rate = soundfile.read(path, dtype="float32")
    sound = sound if rate == RATE else soxr.resample(sound, rate, RATE)
    loud = np.flatnonzero(np.abs(sound) > 0.01 * np.abs(sound).max())
    sound = sound[max(0, loud[0] - 160) : loud[-1] + 800]
    return np.asarray(sound / np.abs(sound).max(), np.float32)


def _memory() -> str | None:
    return "/dev/shm" if Path("/dev/shm").is_dir() else None


def _other_throat(rng: random.Random, sound: Sound) -> Sound:
    """As if from a shorter or longer throat: played a little faster or slower."""
    if rng.random() < 0.4:
        return sound
    return np.asarray(soxr.resample(sound, RATE * rng.uniform(0.9, 1.12), RATE), np.float32)


def _in_a_room(rng: random.Random, sound: Sound) -> Sound:
    """At some loudness, after some quiet, with noise; and half the time cut at the last loud
    sample, with nothing but zeros after it, which is what push-to-talk does."""
    before = _quiet(rng, 0.0, 0.6)
    cut = rng.random() < 0.45
    if cut:
        loud = np.flatnonzero(np.abs(sound) > rng.uniform(0.02, 0.12))
        sound = sound[: loud[-1] + 1]
    after = _quiet(rng, 0.0, 0.6)
    sound = np.concatenate([before, sound * _decibels(rng, -20, -1), *([] if cut else [after])])
    sound += _noise(rng, len(sound))
    return np.concatenate([sound, _quiet(rng, 0.24, 0.6)]) if cut else sound


def _nobody(rng: random.Random) -> Sound:
    """Silence, noise, a hum or a few clicks, 10 ms to 4 s long."""
    seconds = 0.01 if rng.random() < 0.15 else rng.choice([0.3, 1.5, 4.0]) * rng.uniform(0.05, 1)
    sound = np.zeros(int(seconds * RATE), np.float32)
    kind = rng.choice(["silence", "noise", "noise", "hum", "clicks"])
    if kind == "hum":
        time = np.arange(len(sound)) / RATE
        sound += np.sin(2 * np.pi * rng.choice([50, 60, 100, 120]) * time) * _decibels(
            rng, -60, -25
        )
    if kind == "clicks":
        for _ in range(rng.randint(1, 6)):
            at, length = rng.randrange(len(sound)), rng.randint(20, 200)
            click = _generator(rng).normal(0, 1, length) * np.exp(-np.arange(length) / 40)
            piece = sound[at : at + length]
            piece += (click * _decibels(rng, -40, -12))[: len(piece)]
    return sound if kind == "silence" else sound + _noise(rng, len(sound))


def _noise(rng: random.Random, samples: int) -> Sound:
    """White or a little darker, -85 to -42 dB; sometimes none."""
    if rng.random() < 0.2:
        return np.zeros(samples, np.float32)
    noise = _generator(rng).normal(0, 1, samples)
    if rng.random() < 0.4:
        noise = np.convolve(noise, np.full(8, 8**-0.5), "same")[:samples]
    return np.asarray(noise * _decibels(rng, -85, -42), np.float32)


def _generator(rng: random.Random) -> np.random.Generator:
    return np.random.default_rng(rng.getrandbits(64))


def _quiet(rng: random.Random, least: float, most: float) -> Sound:
    return np.zeros(int(rng.uniform(least, most) * RATE), np.float32)


def _decibels(rng: random.Random, least: float, most: float) -> np.float32:
    return np.float32(10 ** (rng.uniform(least, most) / 20))


if __name__ == "__main__":
    main()
