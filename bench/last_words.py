"""Words that are lost because the key was let go early: an adaptive tail beside the fixed one.

Each utterance is let go at several moments around the end of its voice, clean and in noise. The
text of the sound up to the end that each tail gives it is compared with what was said.
"""

import argparse
import random
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from rapidfuzz.distance import Levenshtein

from bench.figures import machine, say, table
from bench.hotwords import subjects
from bench.hotwords_speech import Spoken, sets
from dictate.config.schema import EngineSettings, SpeechSettings
from dictate.engines import ENGINES, Engine
from dictate.events import RATE, AudioChunk, Samples
from dictate.hotwords.model import Hotwords
from dictate.vad import DETECTORS
from dictate.vad.segmenter import Segmenter

RELEASES_MS: Final = (-150, -100, -50, 0, 50, 100, 150, 200, 300)
"""When the key is let go, after the end of the voice."""
NOISES_DB: Final = (None, 20, 10)
"""Signal-to-noise ratios of pink noise; None adds none."""
FOREIGN: Final = "free"
"""The set of sentences that the small model was not made for: it guesses anew at each cut."""
BLOCK: Final = RATE // 50
LATENCY: Final = RATE // 50
"""Samples that the microphone is behind: what was said within is not known at the release."""
AFTER: Final = RATE
"""Samples without a voice that follow it."""
SIGNS: Final = re.compile(r"[.,?!]")
VOICE_DB: Final = -35.0
"""The voice ends with the last 10 ms that are louder than this, below its loudest 10 ms."""


@dataclass(frozen=True)
class Sound:
    """One utterance in one noise, with the second of quiet after it."""

    name: str
    said: list[str]
    samples: Samples
    voice_end: int
    """The sample after the last of the voice."""

    def ends(self, tail_ms: int, detector: str) -> Iterator[tuple[int, int, int, int]]:
        """Of each release, in ms after the end of the voice: where the fixed tail ends, where the
        adaptive one does, and where the sound of the draft ends if there is one, in samples."""
        certain, drafted = self._certain(detector)
        for release_ms in RELEASES_MS:
            at = self.voice_end + release_ms * RATE // 1000
            fixed = at + tail_ms * RATE // 1000
            heard = max(0, (at - LATENCY) // BLOCK)
            over = (block for block in range(heard, fixed // BLOCK) if certain[block])
            adaptive = min(fixed, (next(over, fixed) + 1) * BLOCK)
            yield (
                release_ms,
                fixed,
                adaptive,
                drafted[min(heard, adaptive // BLOCK - 1)] or adaptive,
            )

    def _certain(self, detector: str) -> tuple[list[bool], list[int]]:
        """For each block: whether the voice has ended by then, and where the sound of a draft ends
        that holds by then, or 0."""
        settings = SpeechSettings()
        made = DETECTORS.load(detector)(settings)
        segmenter = Segmenter(settings, made.frame_samples, made.likelihood, made.reset)
        certain, drafted = [], [0]
        for start in range(0, len(self.samples) - BLOCK + 1, BLOCK):
            segmenter.push(AudioChunk(self.samples[start : start + BLOCK], start / RATE))
            certain.append(segmenter.voice_end.certain)
            still = segmenter.voice_end.still
            drafted.append((drafted[-1] or start + BLOCK) if still else 0)
        return certain, drafted[1:]


class Hearing:
    """An engine in this process."""

    def __init__(self, name: str, settings: EngineSettings) -> None:
        self.engine: Engine = ENGINES.load(name)(settings)
        self.engine.load()

    @cached_property
    def _texts(self) -> dict[tuple[str, int], list[str]]:
        return {}

    def words(self, sound: Sound, end: int) -> list[str]:
        """What the sound is up to this sample."""
        key = sound.name, end
        if key not in self._texts:
            utterance = self.engine.begin(Hotwords(), "en")
            utterance.feed(sound.samples[:end])
            self._texts[key] = words(utterance.finish())
        return self._texts[key]


def sounds(engine: str, count: int) -> Iterator[Sound]:
    """Synthetic voices that the engine never heard. The noises come in turns."""
    spoken = [one for name, group in sets(engine).items() if name != FOREIGN for one in group]
    random.Random("last words").shuffle(spoken)
    for at, one in enumerate(spoken[:count]):
        yield in_noise(one, NOISES_DB[at % len(NOISES_DB)])


def words(text: str) -> list[str]:
    """The words of a text, without case and signs."""
    return SIGNS.sub("", text.lower()).split()


def in_noise(spoken: Spoken, noise_db: int | None) -> Sound:
    """This voice, a second of quiet after it, and the noise over both."""
    voice = spoken.samples
    frames = voice[: len(voice) // 160 * 160].reshape(-1, 160)
    level_db = 10 * np.log10(np.mean(frames**2, 1) + 1e-10)
    end = 160 * (1 + int(np.flatnonzero(level_db > level_db.max() + VOICE_DB)[-1]))
    whole = np.concatenate((voice[:end], np.zeros(AFTER, np.float32)))
    seed = np.random.default_rng(end)
    white = np.fft.rfft(seed.standard_normal(len(whole)))
    pink = np.fft.irfft(white / np.sqrt(np.maximum(1, np.arange(len(white)))), len(whole))
    loud = float(np.sqrt(np.mean(voice[:end] ** 2)))
    ratio = 10 ** (-(60 if noise_db is None else noise_db) / 20)
    noise = pink * (loud * ratio / float(np.sqrt(np.mean(pink**2))))
    kind = "clean" if noise_db is None else f"{noise_db} dB"
    said = words(spoken.written)
    return Sound(f"{kind}: {spoken.key}", said, (whole + noise).astype(np.float32), end)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="bench.last_words", description=__doc__)
    parser.add_argument("--engine", default="onnx")
    parser.add_argument("--count", type=int, default=400, help="utterances")
    parser.add_argument("--detector", default="webrtc")
    parser.add_argument("--tail-ms", type=int, default=EngineSettings().tail_ms)
    arguments = parser.parse_args()
    found, left_out = subjects([arguments.engine], {})
    if left_out:
        raise SystemExit("\n".join(left_out))
    hearing = Hearing(found[0].name, found[0].settings)
    lost: dict[tuple[str, int], list[tuple[int, ...]]] = defaultdict(list)
    for sound in sounds(arguments.engine, arguments.count):
        for release_ms, *ends in sound.ends(arguments.tail_ms, arguments.detector):
            texts = [hearing.words(sound, end) for end in ends]
            wrong = [Levenshtein.distance(sound.said, text) for text in texts]
            after_ms = (ends[1] - sound.voice_end) * 1000 // RATE - release_ms
            lost[sound.name.partition(":")[0], release_ms].append(
                (len(sound.said), *wrong, after_ms)
            )
            if len(set(wrong)) > 1:
                say(f"{sound.name}, {release_ms} ms: {' -> '.join(map(' '.join, texts))}")
    print(f"{machine()}, {arguments.engine}, {arguments.detector}\n")
    print(table(HEAD, [row(noise, at, rows) for (noise, at), rows in sorted(lost.items())]))


HEAD: Final = (
    *("noise", "let go, ms after the voice", "utterances", "words", "wrong, fixed"),
    *("wrong, adaptive", "wrong, drafted", "tail, ms: median", "longest"),
)


def row(noise: str, release_ms: int, rows: Sequence[tuple[int, ...]]) -> list[str]:
    """Of the table."""
    said, *wrong, after_ms = (list(column) for column in zip(*rows, strict=True))
    after_ms.sort()
    return [
        *(noise, str(release_ms), str(len(rows)), str(sum(said))),
        *(str(sum(each)) for each in wrong),
        *(str(max(0, after_ms[len(rows) // 2])), str(max(0, after_ms[-1]))),
    ]


if __name__ == "__main__":
    main()
