"""`dictate bench gate` as a whole: what is asked for, measured, shown."""

import asyncio
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console

from dictate.benchmark import show, speech
from dictate.benchmark.run import measure
from dictate.config import config_file
from dictate.config.sources import CommandLineOverrides
from dictate.hotwords import hotwords_file
from dictate.platform import paths


def gate(
    *,
    engine: str | None,
    recordings: Path | None,
    runs: int,
    machine_readable: bool,
    picture: Path | None,
) -> int:
    """Measure and show; 0, or 1 if a row failed. `engine` wins over the configuration, and
    `recordings` over the program that speaks. Raises ConfigError, Unavailable, AudioFileError."""
    settings = CommandLineOverrides(engine=engine).apply_to(config_file.load(paths.config_file()))
    own = hotwords_file.load(paths.hotwords_file(), settings.hotwords.strength)
    if picture is not None:
        show.can_plot(picture)
    with _progress() as tell:
        tell("preparing what is said")
        clips = speech.spoken() if recordings is None else speech.recorded(recordings)
        report = asyncio.run(measure(settings, own, clips, runs, tell))
    if machine_readable:
        show.machine_readable(report)
    else:
        show.text(report)
    if picture is not None:
        show.plot(report, picture)
    return 0 if show.passed(report.rows) else 1


@contextmanager
def _progress() -> Iterator[Callable[[str], None]]:
    """Tells a terminal what is under way, and nobody else."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    with Console(stderr=True).status("") as status:
        yield status.update
