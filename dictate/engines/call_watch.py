"""Tells a slow call of an engine from one that hangs.

Work shows in processor time. A call that waits for a lock or for a dead device uses none; on a busy
machine it uses what it gets, however long that takes. So a call is at work while it uses the
processor. An endless loop does that as well: therefore a call may work only for the limit that it
is given. What counts there is the time that it had a processor, not the time that has passed.
"""

import resource
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

WITHOUT_SOUND_S: Final = 60.0
"""Seconds that a call may work that is given no sound."""
LEAST_SHARE: Final = 0.01
"""Share of a processor from which a call is at work. A loop that only sleeps, and looks twenty
times a second, uses less than half of that."""
SOONEST_S: Final = 0.1
"""Seconds between two measurements: in a shorter time, a busy machine may give a call nothing."""


class Usage(NamedTuple):
    """What the threads of an engine process have used so far."""

    processor_s: float
    faults: int
    """What had to be read from a disk: times, or bytes. A machine that lacks memory waits for its
    disk more than it works."""


def usage_here() -> Usage:
    """That of this process, without the thread that calls this: an event loop goes on while the
    engine hangs."""
    faults = resource.getrusage(resource.RUSAGE_SELF).ru_majflt
    return Usage(time.process_time() - time.thread_time(), faults)


def usage_of(pid: int) -> Usage:
    """That of all threads of another process, as far as it is known from outside; nothing if it has
    ended."""
    # Linux has a clock for the processor time of each process. Its number is the complement of the
    # process's own, above three bits for the kind of clock: 2 is what the scheduler has counted.
    clock = (~pid << 3) | 2
    try:
        return Usage(time.clock_gettime(clock), 0)
    except OSError:
        return Usage(0.0, 0)


def loading_usage_of(pid: int) -> Usage:
    """The same of a process that loads a model, which may wait for the disk and do nothing else.
    Blocks."""
    read = 0
    with suppress(OSError, ValueError, IndexError):
        io = Path(f"/proc/{pid}/io").read_text()
        read = int(io.partition("read_bytes:")[2].split()[0])
    return usage_of(pid)._replace(faults=read)


class WorkMeter:
    """Measures whether an engine works."""

    def __init__(self, usage: Callable[[], Usage]) -> None:
        self._usage = usage
        self.restart()

    def restart(self) -> None:
        """Something new begins, with all its time."""
        self._worked_s = 0.0
        self._at, self._used = time.monotonic(), self._usage()

    def at_work(self, limit_s: float) -> bool:
        """Whether it has worked since the last measurement, and for at most `limit_s` seconds since
        the last restart."""
        now, used = time.monotonic(), self._usage()
        past_s, before = now - self._at, self._used
        self._at, self._used = now, used
        worked_s = min(past_s, used.processor_s - before.processor_s)
        self._worked_s += worked_s
        works = worked_s >= LEAST_SHARE * past_s or used.faults != before.faults
        return works and self._worked_s <= limit_s


@dataclass(eq=False, slots=True)
class _Call:
    """A call on the engine's thread."""

    limit_s: float
    signs: Callable[[], int]


class CallWatch:
    """Watches the calls of one thread. `call` belongs on that thread, all else on the event
    loop."""

    def __init__(self) -> None:
        self.waits = False
        """Whether another machine does the work, so that all time counts as work."""
        self._call: _Call | None = None
        self._seen: _Call | None = None
        """The call at the last look."""
        self._signs = 0
        self._meter = WorkMeter(self._usage)
        self._verdict = False
        self._looked_at = 0.0
        self._working_at = 0.0

    def _usage(self) -> Usage:
        return Usage(time.monotonic(), 0) if self.waits else usage_here()

    @contextmanager
    def call(self, limit_s: float, signs: Callable[[], int] = lambda: 0) -> Iterator[None]:
        """A call that may work for `limit_s` seconds. `signs` counts what shows that it goes on:
        after each sign it has its time again."""
        self._call = _Call(limit_s, signs)
        try:
            yield
        finally:
            self._call = None

    def at_work(self) -> bool:
        """Whether the call under way has worked since the last look, or has just begun."""
        call, now = self._call, time.monotonic()
        if call is self._seen and now - self._looked_at < SOONEST_S:
            return self._verdict
        signs = 0 if call is None else call.signs()
        if call is None or call is not self._seen or signs != self._signs:
            self._meter.restart()
            self._verdict = call is not None
        else:
            self._verdict = self._meter.at_work(call.limit_s)
        self._seen, self._signs, self._looked_at = call, signs, now
        if self._verdict or call is None:
            self._working_at = now
        return self._verdict

    @property
    def idle_s(self) -> float:
        """Seconds since the call under way was last seen at work; 0 without a call."""
        self.at_work()
        return time.monotonic() - self._working_at if self._seen else 0.0
