"""riva: with a server that recognises speech."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dictate.config.schema import EngineSettings
from dictate.engines import Engine
from tests.contract.engines import loaded
from tests.lab.riva_server import RivaServer, listener


@contextmanager
def engine(folder: Path, kind: str) -> Iterator[Engine]:
    with RivaServer(listener()) as server:
        yield loaded(EngineSettings(use="riva", base_url=server.url))
