"""Shows the user of a terminal the words as they come."""

import logging
import os
import shutil
import sys
import threading
from collections.abc import Iterable
from typing import Any, TextIO
from unicodedata import combining, east_asian_width

from dictate import console


class Terminal:
    """The last line of the terminal, which is overwritten: partial transcripts, or what goes on.

    The lines of the log go above it.
    """

    def __init__(self, stream: TextIO | None = None, *, always: bool = False) -> None:
        """With `always`, a stream that is no terminal gets partial transcripts too, on a line
        each."""
        self._stream = stream or sys.stderr
        self._overwrites = self._stream.isatty() and os.environ.get("TERM") != "dumb"
        self._enabled = self._overwrites or always
        self._partial = ""
        self._progress = ""
        self._background = ""
        self._lock = threading.RLock()
        """A log line may come from any thread."""

    def share_with(self, handlers: Iterable[logging.Handler]) -> None:
        """Have these handlers write their lines above ours, where they use the same terminal."""
        for handler in handlers:
            if isinstance(handler, logging.StreamHandler) and self._is_mine(handler.stream):
                handler.setStream(_Above(self, handler.stream))

    def partial(self, text: str) -> None:
        """Show the partial transcript; of a long one its end."""
        text = console.safe(text)
        with self._lock:
            if not self._enabled or text == self._partial:
                return
            self._erase()
            self._partial = text
            if self._overwrites:
                self._draw()
            else:
                self._stream.write(f"… {text}\n")
                self._stream.flush()

    def progress(self, text: str) -> None:
        """Show how far a slow engine is, before the partial transcript; an empty text ends it. Only
        where the line can be overwritten."""
        text = console.safe(text)
        with self._lock:
            if text != self._progress:
                self._erase()
                self._progress = text
                self._draw()

    def background(self, text: str) -> None:
        """Show what goes on beside the dictations, while there is nothing else to show; an empty
        text ends it. Only where the line can be overwritten. Call it again after `clear`."""
        text = console.safe(text)
        with self._lock:
            if text != self._background:
                self._erase()
                self._background = text
                self._draw()

    def clear(self) -> None:
        """Remove what is shown: the final text comes."""
        with self._lock:
            self._erase()
            self._partial = self._progress = self._background = ""

    def line(self, text: str) -> None:
        """Write one line."""
        self.clear()
        self._stream.write(console.safe(text) + "\n")
        self._stream.flush()

    def above(self, write: Any, text: str) -> None:
        """Write whole lines above what is shown."""
        with self._lock:
            self._erase()
            write(text)
            self._draw()

    def _is_mine(self, stream: Any) -> bool:
        try:
            return self._overwrites and os.path.sameopenfile(stream.fileno(), self._stream.fileno())
        except (OSError, ValueError, AttributeError):  # it has no file
            return stream is self._stream and self._overwrites

    def _erase(self) -> None:
        if self._overwrites and (self._partial or self._progress or self._background):
            self._stream.write("\r\x1b[K")
            self._stream.flush()

    def _draw(self) -> None:
        if not self._overwrites:
            return
        columns = shutil.get_terminal_size().columns
        if self._partial or self._progress:
            head = f"({self._progress}) … " if self._progress else "… "
            shown = head + _end_of(self._partial, columns - len(head) - 1)
        elif self._background:
            shown = _end_of(f"({self._background})", columns - 1)
        else:
            return
        self._stream.write(f"\r\x1b[K\x1b[2m{shown}\x1b[0m")
        self._stream.flush()


class _Above:
    """A stream for a log handler: what it writes goes above the terminal's last line."""

    def __init__(self, terminal: Terminal, stream: TextIO) -> None:
        self._terminal = terminal
        self._stream = stream

    def write(self, text: str) -> None:
        self._terminal.above(self._stream.write, text)

    def flush(self) -> None:
        self._stream.flush()


def _end_of(text: str, columns: int) -> str:
    """The end of the text that fits: Chinese and Japanese characters take two columns."""
    for at in range(len(text) - 1, -1, -1):
        columns -= _columns(text[at])
        if columns < 0:
            return text[at + 1 :]
    return text


def _columns(character: str) -> int:
    if combining(character):
        return 0
    return 2 if east_asian_width(character) in "WF" else 1
