"""The calibrated strengths: stored, found by engine and model, and forgotten."""

import stat
from pathlib import Path

import pytest

from dictate.hotwords import calibration
from dictate.hotwords.calibration import Calibration


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "calibration.json"


def one(
    engine: str = "nemotron", model: str = "m", strength: float = 1.5, path: str = ""
) -> Calibration:
    digest = calibration.model_hash(path)
    return Calibration(engine, model, path, digest, strength, 1200, 1, "2026-11-30")


def test_it_is_found_by_engine_and_model(path: Path) -> None:
    calibration.save(path, one(strength=2.0))
    calibration.save(path, one("onnx"))
    calibration.save(path, one(strength=1.25))  # measured again
    strength = calibration.default_strength(calibration.load(path))
    assert strength("nemotron", "m") == 1.25
    assert strength("onnx", "m") == 1.5
    assert strength("nemotron", "other") == strength("", "") == 1.0
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_a_model_that_has_changed_is_not_calibrated(path: Path, tmp_path: Path) -> None:
    model = tmp_path / "my.nemo"
    model.write_bytes(b"weights")
    calibration.save(path, one(path=str(model)))
    assert len(calibration.load(path)) == 1
    model.write_bytes(b"WEIGHTS")
    assert calibration.load(path) == ()


def test_a_folder_is_hashed_by_its_files(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "a").write_bytes(b"1")
    before = calibration.model_hash(str(folder))
    (folder / "b").write_bytes(b"2")
    assert before
    assert calibration.model_hash(str(folder)) != before
    assert calibration.model_hash(str(folder / "c")) == calibration.model_hash("") == ""


@pytest.mark.parametrize("text", ["", "{", "[1]", '[{"engine": "x"}]', "3"])
def test_a_broken_file_means_the_built_in_strengths(path: Path, text: str) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    assert calibration.load(path) == ()
    calibration.save(path, one())
    assert calibration.load(path) == (one(),)


def test_all_is_forgotten(path: Path) -> None:
    assert calibration.reset(path) == []
    calibration.save(path, one())
    assert calibration.reset(path) == [one()]
    assert calibration.load(path) == ()


def test_changes_are_told() -> None:
    old, new = [one(), one("onnx")], [one(strength=2.0), one("onnx")]
    told = ["default strength of hotwords, nemotron m: 1.5 -> 2"]
    assert calibration.difference(old, new) == told
    assert calibration.difference((), [one("pocketsphinx", "")]) == [
        "default strength of hotwords, pocketsphinx: 1 -> 1.5"
    ]
