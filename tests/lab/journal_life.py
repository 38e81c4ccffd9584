"""Lives that end badly: `python -m tests.lab.journal_life FOLDER STRIDE RANDOM`.

For every STRIDEth call that a journal makes in the course of `live`, a child process lives up to
that call and is killed by SIGKILL; RANDOM more are killed at a moment of their own. Child n has
FOLDER/n to live in and writes what it is about to do, and what it has done, to FOLDER/n.log.
"""

import os
import random
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from dictate.config.schema import JournalSettings
from dictate.journal.evidence import Evidence, EvidenceKind
from dictate.journal.journal import Journal
from dictate.journal.retention import Moment

PIECE = bytes(range(256)) * 16
PIECES = 4


def text_of(number: int) -> str:
    """The text of dictation `number`."""
    return f"This is what was said in dictation {number}."


def evidence_of(number: int) -> list[Evidence]:
    """What two terms did in dictation `number`."""
    return [
        Evidence(f"Term {i}", EvidenceKind.FIRED, number, before="term", after=text_of(number))
        for i in range(2)
    ]


def deliver_new(journal: Journal, sound: bytes) -> int:
    """One more dictation, from its beginning to its delivery; its number."""
    number = journal.next_number
    journal.begin(number, 1000.0)
    journal.append(number, sound)
    journal.captured(number, "kate")
    journal.transcribed(number, "New.", "new", "scripted")
    journal.typing(number, "x11")
    journal.delivered(number, "delivered")
    journal.sweep(Moment.now())
    return number


def live(folder: Path, log: Callable[[str], object]) -> None:
    """Four dictations with four ends, the first of which is forgotten. The clock jumps all the
    time."""
    journal = Journal(folder, JournalSettings(), lambda _: None)
    journal.open()

    def take(number: int, state: str, step: Callable[..., object], *told: str) -> None:
        log(f"try {number} {state}")
        step(number, *told)
        log(f"did {number} {state}")

    for turn, end in enumerate(("delivered", "held", "cancelled", "empty")):
        journal.sweep(Moment(1e9 * (turn % 2), "", 0.0))
        n = journal.next_number
        take(n, "recording", lambda number: journal.begin(number, 1000.0))
        for i in range(PIECES):
            journal.append(n, PIECE)
            log(f"sound {n} {len(PIECE) * (i + 1)}")
        take(n, "captured", journal.captured, "kate")
        if end == "cancelled":
            take(n, end, journal.cancelled, "by the user")
        elif end == "empty":
            take(n, end, journal.empty)
        else:
            take(n, "transcribed", journal.transcribed, text_of(n), text_of(n), "scripted")
            take(n, "typing", journal.typing, "x11")
            take(n, end, journal.delivered if end == "delivered" else journal.held, "a reason")
            journal.evidence.record_firings(n, evidence_of(n))
            log(f"evidence {n} all")
    take(1, "forgotten", journal.forget)
    journal.close()
    log("did 0 closed")


def _child(folder: Path, at: int | None) -> None:
    out = os.open(f"{folder}.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    calls = 0

    def count(_frame: object, _event: str, _arg: Any) -> None:
        nonlocal calls
        calls += 1
        if calls == at:
            os.kill(os.getpid(), signal.SIGKILL)

    if at is not None:
        sys.setprofile(count)
    live(folder, lambda line: os.write(out, f"{line}\n".encode()))
    os._exit(0)


def _run(folder: Path, at: int | None, delay: float | None) -> bool:
    """One life; whether it was cut short."""
    pid = os.fork()
    if pid == 0:
        try:
            _child(folder, at)
        finally:
            os._exit(1)
    if delay is not None:
        time.sleep(delay)
        os.kill(pid, signal.SIGKILL)
    status = os.waitpid(pid, 0)[1]
    if os.WIFEXITED(status) and os.WEXITSTATUS(status):
        raise SystemExit(f"the child in {folder} failed by itself")
    return os.WIFSIGNALED(status)


def main(base: Path, stride: int, chances: int) -> None:
    """All lives, one after the other."""
    number = 0
    while _run(base / str(number), 1 + number * stride, None):
        number += 1
    began = time.monotonic()
    _run(base / "whole", None, None)
    length = time.monotonic() - began
    for i in range(chances):
        _run(base / f"r{i}", None, random.Random(i).uniform(0.0, length))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
