"""Shows the partial transcript where the text will stand, and removes it again."""

from collections.abc import Callable, Coroutine
from typing import Any

from dictate.events import PartialTranscript
from dictate.outputs import Output


class Preedit:
    """At most one in each output's window. Nothing waits for a window to show it."""

    def __init__(
        self,
        start_task: Callable[[Coroutine[Any, Any, None]], None],
        on_shown: Callable[[int, bool], None],
    ) -> None:
        """`on_shown` receives, for each partial that has words, whether it stands there now."""
        self._start_task = start_task
        self._on_shown = on_shown
        self._dictations: dict[Output, int] = {}
        """The dictation that each output's window shows."""

    def show(self, partial: PartialTranscript, output: Output) -> None:
        """Show this partial instead of the one before; one without words removes that."""
        number = partial.dictation
        if partial.text:
            self._dictations[output] = number
        else:
            self._dictations.pop(output, None)

        async def show() -> None:
            in_field = await output.preview(partial.text, partial.stable_chars)
            if partial.text:
                self._on_shown(number, in_field)

        self._start_task(show())

    def remove(self, number: int, output: Output) -> None:
        """Show nothing of this dictation any more."""
        if self._dictations.get(output) == number:
            self.show(PartialTranscript(number, ""), output)
