"""`python -m tests.lab.rivals`: what each subject of the benchmark transcribes, as JSON.

Each subject runs in a forked process, as it changes settings of NeMo that hold for a whole process;
NeMo is imported once.
"""

import json
import os
import tempfile
import traceback
from pathlib import Path

import numpy as np

from bench.nemotron_models import SMALL
from bench.nemotron_rivals import SUBJECTS, Setup
from dictate.microphone.sound_file import read_sound_file
from dictate.platform.resources import samples

WORDS = ("Claude Code",)
MORE = (0, 8000)
"""Samples of silence after the recording, so that the end falls on different parts of a chunk."""


def transcripts(name: str) -> dict[str, list[list[str]]]:
    """The texts of one subject: for each of its ways, each sound, without and with the words."""
    subject = SUBJECTS[name](Setup(SMALL, "cpu"))
    subject.load()
    subject.learn(WORDS)
    voice = read_sound_file(samples()[1])
    sounds = [np.concatenate([voice, np.zeros(more, np.float32)]) for more in MORE]
    return {
        way_name: [[way(sound, words).text for words in ((), WORDS, ())] for sound in sounds]
        for way_name, way in subject.ways.items()
    }


def main() -> None:
    """Print the transcripts of all subjects, or how one failed, by its name."""
    import nemo.collections.asr.models  # noqa: F401

    found = {}
    with tempfile.TemporaryDirectory() as folder:
        for name in SUBJECTS:
            path = Path(folder) / "transcripts"
            child = os.fork()
            if not child:
                try:
                    path.write_text(json.dumps(transcripts(name)))
                except BaseException:
                    path.write_text(json.dumps(traceback.format_exc()))
                finally:
                    os._exit(0)
            os.waitpid(child, 0)
            found[name] = json.loads(path.read_text())
            path.unlink()
    print(json.dumps(found))


if __name__ == "__main__":
    main()
