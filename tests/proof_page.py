"""docs/proof.md: what is promised, and the figures for it, each from the page or file where the
suite or benchmark that measured it has written it.

`make proof` measures the faults and a dictation's connections anew, and writes the page.
"""

import re
from collections.abc import Iterator
from typing import Final

from bench.figures import table
from tests.fault_matrix.marks import ROOT, tests_of
from tests.fault_matrix.page import CAMPAIGNS, campaigns, stored
from tests.fault_matrix.plugin import COUNTS, nothing
from tests.fault_matrix.rows import ROWS, TITLES, Row

DOCUMENT: Final = ROOT / "docs/proof.md"
DELIVERY: Final = ROOT / "docs/reference/delivery.md"
BENCH: Final = ROOT / "bench/README.md"
NETWORK: Final = "tests/faults/test_no_network.py"

HEAD: Final = """# Proof

Dictate promises four things: nothing that was said is lost, nothing is written twice, nothing goes
into the wrong window, and nothing leaves the machine unasked. This page has the figures for them,
and for speed and recognition, with what was missed and what nobody has verified. Each section
names where its figures come from, and how to measure them yourself.

`make proof` runs the tests of the faults and writes this page from the results of all suites and
benchmarks.
"""

DELIVERIES: Final = """## The text arrives exactly

Texts written into real applications, and read back from them, byte for byte. From
[deliveries](reference/delivery.md), with each application, the times, and why a text was not exact;
`python -m tests.desktop.matrix --write` measures your system.
"""

FAULTS: Final = """## Nothing is lost, doubled or misplaced

The tests inject each fault, dictate, and compare what was said with what was kept and written. From
[reliability](reliability.md), with each fault, each test and the times; `make proof` runs
them.
"""

CAMPAIGNS_HEAD: Final = """\
`make campaign` goes on for hours, with random faults, keys, calls, damaged journals and files:
"""

CONNECTIONS: Final = """## Nothing leaves the machine

A dictation with default settings runs under strace from the press of the key to the text in the
window. The test counts the calls to addresses other than Unix sockets, of all processes: {calls}.
Measured {measured}
([test](../{test})).

[SECURITY.md](../SECURITY.md) is the threat model: what is protected, against whom, which tests show
it, and what is not protected.
"""

LATENCY: Final = """## How fast

From the release of the key to the text in a window, in ms, by engine and by the moment of letting
go after the voice has ended. From [bench](../bench/README.md#release-to-text); `python -m bench
release_to_text`. The engine `onnx` has a small model that we made, and `scripted` recognises
nothing: it shows what is not the engine.
"""

WORDS: Final = """## No word is cut off

Whoever lets go early still gets the last word: wrong words with a fixed tail, with the adaptive
one, and with the draft. From [bench](../bench/README.md#last-words); `python -m bench last_words`.
"""

HOTWORDS: Final = """## Hotwords: what they do, and what harm

The goals for a list of hotwords at default strength. From
[bench](../bench/README.md#what-hotwords-do-and-what-harm); `python -m bench hotwords`.
"""

UNVERIFIED: Final = """## What is not verified

- No figure here is of a real Nemotron or Qwen3 model: on the machines of these tests there is none,
  nor a graphics card. Small models that we made go through the same code.
- No person with a real microphone, keyboard and screen was measured. Desktops, sound servers and
  applications are real; their devices are virtual.
- The machines have two cores and other work: times are worse than on an idle machine, not better.
- Hyprland, Ubuntu, Fedora and processors of aarch64 were not tried.
"""


def page() -> str:
    """The whole page."""
    return "\n".join(
        [
            HEAD,
            DELIVERIES,
            table(("desktop", "measured", "by", "exact"), list(_deliveries())),
            FAULTS,
            _faults(),
            CAMPAIGNS_HEAD,
            _campaigns(),
            _connections(),
            LATENCY,
            _columns("Release to text", 0, 1, 2, 3, 4),
            WORDS,
            _columns("Last words", 0, 1, 3, 5),
            HOTWORDS,
            _columns("What hotwords do, and what harm", 0, 1, 2, 3, head="goal"),
            UNVERIFIED + "".join(f"- {row.id}: {gap}.\n" for row, gap in _gaps()),
        ]
    )


def _deliveries() -> Iterator[tuple[str, str, str, str]]:
    """A row for each output on each desktop."""
    blocks = re.findall(
        r"<!-- (\w+) on (\w+) (\w+) -->\n(.*?)\n<!-- end", DELIVERY.read_text(), re.DOTALL
    )
    for desktop, system, version, block in blocks:
        measured = block.splitlines()[0].rstrip(".")
        ours: dict[str, list[tuple[int, int]]] = {}
        for cells in _rows(block)[1:]:
            if not cells[0].startswith("`"):  # another program
                exact, runs = map(int, cells[2].split(" of "))
                ours.setdefault(cells[0], []).append((exact, runs))
        for output, counts in ours.items():
            exact, runs = (sum(numbers) for numbers in zip(*counts, strict=True))
            where = f"{desktop}, {system.title()} {version}"
            yield where, measured, f"`{output}`", f"{exact:,} of {runs:,}"


def _faults() -> str:
    figures = stored()
    rows = []
    for letter, title in TITLES.items():
        ids = [row.id for row in ROWS if row.letter == letter]
        # A test may stand for several rows.
        tests = {test for each in ids for test in tests_of(each)}
        of_rows = [figures.get(test, nothing()) for test in tests]
        runs, failed = (sum(one[name] for one in of_rows) for name in ("runs", "failed"))
        counts = (str(sum(one[name] for one in of_rows)) for name in COUNTS)  # type: ignore[literal-required]
        rows.append((title, f"{ids[0]} to {ids[-1]}", f"{runs:,} of {runs + failed:,}", *counts))
    return table(("about", "rows", "survived", *COUNTS), rows)


def _campaigns() -> str:
    rows = [(each["line"], each["measured"]) for each in campaigns().values()]
    return table(("run", "measured"), rows) if rows else f"None has run yet ({CAMPAIGNS.name}).\n"


def _connections() -> str:
    name, figures = next((name, one) for name, one in stored().items() if name.startswith(NETWORK))
    calls = "none" if figures["runs"] and not figures["failed"] else "**the test failed**"
    path = name.partition("::")[0]
    return CONNECTIONS.format(
        calls=calls, measured=figures["measured"].partition(", Linux")[0], test=path
    )


def _columns(title: str, *numbers: int, head: str = "") -> str:
    """These columns of the first table below a title of bench/README.md, or of the one whose first
    column is called `head`, with the date above it."""
    section = BENCH.read_text().partition(f"### {title}\n")[2].partition("\n### ")[0]
    dates = re.search(r"\d{4}-\d\d-\d\d", section)
    tables = re.findall(r"(?:^\|.*\n)+", section, re.MULTILINE)
    found = next(rows for rows in map(_rows, tables) if head in ("", rows[0][0]))
    chosen = [[cells[number] for number in numbers] for cells in found]
    measured = f"Measured {dates[0]}.\n\n" if dates else ""
    return measured + table(chosen[0], chosen[1:])


def _rows(text: str) -> list[list[str]]:
    """The cells of a Markdown table, line by line, without the line below its head."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return [line for line in cells if set("".join(line)) - set("-: ")]


def _gaps() -> Iterator[tuple[Row, str]]:
    """The rows of the matrix that no test machine can show whole, and why."""
    for row in ROWS:
        if gap := row.not_shown or row.no_test:
            yield row, gap


def main() -> None:
    """Write the page."""
    DOCUMENT.write_text(page())


if __name__ == "__main__":
    main()
