"""Speaks the lines of a file, for demos: `use = "scripted:FILE"`.

Each line is one utterance. The first sound that is not silent takes the next line, and after the
last line the first one comes again. The words come as partials, one for each third of a second that
is not silent. Empty lines and lines that begin with # do not count.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np

from dictate.config.schema import EngineSettings
from dictate.engines import Draft, Engine, Utterance
from dictate.errors import EngineError
from dictate.events import RATE, Samples
from dictate.hotwords.model import Hotwords
from dictate.translation import _

WORD_S: Final = 1 / 3
"""Seconds of sound for each word of the partial."""
SILENT: Final = 0.02
"""Highest amplitude that counts as silence."""


class ScriptedEngine(Engine):
    """See the head of this file."""

    name = "scripted"
    languages = ("en",)
    streams = True
    can_draft = True
    hotwords_as = ""

    def __init__(self, settings: EngineSettings) -> None:
        super().__init__(settings)
        self.path = Path(settings.use.partition(":")[2])
        self._lines: list[str] = []
        self._taken = 0

    def unavailable_reason(self) -> str | None:
        if self.path == Path():
            return _("no file is named: set engine.use to scripted:FILE")
        if not self.path.is_file():
            return _("there is no file {path!r}; write scripted:FILE").format(path=str(self.path))
        return None

    def load(self) -> None:
        lines = (line.strip() for line in self.path.read_text("utf-8").splitlines())
        self._lines = [line for line in lines if line and not line.startswith("#")]
        if not self._lines:
            raise EngineError(_("{path} has no line to speak").format(path=self.path))

    def prepare(self, hotwords: Hotwords) -> list[str]:
        del hotwords
        return []

    def begin(self, hotwords: Hotwords, language: str | None, chunk_ms: int = 0) -> Utterance:
        del hotwords, language, chunk_ms
        return ScriptedUtterance(self._take_line)

    def _take_line(self) -> str:
        self._taken += 1
        return self._lines[(self._taken - 1) % len(self._lines)]


class ScriptedUtterance(Utterance):
    """Speaks one line."""

    def __init__(self, take_line: Callable[[], str]) -> None:
        self._take_line = take_line
        self._line = ""
        self._loud_s = 0.0
        self._words = 0

    def feed(self, samples: Samples) -> str | None:
        if not (np.nan_to_num(np.abs(samples)) > SILENT).any():
            return None
        self._line = self._line or self._take_line()
        self._loud_s += len(samples) / RATE
        words = self._line.split()[: int(self._loud_s / WORD_S)]
        if len(words) <= self._words:
            return None
        self._words = len(words)
        return " ".join(words)

    def draft(self) -> Draft | None:
        return Draft(self._line)

    def finish(self) -> str:
        return self._line

    def cancel(self) -> None:
        """Nothing is held."""
