"""From key press to the first sample of that dictation, with the microphone closed before."""

import argparse
import time
from functools import partial

from Xlib import XK, X
from Xlib.display import Display
from Xlib.ext import xtest

from bench.figures import machine, quantiles
from bench.release_to_text import FIRST, said
from bench.rig import bench
from tests.lab.daemon import wait_for


def main() -> None:
    """Print one line per value of `keep_open`."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=20)
    runs = parser.parse_args().runs
    print(f"{machine()}, PulseAudio, {runs} runs each\n")
    print("| keep_open | press to first sample, ms: p50 | p95 | p99 |")
    print("|---|---|---|---|")
    for keep_open in ("never", "linger"):
        with bench(config=f'[microphone]\nkeep_open = "{keep_open}"\n') as b:
            display = Display(b.x.display)
            key = display.keysym_to_keycode(XK.string_to_keysym("Control_R"))
            found: list[float] = []
            for run in range(runs + 1):
                logged = len(b.daemon.logged())
                xtest.fake_input(display, X.KeyPress, key)
                display.sync()
                wait_for(partial(said, b, FIRST, logged), "sound comes")
                first = FIRST.search(b.daemon.logged()[logged:])
                assert first
                if run:  # the first one always opens it
                    found.append(float(first.group(1)))
                time.sleep(0.4)
                xtest.fake_input(display, X.KeyRelease, key)
                display.sync()
                b.daemon.wait_state("ready")
                time.sleep(0.3)
            display.close()
        print(f"| {keep_open} | {quantiles(found)} |", flush=True)


if __name__ == "__main__":
    main()
