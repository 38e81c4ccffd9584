"""docs/reliability.md, from the rows, the marked tests and the stored figures."""

import json
import statistics
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from bench.figures import table
from tests.fault_matrix.marks import ROOT, marked, tests_of
from tests.fault_matrix.plugin import COUNTS, Figures, measured, nothing
from tests.fault_matrix.rows import ROWS, TITLES, Row

DOCUMENT = ROOT / "docs" / "reliability.md"
FIGURES = Path(__file__).with_name("figures.json")
CAMPAIGNS = Path(__file__).with_name("campaigns.json")
SOAK_PLOT = DOCUMENT.with_name("soak.svg")

HEAD = """# Reliability, measured

Nothing that was said may be lost, written twice, or written into another window. This page shows
how far that holds: 74 faults and 20 threats, and what the tests that inject them came to. *Noticed*
is the time from the fault until Dictate has noticed it, *works again* until a dictation works: the
median and the worst, in seconds. Where there is no time, nothing has to be noticed, or the fault
leaves nothing to recover from. *Lost*, *doubled* and *misplaced* count dictations.

Microphones, keyboards and screens are virtual: they belong to real sound servers, X servers and
compositors, each test with its own. What no test machine can show is said beside the tests.

A test proves little if it passes whatever the code does. Of the 94 rows, 86 have a test that was
seen to fail while the line of code that it is about was broken (2026-11-30). For A1, A4, A5, A6,
A13, D2, D6 and F7 it also failed, but only by a time limit, on a busy machine.

`make proof` runs the tests and writes this page. `make campaign` runs for hours and writes
its last part.
"""


def stored() -> dict[str, Figures]:
    """What each marked test came to when it was last run. Tests that are gone are left out."""
    found: dict[str, Figures] = json.loads(FIGURES.read_text()) if FIGURES.exists() else {}
    return {test: figures for test, figures in found.items() if test in marked()}


def store(new: Mapping[str, Figures]) -> None:
    """Put these figures in the place of earlier ones of the same tests. A test that was skipped
    here keeps those of the machine where it was run."""
    run = {name: one for name, one in new.items() if one["runs"] or one["failed"]}
    figures = {**new, **stored(), **run}
    kept = {test: figures[test] for test in sorted(figures) if test in marked()}
    FIGURES.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n")


def store_campaign(name: str, line: str) -> None:
    """Put what a long run came to in the place of what it came to before, on the page, too."""
    kept = {**campaigns(), name: {"line": line, "measured": measured()}}
    CAMPAIGNS.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n")
    DOCUMENT.write_text(page())


def page() -> str:
    """The whole page."""
    figures = stored()
    parts = [HEAD, _where(figures)]
    for letter, title in TITLES.items():
        rows = [row for row in ROWS if row.letter == letter]
        parts += [f"## {letter}: {title.lower()}\n", _came_to(rows, figures), _shown_by(rows)]
    return "\n".join([*parts, _long_runs()])


def _where(figures: Mapping[str, Figures]) -> str:
    counts = Counter(one["measured"] for one in figures.values())
    rows = [(str(count), where) for where, count in counts.most_common()]
    skipped = sum(1 for one in figures.values() if one["skipped"] and not one["runs"])
    unrun = len(marked()) - len(figures) + skipped
    note = f"\n{unrun} of {len(marked())} tests need another machine and have no figures here.\n"
    return table(("tests", "measured"), rows) + (note if unrun else "")


def _came_to(rows: Sequence[Row], figures: Mapping[str, Figures]) -> str:
    head = ("#", "fault", "survived", "noticed, s", "works again, s", *COUNTS)
    return table(head, [_cells(row, figures) for row in rows])


def _cells(row: Row, figures: Mapping[str, Figures]) -> list[str]:
    of_row = [figures.get(test, nothing()) for test in tests_of(row.id)]
    runs = sum(one["runs"] for one in of_row)
    if not runs:
        return [row.id, row.fault, "-", "", "", "", "", ""]
    failed = sum(one["failed"] for one in of_row)
    return [
        row.id,
        row.fault,
        f"{runs:,} of {runs + failed:,}",
        _times([value for one in of_row for value in one["detected_s"]]),
        _times([value for one in of_row for value in one["recovered_s"]]),
        *(str(sum(one[name] for one in of_row)) for name in COUNTS),  # type: ignore[literal-required]
    ]


def _times(seconds: Sequence[float]) -> str:
    """Median and worst."""
    return f"{statistics.median(seconds):.2f} / {max(seconds):.2f}" if seconds else ""


def _shown_by(rows: Sequence[Row]) -> str:
    cells = []
    for row in rows:
        tests = [sentence(test) for test in tests_of(row.id)]
        cells.append((row.id, "; ".join(filter(None, [*tests, row.not_shown, row.no_test]))))
    return table(("#", "how it was injected: its tests"), cells)


def sentence(test: str) -> str:
    """The name of a test as it reads, with a link to its file."""
    path, _, name = test.partition("::")
    return f"[{name.removeprefix('test_').replace('_', ' ')}](../{path})"


def _long_runs() -> str:
    head = "## Long runs\n\n"
    if not (runs := campaigns()):
        return head + "`make campaign` was not run yet.\n"
    rows = [(each["line"], each["measured"]) for each in runs.values()]
    plot = "\n![What a daemon takes over many dictations](soak.svg)\n" if SOAK_PLOT.exists() else ""
    return head + table(("run", "measured"), rows) + plot


def campaigns() -> dict[str, dict[str, str]]:
    """What each long run came to: its line, and where it was measured."""
    found: dict[str, dict[str, str]] = {}
    if CAMPAIGNS.exists():
        found = json.loads(CAMPAIGNS.read_text())
    return found
