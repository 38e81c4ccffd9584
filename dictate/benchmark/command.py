"""`dictate bench gate`: makes the speech, measures, and prints."""

import asyncio
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console

from dictate.benchmark import audio, report
from dictate.benchmark.measure import measure
from dictate.config import config_file
from dictate.config.sources import CommandLineOverrides
from dictate.hotwords import hotwords_file
from dictate.platform import paths
from dictate.translation import _


def benchmark(
    *,
    engine: str | None,
    recordings: Path | None,
    runs: int,
    as_json: bool,
    plot_file: Path | None,
) -> int:
    """Measure and print; 0, or 1 if a row failed. `engine` wins over the configuration, and
    `recordings` over synthesized speech. Raises ConfigError, Unavailable, AudioFileError."""
    settings = CommandLineOverrides(engine=engine).apply_to(config_file.load(paths.config_file()))
    whole = hotwords_file.load(paths.hotwords_file(), settings.hotwords.strength)
    hotwords = whole.for_use(application="")
    if plot_file is not None:
        report.check_plot_file(plot_file)
    with _progress() as show_progress:
        show_progress(_("preparing the speech"))
        clips = audio.synthesized() if recordings is None else audio.recorded(recordings)
        found = asyncio.run(measure(settings, hotwords, clips, runs, show_progress))
    if as_json:
        report.print_json(found)
    else:
        report.print_table(found)
    if plot_file is not None:
        report.plot(found, plot_file)
    return 0 if report.passed(found.rows) else 1


@contextmanager
def _progress() -> Iterator[Callable[[str], None]]:
    """A function that shows the current step on a terminal, and does nothing without one."""
    if not sys.stderr.isatty():
        yield lambda __: None
        return
    with Console(stderr=True).status("") as status:
        yield status.update
