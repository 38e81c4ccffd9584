"""`dictate file` into files: formats, names, existing outputs, hotwords for one file."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
import srt
import webvtt

from dictate.cli import parser
from dictate.transcribe.formats import FORMATS
from tests.lab.files import command, dictate_file, environment, silence, talk, tone
from tests.lab.scripted import script
from tests.lab.voices import write

SAID = ("it is 3 < 4 & {so} on --> here", "the second part of it")


def words(count: int) -> str:
    """So many different words, each of four letters: repeated ones would be dropped."""
    return " ".join(f"w{number:03}" for number in range(count))


@pytest.fixture
def engine(tmp_path: Path) -> str:
    return f"scripted:{script(tmp_path / 'lines', *SAID)}"


def test_each_format_by_its_suffix(tmp_path: Path, engine: str) -> None:
    wav = talk(tmp_path / "talk.wav", 2)
    outputs = [tmp_path / f"it.{name}" for name in ("txt", "srt", "vtt", "JSON")]
    done = dictate_file("--engine", engine, wav, *(w for out in outputs for w in ("-o", out)))
    assert done.returncode == 0, done.stderr
    assert done.stdout == "", "the text is in the files"
    txt, subtitles, captions, facts = (out.read_text() for out in outputs)
    whole = " ".join(SAID)
    assert txt.lower() == f"{whole}\n"

    first, second = srt.parse(subtitles)
    assert [first.content.lower(), second.content.lower()] == list(SAID)
    assert first.start.total_seconds() < 0.7
    assert 24.9 < first.end.total_seconds() < 26
    assert 26 <= second.start.total_seconds() < 26.7

    shown = webvtt.from_string(captions).captions
    assert "3 &lt; 4 &amp; {so} on --&gt; here" in captions
    assert [caption.start_in_seconds for caption in shown] == [
        int(one.start.total_seconds()) for one in (first, second)
    ]

    data = json.loads(facts)
    assert set(data) == {"file", "audio_s", "text", "segments", "heard", "warnings"}
    assert data["text"].lower() == whole
    assert data["audio_s"] == pytest.approx(52, abs=0.01)
    assert [one["text"].lower() for one in data["segments"]] == list(SAID)
    assert set(data["segments"][0]) == {"start", "end", "text"}
    assert data["segments"][1]["start"] == pytest.approx(second.start.total_seconds(), abs=0.001)


def test_the_command_line_knows_the_formats() -> None:
    for name in FORMATS:
        assert parser().parse_args(["file", "a.wav", "--format", name]).format == [name]
    with pytest.raises(SystemExit):
        parser().parse_args(["file", "a.wav", "--format", "doc"])


def test_silence_makes_empty_subtitles(tmp_path: Path, engine: str) -> None:
    write(tmp_path / "a.wav", silence(2))
    formats = ("--format", "srt", "--format", "vtt")
    done = dictate_file("--engine", engine, tmp_path / "a.wav", *formats)
    assert done.returncode == 4, done.stderr
    assert (tmp_path / "a.srt").read_text() == ""
    assert (tmp_path / "a.vtt").read_text().strip() == "WEBVTT"


def test_several_files_each_beside_itself_or_in_a_folder(tmp_path: Path, engine: str) -> None:
    files = [tone(tmp_path / "a.wav"), tone(tmp_path / "b.flac", 3)]
    beside = dictate_file("--engine", engine, *files, "--format", "txt", "--format", "srt")
    assert beside.returncode == 0, beside.stderr
    assert (tmp_path / "a.txt").read_text().lower() == f"{SAID[0]}\n"
    assert (tmp_path / "b.txt").read_text().lower() == f"{SAID[1]}\n"
    assert (tmp_path / "a.srt").exists()
    folder = tmp_path / "new" / "folder"
    elsewhere = dictate_file("--engine", engine, *files, "--out-dir", folder, "--json")
    assert elsewhere.returncode == 0, elsewhere.stderr
    assert sorted(path.name for path in folder.iterdir()) == ["a.txt", "b.txt"]
    assert [one["file"] for one in json.loads(elsewhere.stdout)] == [str(file) for file in files]


def test_two_of_the_same_name_do_not_become_one(tmp_path: Path, engine: str) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        tone(tmp_path / name / "talk.wav")
    files = [tmp_path / name / "talk.wav" for name in ("one", "two")]
    folder = tmp_path / "out"
    done = dictate_file("--engine", engine, *files, "--out-dir", folder)
    assert done.returncode == 1
    assert f"{files[0]} and {files[1]} would both become {folder / 'talk.txt'}" in done.stderr
    assert not folder.exists(), "nothing was begun"
    done = dictate_file("--engine", engine, *files, "--format", "txt")
    assert done.returncode == 0, done.stderr


def test_what_exists_stays_unless_forced(tmp_path: Path, engine: str) -> None:
    files = [tone(tmp_path / "a.wav"), tone(tmp_path / "b.wav", 3)]
    (tmp_path / "a.txt").write_text("my notes")
    words: list[str | Path] = ["--engine", engine, *files, "--format", "txt"]
    done = dictate_file(*words)
    assert done.returncode == 1
    assert f"{tmp_path / 'a.txt'} exists already: --force overwrites it" in done.stderr
    assert (tmp_path / "a.txt").read_text() == "my notes"
    assert (tmp_path / "b.txt").read_text().lower() == f"{SAID[0]}\n", "the other one is done"
    done = dictate_file(*words, "--force")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "a.txt").read_text().lower() == f"{SAID[0]}\n"


def with_a_full_disk(*words: str | Path) -> subprocess.CompletedProcess[str]:
    """`dictate file` where no file can grow beyond 1 kB."""
    limited = ["sh", "-c", 'ulimit -f 2; exec "$@"', "sh", *command(*words)]
    return subprocess.run(
        limited,
        env=environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )


def test_an_output_is_whole_or_as_it_was(tmp_path: Path) -> None:
    engine = f"scripted:{script(tmp_path / 'lines', words(500))}"
    folder = tmp_path / "out"
    folder.mkdir()
    output = folder / "it.txt"
    output.write_text("my notes")
    done = with_a_full_disk("--engine", engine, "-o", output, "--force", tone(tmp_path / "a.wav"))
    assert done.returncode == 1
    assert f"{output} cannot be written: File too large" in done.stderr
    assert output.read_text() == "my notes"
    assert [path.name for path in folder.iterdir()] == ["it.txt"], "nothing half written is left"


def test_a_full_disk_costs_the_resuming_and_not_the_text(tmp_path: Path) -> None:
    engine = f"scripted:{script(tmp_path / 'lines', words(500))}"
    done = with_a_full_disk("--engine", engine, talk(tmp_path / "a.wav", 2))
    assert done.returncode == 0, done.stderr
    assert done.stdout.lower().split() == words(500).split() * 2
    assert done.stderr.count("cannot save the progress") == 1
    assert "resumed" not in dictate_file("--engine", engine, tmp_path / "a.wav").stderr


def test_a_disk_that_is_full_after_the_output_spoils_nothing(tmp_path: Path) -> None:
    engine = f"scripted:{script(tmp_path / 'lines', words(190))}"
    output = tmp_path / "it.txt"
    done = with_a_full_disk("--engine", engine, "-o", output, tone(tmp_path / "a.wav"))
    assert done.returncode == 0, done.stderr
    assert output.read_text().lower().split() == words(190).split()


def test_an_output_that_failed_is_written_without_hearing_again(
    tmp_path: Path, engine: str
) -> None:
    output = tmp_path / "it.txt"
    output.mkdir()
    words: list[str | Path] = ["--engine", engine, "-o", output, tone(tmp_path / "a.wav")]
    done = dictate_file(*words, "--force")
    assert done.returncode == 1
    assert f"{output} cannot be written" in done.stderr
    output.rmdir()
    done = dictate_file(*words)
    assert done.returncode == 0, done.stderr
    assert output.read_text().lower() == f"{SAID[0]}\n"


def test_a_file_name_that_is_not_text(tmp_path: Path, engine: str) -> None:
    strange = tmp_path / os.fsdecode(b"caf\xe9.wav")
    tone(tmp_path / "a.wav").rename(strange)
    done = dictate_file("--engine", engine, "--format", "json", "--json", strange)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)[0]["file"] == f"{tmp_path}/caf\ufffd.wav"
    assert json.loads(strange.with_suffix(".json").read_text())["text"].lower() == SAID[0]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["-o", "a.doc"], "the suffix sets the format, and must be one of .txt, .srt, .vtt, .json"),
        (["-o", "a.txt", "--format", "srt"], "leave out --format"),
        (["-o", "a.txt", "b.wav"], "--out is for one file"),
        (["-o", "nowhere/a.txt"], "you cannot write to the folder"),
    ],
)
def test_contradicting_options_are_refused(
    tmp_path: Path, engine: str, words: list[str], message: str
) -> None:
    done = dictate_file("--engine", engine, *words, tone(tmp_path / "a.wav"))
    assert done.returncode == 1
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_a_file_has_hotwords_of_its_own(tmp_path: Path, homes: Path) -> None:
    config = homes / "config" / "dictate"
    config.mkdir()
    (config / "hotwords.toml").write_text(
        'context = "All."\nwords = ["Zürich"]\n[replacements]\n"one" = "1"\n"TWO" = "2"\n'
    )
    (tmp_path / "a.toml").write_text('words = ["Claude Code"]\n[replacements]\n"Two" = "zwei"\n')
    engine = f"scripted:{script(tmp_path / 'lines', 'one two zürich claude code')}"
    files = [tone(tmp_path / "a.wav"), tone(tmp_path / "b.wav", 3)]
    done = dictate_file("--engine", engine, *files)
    assert done.returncode == 0, done.stderr
    first, second = done.stdout.splitlines()
    assert first == f"{files[0]}: 1 zwei Zürich Claude Code"
    assert second == f"{files[1]}: 1 2 Zürich claude code", "the next file does not have them"


def test_the_engine_gets_the_hotwords_of_each_file(tmp_path: Path) -> None:
    (tmp_path / "b.toml").write_text('words = ["Qxzwv"]\n')
    files = [tone(tmp_path / "a.wav"), tone(tmp_path / "b.wav", 3)]
    # The starter engine names a word that it cannot pronounce, with no program to help it.
    done = dictate_file("--engine", "pocketsphinx", *files, PATH="")
    assert done.returncode == 4, "a tone is no speech"
    assert "Qxzwv" in done.stderr


def test_broken_hotwords_of_a_file_fail_that_file_only(tmp_path: Path, engine: str) -> None:
    files = [tone(tmp_path / "a.wav"), tone(tmp_path / "b.wav", 3)]
    (tmp_path / "a.toml").write_text('word = "Claude"\n')
    done = dictate_file("--engine", engine, *files)
    assert done.returncode == 1
    assert f"{files[0]}: a.toml:1: " in done.stderr
    assert done.stdout.lower() == f"{files[1]}: {SAID[0]}\n".lower()


def test_without_ffmpeg_other_formats_say_that_they_need_it(tmp_path: Path, engine: str) -> None:
    other = tmp_path / "a.m4a"
    other.write_bytes(b"\0\0\0\x20ftypM4A " + bytes(100))
    done = dictate_file("--engine", engine, other, PATH="")
    assert done.returncode == 1
    assert f"{other} is no sound file that can be read here" in done.stderr
    assert "need ffmpeg: install what Debian calls ffmpeg" in done.stderr


def test_ffmpeg_reads_what_we_do_not(tmp_path: Path, engine: str) -> None:
    if shutil.which("ffmpeg") is None:
        pytest.skip("ffmpeg is missing: apt install ffmpeg")
    wav = tone(tmp_path / "a.wav", seconds=5, rate=44_100, channels=2)
    other, broken = tmp_path / "b.m4a", tmp_path / "c.m4a"
    subprocess.run(["ffmpeg", "-v", "error", "-i", wav, "-c:a", "aac", other], check=True)
    broken.write_bytes(other.read_bytes()[:2000])
    text = tmp_path / "d.txt"
    text.write_text("these are notes")
    done = dictate_file("--engine", engine, "--json", other, broken, text)
    assert done.returncode == 1
    found, *failed = json.loads(done.stdout)
    assert found["text"].lower() == SAID[0]
    assert found["audio_s"] == pytest.approx(5, abs=0.1)
    assert [one["file"] for one in failed] == [str(broken), str(text)]
    assert str(broken) in done.stderr
    assert str(text) in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("make", ["empty", "folder", "headerless", "cut"])
def test_a_file_without_sound_is_named(tmp_path: Path, engine: str, make: str) -> None:
    path = tmp_path / "a.wav"
    if make == "empty":
        path.touch()
    elif make == "folder":
        path.mkdir()
    elif make == "headerless":
        path = tmp_path / "a.raw"
        path.write_bytes(bytes(1000))
    else:
        path.write_bytes(tone(path).read_bytes()[:44])
    good = tone(tmp_path / "good.wav")
    done = dictate_file("--engine", engine, path, good)
    assert done.returncode == 1
    assert str(path) in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout.lower() == f"{good}: {SAID[0]}\n".lower()
