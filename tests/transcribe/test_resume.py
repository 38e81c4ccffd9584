"""`dictate file`, interrupted: whoever calls it again gets what it would have been."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import numpy as np
import pytest
import soundfile

from dictate.errors import TranscriptError
from dictate.events import RATE
from dictate.transcribe.resume_file import ResumeFile
from tests.lab.files import command, dictate_file, environment, noise, silence, talk
from tests.lab.scripted import engine_for, script
from tests.lab.voices import speak, write

LINES = ("the first part", "the second part", "the third part", "the fourth part")


@contextmanager
def running(*words: str | Path) -> Iterator[subprocess.Popen[str]]:
    """`dictate file`, which is killed at the end if it is still there."""
    process = subprocess.Popen(
        command(*words),
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


def kept(homes: Path) -> list[Path]:
    return sorted((homes / "cache" / "dictate" / "files").glob("*"))


def lines_kept(homes: Path) -> list[str]:
    return [line for path in kept(homes) for line in path.read_text().splitlines()]


def wait_for(what: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def wait_for_the_hang(engine: str, homes: Path, lines: int) -> None:
    """Until the engine hangs; so many lines are kept then."""
    said = Path(engine.partition(":")[2] + ".said")
    wait_for(lambda: said.exists() and bool(json.loads(said.read_text())["happened"]))
    assert len(lines_kept(homes)) == lines


@pytest.fixture
def hangs(tmp_path: Path) -> str:
    """An engine that hangs at its third segment, once."""
    return engine_for(script(tmp_path / "hangs", *LINES[:2], "!hang", *LINES[2:]))


@pytest.fixture
def whole(tmp_path: Path) -> Path:
    """What comes of it without any interruption."""
    wav = talk(tmp_path / "whole.wav", 4)
    engine = f"scripted:{script(tmp_path / 'lines', *LINES)}"
    done = dictate_file("--engine", engine, wav, "-o", tmp_path / "whole.srt")
    assert done.returncode == 0, done.stderr
    return tmp_path / "whole.srt"


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_it_goes_on_and_the_result_is_the_same(
    tmp_path: Path, homes: Path, hangs: str, whole: Path, end: signal.Signals
) -> None:
    words = ("--engine", hangs, talk(tmp_path / "talk.wav", 4), "-o", tmp_path / "out.srt")
    with running(*words) as process:
        wait_for_the_hang(hangs, homes, 2)
        process.send_signal(end)
        _, said = process.communicate(timeout=30)
    assert process.returncode == (130 if end is signal.SIGINT else -end)
    if end is signal.SIGINT:
        assert "run the same command again" in said
        assert "Traceback" not in said
    assert not (tmp_path / "out.srt").exists()
    assert [path.stat().st_mode & 0o777 for path in kept(homes)] == [0o600]

    done = dictate_file(*words)
    assert done.returncode == 0, done.stderr
    assert f"{tmp_path}/talk.wav: resumed at 0:51" in done.stderr
    assert (tmp_path / "out.srt").read_bytes() == whole.read_bytes()
    assert kept(homes) == [], "nothing of it is left"


def test_the_starter_engine_goes_on_as_well(tmp_path: Path, homes: Path) -> None:
    sentence = speak("the train leaves in the morning and we will meet at the station")
    parts = [part for _ in range(3) for part in (sentence, silence(20))]
    write(tmp_path / "talk.wav", np.concatenate(parts))
    words = ("--engine", "pocketsphinx", tmp_path / "talk.wav", "-o")
    with running(*words, tmp_path / "out.json") as process:
        wait_for(lambda: len(lines_kept(homes)) == 1)
        process.kill()
        process.communicate(timeout=30)
    assert not (tmp_path / "out.json").exists()
    done = dictate_file(*words, tmp_path / "out.json")
    assert "resumed at 0:" in done.stderr
    again = dictate_file(*words, tmp_path / "again.json")
    assert "resumed" not in again.stderr
    first, second = (json.loads((tmp_path / f"{n}.json").read_text()) for n in ("out", "again"))
    assert "morning" in first["text"]
    assert first == second


def test_a_line_half_written_is_heard_again(
    tmp_path: Path, homes: Path, hangs: str, whole: Path
) -> None:
    words = ("--engine", hangs, talk(tmp_path / "talk.wav", 4), "-o", tmp_path / "out.srt")
    with running(*words) as process:
        wait_for_the_hang(hangs, homes, 2)
        process.kill()
        process.communicate(timeout=30)
    (path,) = kept(homes)
    with path.open("ab") as file:
        file.write(b'["heard", 816000, 1232')
    done = dictate_file(*words)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out.srt").read_bytes() == whole.read_bytes()


def test_lines_after_a_half_written_one_are_durable(tmp_path: Path) -> None:
    path = tmp_path / "it.jsonl"
    for start, half in ((0, b'["heard", 1, 2, "no'), (5, b'{"no": 1}\n')):
        with closing(ResumeFile(path)) as so_far:
            so_far.add(start, start + 5, f"from {start}")
        with path.open("ab") as file:
            file.write(half)
    with closing(ResumeFile(path)) as so_far:
        assert so_far.transcripts == {(0, 5): ("from 0", ""), (5, 10): ("from 5", "")}
        with pytest.raises(TranscriptError, match="another dictate"):
            ResumeFile(path)


def test_another_sound_or_other_words_begin_anew(tmp_path: Path, homes: Path, hangs: str) -> None:
    wav = talk(tmp_path / "talk.wav", 4)
    with running("--engine", hangs, wav) as process:
        wait_for_the_hang(hangs, homes, 2)
        process.kill()
        process.communicate(timeout=30)
    (tmp_path / "talk.toml").write_text('words = ["Claude"]\n')
    done = dictate_file("--engine", hangs, wav)
    assert done.returncode == 0
    assert "resumed" not in done.stderr, "with other words it may be heard otherwise"
    (tmp_path / "talk.toml").unlink()
    done = dictate_file("--engine", hangs, talk(wav, 4, seed=9))
    assert "resumed" not in done.stderr, "it is another sound"
    done = dictate_file("--engine", hangs, talk(tmp_path / "renamed.wav", 4))
    assert "resumed at 0:51" in done.stderr, "it is the same sound by another name"


def test_a_file_has_the_words_of_the_language_that_was_detected(
    tmp_path: Path, homes: Path
) -> None:
    config = homes / "config" / "dictate"
    config.mkdir(exist_ok=True)
    (config / "config.toml").write_text('[engine]\nlanguage = "auto"\n')
    (config / "hotwords.toml").write_text(
        '[replacements.de]\n"garden" = "Garten"\n[replacements.en]\n"garden" = "yard"\n'
    )
    lines = script(tmp_path / "lines", "!detects de", "im garden", "!crash", "garden")
    done = dictate_file("--engine", f"fake:{lines}", talk(tmp_path / "a.wav", 2))
    assert done.returncode == 0, done.stderr
    assert done.stdout == "im Garten Garten\n"


@pytest.mark.parametrize("language", ["de", ""])
def test_the_language_of_a_segment_is_kept(tmp_path: Path, language: str) -> None:
    for _ in range(2):
        with closing(ResumeFile(tmp_path / "it.jsonl")) as so_far:
            if not so_far.transcripts:
                so_far.add(0, 9, "im garden", language)
            assert so_far.transcripts == {(0, 9): ("im garden", language)}


def test_a_batch_goes_on_with_the_file_it_was_in(tmp_path: Path, homes: Path, hangs: str) -> None:
    files = [talk(tmp_path / "a.wav", 1), talk(tmp_path / "b.wav", 3, seed=5)]
    words: list[str | Path] = ["--engine", hangs, *files, "--format", "txt"]
    with running(*words) as process:
        wait_for_the_hang(hangs, homes, 3)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)
    assert (tmp_path / "a.txt").exists()
    (tmp_path / "a.txt").write_text("corrected meanwhile")
    done = dictate_file(*words)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "a.txt").read_text() == "corrected meanwhile"
    assert (tmp_path / "b.txt").read_text().lower() == f"{' '.join(LINES[1:])}\n"
    assert kept(homes) == []


def test_an_engine_that_fails_keeps_what_was_heard(tmp_path: Path, homes: Path) -> None:
    lines = script(tmp_path / "lines", LINES[0], "!raise no", "!raise no", LINES[1], LINES[2])
    words = ("--engine", engine_for(lines), talk(tmp_path / "a.wav", 3))
    done = dictate_file(*words)
    assert done.returncode == 1
    assert f"{tmp_path}/a.wav: " in done.stderr
    done = dictate_file(*words)
    assert done.returncode == 0, done.stderr
    assert "resumed at 0:25" in done.stderr
    assert done.stdout.lower() == f"{' '.join(LINES[:3])}\n"


def test_the_file_of_an_abandoned_run_is_deleted(tmp_path: Path, homes: Path, hangs: str) -> None:
    talk(tmp_path / "a.wav", 1)
    assert dictate_file("--engine", hangs, tmp_path / "a.wav").returncode == 0
    old, young = (homes / "cache" / "dictate" / "files" / f"{n}.jsonl" for n in ("old", "young"))
    for path, days in ((old, 8), (young, 6)):
        path.write_text("")
        os.utime(path, (time.time() - days * 86_400,) * 2)
    assert dictate_file("--engine", hangs, tmp_path / "a.wav").returncode == 0
    assert kept(homes) == [young]


def test_a_clock_that_jumped_deletes_no_file_of_an_interrupted_run(
    tmp_path: Path, homes: Path
) -> None:
    """A year ago by the clock, yesterday in truth."""
    engine = f"scripted:{script(tmp_path / 'lines', *LINES)}"
    talk(tmp_path / "a.wav", 1)
    assert dictate_file("--engine", engine, tmp_path / "a.wav").returncode == 0
    young = homes / "cache" / "dictate" / "files" / "young.jsonl"
    clock = homes / "cache" / "dictate" / "files-clock.json"
    now, jump_s = time.time(), 400 * 86_400
    young.write_text("")
    os.utime(young, (now - jump_s - 86_400,) * 2)
    clock.write_text(json.dumps([now - jump_s, "an earlier boot", 100.0]))
    for _ in range(2):
        assert dictate_file("--engine", engine, tmp_path / "a.wav").returncode == 0
        assert kept(homes) == [young]


def test_twenty_minutes_take_no_more_memory_than_one(tmp_path: Path) -> None:
    engine = f"scripted:{script(tmp_path / 'lines', *LINES)}"
    used = []
    for name, minutes in (("short", 1), ("long", 20)):
        with soundfile.SoundFile(tmp_path / f"{name}.flac", "w", RATE, 1) as file:
            for minute in range(minutes):
                if minute in (0, 7, 19):
                    file.write(np.concatenate([silence(20), noise(5, minute), silence(35)]))
                else:
                    file.write(silence(60))
        process = subprocess.Popen(
            command("--engine", engine, tmp_path / f"{name}.flac", "--format", "json"),
            env=environment(),
            stdin=subprocess.DEVNULL,
        )
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        assert process.returncode == 0
        used.append(usage.ru_maxrss / 1024)
    short_mb, long_mb = used
    assert long_mb < short_mb + 20, "20 minutes of samples are 77 MB"
    found = json.loads((tmp_path / "long.json").read_text())
    assert found["audio_s"] == 1200
    begins = [one["start"] for one in found["segments"]]
    assert begins == [pytest.approx(minute * 60 + 20, abs=0.7) for minute in (0, 7, 19)]
