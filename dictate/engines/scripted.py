"""Says what a file says, for tests and demos: `use = "scripted:FILE"`.

Each line of the file is one utterance, in order and then from the start again; a line is spoken
when there was sound to hear. Its words come as partials while sound comes in, one for each third
of a second that is not silent. Empty lines and lines that begin with # do not count.

A line that begins with ! is a fault. It happens once, at the end of the utterance whose line
follows it (or, with the word "feed" behind it, at the first sound of it):

    !hang              never answers
    !crash             the process dies
    !slow 3            takes three seconds, or until nobody waits for it any more
    !garbage           an answer that is no text
    !huge              two million characters
    !raise some text   fails with this text

`!loading 3` anywhere makes each load take three seconds. What was said and which faults happened
is kept beside the file, in FILE.said, so that a restarted process goes on where the last one
stopped; delete it to begin anew.
"""

import json
import os
import signal
import time
from pathlib import Path
from typing import Any

import numpy as np

from dictate.config.schema import EngineSettings
from dictate.engines import Engine, Utterance
from dictate.errors import EngineError
from dictate.events import RATE, Samples
from dictate.hotwords.model import Hotwords

WORD_S = 1 / 3
"""Seconds of sound for one more word in the partial."""
SILENT = 0.02
"""Nothing louder than this is silence."""


class ScriptedEngine(Engine):
    """See the head of this file."""

    name = "scripted"
    languages = ("en",)
    streams = True
    hotwords_as = ""

    def __init__(self, settings: EngineSettings) -> None:
        super().__init__(settings)
        named = settings.use.partition(":")[2]
        self._path = Path(named)
        self._said_path = Path(f"{named}.said")
        self._lines: list[str] = []
        self._faults: dict[int, list[str]] = {}
        """Line -> the faults before it."""
        self._taken: set[int] = set()
        """Turns of the utterances that are open."""
        self._said: set[int] = set()
        """Turns that are over. A turn counts on when the lines begin again."""
        self._happened: list[str] = []

    def unavailable_reason(self) -> str | None:
        if self._path == Path():
            return "no file is named: set engine.use to scripted:FILE"
        if not self._path.is_file():
            return f"there is no file {str(self._path)!r}; write scripted:FILE"
        return None

    def load(self) -> None:
        faults: list[str] = []
        for line in self._path.read_text().splitlines():
            text = line.strip()
            if text.startswith("!loading"):
                time.sleep(float(text.split()[1]))
            elif text.startswith("!"):
                faults.append(text[1:])
            elif text and not text.startswith("#"):
                self._faults[len(self._lines)] = faults
                self._lines.append(text)
                faults = []
        if not self._lines:
            raise EngineError(f"{self._path} has no line to say")
        if self._said_path.exists():
            kept = json.loads(self._said_path.read_text())
            self._said, self._happened = set(kept["said"]), kept["happened"]

    def prepare(self, hotwords: Hotwords) -> list[str]:
        del hotwords
        return []

    def begin(self, hotwords: Hotwords, language: str | None, chunk_ms: int = 0) -> Utterance:
        del hotwords, language, chunk_ms
        return ScriptedUtterance(self)

    def take_turn(self) -> int:
        """The first turn that nobody has had."""
        turn = 0
        while turn in self._said or turn in self._taken:
            turn += 1
        self._taken.add(turn)
        return turn

    def end_turn(self, turn: int, *, said: bool) -> None:
        """This turn is over; one that was not said comes again."""
        self._taken.discard(turn)
        if said:
            self._said.add(turn)
            self._keep()

    def line(self, turn: int) -> str:
        """What is said in this turn."""
        return self._lines[turn % len(self._lines)]

    def fault(self, turn: int, *, at_feed: bool) -> str | None:
        """The fault that shall happen here now, and never again."""
        for number, fault in enumerate(self._faults[turn % len(self._lines)]):
            key = f"{turn % len(self._lines)}.{number}"
            if key not in self._happened and fault.endswith(" feed") == at_feed:
                self._happened.append(key)
                self._keep()
                return fault.removesuffix(" feed")
        return None

    def _keep(self) -> None:
        kept = {"said": sorted(self._said), "happened": self._happened}
        aside = self._said_path.with_name(self._said_path.name + ".new")
        aside.write_text(json.dumps(kept))
        aside.replace(self._said_path)


class ScriptedUtterance(Utterance):
    """Speaks one line; the line is taken at the first sound."""

    def __init__(self, engine: ScriptedEngine) -> None:
        self._engine = engine
        self._turn: int | None = None
        self._heard_s = 0.0
        self._words = 0

    def feed(self, samples: Samples) -> str | None:
        loud = np.nan_to_num(np.abs(samples)) > SILENT
        if self._turn is None:
            if not loud.any():
                return None
            self._turn = self._engine.take_turn()
            self._fail(at_feed=True)
        self._heard_s += len(samples) / RATE if loud.any() else 0.0
        words = self._engine.line(self._turn).split()
        count = min(int(self._heard_s / WORD_S), len(words))
        if count <= self._words:
            return None
        self._words = count
        return " ".join(words[:count])

    def finish(self) -> str:
        if self._turn is None:
            return ""
        turn = self._turn
        wrong: str | None = self._fail(at_feed=False)
        self._end(said=wrong is None)
        return self._engine.line(turn) if wrong is None else wrong

    def cancel(self) -> None:
        self._end(said=True)

    def _end(self, *, said: bool) -> None:
        if self._turn is not None:
            self._engine.end_turn(self._turn, said=said)
            self._turn = None

    def _fail(self, *, at_feed: bool) -> Any:
        assert self._turn is not None
        try:
            return _act(self._engine.fault(self._turn, at_feed=at_feed), self)
        except RuntimeError:
            self._end(said=False)
            raise


def _act(fault: str | None, utterance: Utterance) -> Any:
    """Let a fault happen; what is answered instead of the line, or None for the line itself."""
    kind, _, argument = (fault or "").partition(" ")
    match kind:
        case "hang":
            while True:
                time.sleep(3600)
        case "crash":
            os.kill(os.getpid(), signal.SIGKILL)
        case "slow":
            end = time.monotonic() + float(argument)
            while time.monotonic() < end and not utterance.stopped:
                time.sleep(0.01)
        case "garbage":
            return 42
        case "huge":
            return "x" * 2_000_000
        case "raise":
            raise RuntimeError(argument)
    return None
