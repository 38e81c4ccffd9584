"""nemotron: with our small model, and with models of the other kinds it takes."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dictate.engines import Engine
from tests.contract.engines import loaded
from tests.lab import other_models
from tests.lab.mini_model import settings

KINDS = other_models.KINDS


@contextmanager
def engine(folder: Path, kind: str) -> Iterator[Engine]:
    yield other_models.engine(kind) if kind else loaded(settings())
