"""The whole proof with the starter engine, and what the term on the command line may be."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from dictate.errors import AudioFileError, ConfigError, Unavailable
from dictate.hotwords.model import Hotwords, Term, TermState
from dictate.proof import command, voices
from dictate.proof.command import Options, find, read_clips
from tests.lab.voices import speak, write

SAID = "Please ask Claude Code to look at the report."


@pytest.fixture
def user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user with the starter engine, without a bus and without voices; the folder for config."""
    for name in ("CONFIG", "STATE", "CACHE", "DATA"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name.lower()))
    runtime = tmp_path / "r"
    runtime.mkdir(mode=0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(runtime))
    monkeypatch.delenv("DBUS_SESSION_BUS_ADDRESS", raising=False)
    folder = tmp_path / "config" / "dictate"
    folder.mkdir(parents=True)
    (folder / "config.toml").write_text('[engine]\nuse = "pocketsphinx"\n')
    return folder


def proof(options: Options) -> list[dict[str, Any]]:
    events: list[dict[str, Any]] = []
    asyncio.run(command.test(options, events.append))
    return events


def test_a_recording_turns_with_the_starter_engine(
    user: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recording = tmp_path / "said.wav"
    write(recording, speak(SAID, "slt"))
    (user / "hotwords.toml").write_text('words = ["Anthropic"]\n')
    monkeypatch.setattr(voices, "installed", lambda _: [])
    page = tmp_path / "page.html"
    events = proof(Options("Claude Code", clips=(recording,), html=page))
    result = events[-1]["result"]
    (clip,) = result["clips"]
    assert not clip["right_without"]
    assert clip["turns_at"] in (0.5, 1.0)
    assert "Claude Code" in clip["with"][-1]["heard"]["text"]
    assert result["engine"] == "pocketsphinx"
    assert result["verdict"]["kind"] == "works"
    assert result["verdict"]["weight"] == 1.0
    assert len(result["notes"]) == 2  # no control sentence, no dictation
    assert {event["doing"] for event in events if "doing" in event} == {
        "without the term",
        "weight 1",
        "weight 0.5",
    }
    assert "data:audio/flac" in page.read_text()


def test_without_voices_the_user_is_told_what_to_do(
    user: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert user.is_dir()
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(Unavailable, match=r"flite.*--clip.*--say"):
        proof(Options("Claude Code"))


def test_a_recording_that_cannot_be_read_is_named(user: Path, tmp_path: Path) -> None:
    assert user.is_dir()
    noise = tmp_path / "noise.wav"
    noise.write_bytes(b"no sound at all")
    with pytest.raises(AudioFileError, match=r"noise\.wav"):
        proof(Options("Claude Code", clips=(noise,)))
    with pytest.raises(AudioFileError, match=r"gone\.wav does not exist"):
        read_clips([tmp_path / "gone.wav"])


@pytest.mark.parametrize(
    ("spelling", "problem"),
    [
        ("--", "'--': this needs at least one letter or digit"),
        ("", "'': this needs at least one letter or digit"),
        ("a" * 65, "this has 65 characters, at most 64 are allowed"),
        ("two\nlines", "this has a line end"),
    ],
)
def test_a_term_that_cannot_be_written_is_refused_by_name(spelling: str, problem: str) -> None:
    with pytest.raises(ConfigError, match=problem):
        find(Hotwords(), Options(spelling))


def test_a_term_on_the_list_brings_its_forms_and_is_active() -> None:
    own = Term("claude code", 2.5, ("clot code",), "en", TermState.QUARANTINED)
    term, weight = find(Hotwords((own,)), Options("Claude Code", sounds_like=("clod code",)))
    assert term == Term("Claude Code", 1.0, ("clot code", "clod code"), "en")
    assert weight == 2.5
    assert find(Hotwords((own,)), Options("Zoë"))[1] is None
