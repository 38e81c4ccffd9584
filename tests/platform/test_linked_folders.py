"""Each of our folders may be a link of the user's own, for example to a bigger disk."""

import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from dictate.config import config_file
from dictate.config.schema import JournalSettings
from dictate.hotwords import hotwords_file
from dictate.journal.journal import Journal
from dictate.platform import paths
from tests.lab.files import dictate_file, talk
from tests.lab.scripted import engine_for, script

SECOND = b"\x01\x02" * 16_000


def linked(folder: Path, target: Path) -> Path:
    """Make this folder a link to a new one."""
    target.mkdir()
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.symlink_to(target)
    return target


@pytest.mark.parametrize("audio_only", [False, True])
def test_a_journal_in_a_linked_folder_outlives_the_program(homes: Path, audio_only: bool) -> None:
    state = paths.state_dir()
    disk = linked(state / "audio" if audio_only else state, homes / "big disk")
    trouble: list[str] = []
    for expected in ([], ["It is kept."]):
        with closing(Journal(state, JournalSettings(), trouble.append)) as journal:
            assert journal.open() == []
            assert [entry.text for entry in journal.history(9)] == expected
            if not expected:
                number = journal.next_number
                journal.begin(number, time.time())
                journal.append(number, SECOND)
                journal.captured(number, "kate")
                journal.transcribed(number, "It is kept.", "it is kept", "scripted")
                journal.typing(number, "x11")
                journal.delivered(number, "delivered")
            assert journal.audio(1) == SECOND
    assert trouble == []
    assert any(path.suffix == ".wav" for path in disk.rglob("*"))


@pytest.mark.parametrize("folder", [paths.cache_dir, lambda: paths.cache_dir() / "files"])
def test_an_interrupted_file_is_resumed_from_a_linked_cache(
    tmp_path: Path, homes: Path, folder: Callable[[], Path]
) -> None:
    disk = linked(folder(), homes / "big disk")
    lines = script(tmp_path / "lines", "one", "!raise no", "!raise no", "two")
    words = ("--engine", engine_for(lines), talk(tmp_path / "a.wav", 2))
    assert dictate_file(*words).returncode == 1
    assert len(list(disk.rglob("*.jsonl"))) == 1
    done = dictate_file(*words)
    assert "resumed at 0:25" in done.stderr
    assert done.stdout.lower() == "one two\n"


def test_settings_and_hotwords_are_changed_in_a_linked_folder(homes: Path) -> None:
    disk = linked(paths.config_file().parent, homes / "dotfiles")
    config_file.set_option(paths.config_file(), "engine.use", "pocketsphinx")
    hotwords_file.add(paths.hotwords_file(), "Claude", None, [])
    assert config_file.load(paths.config_file()).engine.use == "pocketsphinx"
    assert "pocketsphinx" in (disk / "config.toml").read_text()
    assert "Claude" in (disk / "hotwords.toml").read_text()
    assert paths.config_file().parent.is_symlink()
