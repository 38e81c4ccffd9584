"""scripted: with a file of one line."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dictate.config.schema import EngineSettings
from dictate.engines import Engine
from tests.contract.engines import loaded
from tests.lab.scripted import script

NOT_COMPARED = "it returns what its file says"


@contextmanager
def engine(folder: Path, kind: str) -> Iterator[Engine]:
    says = script(folder / "script", "the same five words always")
    yield loaded(EngineSettings(use=f"scripted:{says}"))
