"""Each campaign, for a moment: it runs, and finds nothing."""

import importlib
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.campaigns import __main__ as command
from tests.campaigns.result import Plan, Result
from tests.fault_matrix import page

pytestmark = [pytest.mark.timeout(300)]

BRIEF = {
    "utterances": 3,
    "sway": 3,
    "soak": 3,
    "keys": 100,
    "calls": 160,
    "journals": 40,
    "files": 140,
}


def test_every_campaign_is_tried_here() -> None:
    assert BRIEF.keys() == command.NIGHT.keys()


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("utterances", marks=[pytest.mark.desktop, pytest.mark.fault("F1", "F2")]),
        pytest.param("sway", marks=[pytest.mark.desktop, pytest.mark.fault("F1", "F2")]),
        pytest.param("soak", marks=[pytest.mark.desktop, pytest.mark.fault("F9")]),
        pytest.param("keys", marks=pytest.mark.fault("B3")),
        pytest.param("calls", marks=pytest.mark.fault("F6", "F7")),
        pytest.param("journals", marks=pytest.mark.fault("E6", "E7")),
        pytest.param("files", marks=pytest.mark.fault("E3")),
    ],
)
def test_a_short_campaign_finds_nothing(
    name: str, record_property: Callable[[str, object], None]
) -> None:
    run: Callable[[Plan], Result] = importlib.import_module(f"tests.campaigns.{name}").run
    result = run(Plan(seed=7, count=BRIEF[name], seconds=1.0 if name == "files" else 120.0))
    record_property("runs", result.done)
    assert result.findings == []
    assert result.done > 0
    assert f"{name}: {result.done} {result.unit}" in result.line


def test_what_a_long_run_came_to_stands_on_the_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page, "CAMPAIGNS", tmp_path / "campaigns.json")
    monkeypatch.setattr(page, "DOCUMENT", tmp_path / "reliability.md")
    for done in (10, 20):
        result = Result("keys", Plan(3, done), "sequences", done=done)
        page.store_campaign("keys", result.ended().line)
    written = page.DOCUMENT.read_text()
    assert "keys: 20 sequences, 0 findings (seed 3" in written
    assert "keys: 10 sequences" not in written


def test_a_finding_names_what_repeats_it(capsys: pytest.CaptureFixture[str]) -> None:
    result = Result("keys", Plan(3, 10), "sequences")
    result.find(5, "a key is deaf")
    assert capsys.readouterr().err == "keys --seed 3, step 5: a key is deaf\n"
    assert "1 findings" in result.ended().line
    assert os.linesep not in result.line
