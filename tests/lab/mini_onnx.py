"""The small speech model of our own (tests/mini_model/README.md) as ONNX files, in an engine.

The files are made once for a Python environment, in some 30 seconds, and kept in it.
"""

import hashlib
import sys
from functools import cache
from pathlib import Path

import pytest

from dictate.config.schema import EngineSettings
from dictate.engines.nemotron.load import Loaded, load
from dictate.engines.onnx import export as exporter
from dictate.engines.onnx.engine import OnnxEngine
from dictate.platform.locks import locked
from tests.lab import mini_model, other_models

CHUNKS_MS = (80, 160, 560, 1120)


@cache
def path(kind: str = "", chunk_ms: int = 560, *, quantise: bool = True) -> Path:
    """The folder of the small model, or of another of `other_models.KINDS`, for one chunk; 0 for a
    kind that does not stream. Skips where NeMo is not installed."""
    if reason := mini_model.unavailable():
        pytest.skip(f"nemotron: {reason}")
    nemo = other_models.path(kind) if kind else mini_model.MINI
    sources = (mini_model.MINI, Path(other_models.__file__), Path(exporter.__file__))
    digest = hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()
    kept = Path(sys.prefix) / "mini-onnx" / digest[:16]
    kept.mkdir(parents=True, exist_ok=True)
    folder = kept / f"{kind or 'mini'}-{chunk_ms}-{'int8' if quantise else 'fp32'}"
    with locked(kept, wait=True):
        if not folder.exists():
            exporter.export(_loaded(nemo), folder, chunk_ms, quantise=quantise)
    return folder


@cache
def _loaded(nemo: Path) -> Loaded:
    return load(nemo, "cpu")


def settings(**changes: object) -> EngineSettings:
    """Settings for the small model, over the defaults."""
    wanted = {"use": "onnx", "model": str(path()), "trust_model": True, **changes}
    return EngineSettings(**wanted)  # type: ignore[arg-type]


@cache
def engine(
    kind: str = "", chunk_ms: int = 560, language: str = "en", *, quantise: bool = True
) -> OnnxEngine:
    """One loaded engine for all tests of a run. Skips where NeMo is not installed."""
    folder = str(path(kind, chunk_ms, quantise=quantise))
    made = OnnxEngine(settings(model=folder, language=language))
    if reason := made.unavailable_reason():
        pytest.skip(f"onnx: {reason}")
    made.load()
    return made
