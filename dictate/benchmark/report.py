"""The output of `dictate bench gate`: a table, JSON, or a plot."""

from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Any

from dictate.benchmark.measure import Report
from dictate.benchmark.rows import REFERENCE, RELEASE_MS, Row, Verdict, percentile
from dictate.console import as_json, line, paint, safe
from dictate.errors import Unavailable
from dictate.installation import install_command
from dictate.translation import _

_COLOURS = {Verdict.PASS: "green", Verdict.FAIL: "red", Verdict.SKIP: "yellow"}


def print_table(report: Report) -> None:
    """Print the table: one line for each row, and the details below it."""
    machine = report.machine
    processor = machine.processor or machine.architecture
    line(
        _("machine    {processor}, {processors} cores, {memory_gb:g} GB").format(
            processor=processor, processors=machine.processors, memory_gb=machine.memory_gb
        )
    )
    line(
        _("speech     {source}").format(source=safe(report.source) if report.source else _("none"))
    )
    line(_("reference  {reference}").format(reference=REFERENCE))
    line()
    line(paint(f"{'':35}{_('figure'):>9} {'':22}{_('reference'):>10}", "dim"))
    for row in report.rows:
        _print_row(row)
    if report.restarts:
        line()
        line(
            paint(
                _("restarts of the engine process: {restarts}").format(restarts=report.restarts),
                "yellow",
            )
        )
    count = Counter(row.verdict for row in report.rows)
    line()
    line(", ".join(f"{count[verdict]} {verdict.value}" for verdict in Verdict if count[verdict]))


def _print_row(row: Row) -> None:
    figure = "" if row.figure is None else f"{row.figure:g}"
    reference = "" if row.reference is None else f"{row.reference:g}"
    verdict = paint(f"{row.verdict.value:6}", _COLOURS[row.verdict])
    line(f"{verdict}{_(row.name):29}{figure:>9} {row.unit:22}{reference:>10}".rstrip())
    for detail in (row.why, *row.saw):
        line(paint(f"{'':8}{safe(detail)}", "dim"))


def print_json(report: Report) -> None:
    """Print one JSON document: every row, and the machine and engine that were measured."""
    as_json({"reference": REFERENCE, "passed": passed(report.rows), **_fields(report)})


def _fields(report: Report) -> dict[str, Any]:
    fields = asdict(report)
    for row in fields["rows"]:
        row["verdict"] = row["verdict"].value
    return fields


def passed(rows: list[Row]) -> bool:
    """Whether no row failed; a skipped row is not a failure."""
    return all(row.verdict is not Verdict.FAIL for row in rows)


def check_plot_file(path: Path) -> None:
    """Raises Unavailable if `plot` cannot draw into this file."""
    try:
        from matplotlib.backend_bases import FigureCanvasBase
    except ImportError as error:
        raise Unavailable(
            _("--plot needs matplotlib: {install_command}").format(
                install_command=install_command("plot")
            )
        ) from error
    endings = FigureCanvasBase.get_supported_filetypes()
    if path.suffix.removeprefix(".").lower() not in endings:
        raise Unavailable(
            _("--plot {path}: its suffix must be one of {endings}").format(
                path=path, endings=", ".join(sorted(endings))
            )
        )
    if not path.parent.is_dir():
        raise Unavailable(
            _("--plot {path}: there is no folder {parent}; create it first").format(
                path=path, parent=path.parent
            )
        )


def plot(report: Report, path: Path) -> None:
    """Draw the distribution of the release times, and each figure relative to the reference. The
    suffix of the file sets the format. Blocks. Raises Unavailable if it cannot be written."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(12, 5), layout="constrained")
    left, right = figure.subplots(1, 2)
    engine = report.engine
    figure.suptitle(", ".join(filter(None, (engine.name, engine.model, engine.device))))

    left.set_title(_("from the last sound to the final text"))
    left.set_xlabel("ms")
    left.set_ylabel(_("utterances"))
    if report.release_ms:
        left.hist(report.release_ms, bins="auto", color="tab:blue", alpha=0.7)
        for share, style in ((50, "-"), (95, "--"), (99, ":")):
            value = percentile(report.release_ms, share)
            left.axvline(value, color="black", linestyle=style, label=f"p{share} {value:.1f} ms")
        left.axvline(
            RELEASE_MS,
            color="tab:orange",
            label=_("reference median {release_ms:g} ms").format(release_ms=RELEASE_MS),
        )
        left.legend()

    right.set_title(_("relative to the reference ({reference})").format(reference=REFERENCE))
    right.set_xlabel(_("multiple of the reference; less is better"))
    compared = [row for row in report.rows if row.figure and row.reference][::-1]
    if compared:
        ratios = [(row.figure or 0.0) / (row.reference or 1.0) for row in compared]
        colours = [f"tab:{_COLOURS[row.verdict]}" for row in compared]
        bars = right.barh([row.name for row in compared], ratios, color=colours)
        labels = [f"{row.figure:g} / {row.reference:g} {row.unit}" for row in compared]
        right.bar_label(bars, labels, padding=4)
        right.set_xscale("log")
        # Leave room for the labels on the right of the bars.
        right.set_xlim(min(*ratios, 1.0) / 3, max(*ratios, 1.0) * 20)
        right.axvline(1.0, color="tab:orange")
    try:
        figure.savefig(path)
    except OSError as error:
        raise Unavailable(
            _("cannot write {path}: {error}").format(path=path, error=error)
        ) from error
