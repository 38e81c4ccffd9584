"""`dictate`, killed just before or just after a step of a dictation.

    python -m tests.lab.crashing typing after 1 run ...

The steps are those of the journal, and `write`, which is the output's. The number says at which
call. SIGKILL leaves the program no time for anything, as a power cut or the kernel would.
"""

import itertools
import os
import signal
import sys
from collections.abc import Callable
from typing import Any

from dictate.cli import main as dictate
from dictate.journal import Journal
from dictate.outputs import OUTPUTS


def _deadly(when: str, at: int) -> tuple[Callable[[], None], Callable[[], None]]:
    """What to call before and after each call of the step."""
    calls = itertools.count(1)

    def before() -> None:
        nonlocal last
        last = next(calls) == at
        if last and when == "before":
            os.kill(os.getpid(), signal.SIGKILL)

    def after() -> None:
        if last:
            os.kill(os.getpid(), signal.SIGKILL)

    last = False
    return before, after


def _arm(owner: Any, step: str, when: str, at: int) -> None:
    original = getattr(owner, step)
    before, after = _deadly(when, at)

    def call(*what: Any, **more: Any) -> Any:
        before()
        answer = original(*what, **more)
        after()
        return answer

    async def call_async(*what: Any, **more: Any) -> Any:
        before()
        answer = await original(*what, **more)
        after()
        return answer

    setattr(owner, step, call_async if step == "write" else call)


def main() -> None:
    """Run `dictate` with the words after the first three."""
    step, when, at, *words = sys.argv[1:]
    owners = [OUTPUTS.load(name) for name in ("stdout", "x11")] if step == "write" else [Journal]
    for owner in owners:
        _arm(owner, step, when, int(at))
    dictate(words)


if __name__ == "__main__":
    main()
