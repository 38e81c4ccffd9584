"""What the steps of the guided setup have in common: headings, questions, and a way past each."""

import sys
import termios
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from rich.console import Console
from rich.table import Table

from dictate import console
from dictate.translation import _

SKIP: Final = "s"
"""What skips a step."""


class Skipped(Exception):
    """The user goes on to the next step."""


class Dialogue:
    """Talks to the user in a terminal."""

    def __init__(self, steps: int) -> None:
        """`steps` is their number."""
        self.screen = Console(highlight=False)
        self._steps = steps
        self._step = 0

    def heading(self, title: str, explanation: str) -> None:
        """Begin the next step."""
        self._step += 1
        self.screen.print()
        place = _("{step} of {steps}").format(step=self._step, steps=self._steps)
        self.screen.print(f"{place}  {title}", style="bold", markup=False)
        self.say(explanation)

    def say(self, text: str, style: str = "") -> None:
        """Print a sentence; foreign words in it cannot control the terminal."""
        self.screen.print(console.safe(text, newlines=True), style=style, markup=False)

    def table(self, table: Table) -> None:
        """Print a table."""
        self.screen.print(table)

    def ask(self, question: str, *, skips: bool = True) -> str:
        """The user's answer; "" is Enter alone. Raises Skipped, unless `skips` is false."""
        return answer(input(f"{question} "), skips=skips)

    def choose(self, question: str, choices: Sequence[str]) -> int | None:
        """The position of the user's choice, which is answered by its number or by itself; None is
        Enter alone. Raises Skipped."""
        while given := self.ask(question):
            if given.isdecimal() and 1 <= int(given) <= len(choices):
                return int(given) - 1
            if given in choices:
                return choices.index(given)
            self.say(
                _("There is no {given}: a number from 1 to {count}.").format(
                    given=given, count=len(choices)
                ),
                "yellow",
            )
        return None


def answer(line: str, *, skips: bool = True) -> str:
    """What a line of the user says. Raises Skipped, unless `skips` is false."""
    given = line.strip()
    if skips and given.casefold() == SKIP:
        raise Skipped
    return given


@contextmanager
def unseen() -> Iterator[None]:
    """What is typed meanwhile is not shown."""
    before = termios.tcgetattr(sys.stdin)
    flags = before[3] & ~termios.ECHO
    termios.tcsetattr(sys.stdin, termios.TCSANOW, [*before[:3], flags, *before[4:]])
    try:
        yield
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSANOW, before)


@contextmanager
def tried() -> Iterator[None]:
    """A key is tried: what it types is neither shown nor taken for an answer."""
    with unseen():
        yield
        termios.tcflush(sys.stdin, termios.TCIFLUSH)


def sentence(text: str) -> str:
    """The text with a capital at its start."""
    return text[:1].upper() + text[1:]
