"""Who may import whom: each rule bites, and the code of today keeps them all."""

import ast
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
NOT_PURE = next(
    pattern
    for pattern, rules in PYPROJECT["tool"]["ruff"]["lint"]["per-file-ignores"].items()
    if rules == ["TID253"]
)
PURE = re.fullmatch(r"!dictate/\{(.*)\}\.py", NOT_PURE)[1].split(",")  # type: ignore[index]
CONTRACTS = [one["name"] for one in PYPROJECT["tool"]["importlinter"]["contracts"]]
LAYERS, CIRCLES, CTL, ENGINES, OUTPUTS, HOTKEYS = CONTRACTS
STAGES = ("microphone", "vad", "engines", "text", "outputs", "hotkeys")


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The code, with the rules, for tests that break one."""
    root = tmp_path_factory.mktemp("copy")
    shutil.copy(ROOT / "pyproject.toml", root)
    shutil.copytree(
        ROOT / "dictate", root / "dictate", ignore=shutil.ignore_patterns("__pycache__", "*.wav")
    )
    return root


def broken(root: Path, name: str, source: str) -> set[str]:
    """The contracts that break when the module `name` imports this, too."""
    path = root / "dictate" / f"{name}.py"
    before = path.read_text() if path.exists() else None
    path.write_text(f"{before or ''}\n{source}")
    try:
        done = subprocess.run(
            [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
            cwd=root,
            env={**os.environ, "PYTHONPATH": str(root), "COLUMNS": "200"},
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        if before is None:
            path.unlink()
        else:
            path.write_text(before)
    said = done.stdout + done.stderr
    found = {one for one in CONTRACTS if f"{one} BROKEN" in said}
    assert bool(found) == (done.returncode != 0), said
    return found


def test_every_contract_is_kept() -> None:
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("other", ["app.session", "ui.sounds", "dbus.interface", "cli"])
def test_a_stage_knows_nothing_above_it(copy: Path, stage: str, other: str) -> None:
    assert LAYERS in broken(copy, f"{stage}/__init__", f"import dictate.{other}")


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_knows_no_other(copy: Path, stage: str) -> None:
    other = STAGES[STAGES.index(stage) - 1]
    assert LAYERS in broken(copy, f"{stage}/__init__", f"from dictate import {other}")


@pytest.mark.parametrize(
    ("name", "source", "contract"),
    [
        ("ctl/commands", "def f():\n    import dictate.outputs", CTL),
        ("ctl/commands", "import dictate.journal.entry", CTL),
        ("client/daemon_client", "from dictate.models import store", CTL),
        ("client/daemon_client", "import numpy", CTL),
        ("engines/remote/riva", "import sounddevice", ENGINES),
        ("outputs/x11/paste", "import sounddevice", OUTPUTS),
        ("hotkeys/x11", "import torch", HOTKEYS),
        ("hotwords/model", "import dictate.config.schema", LAYERS),
        ("journal/journal", "from dictate.engines import Engine", LAYERS),
        ("a_new_file", "", LAYERS),
        (
            "text/pieces",
            "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import dictate.app.daemon",
            LAYERS,
        ),
        (
            "text/pieces",
            "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import dictate.text.layout",
            CIRCLES,
        ),
    ],
)
def test_a_contract_bites(copy: Path, name: str, source: str, contract: str) -> None:
    assert contract in broken(copy, name, source)


def complaints(root: Path, name: str, source: str) -> str:
    """What ruff says of these imports in a file of this name."""
    ruff = [sys.executable, "-m", "ruff", "check", "--no-cache", "--select", "TID"]
    done = subprocess.run(
        [*ruff, "--output-format", "concise", "--stdin-filename", f"dictate/{name}.py", "-"],
        cwd=root,
        input=source,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in (0, 1), done.stderr
    return done.stdout if done.returncode else ""


@pytest.mark.parametrize("name", PURE)
@pytest.mark.parametrize("module", ["time", "asyncio", "threading", "pathlib"])
def test_a_pure_file_has_no_clock_loop_thread_or_file(copy: Path, name: str, module: str) -> None:
    name = name.replace("*", "new")
    assert f"TID253 `{module}` is banned" in complaints(copy, name, f"import {module}\n")


@pytest.mark.parametrize("name", PURE)
def test_a_pure_file_is_there_and_imports_only_at_the_top(name: str) -> None:
    # Ruff lets a module that is banned at the top be imported inside a function.
    paths = list(ROOT.glob(f"dictate/{name}.py"))
    assert paths
    for path in paths:
        for function in ast.walk(ast.parse(path.read_text())):
            if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
                inside = [
                    node
                    for node in ast.walk(function)
                    if isinstance(node, ast.Import | ast.ImportFrom)
                ]
                assert not inside, f"{path}:{inside[0].lineno} imports inside a function"


@pytest.mark.parametrize(
    ("name", "source", "message"),
    [
        ("journal/journal", "import torch\n", "only an engine"),
        ("microphone/portaudio", "import sounddevice\n", "only the capture process"),
        ("microphone/supervisor", "import Xlib.display\n", "may talk to the X server"),
    ],
)
def test_what_can_hang_or_weighs_much_has_its_place(
    copy: Path, name: str, source: str, message: str
) -> None:
    said = complaints(copy, name, source)
    assert "TID251" in said
    assert message in said


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("app/daemon", "import time\nfrom dictate.engines.client import EngineClient\n"),
        ("engines/nemotron/engine", "import torch\n"),
        ("outputs/x11/paste", "import Xlib\n"),
        ("hotkeys/x11", "import time\nimport Xlib\n"),
    ],
)
def test_the_law_lets_work(copy: Path, name: str, source: str) -> None:
    assert complaints(copy, name, source) == ""


@pytest.mark.parametrize(
    ("module", "forbidden"),
    [
        ("ctl.main", {"numpy", "torch", "sounddevice", "Xlib", "dictate.app.pipeline"}),
        ("app.daemon", {"torch", "sounddevice", "pocketsphinx", "damga"}),
        ("install.service", {"numpy", "rich", "dictate.app.pipeline"}),
        ("transcribe.command", {"torch", "transformers"}),
    ],
)
def test_what_a_process_carries(module: str, forbidden: set[str]) -> None:
    code = f"import dictate.{module}, sys; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert forbidden.isdisjoint(done.stdout.split())
