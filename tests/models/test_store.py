"""The model store: what is found, what is refused, and that what was checked is what is read."""

import contextlib
import hashlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from dictate.errors import EngineError, Unavailable
from dictate.models import store
from dictate.models.catalogue import CATALOGUE, list_sha256
from dictate.models.store import ModelFile, find, opened
from dictate.platform import paths

CONTENT = b"weights" * 1000
SHA256 = hashlib.sha256(CONTENT).hexdigest()
MODEL = CATALOGUE["nemotron"]


def record(**changes: object) -> None:
    path = MODEL.record_path
    if isinstance(files := changes.get("files"), dict):
        with contextlib.suppress(UnicodeEncodeError):
            changes["sha256"] = list_sha256(files)
    said = {
        "repository": "nvidia/x",
        "revision": "0" * 40,
        "sha256": SHA256,
        "source": "publisher",
        **changes,
    }
    path.write_text(json.dumps(said))
    path.chmod(0o600)


@pytest.fixture
def there() -> Path:
    """A downloaded model."""
    paths.safe_dir(paths.models_dir())
    path = MODEL.path
    path.write_bytes(CONTENT)
    path.chmod(0o600)
    record()
    return path


@pytest.mark.fault("S18")
def test_the_catalogue_is_pinned() -> None:
    chunks = ("", "-80", "-160", "-1120")
    onnx = (*(f"nemotron-onnx{chunk}" for chunk in chunks), "nemotron-3.5-onnx", "parakeet-onnx")
    qwen3 = ("qwen3", "qwen3-0.6b", "qwen3-aligner")
    assert tuple(CATALOGUE) == ("nemotron", "nemotron-3.5", "parakeet", *onnx, *qwen3)
    for name, model in CATALOGUE.items():
        assert model.name == name
        assert re.fullmatch(r"[0-9a-f]{40}", model.revision)
        assert re.fullmatch(r"[\w.-]+/[\w.-]+", model.repository)
        assert store.is_sha256(model.sha256)
        assert all(re.fullmatch(r"[\w-][\w.-]*", file.name) for file in model.files), "no paths"
        assert model.files[0].name.endswith(".nemo") != model.is_folder
        assert model.size > 6e8
        assert model.licence_url.startswith("https://")
        assert 560 in model.chunks_ms or name not in ("nemotron", "nemotron-3.5", "nemotron-onnx")
        assert model.speaks or name.startswith("nemotron-3.5")
        assert bool(model.word_errors) == bool(model.word_errors_of) == (model.engine != "aligner")
        assert model.engine != "onnx" or model.runs_on == "any processor"


def test_models_with_the_same_files_but_one_differ_in_that_one() -> None:
    encoders = [model.files[0] for model in CATALOGUE.values() if model.engine == "onnx"]
    assert {file.name for file in encoders} == {"encoder.int8.onnx"}
    assert len({file.sha256 for file in encoders}) == len(encoders) == 6


@pytest.mark.parametrize("name", ["", "nemotron"])
def test_a_downloaded_model_is_found_without_hashing(there: Path, name: str) -> None:
    there.write_bytes(b"other bytes")
    assert find(name, trusted=False) == ModelFile("nemotron", there, SHA256, "publisher")


def test_the_folder_of_the_models_may_be_a_link(
    homes: Path, request: pytest.FixtureRequest
) -> None:
    (homes / "big disk").mkdir()
    paths.models_dir().parent.mkdir(parents=True)
    paths.models_dir().symlink_to(homes / "big disk")
    there: Path = request.getfixturevalue("there")
    assert find("", trusted=False).path == there
    with store.opened(find("", trusted=False)) as path:
        assert path.read_bytes() == CONTENT
    assert (homes / "big disk" / there.name).exists()


@pytest.mark.parametrize("name", CATALOGUE)
@pytest.mark.fault("D5")
def test_a_missing_one_says_how_to_get_it(name: str) -> None:
    with pytest.raises(Unavailable, match=f"dictate models download {name}$"):
        find(name, trusted=False, engine=CATALOGUE[name].engine)
    assert not paths.models_dir().exists(), "looking makes nothing"


def test_without_its_record_a_file_counts_for_nothing(there: Path) -> None:
    MODEL.record_path.unlink()
    with pytest.raises(Unavailable, match="not downloaded"):
        find("nemotron", trusted=False)


def test_an_unknown_name_hints_at_the_near_one() -> None:
    with pytest.raises(Unavailable, match=r"did you mean nemotron\?"):
        find("nemotorn", trusted=False)
    with pytest.raises(Unavailable, match=r"there are nemotron, nemotron-3\.5, parakeet"):
        find("whisper", trusted=False)


@pytest.mark.parametrize("given", ["{}/own.nemo", "own.nemo", "~/own.nemo"])
@pytest.mark.fault("S11")
def test_a_path_is_for_those_who_trust_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: str
) -> None:
    monkeypatch.chdir(tmp_path)
    model = given.format(tmp_path)
    with pytest.raises(Unavailable, match=r"can run code.*engine\.trust_model = true"):
        find(model, trusted=False)
    with pytest.raises(Unavailable, match="no such file"):
        find(model, trusted=True)
    own = tmp_path / "own.nemo"
    own.write_bytes(b"mine")
    found = find(model, trusted=True)
    assert found == ModelFile("own", own, "", "trusted path")
    with opened(found) as path:
        assert path.read_bytes() == b"mine"


def test_a_folder_is_no_trusted_model(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="no such file"):
        find(f"{tmp_path}", trusted=True)


@pytest.mark.fault("S11")
def test_what_was_checked_is_what_is_read(there: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.write_bytes(b"evil")
    with opened(find("", trusted=False)) as path:
        other.replace(there)
        assert path.read_bytes() == CONTENT
        assert str(path).startswith("/proc/self/fd/")
    assert not path.exists()


@pytest.mark.fault("S11")
def test_a_file_swapped_after_it_was_found_is_refused(there: Path, tmp_path: Path) -> None:
    found = find("", trusted=False)
    other = tmp_path / "other"
    other.write_bytes(b"evil")
    other.replace(there)
    with pytest.raises(EngineError, match=f"{there} is damaged.*: dictate models"), opened(found):
        pytest.fail("it was opened")


@pytest.mark.fault("D5", "S11")
def test_one_wrong_bit_is_refused(there: Path) -> None:
    there.write_bytes(CONTENT[:-1] + b"t")
    with pytest.raises(EngineError, match="its SHA-256 is"), opened(find("", trusted=False)):
        pytest.fail("it was opened")


@pytest.mark.parametrize("kind", ["nemo", "json"])
@pytest.mark.fault("S15")
def test_a_symlink_in_the_store_is_refused(there: Path, tmp_path: Path, kind: str) -> None:
    path = there.with_suffix(f".{kind}")
    path.rename(tmp_path / "elsewhere")
    path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(Unavailable, match="symlink"):
        find("", trusted=False)


@pytest.mark.fault("S15")
def test_a_symlink_put_there_after_it_was_found_is_refused(there: Path, tmp_path: Path) -> None:
    found = find("", trusted=False)
    there.rename(tmp_path / "elsewhere")
    there.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(EngineError, match="symlink"), opened(found):
        pytest.fail("it was opened")


def test_what_is_no_file_is_refused_and_does_not_hang(there: Path) -> None:
    found = find("", trusted=False)
    there.unlink()
    with pytest.raises(EngineError, match="cannot be read"), opened(found):
        pytest.fail("it was opened")
    os.mkfifo(there)
    with pytest.raises(Unavailable, match="not a regular file"):
        find("", trusted=False)
    with pytest.raises(EngineError, match="not a regular file"), opened(found):
        pytest.fail("it was opened")


@pytest.mark.fault("S15")
def test_a_file_that_others_may_write_is_refused(there: Path) -> None:
    there.chmod(0o602)
    with pytest.raises(Unavailable, match="chmod go-w"):
        find("", trusted=False)


@pytest.mark.fault("S15")
def test_a_file_of_another_user_is_refused(there: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if os.geteuid() == 0:
        os.chown(there, 12345, -1)
    else:
        me = os.geteuid()
        monkeypatch.setattr(os, "geteuid", lambda: me + 1)
    with pytest.raises(Unavailable, match="belongs to another user"):
        find("", trusted=False)


@pytest.mark.parametrize(
    "said",
    ["", "{", "[]", "{}", "[" * 60000, '"text"', "\xff"],
)
@pytest.mark.fault("D5")
def test_a_damaged_record_says_so(there: Path, said: str) -> None:
    MODEL.record_path.write_text(said, encoding="latin-1")
    with pytest.raises(Unavailable, match=r"json is damaged.*dictate models download nemotron"):
        find("", trusted=False)


@pytest.mark.parametrize(
    "changes",
    [
        {"sha256": ""},
        {"sha256": 5},
        {"sha256": "F" * 64},
        {"source": "trusted path"},
        {"source": ""},
        {"rtf": "fast"},
        {"rtf": 0.3, "device": None},
        {"rtf": float("nan")},
        {"rtf": float("inf")},
        {"rtf": -1},
        {"rtf": 10**400},
        {"rtf": 0.3, "device": "\x1b[31m"},
        {"rtf": 0.3, "device": "\ud800"},
        *(
            {"source": "converted here", "original_sha256": SHA256, "files": {name: SHA256}}
            for name in ("", "..", "a/b", "a\0b", "\ud800")
        ),
    ],
)
def test_a_record_cannot_do_away_with_the_check(there: Path, changes: dict[str, object]) -> None:
    record(**changes)
    with pytest.raises(Unavailable, match="is damaged"):
        find("", trusted=False)


def test_a_record_of_a_newer_dictate_is_read(there: Path) -> None:
    record(rtf=0.31, device="cpu", colour="green")
    assert find("", trusted=False).sha256 == SHA256
    found = store.record_of(MODEL)
    assert found is not None
    assert (found.rtf, found.device) == (0.31, "cpu")


def test_the_measured_speed_is_recorded(there: Path) -> None:
    store.record_speed(MODEL, 0.312345, "NVIDIA GB10")
    found = store.record_of(MODEL)
    assert found is not None
    assert (found.rtf, found.device, found.sha256) == (0.312, "NVIDIA GB10", SHA256)
    assert MODEL.record_path.stat().st_mode & 0o077 == 0


def test_the_speed_of_a_model_that_was_removed_is_recorded_nowhere() -> None:
    store.record_speed(MODEL, 0.3, "cpu")
    assert not MODEL.record_path.exists()


def test_looking_at_models_loads_no_framework() -> None:
    code = (
        "import sys, dictate.models.store as m\n"
        "try: m.find('', trusted=False)\n"
        "except m.Unavailable: pass\n"
        "print(sorted({'torch', 'nemo', 'numpy', 'rich', 'urllib.request'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
