"""A desktop without a screen, and the daemon on it."""

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

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
    """A running daemon with its desktop."""

    daemon: RealDaemon
    x: XServer
    sound: PulseAudio
    folder: Path


@contextmanager
def bench(*words: str, config: str = "", hotwords: str = "") -> Iterator[Bench]:
    """The daemon, ready: engine loaded, hotkey active."""
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
    """A recording of flite of about this length."""
    path = folder / f"speech-{seconds:g}.wav"
    if not path.exists():
        whole = folder / "whole.wav"
        text = "".join(SENTENCES) * (1 + int(seconds / 9))
        subprocess.run(["flite", "-voice", "slt", "-t", text, "-o", str(whole)], check=True)
        subprocess.run(["sox", str(whole), str(path), "trim", "0", f"{seconds:g}"], check=True)
    return path
