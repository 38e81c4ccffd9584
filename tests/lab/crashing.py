"""`dictate`, killed just before or just after a step of a dictation.

    tests.lab.crashing:main typing after 1 run ...

The steps are those of the journal, and `write` and `undo`, which are the output's. The number says
at which call. SIGKILL leaves the program no time for anything, as a power cut or the kernel would.
"""

import itertools
import os
import signal
import sys
from typing import Any

from dictate.cli import main as dictate
from dictate.journal.journal import Journal
from dictate.outputs import OUTPUTS

OF_OUTPUTS = ("write", "undo")


def _arm(owner: Any, step: str, when: str, at: int) -> None:
    original = getattr(owner, step)
    calls = itertools.count(1)

    def die_if(now: str, call: int) -> None:
        if (now, call) == (when, at):
            os.kill(os.getpid(), signal.SIGKILL)

    def step_(*what: Any, **more: Any) -> Any:
        call = next(calls)
        die_if("before", call)
        answer = original(*what, **more)
        die_if("after", call)
        return answer

    async def write(*what: Any, **more: Any) -> Any:
        call = next(calls)
        die_if("before", call)
        answer = await original(*what, **more)
        die_if("after", call)
        return answer

    setattr(owner, step, write if step in OF_OUTPUTS else step_)


def main() -> None:
    """Run `dictate` with the words after the first three."""
    step, when, at, *words = sys.argv[1:]
    owners = [OUTPUTS.load(name) for name in ("stdout", "x11")] if step in OF_OUTPUTS else [Journal]
    for owner in owners:
        _arm(owner, step, when, int(at))
    dictate(words)
