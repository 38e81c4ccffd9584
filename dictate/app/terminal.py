"""Shows the user of a terminal the words as they come."""

import shutil
import sys
from typing import TextIO


class Terminal:
    """Partial transcripts on one line that is overwritten."""

    def __init__(self, stream: TextIO | None = None, *, always: bool = False) -> None:
        """With `always`, a stream that is no terminal gets them too, on a line each."""
        self._stream = stream or sys.stderr
        self._overwrites = self._stream.isatty()
        self._enabled = self._overwrites or always
        self._shown = ""

    def partial(self, text: str) -> None:
        """Show the partial transcript; of a long one its end."""
        if not self._enabled or text == self._shown:
            return
        self._shown = text
        if self._overwrites:
            width = shutil.get_terminal_size().columns - 3
            self._stream.write(f"\r\x1b[K\x1b[2m… {text[-width:]}\x1b[0m")
        else:
            self._stream.write(f"… {text}\n")
        self._stream.flush()

    def clear(self) -> None:
        """Remove the partial transcript: the final text comes."""
        if self._shown and self._overwrites:
            self._stream.write("\r\x1b[K")
            self._stream.flush()
        self._shown = ""

    def line(self, text: str) -> None:
        """Write one line."""
        self.clear()
        self._stream.write(text + "\n")
        self._stream.flush()
