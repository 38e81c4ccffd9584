"""Shows what is understood so far where the text will stand, and takes it away again."""

from collections.abc import Callable, Coroutine
from typing import Any

from dictate.events import PartialTranscript
from dictate.outputs import Output


class Preedit:
    """At most one in each output's window. Nothing waits for a window to show it."""

    def __init__(
        self,
        run: Callable[[Coroutine[Any, Any, None]], None],
        previewed: Callable[[int, bool], None],
    ) -> None:
        """`run` starts a task; `previewed` is told of each guess that has words whether it stands
        there now."""
        self._run = run
        self._previewed = previewed
        self._shown: dict[Output, int] = {}
        """The dictation of which its window shows something."""

    def show(self, partial: PartialTranscript, output: Output) -> None:
        """Show this guess, instead of the one before; one without words takes that away."""
        number = partial.dictation
        if partial.text:
            self._shown[output] = number
        else:
            self._shown.pop(output, None)

        async def show() -> None:
            in_field = await output.preview(partial.text, partial.settled)
            if partial.text:
                self._previewed(number, in_field)

        self._run(show())

    def take_away(self, number: int, output: Output) -> None:
        """Show nothing of this dictation any more."""
        if self._shown.get(output) == number:
            self.show(PartialTranscript(number, ""), output)
