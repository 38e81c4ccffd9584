"""The life of a dictation, as a table. No clock, no loop, no I/O.

Strategy: inputs go in (a key was pressed, the engine answered), commands come out (record, finish,
deliver) as plain values; the pipeline obeys them. `TABLE` holds every transition there is: an input
without a row changes nothing and commands nothing, which makes start, stop and cancel idempotent. A
dictation has a number; an input for a number that is over never reaches a window.

At most one dictation records; any number may be finishing. They are delivered in the order in which
they ended; but none waits for one of another engine, which may be slow, still loading, or dead,
except for one of the main engine.

    HELD ──latch──> OPEN           the key is down / it listens until a stop
      │ stop          │ stop, endpoint
      v               v
    TAIL ─────────> FINISHING ──> WAITING ──> WRITING ──> delivered or held
                       │             its turn
                       └──> nothing heard, or failed (held: the sound is kept)
    cancel ends any of them before WRITING.
"""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto


class State(Enum):
    """Where one dictation stands."""

    HELD = auto()
    """The key is down: nothing but the key, a cancel, or the end of the sound ends it."""
    OPEN = auto()
    """No key is held: it records until a stop, or until a silence ends it."""
    TAIL = auto()
    """Released; some more sound still belongs to it."""
    FINISHING = auto()
    """The engine has all the sound."""
    WAITING = auto()
    """Its text is known and durable; an earlier dictation that it waits for is not written yet."""
    WRITING = auto()
    """The output has the text: past this point it is never sent again."""
    OVER = auto()


RECORDING = frozenset({State.HELD, State.OPEN, State.TAIL})


class Input(Enum):
    """What can happen to a dictation."""

    STOP = auto()
    LATCH = auto()
    """A short tap: the dictation goes on without the key."""
    DISCARD = auto()
    """The press was a slip."""
    CANCEL = auto()
    ENDPOINT = auto()
    """Silence after speech, long enough."""
    SOUND_OVER = auto()
    """No more sound will come: a recording played to its end, or the longest time is reached."""
    TAIL_OVER = auto()
    HEARD = auto()
    HEARD_NOTHING = auto()
    FAILED = auto()
    """The engine could not answer, not even at the second attempt."""
    TURN = auto()
    """Every earlier dictation that it waits for is over."""
    WRITTEN = auto()
    REFUSED = auto()
    """The output did not write it, or does not know how much of it arrived."""


class Activity(Enum):
    """What the user sees of all dictations together."""

    READY = "ready"
    RECORDING = "recording"
    FINISHING = "finishing"


class Do(Enum):
    """What the pipeline does for a dictation."""

    RECORD = "record"
    """Open the spool, listen, feed the engine."""
    TAIL = "tail"
    """Note what has the focus; the sound ends soon."""
    FINISH = "finish"
    """End the sound, ask for the final text."""
    DELIVER = "deliver"
    """Write the text, once."""
    DROP = "drop"
    """Nothing was heard."""
    ABANDON = "abandon"
    """Cancelled: stop the engine; keep sound and text in the journal."""
    HOLD = "hold"
    """Not written: keep it in the journal and report that."""
    KEEP = "keep"
    """Text came for a dictation that is over: into the journal, never into a window."""
    DONE = "done"
    """Written: the journal has it already."""


@dataclass(frozen=True, slots=True)
class Command:
    """One thing to do, for one dictation."""

    do: Do
    dictation: int
    continued: bool = False
    """RECORD: it goes on where the one before ended at a silence, without a gap."""
    profile: str = ""
    """RECORD: the name of the profile that the user asked for; empty if what is in front decides,
    or, where it is continued, what decided before."""

    def __str__(self) -> str:
        how = (f" {self.profile}" if self.profile else "") + " continued" * self.continued
        return f"{self.do.value} {self.dictation}{how}"


_Row = tuple[State, tuple[Do, ...]]

TABLE: Mapping[State, Mapping[Input, _Row]] = {
    State.HELD: {
        Input.STOP: (State.TAIL, (Do.TAIL,)),
        Input.LATCH: (State.OPEN, ()),
        Input.SOUND_OVER: (State.FINISHING, (Do.TAIL, Do.FINISH)),
        Input.DISCARD: (State.OVER, (Do.ABANDON,)),
        Input.CANCEL: (State.OVER, (Do.ABANDON,)),
    },
    State.OPEN: {
        Input.STOP: (State.TAIL, (Do.TAIL,)),
        Input.ENDPOINT: (State.FINISHING, (Do.TAIL, Do.FINISH)),
        Input.SOUND_OVER: (State.FINISHING, (Do.TAIL, Do.FINISH)),
        Input.CANCEL: (State.OVER, (Do.ABANDON,)),
    },
    State.TAIL: {
        Input.TAIL_OVER: (State.FINISHING, (Do.FINISH,)),
        Input.SOUND_OVER: (State.FINISHING, (Do.FINISH,)),
        Input.CANCEL: (State.OVER, (Do.ABANDON,)),
    },
    State.FINISHING: {
        Input.HEARD: (State.WAITING, ()),
        Input.HEARD_NOTHING: (State.OVER, (Do.DROP,)),
        Input.FAILED: (State.OVER, (Do.HOLD,)),
        Input.CANCEL: (State.OVER, (Do.ABANDON,)),
    },
    State.WAITING: {
        Input.TURN: (State.WRITING, (Do.DELIVER,)),
        Input.CANCEL: (State.OVER, (Do.ABANDON,)),
    },
    State.WRITING: {
        Input.WRITTEN: (State.OVER, (Do.DONE,)),
        Input.REFUSED: (State.OVER, (Do.HOLD,)),
    },
    State.OVER: {
        Input.HEARD: (State.OVER, (Do.KEEP,)),
    },
}


@dataclass(slots=True)
class Session:
    """All dictations of one daemon. Every method takes an event and returns what to do."""

    next_number: int = 1
    """The number of the next dictation; the journal knows where the last run stopped."""
    _states: dict[int, State] = field(default_factory=dict)
    """The dictations that are not over, in the order in which they began."""
    _ended: list[int] = field(default_factory=list)
    """Those past recording, in the order in which they ended: the order of delivery."""
    _asked: dict[int, str] = field(default_factory=dict)
    """The profile that the user asked for, if any."""
    _engines: dict[int, Hashable] = field(default_factory=dict)
    """The engine of each that is not heard by the main one."""

    @property
    def recording(self) -> int | None:
        """The dictation that records now."""
        return next((n for n, state in self._states.items() if state in RECORDING), None)

    @property
    def listening(self) -> bool:
        """Whether a key is held or a toggled dictation is open: the tail is not."""
        return any(state in (State.HELD, State.OPEN) for state in self._states.values())

    @property
    def activity(self) -> Activity:
        """All dictations in one word."""
        if self.recording is not None:
            return Activity.RECORDING
        return Activity.FINISHING if self._states else Activity.READY

    def state(self, dictation: int) -> State:
        """Where a dictation stands; OVER also for one that never was."""
        return self._states.get(dictation, State.OVER)

    # What users do.

    def start(self, *, held: bool, profile: str = "") -> list[Command]:
        """A press, or a call over the bus; `profile` is the one that was asked for, if any.

        While a dictation is open, a press of the key ends it (that is how a second tap stops); any
        other start while listening changes nothing. A start during a tail ends the tail at once.
        """
        current = self.recording
        if current is not None and self.state(current) is not State.TAIL:
            return self.stop() if held and self.state(current) is State.OPEN else []
        commands = [] if current is None else self.handle(current, Input.TAIL_OVER)
        return commands + self._begin(State.HELD if held else State.OPEN, profile=profile)

    def toggle(self, *, profile: str = "") -> list[Command]:
        """Start listening, or stop if it listens, however it was started."""
        return self.stop() if self.listening else self.start(held=False, profile=profile)

    def stop(self) -> list[Command]:
        """The key is up, or a client asked for a stop."""
        return self._now(Input.STOP)

    def latch(self) -> list[Command]:
        """The press was short: the dictation goes on without the key."""
        return self._now(Input.LATCH)

    def discard(self) -> list[Command]:
        """The press was a slip: the dictation that it started was not meant."""
        return self._now(Input.DISCARD)

    def cancel(self) -> list[Command]:
        """Throw away the dictation that records; if none does, all that are not written yet."""
        current = self.recording
        if current is not None:
            return self.handle(current, Input.CANCEL)
        return [c for n in list(self._states) for c in self.handle(n, Input.CANCEL)]

    # What the sound does.

    def endpoint(self) -> list[Command]:
        """A silence ended an utterance of an open dictation: it finishes, and the next begins."""
        current = self.recording
        if current is None or self.state(current) is not State.OPEN:
            return []
        profile = self._asked.get(current, "")
        commands = self.handle(current, Input.ENDPOINT)
        return commands + self._begin(State.OPEN, continued=True, profile=profile)

    def sound_over(self) -> list[Command]:
        """No more sound will come."""
        return self._now(Input.SOUND_OVER)

    # What becomes of a dictation.

    def heard_by(self, dictation: int, engine: Hashable) -> None:
        """Which engine hears it; None for the main one, as until this is called."""
        if dictation in self._states and engine is not None:
            self._engines[dictation] = engine

    def handle(self, dictation: int, what: Input) -> list[Command]:
        """Something happened to this dictation; if it is over, only a late text still matters."""
        row = TABLE[self.state(dictation)].get(what)
        if row is None:
            return []
        before, (after, does) = self.state(dictation), row
        if dictation in self._states:
            self._states[dictation] = after
        if before in RECORDING and after not in RECORDING:
            self._ended.append(dictation)
        commands = [Command(do, dictation) for do in does]
        if after is State.OVER and dictation in self._states:
            del self._states[dictation]
            self._asked.pop(dictation, None)
            self._engines.pop(dictation, None)
            if dictation in self._ended:
                self._ended.remove(dictation)
        if what is not Input.TURN:
            commands += self._turn()
        return commands

    def _turn(self) -> list[Command]:
        busy: set[Hashable] = set()
        firsts = []
        for dictation in self._ended:
            engine = self._engines.get(dictation)
            if not busy & {None, engine}:
                firsts.append(dictation)
            busy.add(engine)
        return [command for first in firsts for command in self.handle(first, Input.TURN)]

    def _now(self, what: Input) -> list[Command]:
        current = self.recording
        return [] if current is None else self.handle(current, what)

    def _begin(self, state: State, *, continued: bool = False, profile: str = "") -> list[Command]:
        number = self.next_number
        self.next_number += 1
        self._states[number] = state
        if profile:
            self._asked[number] = profile
        return [Command(Do.RECORD, number, continued, profile)]
