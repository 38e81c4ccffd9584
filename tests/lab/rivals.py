"""`python -m tests.lab.rivals NAME`: what each way of this subject of the benchmark hears, as JSON.
A process of its own, as NeMo's ways set what holds for a whole process."""

import json
import sys

import numpy as np

from bench.nemotron_models import SMALL
from bench.nemotron_rivals import SUBJECTS, Setup
from dictate.microphone.sound_file import read_sound_file
from dictate.platform.resources import samples

WORDS = ("Claude Code",)
MORE = (0, 3000, 8000)
"""Samples of silence after the recording, so that the end falls on different parts of a chunk."""

if __name__ == "__main__":
    subject = SUBJECTS[sys.argv[1]](Setup(SMALL, "cpu"))
    subject.load()
    subject.learn(WORDS)
    voice = read_sound_file(samples()[1])
    sounds = [np.concatenate([voice, np.zeros(more, np.float32)]) for more in MORE]
    print(
        json.dumps(
            {
                name: [[way(sound, words).text for words in ((), WORDS, ())] for sound in sounds]
                for name, way in subject.ways.items()
            }
        )
    )
