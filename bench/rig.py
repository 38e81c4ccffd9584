"""What the benchmarks share: a desktop without a screen, the daemon on it, and honest figures."""

import platform
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np

from tests.lab.daemon import RealDaemon, wait_for
from tests.lab.desk import running_desk
from tests.lab.pulse import PulseAudio
from tests.lab.xserver import XServer

SENTENCES = (
    "please open the window and close the door. ",
    "the meeting has been moved to friday afternoon. ",
    "we keep the files in cloud storage. ",
    "thank you for your help and have a nice weekend. ",
)


@dataclass
class Bench:
    """A running daemon with everything around it."""

    daemon: RealDaemon
    x: XServer
    sound: PulseAudio
    folder: Path


@contextmanager
def bench(*words: str, config: str = "", hotwords: str = "") -> Iterator[Bench]:
    """The daemon, ready, with its engine loaded and its hotkey heard."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="dictate-bench-")))
        desk = stack.enter_context(running_desk(folder))
        home = folder / "home"
        daemon = RealDaemon(home, desk.env, *words, config=config, hotwords=hotwords)
        with daemon:
            wait_for(lambda: daemon.status()["hotkey"] == "ctrl_r", "the hotkey is heard", 60)
            wait_for(lambda: daemon.status()["engine_state"] == "ready", "the engine loads", 120)
            yield Bench(daemon, desk.x, desk.sound, folder)


def speech(folder: Path, seconds: float) -> Path:
    """A recording of flite speaking for about so long."""
    path = folder / f"speech-{seconds:g}.wav"
    if not path.exists():
        whole = folder / "whole.wav"
        text = "".join(SENTENCES) * (1 + int(seconds / 9))
        subprocess.run(["flite", "-voice", "slt", "-t", text, "-o", str(whole)], check=True)
        subprocess.run(["sox", str(whole), str(path), "trim", "0", f"{seconds:g}"], check=True)
    return path


def quantiles(values: Sequence[float]) -> str:
    """p50, p95, p99 as cells of a Markdown table."""
    return " | ".join(f"{q:.1f}" for q in np.percentile(values, (50, 95, 99)))


def machine() -> str:
    """Where and when this was measured."""
    model = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.machine(),
    )
    cores = len(list(Path("/sys/devices/system/cpu").glob("cpu[0-9]*")))
    return f"{date.today()}, {cores} cores of {model}, Python {platform.python_version()}"


def cpu_s(pid: int) -> float:
    """The processor seconds that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


def memory_mb(pid: int, field: str = "Rss") -> float:
    """Resident (or "Pss") memory of a process, in MB."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith(f"{field}:"):
            return int(line.split()[1]) / 1024
    raise LookupError(field)
