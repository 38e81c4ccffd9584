"""The documents for developers, followed to the letter in a copy of the repository."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.lab.scratch_copy import BLOCK, ROOT, follow, run, scratch_copy

ENGINE_PAGE = next(ROOT.glob("docs/**/adding-an-engine.md"))


@pytest.fixture(scope="module")
def engine_added(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A copy in which the page on engines was followed, and what its commands printed."""
    root = scratch_copy(tmp_path_factory.mktemp("engine"))
    return root, follow(ENGINE_PAGE, root)


def test_the_contract_suite_tries_the_engine_of_the_page(engine_added: tuple[Path, str]) -> None:
    _, printed = engine_added
    assert "parrot: it always says the same sentence" in printed
    assert "13 passed, 2 skipped" in printed


def test_its_code_is_in_good_style(engine_added: tuple[Path, str]) -> None:
    """`make fix` had nothing to change."""
    root, _ = engine_added
    blocks = [block["code"] for block in BLOCK.finditer(ENGINE_PAGE.read_text())]
    for path in ("dictate/engines/parrot.py", "tests/contract/engines/parrot.py"):
        assert (root / path).read_text() in blocks
    run(".venv/bin/ruff format --check dictate tests", root)


def test_the_generated_files_name_it(engine_added: tuple[Path, str]) -> None:
    root, _ = engine_added
    for path in ("config/config.toml", "docs/reference/config.md"):
        assert "ne of auto, parrot, nemotron, onnx, openai" in (root / path).read_text()


def test_the_package_of_the_page_can_be_installed(
    engine_added: tuple[Path, str], tmp_path: Path
) -> None:
    root, _ = engine_added
    pip = [sys.executable, "-m", "pip", "install", "--no-index", "--no-deps", "--quiet"]
    pip += ["--disable-pip-version-check", "--no-build-isolation", "--target"]
    subprocess.run([*pip, tmp_path / "site", root.parent / "dictate-parrot"], check=True)
    done = subprocess.run(
        [sys.executable, "-m", "dictate.diagnostics.check"],
        env={**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{tmp_path / 'site'}"},
        capture_output=True,
        text=True,
        check=True,
    )
    reasons = {row["name"]: row["why_not"] for row in json.loads(done.stdout)}
    assert reasons["parrot"] == "it has no sentence: set engine.use to parrot:SENTENCE"
