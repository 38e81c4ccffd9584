"""`dictate models convert`: with our small model in the place of NVIDIA's."""

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dictate import cli
from dictate.config.schema import EngineSettings
from dictate.engines.onnx.engine import OnnxEngine
from dictate.errors import EngineError
from dictate.install import convert
from dictate.models import store
from dictate.models.catalogue import CATALOGUE, Model
from dictate.models.store import InstalledModel
from dictate.platform import paths
from tests.engines.test_transducers import hear
from tests.hub import model
from tests.lab import mini_model, mini_onnx
from tests.lab.voices import read
from tests.models.conftest import online as online

Out = pytest.CaptureFixture[str]
ASKED = Path(__file__).parents[2] / "dictate" / "samples" / "2-claude-code.wav"


def main(words: list[str]) -> int:
    """The exit status of this command."""
    with pytest.raises(SystemExit) as ended:
        cli.main(words)
    return int(ended.value.code or 0)


@pytest.fixture
def original(monkeypatch: pytest.MonkeyPatch) -> Model:
    """Our small model, downloaded as nemotron."""
    if reason := mini_model.unavailable():
        pytest.skip(f"nemotron: {reason}")
    made = model(mini_model.MINI.read_bytes())
    monkeypatch.setitem(CATALOGUE, "nemotron", made)
    paths.safe_dir(paths.models_dir())
    shutil.copy(mini_model.MINI, made.path)
    made.path.chmod(0o600)
    record = InstalledModel(made.repository, made.revision, made.sha256, store.PUBLISHER)
    made.record_path.write_text(record.text())
    made.record_path.chmod(0o600)
    return made


def test_the_files_are_used_verified_and_kept_until_removed(original: Model, capsys: Out) -> None:
    assert main(["models", "convert", "nemotron"]) == 0
    out, err = capsys.readouterr()
    assert f"converted from nemotron (SHA-256 {original.sha256})" in out
    assert "quantising the encoder" in err
    assert "nemotron-onnx on this machine: real time" in err
    target = CATALOGUE["nemotron-onnx"]
    record = json.loads(target.record_path.read_text())
    assert (record["source"], record["original_sha256"]) == ("converted here", original.sha256)
    assert 0 < record["rtf"] < 0.8
    assert set(record["files"]) == {
        *("decoder.int8.onnx", "encoder.int8.onnx", "joiner.int8.onnx"),
        *("tokenizer.model", "tokens.txt"),
    }
    engine = OnnxEngine(EngineSettings(use="onnx"))
    assert engine.unavailable_reason() is None
    engine.load()
    assert hear(engine, read(ASKED)) == hear(mini_onnx.engine(), read(ASKED))
    assert main(["models", "list"]) == 0
    assert "nemotron-onnx: installed" in capsys.readouterr().out
    assert main(["models", "verify", "nemotron-onnx"]) == 0
    assert "as converted here" in capsys.readouterr().out
    for words in (["convert", "nemotron"], ["download", "nemotron-onnx"]):
        assert main(["models", *words]) == 1
        assert "dictate models remove nemotron-onnx" in capsys.readouterr().err
    tokens = target.path / "tokens.txt"
    tokens.write_text(tokens.read_text() + "x 999\n")
    assert main(["models", "verify", "nemotron-onnx"]) == 1
    err = capsys.readouterr().err
    assert "is damaged or was changed" in err
    assert "remove nemotron-onnx, then dictate models convert nemotron --chunk-ms 560" in err
    with pytest.raises(EngineError, match="damaged"):
        engine.load()
    assert main(["models", "remove", "nemotron-onnx"]) == 0
    assert not target.path.exists()


def test_interrupted_it_leaves_nothing(
    original: Model, monkeypatch: pytest.MonkeyPatch, capsys: Out
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    before = set(paths.models_dir().iterdir())
    monkeypatch.setattr("dictate.engines.onnx.export._quantise", interrupted)
    assert main(["models", "convert", "nemotron"]) == 130
    assert "nothing was changed" in capsys.readouterr().err
    assert set(paths.models_dir().iterdir()) == before


def test_what_a_killed_one_has_left_is_removed_by_the_next(
    original: Model, monkeypatch: pytest.MonkeyPatch, capsys: Out
) -> None:
    left = paths.models_dir() / ".converting-abc" / "fp32"
    left.mkdir(parents=True)
    (left / "encoder.data").write_bytes(b"much")
    monkeypatch.setattr("dictate.engines.onnx.export.export", lambda *_, **__: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        convert.convert("nemotron", 560)
    assert not left.parent.exists()


def test_an_error_of_pytorch_is_one_of_the_conversion(
    original: Model, monkeypatch: pytest.MonkeyPatch, capsys: Out
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise RuntimeError("[enforce fail at inline_container.cc:659]\n unexpected pos")

    before = set(paths.models_dir().iterdir())
    monkeypatch.setattr("dictate.engines.onnx.export._quantise", fails)
    assert main(["models", "convert", "nemotron"]) == 1
    assert "this model cannot be converted: [enforce fail" in capsys.readouterr().err
    assert set(paths.models_dir().iterdir()) == before


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nemotron", "--chunk-ms", "100"], "chunks of 560, 80, 160, 1120 ms, not of 100 ms"),
        (["qwen3"], "these can: nemotron, nemotron-3.5, parakeet"),
        (["nemotrom"], "no model is called 'nemotrom'"),
        (["parakeet"], "dictate models download parakeet"),
    ],
)
def test_what_cannot_be_converted_is_said(words: list[str], said: str, capsys: Out) -> None:
    assert main(["models", "convert", *words]) == 1
    assert said in capsys.readouterr().err


def test_a_full_disk_is_noticed_before_the_work(
    original: Model, monkeypatch: pytest.MonkeyPatch, capsys: Out
) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _: shutil._ntuple_diskusage(9, 8, 1))
    assert main(["models", "convert", "nemotron"]) == 1
    assert "make room" in capsys.readouterr().err


@pytest.mark.parametrize(("package", "extra"), [("nemo", "nemotron"), ("onnxruntime", "onnx")])
def test_without_a_package_it_says_how_to_get_it(
    package: str, extra: str, monkeypatch: pytest.MonkeyPatch, capsys: Out
) -> None:
    monkeypatch.setattr(convert, "find_spec", lambda name: None if name == package else object())
    assert main(["models", "convert", "nemotron"]) == 1
    said = capsys.readouterr().err
    assert f"missing packages: {package}" in said
    assert extra in said.partition(package)[2]


@pytest.mark.parametrize(
    "changes",
    [
        {"files": {}},
        {"original_sha256": ""},
        {"sha256": "0" * 64},
        {"files": {"../x": "0" * 64}},
        {"source": "publisher"},
    ],
)
def test_a_record_cannot_do_away_with_the_check(changes: dict[str, Any]) -> None:
    target = CATALOGUE["nemotron-onnx"]
    files = {file.name: file.sha256 for file in target.files}
    good = InstalledModel("x/y", "0" * 40, target.sha256, store.CONVERTED, 0.0, "", "1" * 64, files)
    paths.safe_dir(paths.models_dir())
    for one, valid in ((good, True), (replace(good, **changes), False)):
        target.record_path.write_text(one.text())
        target.record_path.chmod(0o600)
        assert (store.record_of(target) is not None) == valid
