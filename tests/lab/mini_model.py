"""The small speech model of our own (tests/models/README.md), and an engine that has it loaded."""

from functools import cache
from pathlib import Path

import pytest

from dictate.config import EngineSettings
from dictate.engines.nemotron import NemotronEngine

MINI = Path(__file__).parents[1] / "models" / "mini.nemo"


def settings(**changes: object) -> EngineSettings:
    """Settings for the small model, over the defaults."""
    wanted = {"use": "nemotron", "model": str(MINI), "trust_model": True, **changes}
    return EngineSettings(**wanted)  # type: ignore[arg-type]


def unloaded() -> NemotronEngine:
    """An engine that is still to be loaded. Skips where NeMo is not installed."""
    made = NemotronEngine(settings())
    if reason := made.why_not():
        pytest.skip(f"nemotron: {reason}")
    return made


@cache
def engine() -> NemotronEngine:
    """One loaded engine for all tests of a run. Skips where NeMo is not installed."""
    made = unloaded()
    made.load()
    return made
