"""Progress for people: on a terminal a bar with the remaining time, otherwise one line per file."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from dictate import console
from dictate.translation import _


class ProgressDisplay:
    """One bar for all files. Transcripts go to stdout, everything else to stderr."""

    def __init__(self, lengths_s: Sequence[float]) -> None:
        stderr = Console(stderr=True)
        self.on_terminal = stderr.is_interactive
        self._lengths_s = lengths_s
        self._before_s = 0.0
        self._progress = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            TaskProgressColumn(),
            TimeRemainingColumn(),
            TextColumn(_("left"), markup=False),
            console=stderr,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
            disable=not self.on_terminal,
        )
        self._task = self._progress.add_task("", total=sum(lengths_s))

    def __enter__(self) -> "ProgressDisplay":
        self._bar(on=True)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bar(on=False)

    def begin(self, number: int, name: str) -> None:
        """Start the file with this number; the first is 0."""
        self._before_s = sum(self._lengths_s[:number])
        count = len(self._lengths_s)
        described = name if count == 1 else f"{number + 1}/{count} {name}"
        self._progress.update(self._task, description=described, completed=self._before_s)

    def advance_to(self, seconds: float) -> None:
        """Seconds of this file that are done."""
        self._progress.update(self._task, completed=self._before_s + seconds)

    def line(self, text: str) -> None:
        """Print a message to stderr."""
        with self._without_bar():
            print_error(text)

    def transcript(self, text: str) -> None:
        """Print a transcript to stdout."""
        with self._without_bar():
            console.text(text)

    @contextmanager
    def _without_bar(self) -> Iterator[None]:
        """Hide the bar while something is printed: both streams may be the same terminal."""
        self._bar(on=False)
        try:
            yield
        finally:
            self._bar(on=True)

    def _bar(self, *, on: bool) -> None:
        # Older versions of rich print an empty line when a disabled bar stops.
        if self.on_terminal:
            (self._progress.start if on else self._progress.stop)()


def print_error(text: str) -> None:
    """Print one line to stderr."""
    console.error(f"dictate: {text}")


def clock(seconds: float) -> str:
    """A duration as "12:34" or "1:02:03"."""
    minutes, left = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{left:02d}" if hours else f"{minutes}:{left:02d}"
