"""What is compared in the benchmark of the main engine does the same work: the same words."""

import json
import subprocess
import sys

import pytest

from bench.nemotron_rivals import SUBJECTS
from dictate.engines.nemotron.engine import NemotronEngine
from tests.lab import mini_model
from tests.lab.rivals import MORE

PLAIN = "We asked cloud code about the problem."
BOOSTED = "We asked Claude Code about the problem."


@pytest.fixture(scope="module")
def transcripts() -> dict[str, dict[str, list[list[str]]]]:
    """What each subject transcribes."""
    if reason := NemotronEngine(mini_model.settings()).unavailable_reason():
        pytest.skip(f"nemotron: {reason}")
    done = subprocess.run(
        [sys.executable, "-m", "tests.lab.rivals"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    found: dict[str, dict[str, list[list[str]]]] = json.loads(done.stdout.splitlines()[-1])
    return found


@pytest.mark.timeout(400)  # NeMo alone takes ten seconds to import, and ten times that when busy
@pytest.mark.parametrize("name", SUBJECTS)
def test_each_way_hears_the_same_whatever_the_end_falls_on(
    transcripts: dict[str, dict[str, list[list[str]]]], name: str
) -> None:
    heard = transcripts[name]
    assert isinstance(heard, dict), heard
    assert heard
    for way, texts in heard.items():
        assert texts == [[PLAIN, BOOSTED, PLAIN]] * len(MORE), way
