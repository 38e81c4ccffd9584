"""What the overlay's process costs: memory beside a bare GTK window, and its start."""

import argparse
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

from bench.figures import machine, memory_mb, quantiles, table
from dictate.ui.gtk import PYTHON
from tests.lab.overlay_window import overlay_window
from tests.lab.sway import Sway
from tests.lab.xserver import XServer

READY = "print(flush=True); sys.stdin.read()\n"
PLAIN = "import sys\n"
BARE = PLAIN + (
    "import gi; gi.require_version('Gtk', '3.0'); from gi.repository import Gtk\n"
    "window = Gtk.Window(); window.add(Gtk.Label(label='Listening')); window.show_all()\n"
    "while Gtk.events_pending(): Gtk.main_iteration()\n"
)
COMPARED = (
    ("Python", PLAIN),
    ("a GTK window with one word, the first on this desktop", BARE),
    ("another one", BARE),
)
DRAWN_S = 1.0


def memory(pid: int) -> list[str]:
    """Cells: resident, its share of what is shared (PSS), its own."""
    own = memory_mb(pid, "Private_Dirty") + memory_mb(pid, "Private_Clean")
    return [f"{each:.1f}" for each in (memory_mb(pid), memory_mb(pid, "Pss"), own)]


@contextmanager
def running(desk: XServer | Sway, program: str) -> Iterator[int]:
    """The pid of a Python on this desktop that ran `program` and now waits."""
    process = subprocess.Popen(
        [PYTHON, "-I", "-c", program + READY],
        env=desk.env,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        process.stdout.readline()
        yield process.pid
    finally:
        process.communicate()


def rows(desk: XServer | Sway, name: str) -> Iterator[list[str]]:
    """Lines of the table of memory."""
    for what, program in COMPARED:
        with running(desk, program) as pid:
            time.sleep(DRAWN_S)
            yield [name, what, *memory(pid)]
    with overlay_window(desk) as window:
        time.sleep(DRAWN_S)
        yield [name, "the overlay, before the first dictation", *memory(window.process.pid)]
        for state in ("recording", ""):
            window.tell(state=state, solid="some words", levels=[0.5] * 28)
            time.sleep(DRAWN_S)
            what = "shown" if state else "hidden again"
            yield [name, f"the overlay, {what}", *memory(window.process.pid)]


def start_ms(desk: XServer | Sway) -> float:
    """Seconds from exec to the answer to the first picture."""
    began = time.perf_counter()
    with overlay_window(desk) as window:
        window.tell(state="recording")
        return (time.perf_counter() - began) * 1000


def main() -> None:
    """Print two tables."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=20)
    arguments = parser.parse_args()
    print(f"{machine()}\n")
    lines, starts = [], []
    with XServer() as x, Sway() as sway, sway.keyboard():
        for name, desk in (("X11", x), ("sway", sway)):
            assert isinstance(desk, XServer | Sway)
            lines += list(rows(desk, name))
            times = [start_ms(desk) for _ in range(arguments.runs)]
            starts.append([name, *quantiles(times).split(" | ")])
    print(table(["desktop", "process", "RSS MB", "PSS MB", "its own MB"], lines))
    print(table(["desktop", "start ms, p50", "p95", "p99"], starts))


if __name__ == "__main__":
    main()
