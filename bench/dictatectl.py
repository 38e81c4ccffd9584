"""How long a command of `dictatectl` takes, beside an empty Python, and beside another checkout."""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.figures import machine, percentile, table
from tests.lab.bus import session_bus

ROOT = Path(__file__).parents[1]
COMMANDS = ("toggle", "status")
EMPTY = "an empty Python"


def run(command: list[str], folder: Path) -> tuple[float, float]:
    """Milliseconds that a command took, and its CPU time. It must succeed."""
    began = time.perf_counter()
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    took = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, command
    return took * 1000, (used.ru_utime + used.ru_stime) * 1000


def measure(checkouts: dict[str, Path], runs: int) -> dict[str, list[tuple[float, float]]]:
    """All commands of all checkouts, in turn, after one run of each that does not count."""
    cases = {EMPTY: ([sys.executable, "-c", "pass"], ROOT)}
    for command in COMMANDS:
        for name, folder in checkouts.items():
            words = [sys.executable, "-m", "dictate.ctl.main", command]
            cases[f"`dictatectl {command}`, {name}"] = (words, folder)
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in cases}
    for number in range(runs + 1):
        for name, (words, folder) in cases.items():
            took = run(words, folder)
            if number:
                times[name].append(took)
    return times


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=60)
    parser.add_argument("--beside", type=Path, help="the folder of another checkout")
    options = parser.parse_args()
    checkouts = {"this one": ROOT} | ({"the other": options.beside} if options.beside else {})
    with tempfile.TemporaryDirectory() as folder, session_bus(Path(folder)) as bus:
        os.environ["DBUS_SESSION_BUS_ADDRESS"] = bus.address
        words = [sys.executable, "-m", "tests.lab.fake_daemon"]
        with subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, text=True) as daemon:
            assert daemon.stdout is not None
            assert daemon.stdout.readline() == "ready\n"
            times = measure(checkouts, options.runs)
            daemon.terminate()
            daemon.communicate()
    empty = percentile(50, [wall for wall, _ in times[EMPTY]])
    rows = []
    for name, both in times.items():
        wall, cpu = zip(*both, strict=True)
        p50, p95 = percentile(50, wall), percentile(95, wall)
        rows.append(
            [name, f"{p50:.0f} / {p95:.0f}", f"{percentile(50, cpu):.0f}", f"{p50 / empty:.1f}"]
        )
    print(machine())
    print(table(["command", "ms, p50 / p95", "CPU ms, p50", "empty Pythons"], rows))


if __name__ == "__main__":
    main()
