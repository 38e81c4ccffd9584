"""What a user does in a text field, and what an output must say to stand around the cursor then."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass

from dictate.outputs import FieldText, Focus, Output

TEXT = "Grüße 😀 (an alle. Zwei"
LIMIT_S = 20.0
"""Seconds in which an application on a busy machine tells what was done in it."""
ELSEWHERE = Focus("elsewhere", "")


@dataclass(frozen=True, slots=True)
class Act:
    """What the user does, and what stands around the cursor then."""

    keys: tuple[str, ...]
    before: str
    selected: str = ""
    after: str = ""


ACTS = (
    Act((), TEXT),
    Act(("Left",) * 4, "Grüße 😀 (an alle. ", "", "Zwei"),
    Act(("shift+Left",) * 2, "Grüße 😀 (an alle", ". ", "Zwei"),
    Act(("Home",), "", "", TEXT),
    Act(("shift+Right",) * 2, "", "Gr", TEXT[2:]),
    Act(("End",), TEXT),
    Act(("BackSpace",) * 4, "Grüße 😀 (an alle. "),
    Act(("Return",), "Grüße 😀 (an alle. \n"),
)
"""One after the other. `Home` and `End` are of a line, and all of it is one."""


async def until(found: Callable[[], Awaitable[FieldText | None]], act: Act) -> None:
    """It is what comes, soon: the application tells it when it has done what the keys say."""
    wanted = (act.before, act.selected, act.after)
    end = time.monotonic() + LIMIT_S
    while (there := await found()) is None or (there.before, there.selected, there.after) != wanted:
        assert time.monotonic() < end, f"after {act.keys}: {there} and not {wanted}"
        await asyncio.sleep(0.02)


async def said_nothing(output: Output, focus: Focus | None) -> None:
    """Wait until it says nothing: the application has done what the keys said."""
    async with asyncio.timeout(LIMIT_S):
        while await output.surrounding(focus) is not None:  # noqa: ASYNC110
            await asyncio.sleep(0.02)


_CODES = {
    "BackSpace": 14,
    "End": 107,
    "Home": 102,
    "Left": 105,
    "Return": 28,
    "Right": 106,
    "a": 30,
    "b": 48,
    "ctrl": 29,
    "k": 37,
    "minus": 12,
    "o": 24,
    "parenleft": 10,
    "parenright": 11,
    "shift": 42,
    "space": 57,
}
"""The kernel's numbers of keys, on an American keyboard."""
_SHIFTED = ("parenleft", "parenright")


def strokes(keys: Iterable[str]) -> Iterator[tuple[int, bool]]:
    """The kernel's number of each key that goes down (True) or up; "shift+" or "ctrl+" may stand
    before a name."""
    for key in keys:
        held, _, name = key.rpartition("+")
        held = "shift" if name in _SHIFTED else held
        codes = [_CODES[each] for each in (held, name) if each]
        yield from ((code, True) for code in codes)
        yield from ((code, False) for code in reversed(codes))
