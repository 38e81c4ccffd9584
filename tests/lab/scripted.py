"""A daemon without hardware: a recording for a microphone, a script for an engine."""

from pathlib import Path

import numpy as np
import soundfile

from dictate.events import RATE


def noise(path: Path, seconds: float) -> Path:
    """A recording that is loud from its first sample to its last."""
    sound = np.random.default_rng(7).normal(0, 0.2, round(seconds * RATE)).clip(-0.9, 0.9)
    soundfile.write(path, sound, RATE, subtype="PCM_16")
    return path


def script(path: Path, *lines: str) -> Path:
    """What the engine says, utterance by utterance."""
    path.write_text("".join(f"{line}\n" for line in lines))
    return path


def settings(recording: Path, says: Path, output: str = "stdout", more: str = "") -> str:
    """A config.toml with these; a press of a key is not listened for."""
    return (
        f'[microphone]\nuse = "wav:{recording}"\n[engine]\nuse = "scripted:{says}"\n'
        f'[output]\nuse = "{output}"\n[hotkey]\nuse = "none"\n{more}'
    )
