"""An engine that fails as it is told to: `use = "fake:FILE"`.

It is the engine `scripted`, whose file may name faults, too. A line that begins with ! is a fault.
It happens once, at the end of the utterance whose line follows it (or, with the word "feed" behind
it, at the first sound of it; with "draft", at a draft of it):

    !hang              never answers
    !crash             the process dies
    !slow 3            takes three seconds, or until the text is not wanted any more
    !busy 3            takes three seconds of a processor, however long that takes
    !loop              never answers, and uses the processor for ever
    !garbage           an answer that is no text
    !huge              two million characters
    !raise some text   fails with this text
    !unreadable        fails because a file cannot be read

`!loading 3` anywhere makes each load take three seconds, `!loading FILE` until there is such a
file beside it, `!loading busy 3` three seconds of a processor, and `!preparing 3` each list of
hotwords that is taken in ahead. `!drag 2` makes each sound take twice as long as it lasts. `!quiet
some text` anywhere is what it says to sound that is too quiet for a line. `!detects de` makes each
utterance German. `!leak 50` makes each utterance keep 50 MB for ever. `!terms` makes each text end
in the terms that the engine was given with it, and the line alone is the text without hotwords.
Which lines were spoken and which faults happened is kept beside the file, in FILE.said, so that a
restarted process goes on where the last one stopped; delete it to begin anew.

It is a backend of another package: the folder `packages` beside this file holds the entry point.
"""

import json
import os
import signal
import time
from pathlib import Path
from typing import Any

from dictate.config.schema import EngineSettings
from dictate.engines import Draft, Utterance
from dictate.engines.scripted import ScriptedEngine, ScriptedUtterance
from dictate.events import RATE, Samples
from dictate.hotwords.model import Hotwords


class FakeEngine(ScriptedEngine):
    """See the head of this file."""

    name = "fake"

    def __init__(self, settings: EngineSettings) -> None:
        super().__init__(settings)
        self._said_path = self.path.with_name(f"{self.path.name}.said")
        self._faults: dict[int, list[str]] = {}
        """Line -> the faults before it."""
        self._open: set[int] = set()
        """Turns of the utterances that are open."""
        self._said: set[int] = set()
        """Turns that are over. A turn counts on when the lines begin again."""
        self._happened: list[str] = []
        self._preparing_s = 0.0
        self.drag = 0.0
        """Real-time factor of each sound."""
        self.detected = ""
        """The language of each utterance."""
        self.quiet_text = ""
        self.leak_mb = 0
        self.leaked: list[bytes] = []
        self.says_terms = False

    def load(self) -> None:
        super().load()
        lines, self._lines = self._lines, []
        faults: list[str] = []
        for line in lines:
            if line.startswith("!loading busy"):
                _work(float(line.split()[2]))
            elif line.startswith("!loading"):
                _wait(self.path.parent, line.split()[1])
            elif line.startswith("!preparing"):
                self._preparing_s = float(line.split()[1])
            elif line.startswith("!drag"):
                self.drag = float(line.split()[1])
            elif line.startswith("!detects"):
                self.detected = line.split()[1]
            elif line.startswith("!leak"):
                self.leak_mb = int(line.split()[1])
            elif line == "!terms":
                self.says_terms = True
            elif line.startswith("!quiet"):
                self.quiet_text = line.partition(" ")[2]
            elif line.startswith("!"):
                faults.append(line[1:])
            else:
                self._faults[len(self._lines)] = faults
                self._lines.append(line)
                faults = []
        if self._said_path.exists():
            kept = json.loads(self._said_path.read_text())
            self._said, self._happened = set(kept["said"]), kept["happened"]

    def prepare(self, hotwords: Hotwords) -> list[str]:
        time.sleep(self._preparing_s if hotwords.terms else 0.0)
        return super().prepare(hotwords)

    def begin(self, hotwords: Hotwords, language: str | None, chunk_ms: int = 0) -> Utterance:
        return FakeUtterance(self, hotwords)

    def take_turn(self) -> int:
        """The first turn that no utterance has had."""
        turn = 0
        while turn in self._said or turn in self._open:
            turn += 1
        self._open.add(turn)
        return turn

    def end_turn(self, turn: int, *, said: bool) -> None:
        """This turn is over; one that was not said comes again."""
        self._open.discard(turn)
        if said:
            self._said.add(turn)
            self._keep()

    def line(self, turn: int) -> str:
        """What is said in this turn."""
        return self._lines[turn % len(self._lines)]

    def fault(self, turn: int, at: str) -> str | None:
        """The fault that is to happen now at the "feed", "draft" or "end", and never again."""
        for number, fault in enumerate(self._faults[turn % len(self._lines)]):
            key = f"{turn % len(self._lines)}.{number}"
            kind, _, last = fault.rpartition(" ")
            where = last if last in ("feed", "draft") else "end"
            if key not in self._happened and where == at:
                self._happened.append(key)
                self._keep()
                return fault if at == "end" else kind
        return None

    def _keep(self) -> None:
        kept = {"said": sorted(self._said), "happened": self._happened}
        aside = self._said_path.with_name(self._said_path.name + ".new")
        aside.write_text(json.dumps(kept))
        aside.replace(self._said_path)


def _wait(folder: Path, how_long: str) -> None:
    """Wait for a number of seconds, or until the file of this name exists."""
    if how_long.replace(".", "").isdigit():
        time.sleep(float(how_long))
    else:
        while not (folder / how_long).exists():
            time.sleep(0.02)


def _work(seconds: float) -> None:
    """Take so many seconds of a processor."""
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        pass


class FakeUtterance(ScriptedUtterance):
    """Speaks one line, or fails."""

    def __init__(self, engine: FakeEngine, hotwords: Hotwords) -> None:
        super().__init__(self._begin_turn)
        self._engine = engine
        self._hotwords = hotwords
        self.language = engine.detected
        self._turn: int | None = None

    def _begin_turn(self) -> str:
        self._turn = self._engine.take_turn()
        self._fail(self._turn, "feed")
        return self._engine.line(self._turn)

    def feed(self, samples: Samples) -> str | None:
        time.sleep(self._engine.drag * len(samples) / RATE)
        return super().feed(samples)

    def draft(self) -> Draft | None:
        line = self._engine.quiet_text
        if self._turn is not None:
            wrong = _act(self._engine.fault(self._turn, "draft"), self)
            line = self._line if wrong is None else wrong
        return Draft(self._with_terms(line), self.plain, self.language)

    def finish(self) -> str:
        # Not zeros, which take no memory.
        self._engine.leaked.append(b"x" * (self._engine.leak_mb << 20))
        if self._turn is None:
            return self._with_terms(self._engine.quiet_text)
        wrong: str | None = self._fail(self._turn, "end")
        self._end(said=wrong is None)
        return self._with_terms(self._line) if wrong is None else wrong

    def _with_terms(self, line: str) -> str:
        if not self._engine.says_terms:
            return line
        self.plain = line
        return " ".join([line, *(term.spelling for term in self._hotwords.terms)])

    def cancel(self) -> None:
        self._end(said=True)

    def _end(self, *, said: bool) -> None:
        if self._turn is not None:
            self._engine.end_turn(self._turn, said=said)
            self._turn = None

    def _fail(self, turn: int, at: str) -> Any:
        try:
            return _act(self._engine.fault(turn, at), self)
        except (OSError, RuntimeError):
            self._end(said=False)
            raise


def _act(fault: str | None, utterance: Utterance) -> Any:
    """Let a fault happen; what is answered in place of the line, or None for the line itself."""
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
                time.sleep(0.05)  # less often than would count as work on a slow machine
        case "busy":
            _work(float(argument))
        case "loop":
            while True:
                pass
        case "garbage":
            return 42
        case "huge":
            return "x" * 2_000_000
        case "raise":
            raise RuntimeError(argument)
        case "unreadable":
            return Path("/").read_text()
    return None
