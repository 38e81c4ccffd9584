"""Announces an event to parts that are built later than the one that announces it."""

from collections.abc import Callable
from typing import Generic, ParamSpec

P = ParamSpec("P")


class Signal(Generic[P]):
    """Calls every connected function, in the order in which they were connected.

    What is announced before anything is connected is lost: nothing was there to use it.
    """

    def __init__(self) -> None:
        self._slots: list[Callable[P, object]] = []

    def connect(self, slot: Callable[P, object]) -> None:
        """Call `slot` at each event from now on. It must not raise."""
        self._slots.append(slot)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> None:
        for slot in self._slots:
            slot(*args, **kwargs)
