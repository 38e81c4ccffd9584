"""Every output into every application, on real desktops without a screen: how often the text is
exact, and how soon it stands there; beside it, what others do.

    python -m tests.desktop.matrix                     all desktops that are installed here
    python -m tests.desktop.matrix --desk x11 --write  one, its table into docs/

It takes some minutes, and more to install than the everyday tests: see docs/reference/delivery.md.
"""

# ruff: noqa: RUF001 - the signs are meant

import argparse
import asyncio
import json
import os
import platform
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench.figures import machine
from dictate.config.schema import OutputSettings
from dictate.errors import DictateError
from dictate.outputs import OUTPUTS
from tests.lab.corpus import TEXTS
from tests.lab.windows import Window

DOCUMENT = Path(__file__).parents[2] / "docs" / "reference" / "delivery.md"
ARRIVES_S = 5.0
SETTLED_S = 0.3
SHORT = (
    "The quick brown fox jumps over the lazy dog, "
    "“twice”, and says: déjà vu, 日本語, שלום – it’s 7 €! ok..."
)
LONG = "".join(chr(0x21 + n % 94) if n % 7 else " éд日"[n % 4] for n in range(2000))
RIVAL_RUNS = 3
"""And no corpus: who types key by key takes a minute for its longest text."""
TIMED = {"100": SHORT, "2,000": LONG}
SITTING = 20
"""So many texts into one field: a long document makes the application slow, and us who read it."""
assert len(SHORT) == 100

Rival = Callable[[Any, str], None]
"""Has another program write a text into the focused window of a desk."""


@dataclass(frozen=True, slots=True)
class Desk:
    """A desktop, what runs on it, and what writes there."""

    start: Callable[[Path], AbstractContextManager[Any]]
    """Given a folder. What it yields, applications are launched on."""
    environment: Callable[[Any], dict[str, str]]
    """What leads an output there."""
    applications: tuple[type[Window], ...]
    outputs: tuple[str, ...]
    rivals: dict[str, tuple[str, Rival]] = field(default_factory=dict)


@dataclass(slots=True)
class Cell:
    """What one way of writing came to in one application."""

    runs: int = 0
    exact: int = 0
    wrong: list[str] = field(default_factory=list)
    """Which texts were not exact."""
    ms: dict[str, list[float]] = field(default_factory=dict)
    """From the order to the text in the application."""


def main() -> None:
    """Print the tables; with --write put them into the document."""
    parser = argparse.ArgumentParser(prog="python -m tests.desktop.matrix", description=__doc__)
    parser.add_argument("--desk", nargs="+", choices=DESKS, default=list(DESKS))
    parser.add_argument("--rounds", type=int, default=3, help="of the corpus")
    parser.add_argument("--runs", type=int, default=20, help="of each timed text")
    parser.add_argument("--write", action="store_true", help="into docs/reference/delivery.md")
    arguments = parser.parse_args()
    for name in arguments.desk:
        with tempfile.TemporaryDirectory(prefix="dictate-matrix-") as folder:
            found = measure(DESKS[name](), Path(folder), arguments.rounds, arguments.runs)
        shown = table(found)
        print(f"{name}\n\n{shown}")
        if arguments.write:
            write(name, shown)


def measure(desk: Desk, folder: Path, rounds: int, runs: int) -> dict[str, dict[str, Cell]]:
    """Way of writing -> application -> what came of it."""
    found: dict[str, dict[str, Cell]] = {}
    with desk.start(folder) as running, _environment(desk.environment(running)):
        for name, writer in _writers(desk, running):
            ours = name in OUTPUTS.table
            texts = _texts(rounds * ours, runs if ours else RIVAL_RUNS)
            for kind in desk.applications:
                cell = Cell()
                for first in range(0, len(texts), SITTING):
                    try:
                        window = kind(running, folder)
                    except (pytest.skip.Exception, AssertionError) as reason:
                        print(f"{kind.kind}: {reason}")
                        break
                    try:
                        _fill(cell, window, writer, texts[first : first + SITTING])
                    finally:
                        window.close()
                if cell.runs:
                    found.setdefault(name, {})[kind.kind] = cell
                print(f"  {name} into {kind.kind}: {cell.exact} of {cell.runs}", flush=True)
    return found


def _texts(rounds: int, runs: int) -> list[tuple[str, str]]:
    """Names and texts, in the order in which they are written."""
    return list(TEXTS.items()) * rounds + [
        (name, text) for name, text in TIMED.items() for _ in range(runs)
    ]


Writer = Callable[[Window, str], None]


def _writers(desk: Desk, running: Any) -> Iterator[tuple[str, Writer]]:
    for name in desk.outputs:
        with asyncio.Runner() as runner:
            output = OUTPUTS.make(name, OutputSettings(use=name))
            if reason := output.unavailable_reason():
                print(f"{name}: {reason}")
                continue

            async def write(text: str, output: Any = output) -> None:
                await output.write(text, await output.focus())

            def by_us(_: Window, text: str, runner: Any = runner, write: Any = write) -> None:
                runner.run(write(text))

            runner.run(output.open())
            try:
                yield name, by_us
            finally:
                runner.run(output.close())
    for name, (program, rival) in desk.rivals.items():
        if shutil.which(program) is None:
            print(f"without {name}: apt install {program}")
            continue
        yield name, lambda _, text, rival=rival: rival(running, text)  # type: ignore[misc]


def _fill(cell: Cell, window: Window, writer: Writer, texts: list[tuple[str, str]]) -> None:
    window.focus()
    time.sleep(0.3)
    for name, text in texts:
        if len(text) > window.longest:
            continue
        if (took_ms := _once(cell, window, writer, text)) is None:
            cell.wrong.append(name)
        elif name in TIMED:
            cell.ms.setdefault(name, []).append(took_ms)


def _once(cell: Cell, window: Window, writer: Writer, text: str) -> float | None:
    """Milliseconds to the exact text; None if something else came of it."""
    cell.runs += 1
    _settle(window)
    before = window.text()
    expected = (before + text).encode()
    began = time.monotonic()
    try:
        writer(window, text)
        # Who types key by key is still at it for long: while something comes on, we wait.
        size, since = -1, time.monotonic()
        while time.monotonic() - since < ARRIVES_S:
            now = window.file.read_bytes()
            if now == expected:
                cell.exact += 1
                return (time.monotonic() - began) * 1000
            if len(now) != size:
                size, since = len(now), time.monotonic()
            if len(now) > len(expected) or window.child.poll() is not None:
                break
            time.sleep(0.001)
    except (DictateError, subprocess.SubprocessError) as reason:
        print(f"    {window.title}: {reason}")
    return None


def _settle(window: Window) -> None:
    """Wait until nothing arrives any more of what was written before."""
    size, since = -1, time.monotonic()
    while time.monotonic() - since < SETTLED_S:
        if window.child.poll() is not None:
            return
        if (now := window.file.stat().st_size) != size:
            size, since = now, time.monotonic()
        time.sleep(0.01)


@contextmanager
def _environment(changes: dict[str, str]) -> Iterator[None]:
    before = dict(os.environ)
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        os.environ.pop(name, None)
    os.environ.update(changes)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def table(found: dict[str, dict[str, Cell]]) -> str:
    """As Markdown: exact runs of all, and the median and p95 in ms for both lengths."""
    lines = [
        machine() + ".",
        "",
        "| by | into | exact | 100 characters, ms: p50 / p95 | 2,000 characters | not exact |",
        "|---|---|---|---|---|---|",
    ]
    for name, row in found.items():
        for kind, cell in row.items():
            times = " | ".join(_times(cell.ms.get(length, [])) for length in TIMED)
            wrong = ", ".join(dict.fromkeys(cell.wrong))
            lines.append(f"| {name} | {kind} | {cell.exact} of {cell.runs} | {times} | {wrong} |")
    return "\n".join(lines) + "\n"


def _times(ms: list[float]) -> str:
    if not ms:
        return "-"
    return f"{statistics.median(ms):.0f} / {np.percentile(ms, 95):.0f}"


def write(desk: str, shown: str) -> None:
    """Between the marks of this desk and system in the document."""
    text = DOCUMENT.read_text()
    system = platform.freedesktop_os_release()
    place = f"{desk} on {system['ID']} {system['VERSION_ID']}"
    begin, end = f"<!-- {place} -->\n", f"<!-- end of {place} -->\n"
    head, _, rest = text.partition(begin)
    _, _, tail = rest.partition(end)
    if not tail and end not in text:
        raise SystemExit(f"{DOCUMENT} has no place for {place}: {json.dumps(begin + end)}")
    DOCUMENT.write_text(f"{head}{begin}{shown}{end}{tail}")


# The desktops.


def _x11() -> Desk:
    from tests.lab.more_windows import Chromium, Qt6
    from tests.lab.windows import Gtk4Field, GtkField, TkField, Xterm
    from tests.lab.xserver import XServer

    @contextmanager
    def start(_: Path) -> Iterator[XServer]:
        with XServer() as x:
            yield x

    def xdotool(x: XServer, text: str) -> None:
        x.run("xdotool", "type", "--clearmodifiers", "--", text, timeout=60)

    return Desk(
        start,
        lambda x: {"DISPLAY": x.display},
        (Xterm, GtkField, Gtk4Field, TkField, Qt6, Chromium),
        ("x11",),
        {"`xdotool type`": ("xdotool", xdotool)},
    )


def _ibus() -> Desk:
    from tests.lab.ibus import IBusDaemon
    from tests.lab.windows import Gtk4Field, GtkField
    from tests.lab.xserver import XServer

    @contextmanager
    def start(folder: Path) -> Iterator[XServer]:
        with XServer() as x:
            daemon = IBusDaemon(x, folder)
            x.more_env |= daemon.env
            daemon.start()
            yield x
            daemon.kill()

    return Desk(
        start,
        lambda x: {"DISPLAY": x.display, "IBUS_ADDRESS": x.more_env["IBUS_ADDRESS"]},
        (GtkField, Gtk4Field),
        ("ibus",),
    )


def _sway() -> Desk:
    from tests.lab.more_windows import ChromiumInSway, FirefoxInSway, Qt6InSway
    from tests.lab.sway import Foot, Gtk3, Gtk4, Keyboard, Sway, copy

    hands: list[Keyboard] = []

    @contextmanager
    def start(_: Path) -> Iterator[Sway]:
        with Sway() as sway, sway.keyboard() as keyboard:
            hands[:] = [keyboard]
            yield sway

    def by_wtype(sway: Sway, *words: str) -> None:
        sway.run("wtype", *words)
        # Chromium does not start while the last key was of wtype's keymap, which has no others.
        hands[0].tap(Keyboard.SHIFT)

    def wtype(sway: Sway, text: str) -> None:
        by_wtype(sway, text)

    def chord(sway: Sway, text: str) -> None:
        for selection in ("clipboard", "primary"):
            copy(sway, text.encode(), selection=selection)
        by_wtype(sway, "-M", "shift", "-k", "Insert", "-m", "shift")

    return Desk(
        start,
        lambda sway: {"WAYLAND_DISPLAY": sway.display},
        (Foot, Gtk3, Gtk4, Qt6InSway, ChromiumInSway, FirefoxInSway),
        ("input_method", "virtual_keyboard"),
        {"`wtype`": ("wtype", wtype), "`wl-copy` and `wtype -k Insert`": ("wtype", chord)},
    )


def _gnome() -> Desk:
    from tests.lab.gnome import (
        ChromiumOnGnome,
        FirefoxOnGnome,
        Foot,
        Gnome,
        Gtk3OnGnome,
        Gtk4OnGnome,
    )

    return Desk(
        Gnome,
        lambda gnome: gnome.more_env,
        (Gtk3OnGnome, Gtk4OnGnome, Foot, ChromiumOnGnome, FirefoxOnGnome),
        ("ibus",),
    )


def _kde() -> Desk:
    from tests.lab.kwin import Gtk3OnKwin, Gtk4OnKwin, Konsole, Kwin, Qt5OnKwin, XtermOnKwin

    @contextmanager
    def start(folder: Path) -> Iterator[Kwin]:
        with Kwin(folder) as kwin:
            kwin.start_portal()
            yield kwin

    return Desk(
        start,
        lambda kwin: kwin.more_env,
        (Gtk3OnKwin, Gtk4OnKwin, Qt5OnKwin, Konsole, XtermOnKwin),
        ("portal",),
    )


DESKS: dict[str, Callable[[], Desk]] = {
    "x11": _x11,
    "sway": _sway,
    "ibus": _ibus,
    "gnome": _gnome,
    "kde": _kde,
}


if __name__ == "__main__":
    main()
