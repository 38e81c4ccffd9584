"""The benchmark of the main engine says what it found, and no goal is met that is not."""

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from bench.nemotron_report import OURS, SERVER, goals, tables


def found(**changes: object) -> dict[str, Any]:
    """What a run on a card found, where each goal is met just so."""

    def figures(finish_ms: float) -> dict[str, object]:
        return {"finish_ms": [finish_ms] * 3, "chunk_ms": [6.0] * 3, "texts": ["a", "b", "c"]}

    return {
        "machine": "a machine",
        "device": "a card",
        "model": "full",
        "asked": {"precision": "bf16"},
        "precision": "bf16",
        "notes": [],
        "chunk_ms": 560,
        "weights_bytes": 1_200_000_000,
        "bandwidth": 4e12,
        "starts": {
            OURS: {
                "ready_s": 9.9,
                "memory_mb": 3000.0,
                "peak_mb": 5000.0,
                "card_held_mb": 1300.0,
                "card_kept_mb": 1500.0,
            }
        },
        "lengths": {
            "1": {OURS: figures(7.0), SERVER: figures(15.0)},
            "60": {OURS: figures(7.9), SERVER: figures(30.0)},
        },
        "lists": {
            OURS: {
                "0": {**figures(7.0), "rebuild_ms": [0.0]},
                "1000": {**figures(7.0), "chunk_ms": [6.4] * 3, "rebuild_ms": [80.0]},
            }
        },
    } | changes


def verdicts(run: dict[str, Any]) -> list[str]:
    return [goal.verdict for goal in goals(run)]


def test_all_goals_are_met_where_they_are() -> None:
    assert verdicts(found()) == ["met"] * 7


def slower(run: dict[str, Any]) -> None:
    run["lengths"]["60"][OURS]["finish_ms"] = [8.1] * 3


def sometimes_slow(run: dict[str, Any]) -> None:
    run["lengths"]["1"][OURS]["finish_ms"] = [7.0, 7.0, 13.0]


def growing(run: dict[str, Any]) -> None:
    run["lengths"]["1"][OURS]["finish_ms"] = [6.0] * 3


def larger(run: dict[str, Any]) -> None:
    run["starts"][OURS]["card_kept_mb"] = 1700.0


def slower_with_hotwords(run: dict[str, Any]) -> None:
    run["lists"][OURS]["1000"]["chunk_ms"] = [6.6] * 3


def late(run: dict[str, Any]) -> None:
    run["starts"][OURS]["ready_s"] = 10.1


def close_to_nemo(run: dict[str, Any]) -> None:
    run["lengths"]["1"][SERVER]["finish_ms"] = [13.0] * 3


@pytest.mark.parametrize(
    ("number", "spoil"),
    list(
        enumerate(
            [slower, sometimes_slow, growing, larger, slower_with_hotwords, late, close_to_nemo]
        )
    ),
)
def test_a_goal_that_is_missed_is_told(number: int, spoil: Any) -> None:
    run = found()
    spoil(run)

    assert verdicts(run)[number] == "missed"


def test_what_is_asked_of_a_card_is_not_judged_on_a_processor() -> None:
    told = verdicts(found(device="cpu"))

    assert told == [
        "for a card",
        "for a card",
        "met",
        "for a card",
        "for a card",
        "for a card",
        "met",
    ]


def test_the_tables_show_the_figures_the_roof_and_who_heard_something_else() -> None:
    run = found()
    run["lengths"]["1"][SERVER]["texts"] = ["a", "b", "other"]

    text = tables(run)

    assert "7.9 / 7.9 / 7.9" in text
    assert "1200 MB; at the 4000 GB/s" in text
    assert "0.30 ms" in text
    assert "| text as ours | 6 of 6 | 5 of 6 |" in text


@pytest.mark.parametrize(("name", "package"), [("nemotron", "nemo"), ("qwen3", "transformers")])
def test_without_a_card_the_script_for_one_says_so(tmp_path: Path, name: str, package: str) -> None:
    if find_spec(package) is None:
        pytest.skip(f"{package} is not installed: the script would say that first")
    script = Path(__file__).parents[1] / "bench" / f"{name}_gpu.sh"

    done = subprocess.run(
        [script, "--out", tmp_path / "results"],
        env={**os.environ, "PYTHON": sys.executable, "CUDA_VISIBLE_DEVICES": ""},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 2
    assert "no NVIDIA card can be used" in done.stderr
    assert not (tmp_path / "results").exists()
