"""wyoming: with `dictate serve`, which serves an engine that recognises speech."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dictate.config.schema import EngineSettings
from dictate.engines import Engine
from tests.contract.engines import loaded
from tests.lab.serving import Serving


@contextmanager
def engine(folder: Path, kind: str) -> Iterator[Engine]:
    with Serving(folder, engine="pocketsphinx") as server:
        yield loaded(EngineSettings(use="wyoming", address=str(server.socket)))
