"""A tiny Qwen3-ASR with random weights (`random_qwen3.py`), and an engine for it."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from dictate.config.schema import EngineSettings
from dictate.engines import device
from dictate.engines.qwen3 import load as qwen3_load
from dictate.engines.qwen3.engine import Qwen3Engine
from tests.lab import random_qwen3
from tests.lab.random_qwen3 import TEMPLATE

SAYS = ("Please", " open", " the", " window", ".")


def settings(folder: Path, **changes: object) -> EngineSettings:
    """Settings for the model in `folder`, over the defaults."""
    wanted = {"use": "qwen3", "model": str(folder), "trust_model": True, **changes}
    return EngineSettings(**wanted)  # type: ignore[arg-type]


def engine(folder: Path, **changes: object) -> Qwen3Engine:
    """An engine for the model in `folder`, not yet loaded; with settings over the defaults. Skips
    where the packages are not installed."""
    return Qwen3Engine(settings(folder, **changes))


def make(
    folder: Path, *, words: Sequence[str] = (), for_ever: bool = False, template: str = TEMPLATE
) -> Path:
    """Write a model with random weights to `folder`, in the files of the published ones. Skips
    where the packages are not installed.

    With `words` it says these, once or `for_ever`, whatever it hears: each word calls up the next,
    and nothing else in it has a say.
    """
    if reason := qwen3_load.unavailable_reason():
        pytest.skip(f"qwen3: {reason}")
    with device.quiet():
        random_qwen3.write(folder, words=words, for_ever=for_ever, template=template)
    return folder
