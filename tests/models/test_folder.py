"""Models of several files: each file is pinned, downloaded and checked."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from dictate.errors import EngineError, Unavailable
from dictate.models import commands, downloader, store
from dictate.models.catalogue import CATALOGUE, Model, PinnedFile
from dictate.models.store import ModelFile, find, opened
from dictate.platform import paths
from tests.hub import CONTENT, SHA256, Hub, serving

FILES = ("config.json", "model.safetensors", "tokenizer.json")
SIZE = len(CONTENT)


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    with serving() as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.address)
        monkeypatch.setenv("no_proxy", "*")
        yield hub


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> Model:
    """A small model in place of the catalogue's qwen3."""
    files = tuple(PinnedFile(file, SIZE, SHA256) for file in FILES)
    made = replace(CATALOGUE["qwen3"], files=files)
    monkeypatch.setitem(CATALOGUE, "qwen3", made)
    return made


def ignore(_: int) -> None:
    pass


@pytest.fixture
def there(hub: Hub, small: Model) -> Path:
    """The model, downloaded."""
    return downloader.download(small, ignore).path


@pytest.mark.fault("S18")
def test_each_file_is_pinned() -> None:
    names = ("qwen3", "qwen3-0.6b", "qwen3-aligner")
    for name in names:
        model = CATALOGUE[name]
        assert model.engine == ("aligner" if name == "qwen3-aligner" else "qwen3")
        assert all(store.is_sha256(file.sha256) for file in model.files)
        endings = {Path(file.name).suffix for file in model.files}
        assert endings == {".json", ".jinja", ".safetensors"}, "nothing that could run"
    assert len({CATALOGUE[name].sha256 for name in names}) == 3


def test_all_files_come(hub: Hub, small: Model) -> None:
    seen: list[int] = []
    found = downloader.download(small, seen.append)
    assert found == ModelFile("qwen3", small.path, small.sha256, "publisher")
    assert found == find("", trusted=False, engine="qwen3")
    assert sorted(path.name for path in found.path.iterdir()) == sorted(FILES)
    assert seen == sorted(seen)
    assert seen[-1] == small.size
    path = f"/Qwen/Qwen3-ASR-1.7B-hf/resolve/{small.revision}/"
    assert hub.asked == [(f"{path}{file}", "") for file in FILES]
    assert small.path.stat().st_mode & 0o077 == 0
    hub.asked.clear()
    assert downloader.download(small, ignore) == found
    assert hub.asked == [], "it is whole"


def test_an_interrupted_download_goes_on_in_the_file_where_it_was(hub: Hub, small: Model) -> None:
    seen: list[int] = []

    def cut(size: int) -> None:
        seen.append(size)
        hub.cut_after = SIZE // 2 if size >= SIZE else None

    with pytest.raises(Unavailable, match="To continue"):
        downloader.download(small, cut)
    with pytest.raises(Unavailable, match="not downloaded"):
        find("qwen3", trusted=False, engine="qwen3")
    assert downloader.bytes_here(small) == SIZE + SIZE // 2
    hub.cut_after = None
    hub.asked.clear()
    downloader.download(small, ignore)
    asked = [(path.rpartition("/")[2], part) for path, part in hub.asked]
    assert asked == [("model.safetensors", f"bytes={SIZE // 2}-"), ("tokenizer.json", "")]
    assert not list(paths.models_dir().glob("*.part"))


def test_another_file_than_the_pinned_one_is_deleted(hub: Hub, small: Model) -> None:
    hub.content = CONTENT[:-1] + b"x"
    with pytest.raises(EngineError, match="should have"):
        downloader.download(small, ignore)
    assert not list(paths.models_dir().glob("*.part"))
    assert not list(small.path.iterdir())


def test_what_was_checked_is_what_is_read(there: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.write_bytes(b"evil")
    with opened(find("qwen3", trusted=False, engine="qwen3")) as folder:
        assert sorted(path.name for path in folder.iterdir()) == sorted(FILES)
        other.replace(there / "model.safetensors")
        assert (folder / "model.safetensors").read_bytes() == CONTENT
    assert not folder.exists()


@pytest.mark.parametrize("file", FILES)
@pytest.mark.fault("D5", "S11")
def test_one_wrong_bit_in_any_file_is_refused_and_fetched_again(
    hub: Hub, small: Model, there: Path, file: str
) -> None:
    (there / file).write_bytes(CONTENT[:-1] + b"x")
    found = find("qwen3", trusted=False, engine="qwen3")
    with pytest.raises(EngineError, match=f"{file} is damaged.*download qwen3"), opened(found):
        pytest.fail("it was opened")
    assert commands.verify("qwen3") == 1
    hub.asked.clear()
    downloader.download(small, ignore)
    assert [path.rpartition("/")[2] for path, _ in hub.asked] == [file]
    assert commands.verify("qwen3") == 0


@pytest.mark.parametrize("file", FILES)
@pytest.mark.fault("S15")
def test_a_symlink_in_the_folder_is_refused(there: Path, tmp_path: Path, file: str) -> None:
    (there / file).rename(tmp_path / "elsewhere")
    (there / file).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(Unavailable, match="symlink"):
        find("qwen3", trusted=False, engine="qwen3")


def test_a_model_is_for_its_engine() -> None:
    with pytest.raises(Unavailable, match=r'qwen3-0\.6b is for engine\.use = "qwen3"'):
        find("qwen3-0.6b", trusted=False)
    with pytest.raises(Unavailable, match=r'nemotron is for engine\.use = "nemotron"'):
        find("nemotron", trusted=False, engine="qwen3")
    with pytest.raises(Unavailable, match=r"names the model qwen3-aligner.*dictate file --words"):
        find("qwen3-aligner", trusted=False, engine="qwen3")


@pytest.mark.fault("S11")
def test_a_folder_of_ones_own_is_for_those_who_trust_it(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match=r"engine\.trust_model = true"):
        find(f"{tmp_path}/mine", trusted=False, engine="qwen3")
    with pytest.raises(Unavailable, match="no such folder"):
        find(f"{tmp_path}/mine", trusted=True, engine="qwen3")
    (tmp_path / "mine").mkdir()
    found = find(f"{tmp_path}/mine", trusted=True, engine="qwen3")
    assert found == ModelFile("mine", tmp_path / "mine", "", "trusted path")
    with opened(found) as folder:
        assert folder == tmp_path / "mine"


def test_all_of_it_is_removed(
    hub: Hub, small: Model, there: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    left = paths.models_dir() / f"qwen3.{small.revision}.config.json.part"
    left.write_bytes(b"x")
    commands.show(as_json=False)
    assert f"qwen3: installed as {there}" in capsys.readouterr().out
    commands.remove("qwen3")
    assert not list(paths.models_dir().iterdir())
    commands.show(as_json=False)
    listed = capsys.readouterr().out
    assert "qwen3: not downloaded" in listed
    assert "0.02 GB; for engine qwen3 on an NVIDIA card\n" in listed, "it says nothing of chunks"
