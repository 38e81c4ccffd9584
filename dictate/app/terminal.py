"""What a person at a terminal sees of a running daemon: the words as they come."""

import shutil
import sys
from typing import TextIO


class Terminal:
    """Partials on one line that is written over; without a terminal a line each, if asked."""

    def __init__(self, stream: TextIO | None = None, *, always: bool = False) -> None:
        self._stream = stream or sys.stderr
        self._over = self._stream.isatty()
        self._on = self._over or always
        self._shown = ""

    def partial(self, text: str) -> None:
        """Show the guess so far; of a long one its end."""
        if not self._on or text == self._shown:
            return
        self._shown = text
        if self._over:
            width = shutil.get_terminal_size().columns - 3
            self._stream.write(f"\r\x1b[K\x1b[2m… {text[-width:]}\x1b[0m")
        else:
            self._stream.write(f"… {text}\n")
        self._stream.flush()

    def clear(self) -> None:
        """Take the guess away: the final text comes."""
        if self._shown and self._over:
            self._stream.write("\r\x1b[K")
            self._stream.flush()
        self._shown = ""

    def line(self, text: str) -> None:
        """One line of news."""
        self.clear()
        self._stream.write(text + "\n")
        self._stream.flush()
