"""Time from key release to the text in the window, by length of the utterance.

A real key on an X server, a real microphone stream, a real window: the clock starts when the
release is sent and stops when the application has the text. The daemon logs where the time went;
its own share is the total without the configured tail and the engine.
"""

import argparse
import re
import time
from functools import partial
from pathlib import Path

from Xlib import XK, X
from Xlib.display import Display
from Xlib.ext import xtest

from bench.figures import machine, quantiles
from bench.rig import Bench, bench, speech
from tests.lab.daemon import wait_for
from tests.lab.windows import GtkField

LINE = re.compile(
    r"(\d+) ms after the release \(tail (\d+), engine (\d+), journal (\d+), output (\d+)\)"
)
FIRST = re.compile(r"first sound (-?\d+) ms after the press")


def said(b: Bench, what: re.Pattern[str], since: int) -> bool:
    """Whether the daemon has logged this after that point of its log."""
    return what.search(b.daemon.logged()[since:]) is not None


def measure(b: Bench, recording: Path, runs: int) -> list[tuple[float, ...]]:
    """Per run: visible, and from the log: total, tail, engine, journal, output (ms)."""
    display = Display(b.x.display)
    key = display.keysym_to_keycode(XK.string_to_keysym("Control_R"))
    window = GtkField(b.x, b.folder)
    rows = []
    for _ in range(runs):
        before, logged = window.text(), len(b.daemon.logged())
        xtest.fake_input(display, X.KeyPress, key)
        display.sync()
        time.sleep(0.3)
        b.sound.play(recording).wait(60)
        time.sleep(0.15)
        xtest.fake_input(display, X.KeyRelease, key)
        display.sync()
        released = time.perf_counter()
        while window.text() == before and time.perf_counter() < released + 30:
            time.sleep(0.0005)
        visible = (time.perf_counter() - released) * 1000
        wait_for(partial(said, b, LINE, logged), "the daemon says so")
        found = LINE.search(b.daemon.logged()[logged:])
        assert found
        rows.append((visible, *map(float, found.groups())))
    window.close()
    display.close()
    return rows


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--seconds", type=float, nargs="+", default=[1, 2, 5, 10])
    parser.add_argument("--engine", default="pocketsphinx")
    arguments = parser.parse_args()
    print(f"{machine()}, engine {arguments.engine}, GTK 3 window, {arguments.runs} runs each\n")
    print("| utterance s | visible p50 | p95 | p99 | own p50 | p95 | p99 | engine p50 | tail p50 |")
    print("|---|---|---|---|---|---|---|---|---|")
    with bench("--engine", arguments.engine) as b:
        for seconds in arguments.seconds:
            rows = measure(b, speech(b.folder, seconds), arguments.runs)
            own = [total - tail - engine for _, total, tail, engine, _, _ in rows]
            print(
                f"| {seconds:g} | {quantiles([r[0] for r in rows])} | {quantiles(own)} | "
                f"{sorted(r[3] for r in rows)[len(rows) // 2]:.0f} | "
                f"{sorted(r[2] for r in rows)[len(rows) // 2]:.0f} |",
                flush=True,
            )
        firsts = [float(m) for m in FIRST.findall(b.daemon.logged())]
        print(
            f"\nPress to first sample, ms: p50 | p95 | p99 = {quantiles(firsts)} (n={len(firsts)})"
        )


if __name__ == "__main__":
    main()
