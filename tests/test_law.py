"""Who may import whom: the law bites, and the files of today keep it."""

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PURE = [
    "events",
    "errors",
    "session",
    "hotwords",
    "settled",
    "speech/segmenter",
    "text/new",
    "control/chord",
    "control/hotkey",
    "gate/rows",
    "files/cut",
    "files/cues",
    "files/words",
    "overlay/picture",
]
BUILDS_THE_WAY = "only the files that build the way"
STAGES_ARE_STRANGERS = "the stages know nothing of each other"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A project of the same law, with no files but those a test writes."""
    root = tmp_path / "copy"
    for path in [ROOT / "pyproject.toml", *ROOT.glob("dictate/*/ruff.toml")]:
        target = root / path.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)
    return root


def complaints(root: Path, name: str, source: str) -> str:
    """What ruff says of the imports in a file of this name."""
    path = root / "dictate" / f"{name}.py"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(source)
    ruff = [sys.executable, "-m", "ruff", "check", "--no-cache", "--select", "TID"]
    done = subprocess.run(
        [*ruff, "--output-format", "concise", "."],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in (0, 1), done.stderr
    return done.stdout if done.returncode else ""


@pytest.mark.parametrize("name", PURE)
@pytest.mark.parametrize("module", ["time", "asyncio", "threading", "pathlib"])
def test_a_pure_file_has_no_clock_loop_thread_or_file(copy: Path, name: str, module: str) -> None:
    assert f"TID253 `{module}` is banned" in complaints(copy, name, f"import {module}\n")


@pytest.mark.parametrize(
    ("name", "source", "message"),
    [
        ("ctl", "from dictate.outputs import OUTPUTS\n", BUILDS_THE_WAY),
        ("ctl", "def f():\n    import dictate.engines.link\n", BUILDS_THE_WAY),
        ("journal", "from dictate import engines\n", BUILDS_THE_WAY),
        ("a_new_file", "from dictate.microphone import Microphone\n", BUILDS_THE_WAY),
        ("session", "from dictate.speech import segmenter\n", BUILDS_THE_WAY),
        ("outputs/x11", "from dictate.engines.link import EngineLink\n", STAGES_ARE_STRANGERS),
        ("control/x11", "from dictate import outputs\n", STAGES_ARE_STRANGERS),
        ("engines/worker", "import dictate.text\n", STAGES_ARE_STRANGERS),
        ("microphone/tap", "import dictate.speech.segmenter\n", STAGES_ARE_STRANGERS),
        ("speech/webrtc", "import dictate.pipeline\n", "it never uses it"),
        ("journal", "import torch\n", "only an engine"),
        ("outputs/x11", "import torch\n", "only an engine"),
        ("microphone/portaudio", "import sounddevice\n", "only the capture process"),
        ("engines/elsewhere/riva", "import sounddevice\n", "only the capture process"),
        ("engines/elsewhere/riva", "import Xlib.display\n", "only outputs and control"),
        ("outputs/x11", "from pynput import keyboard\n", "only control"),
    ],
)
def test_the_law_bites(copy: Path, name: str, source: str, message: str) -> None:
    said = complaints(copy, name, source)
    assert "TID251" in said
    assert message in said


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("daemon", "import time\nfrom dictate.engines.link import EngineLink\n"),
        ("journal", "import sqlite3\nimport time\n"),
        ("engines/nemotron/engine", "import torch\nfrom dictate.hotwords import Hotwords\n"),
        ("microphone/capture", "import time\nimport threading\n"),
        ("outputs/x11", "import Xlib\nfrom dictate.events import Final\n"),
        ("control/x11", "import time\nfrom pynput import keyboard\n"),
        ("session", "from dictate.events import Final\n"),
    ],
)
def test_the_law_lets_work(copy: Path, name: str, source: str) -> None:
    assert complaints(copy, name, source) == ""


@pytest.mark.parametrize("name", [*PURE, "text/*"])
def test_pure_files_import_only_at_the_top(name: str) -> None:
    # Ruff lets a module that is banned at the top be imported inside a function.
    for path in ROOT.glob(f"dictate/{name}.py"):
        for function in ast.walk(ast.parse(path.read_text())):
            if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
                inside = [
                    node
                    for node in ast.walk(function)
                    if isinstance(node, ast.Import | ast.ImportFrom)
                ]
                assert not inside, f"{path}:{inside[0].lineno} imports inside a function"


@pytest.mark.parametrize(
    ("module", "forbidden"),
    [
        ("ctl", {"numpy", "torch", "sounddevice", "Xlib", "pynput", "dictate.pipeline"}),
        ("daemon", {"torch", "sounddevice", "pocketsphinx"}),
        ("setup", {"numpy", "rich", "dictate.pipeline"}),
        ("files.command", {"torch", "transformers"}),
    ],
)
def test_what_a_process_carries(module: str, forbidden: set[str]) -> None:
    if not (ROOT / "dictate" / f"{module.replace('.', '/')}.py").exists():
        pytest.skip(f"dictate/{module}.py is not there: write it")
    code = f"import dictate.{module}, sys; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert forbidden.isdisjoint(done.stdout.split())
