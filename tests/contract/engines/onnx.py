"""onnx: with our small model, and with models of the other kinds it takes."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dictate.engines import Engine
from tests.contract.engines import loaded
from tests.lab import mini_onnx, other_models

KINDS = other_models.KINDS


@contextmanager
def engine(folder: Path, kind: str) -> Iterator[Engine]:
    if kind == "prompt":
        # Its weights are a construction (other_models.py) of which 8 bits leave nothing.
        yield mini_onnx.engine(kind, quantise=False)
    else:
        yield mini_onnx.engine(kind, chunk_ms=0) if kind else loaded(mini_onnx.settings())
