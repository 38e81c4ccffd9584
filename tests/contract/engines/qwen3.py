"""qwen3: with a tiny model that always returns the same words."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dictate.engines import Engine
from tests.contract.engines import loaded
from tests.lab import tiny_qwen3

NOT_COMPARED = "its model always returns the same words; tests/engines/test_qwen3.py compares"


@contextmanager
def engine(folder: Path, kind: str) -> Iterator[Engine]:
    made = tiny_qwen3.make(folder, words=tiny_qwen3.SAYS)
    yield loaded(tiny_qwen3.settings(made))
