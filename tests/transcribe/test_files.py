"""`dictate file`, from outside: real sound files, the real engine process."""

import json
import os
import pty
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.lab.files import command, dictate_file, environment, tone
from tests.lab.scripted import engine_for
from tests.lab.scripted import script as lines
from tests.lab.terminal import shown_on


@pytest.fixture
def script(tmp_path: Path) -> str:
    """An engine that says these lines, one for each file."""
    lines = tmp_path / "lines"
    lines.write_text("the first one\nthe second one\nthe third one\nthe fourth one\n")
    return f"scripted:{lines}"


def test_one_file_is_its_text_alone(tmp_path: Path, script: str) -> None:
    done = dictate_file("--engine", script, tone(tmp_path / "a.wav"))
    assert done.returncode == 0, done.stderr
    assert done.stdout.lower() == "the first one\n"
    assert "\x1b" not in done.stderr, "no progress bar where there is no terminal"
    assert f"{tmp_path}/a.wav: 0:02 of sound in 0:0" in done.stderr


def test_any_format_rate_and_channel_count(tmp_path: Path, script: str) -> None:
    files = [
        tone(tmp_path / "a.wav", rate=8_000),
        tone(tmp_path / "b.flac", rate=44_100, channels=2),
        tone(tmp_path / "c.ogg", rate=48_000, channels=2),
        tone(tmp_path / "d.mp3", rate=22_050),
    ]
    done = dictate_file("--engine", script, *files)
    assert done.returncode == 0, done.stderr
    words = ("first", "second", "third", "fourth")
    expected = [f"{file}: the {word} one" for file, word in zip(files, words, strict=True)]
    assert done.stdout.lower().splitlines() == [line.lower() for line in expected]


def test_json_is_a_list(tmp_path: Path, script: str) -> None:
    files = [tone(tmp_path / "a.wav"), tone(tmp_path / "b.wav", seconds=0.5)]
    done = dictate_file("--engine", script, "--json", *files)
    assert done.returncode == 0, done.stderr
    first, second = json.loads(done.stdout)
    about = {"heard", "warnings"}
    assert set(first) == {"file", "text", "audio_s", "seconds", "segments"} | about
    assert first["file"] == str(files[0])
    assert first["audio_s"] == pytest.approx(2.0, abs=0.01)
    assert second["audio_s"] == pytest.approx(0.5, abs=0.01)
    assert second["text"].lower() == "the second one"


def test_a_bad_file_is_named_and_the_others_go_on(tmp_path: Path, script: str) -> None:
    no_sound = tmp_path / "notes.txt"
    no_sound.write_text("these are notes")
    missing = tmp_path / "missing.wav"
    good = tone(tmp_path / "good.wav")
    done = dictate_file("--engine", script, no_sound, missing, good)
    assert done.returncode == 1
    assert done.stdout.lower() == f"{good}: the first one\n".lower()
    assert str(no_sound) in done.stderr
    assert f"{missing} does not exist" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_engine_that_dies_gets_the_sound_once_more(tmp_path: Path) -> None:
    use = engine_for(lines(tmp_path / "lines", "!crash", "it came through"))
    done = dictate_file("--engine", use, tone(tmp_path / "a.wav", seconds=20))
    assert done.returncode == 0, done.stderr
    assert done.stdout.lower() == "it came through\n"


def test_an_engine_that_cannot_work_is_one_clear_line(tmp_path: Path) -> None:
    done = dictate_file("--engine", "scripted:/nowhere", tone(tmp_path / "a.wav"))
    assert done.returncode == 1
    assert done.stdout == ""
    assert "/nowhere" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_missing_hotwords_file_is_an_error(tmp_path: Path, script: str) -> None:
    missing = tmp_path / "gone.toml"
    wav = tone(tmp_path / "a.wav")
    done = dictate_file("--engine", script, "--hotwords", missing, wav)
    assert done.returncode == 78
    assert str(missing) in done.stderr


def test_a_terminal_gets_a_progress_bar(tmp_path: Path, script: str) -> None:
    wav = tone(tmp_path / "a.wav", seconds=30)
    terminal, ours = pty.openpty()
    process = subprocess.Popen(
        command("--engine", script, wav),
        env=environment(TERM="xterm-256color"),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=ours,
    )
    os.close(ours)
    shown = shown_on(terminal)
    said, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert said.decode().lower() == "the first one\n", "stdout has the text and nothing else"
    assert b"a.wav" in shown
    assert b"left" in shown, "the time left"


def test_real_speech_through_the_starter_engine(tmp_path: Path) -> None:
    if shutil.which("flite") is None:
        pytest.skip("flite is missing: apt install flite")
    wav = tmp_path / "speech.wav"
    subprocess.run(
        ["flite", "-voice", "rms", "-t", "the train leaves in the morning", "-o", wav], check=True
    )
    done = dictate_file("--engine", "pocketsphinx", wav)
    assert done.returncode == 0, done.stderr
    assert "morning" in done.stdout.lower()
