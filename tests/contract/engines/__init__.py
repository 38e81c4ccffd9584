"""What the contract suite needs to try an engine: a model, a server, a file.

An engine that needs nothing has no module here. Any other has one of its own name, which may have:

- `engine(folder, kind)`, a context manager that yields the engine, loaded (`loaded` below does it).
  `folder` is empty and belongs to the test.
- `KINDS`, the names of further set-ups of the same engine, each tried like an engine of its own.
  Without a kind, `kind` is empty.
- `NOT_COMPARED`, the reason why what the engine returns is not compared with what was said.
"""

import importlib
import importlib.util
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import pytest

from dictate.config.schema import EngineSettings
from dictate.engines import ENGINES, Engine


@dataclass(frozen=True)
class Trial:
    """One set-up of one engine."""

    name: str
    kind: str = ""

    def __str__(self) -> str:
        return f"{self.name}:{self.kind}" if self.kind else self.name

    @property
    def not_compared(self) -> str:
        """Why what it returns is not compared with what was said; empty if it is."""
        return str(getattr(_module(self.name), "NOT_COMPARED", ""))

    @contextmanager
    def engine(self, folder: Path) -> Iterator[Engine]:
        """The engine, loaded. Skips with the reason where it cannot work here."""
        module = _module(self.name)
        if module is None or not hasattr(module, "engine"):
            yield loaded(EngineSettings(use=self.name))
            return
        with module.engine(folder, self.kind) as engine:
            yield engine


def trials() -> list[Trial]:
    """Every set-up of every engine: ours, and those of other packages that are installed."""
    found = []
    for name in sorted(ENGINES.names):
        kinds = getattr(_module(name), "KINDS", ())
        found += [Trial(name, kind) for kind in ("", *kinds)]
    return found


def loaded(settings: EngineSettings) -> Engine:
    """The engine of these settings, loaded. Skips with the reason where it cannot work here."""
    engine = ENGINES.make(settings.use.partition(":")[0], settings)
    if reason := engine.unavailable_reason():
        pytest.skip(f"{settings.use}: {reason}")
    engine.load()
    return engine


def _module(name: str) -> ModuleType | None:
    full = f"{__name__}.{name}"
    return None if importlib.util.find_spec(full) is None else importlib.import_module(full)
