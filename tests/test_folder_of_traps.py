"""No code of ours runs what lies in the folder from which it is started."""

import ast
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from dictate.platform.child_process import python_module
from dictate.platform.resources import samples
from tests.lab.scripted import noise, script

ROOT = Path(__file__).parents[1]
BIN = Path(sys.executable).parent
STANDARD = """asyncio argparse concurrent contextlib ctypes dataclasses enum functools glob hashlib
importlib inspect io json logging pathlib pickle queue random re select shutil signal site socket
sqlite3 ssl struct subprocess tempfile threading tomllib traceback types typing uuid warnings
sitecustomize usercustomize"""
OTHERS = """dictate wyoming numpy soundfile sounddevice soxr rich dbus_fast platformdirs
pocketsphinx pynput Xlib rapidfuzz srt tomlkit webrtcvad torch gi cairo tkinter pip yaml
huggingface_hub"""
NAMES = (STANDARD + "\n" + OTHERS).split()
TRAP = "import os\nos.mkdir({sprung!r} + '/' + {name!r})\nraise ImportError('a trap')\n"


class Traps:
    """A folder with a module of each name; a program is started in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "traps"
        self.sprung = folder / "sprung"
        for each in (self.folder, self.sprung, folder / "home"):
            each.mkdir()
        for name in NAMES:
            trap = TRAP.format(sprung=str(self.sprung), name=name)
            (self.folder / f"{name}.py").write_text(trap)
        self.sound = noise(folder / "noise.wav", 0.6)
        self.says = script(folder / "script", "Nothing said is ever lost.")
        os_names = ("PATH", "LANG", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "XDG_STATE_HOME")
        kept = {name: os.environ[name] for name in os_names if name in os.environ}
        self.env = {**kept, "HOME": str(folder / "home"), "XDG_CACHE_HOME": str(folder / "cache")}

    def run(self, *command: str | Path, status: Sequence[int] = (0,)) -> str:
        """What a command prints in that folder; it must end with one of these statuses."""
        done = subprocess.run(
            command, cwd=self.folder, env=self.env, stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=100, check=False,
        )  # fmt: skip
        assert self.found() == [], f"{command}: {done.stderr}"
        assert done.returncode in status, f"{command}: {done.stdout}{done.stderr}"
        assert "Traceback" not in done.stderr
        return done.stdout

    def found(self) -> list[str]:
        """The modules that were run."""
        return sorted(path.name for path in self.sprung.iterdir())


@pytest.fixture
def traps(tmp_path: Path) -> Traps:
    return Traps(tmp_path)


def test_a_trap_is_sprung_where_python_is_started_without_care(traps: Traps) -> None:
    subprocess.run(
        [sys.executable, "-m", "json.tool", "--help"],
        cwd=traps.folder, env=traps.env, capture_output=True, check=False,
    )  # fmt: skip
    assert traps.found() != []


def test_the_daemon_and_its_engine(traps: Traps) -> None:
    """The engine process is started, too: it says the text."""
    printed = traps.run(
        *(BIN / "dictate", "run", "--once", "--microphone", f"wav:{traps.sound}"),
        *("--engine", f"scripted:{traps.says}", "--output", "stdout", "--hotkey", "none"),
    )
    assert printed.strip() == "Nothing said is ever lost."


def test_a_file_is_transcribed(traps: Traps) -> None:
    engine = f"scripted:{traps.says}"
    printed = traps.run(BIN / "dictate", "file", samples()[0], "--engine", engine)
    assert "Nothing said is ever lost." in printed


def test_check_in_a_process_of_its_own(traps: Traps) -> None:
    rows = json.loads(traps.run(BIN / "dictatectl", "check", "--json", status=(0, 1)))
    (engine,) = [row for row in rows if row["stage"] == "engine" and row["chosen"]]
    assert (engine["name"], engine["why_not"]) == ("pocketsphinx", "")


@pytest.mark.parametrize(
    "words",
    [
        "dictate --version",
        "dictate run --help",
        "dictate setup --help",
        "dictate setup --engine pocketsphinx",
        "dictate models list",
        "dictate bench gate --help",
        "dictate serve --tcp 0.0.0.0:1",
        "dictatectl status",
        "dictatectl engine",
        "dictatectl hotwords list",
        "dictatectl history",
    ],
)
def test_each_command(traps: Traps, words: str) -> None:
    name, *rest = words.split()
    traps.run(BIN / name, *rest, status=range(10))


MODULES = [
    *("dictate.engines.worker", "dictate.engines.aligner", "dictate.microphone.capture"),
    *("dictate.diagnostics.check", "dictate.diagnostics.output_trial"),
]


@pytest.mark.parametrize("module", MODULES)
def test_each_process(traps: Traps, module: str) -> None:
    traps.run(*python_module(module, "--help"), status=range(10))


def test_the_window_of_the_overlay(traps: Traps) -> None:
    from dictate.ui.gtk import PYTHON, command
    from dictate.ui.overlay.process import WINDOW

    if not Path(PYTHON).exists():
        pytest.skip(f"{PYTHON} is missing: apt install python3")
    traps.run(*command(WINDOW, "--check"), status=range(10))


def test_the_correction_window(traps: Traps) -> None:
    from dictate.ui.correction.process import WINDOW
    from dictate.ui.gtk import PYTHON, command

    if not Path(PYTHON).exists():
        pytest.skip(f"{PYTHON} is missing: apt install python3")
    traps.run(*command(WINDOW), status=range(10))


def test_every_python_of_ours_is_started_without_the_current_folder() -> None:
    """-P leaves it out, and -I all of the user's environment."""
    careless = []
    for path in ROOT.glob("dictate/**/*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.List | ast.Tuple):
                words = [ast.unparse(each) for each in node.elts]
                first = words[0] if words else ""
                starts = first in ("sys.executable", "PYTHON", "python")
                if starts and len(words) > 1 and words[1] not in ("'-P'", "'-I'"):
                    careless.append(f"{path.relative_to(ROOT)}: {', '.join(words)}")
    # The second is the system's Python beside ours, in a list of both.
    assert [each for each in careless if "/usr/bin/python3" not in each] == []
