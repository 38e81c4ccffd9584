"""`dictate file`: pipes, tracks, times, damaged files, files in which nothing is heard."""

import json
import os
import shutil
import subprocess
import threading
from pathlib import Path

import numpy as np
import pytest
import soundfile
import srt

from dictate.errors import AudioFileError
from dictate.events import RATE
from dictate.transcribe import source
from tests.lab.files import command, dictate_file, environment, noise, silence, talk, tone
from tests.lab.locales import latin_1
from tests.lab.media import PICTURE, cut, ffmpeg, loud, silent
from tests.lab.scripted import engine_for, script
from tests.lab.voices import write

SAID = "the first one"


@pytest.fixture
def engine(tmp_path: Path) -> str:
    return f"scripted:{script(tmp_path / 'lines', SAID)}"


def piped(
    content: bytes, *arguments: str | Path, cwd: Path | None = None
) -> subprocess.CompletedProcess[bytes]:
    """`dictate file` with this at its standard input."""
    return subprocess.run(
        command(*arguments),
        env=environment(),
        cwd=cwd,
        input=content,
        capture_output=True,
        check=False,
        timeout=100,
    )


@pytest.mark.parametrize("name", ["a.wav", "a.flac", "a.ogg", "a.mp3"])
def test_standard_input_is_a_file(tmp_path: Path, engine: str, name: str) -> None:
    sound = tone(tmp_path / name).read_bytes()
    # The name of the stream does not know the format of the sound.
    names = ("-", "/dev/stdin", "/dev/fd/0", "/proc/self/fd/0") if name == "a.wav" else ("-",)
    for given in names:
        done = piped(sound, "--engine", engine, given)
        assert done.returncode == 0, done.stderr
        assert done.stdout.decode().lower() == f"{SAID}\n"
        if given == "-":
            assert b"dictate: standard input: 0:0" in done.stderr


def test_a_file_as_standard_input(tmp_path: Path, engine: str) -> None:
    for given in ("-", "/dev/stdin"):
        with tone(tmp_path / "a.wav").open("rb") as file:
            done = subprocess.run(
                command("--engine", engine, given),
                env=environment(),
                stdin=file,
                capture_output=True,
                check=False,
                timeout=100,
            )
        assert done.returncode == 0, done.stderr
        assert done.stdout.decode().lower() == f"{SAID}\n"


def test_a_container_comes_through_a_pipe_as_well(tmp_path: Path, engine: str) -> None:
    ffmpeg("-i", tone(tmp_path / "a.wav"), tmp_path / "a.m4a")
    done = piped((tmp_path / "a.m4a").read_bytes(), "--engine", engine, "-")
    assert done.stdout.decode().lower() == f"{SAID}\n", "its index is at its end"


def test_a_wav_from_a_pipe_has_no_length(tmp_path: Path, engine: str) -> None:
    content = bytearray(tone(tmp_path / "a.wav").read_bytes())
    content[4:8] = content[40:44] = b"\xff" * 4
    done = piped(bytes(content), "--engine", engine, "-", "--json")
    (found,) = json.loads(done.stdout)
    assert found["file"] == "-"
    assert found["audio_s"] == 2.0
    assert found["warnings"] == []


def test_the_outputs_of_standard_input_are_in_the_current_folder(
    tmp_path: Path, engine: str
) -> None:
    sound = tone(tmp_path / "a.wav").read_bytes()
    folder = tmp_path / "here"
    folder.mkdir()
    done = piped(sound, "--engine", engine, "-", "--format", "srt", cwd=folder)
    assert done.returncode == 0, done.stderr
    done = piped(sound, "--engine", engine, "-", "-o", "mine.txt", cwd=folder)
    assert done.returncode == 0, done.stderr
    done = piped(sound, "--engine", engine, "-", "--out-dir", "more", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert sorted(path.name for path in folder.iterdir()) == ["mine.txt", "more", "stdin.srt"]
    assert [path.name for path in (folder / "more").iterdir()] == ["stdin.txt"]


def test_a_shell_substitutes_a_process(tmp_path: Path, engine: str) -> None:
    tone(tmp_path / "a.wav")
    words = command("--engine", engine)
    for more in ("", " --format txt"):
        done = subprocess.run(
            ["bash", "-c", f'"$@" <(cat a.wav) <(cat a.wav){more}', "bash", *words],
            env=environment(),
            cwd=tmp_path,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            timeout=100,
        )
        assert done.returncode == 0, done.stderr
        assert done.stdout.decode().lower().count(SAID) == (0 if more else 2)
    assert len(list(tmp_path.glob("pipe-*.txt"))) == 2


def test_a_named_pipe_has_its_outputs_beside_it(tmp_path: Path, engine: str) -> None:
    sound = tone(tmp_path / "a.wav").read_bytes()
    pipe = tmp_path / "live.wav"
    os.mkfifo(pipe)
    writer = threading.Thread(target=lambda: pipe.write_bytes(sound))
    writer.start()
    done = dictate_file("--engine", engine, pipe, "--format", "txt")
    writer.join()
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "live.txt").read_text().lower() == f"{SAID}\n"


def test_a_file_called_minus_is_a_file(tmp_path: Path, engine: str) -> None:
    tone(tmp_path / "a.wav").rename(tmp_path / "-")
    done = piped(b"", "--engine", engine, "./-", cwd=tmp_path)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("content", [b"", b"this is no sound\n" * 100])
def test_a_pipe_without_sound_is_an_error_by_name(engine: str, content: bytes) -> None:
    done = piped(content, "--engine", engine, "-", "--json")
    assert done.returncode == 1
    assert b"dictate: standard input is " in done.stderr
    assert b"/proc/" not in done.stderr
    (found,) = json.loads(done.stdout)
    assert set(found) == {"file", "error"}


def test_a_closed_standard_input_is_an_error(tmp_path: Path, engine: str) -> None:
    done = subprocess.run(
        ["sh", "-c", '"$@" <&-', "sh", *command("--engine", engine, "-")],
        env=environment(),
        cwd=tmp_path,
        capture_output=True,
        check=False,
        timeout=100,
    )
    assert done.returncode == 1
    assert b"standard input is" in done.stderr
    assert b"Traceback" not in done.stderr


def test_subtitles_of_a_video_whose_sound_begins_late(tmp_path: Path, engine: str) -> None:
    video = tmp_path / "film.mp4"
    ffmpeg(
        *(*PICTURE, "-itsoffset", "5", "-i", loud(tmp_path / "a.wav", 4.0)),
        *("-c:v", "mpeg4", "-c:a", "aac", video),
    )
    done = dictate_file("--engine", engine, video, "-o", tmp_path / "it.srt")
    assert done.returncode == 0, done.stderr
    (cue,) = srt.parse((tmp_path / "it.srt").read_text())
    assert cue.start.total_seconds() == pytest.approx(5.0, abs=0.3)
    assert cue.end.total_seconds() == pytest.approx(9.0, abs=0.3)


def test_times_after_a_hole_stay_right_when_it_is_resumed(tmp_path: Path, homes: Path) -> None:
    hole = "aselect='not(between(t,30,60))'"
    sound = talk(tmp_path / "talk.wav", 4)
    video = tmp_path / "talk.mkv"
    ffmpeg("-i", sound, "-af", hole, "-c:a", "pcm_s16le", video)
    plain = engine_for(script(tmp_path / "plain", "one", "two", "three", "four", "five"))
    done = dictate_file("--engine", plain, video, "-o", tmp_path / "whole.srt")
    assert done.returncode == 0, done.stderr
    begins = [cue.start.total_seconds() for cue in srt.parse((tmp_path / "whole.srt").read_text())]
    assert not [at for at in begins if 30.5 < at < 59.5]
    assert begins[-1] > 75

    fails = engine_for(
        script(tmp_path / "fails", "one", "two", "!raise no", "!raise no", "three", "four", "five")
    )
    words = ("--engine", fails, video, "-o", tmp_path / "resumed.srt")
    assert dictate_file(*words).returncode == 1
    done = dictate_file(*words)
    assert "resumed at" in done.stderr
    assert (tmp_path / "resumed.srt").read_text() == (tmp_path / "whole.srt").read_text()


def film(folder: Path) -> Path:
    """Its first track is silent, and the default."""
    path = folder / "film.mkv"
    ffmpeg(
        *("-i", silent(folder / "s.wav", 3.0), "-i", loud(folder / "l.wav", 3.0)),
        *("-map", "0:a", "-map", "1:a", "-c:a", "pcm_s16le", "-disposition:a:0", "default"),
        *("-metadata:s:a:0", "language=ger", "-metadata:s:a:1", "title=The speech", path),
    )
    return path


def test_a_silent_track_is_said_and_the_others_are_named(tmp_path: Path, engine: str) -> None:
    path = film(tmp_path)
    done = dictate_file("--engine", engine, path, "--json")
    assert done.returncode == 4
    assert "nothing was heard: sound track 1 (ger, the default) is silent" in done.stderr
    assert 'give --track: 2 ("The speech")' in done.stderr
    (found,) = json.loads(done.stdout)
    assert found["heard"] is False
    assert found["track"] == 1
    assert [track["title"] for track in found["tracks"]] == ["", "The speech"]
    assert "sound track 1" in found["warnings"][0]
    done = dictate_file("--engine", engine, path, "--track", "2")
    assert (done.returncode, done.stdout.lower()) == (0, f"{SAID}\n"), done.stderr
    done = dictate_file("--engine", engine, path, "--track", "3")
    assert done.returncode == 1
    assert "has no track 3: it has the sound tracks 1 (ger, the default), 2 (" in done.stderr
    done = dictate_file("--engine", engine, path, "--track", "0")
    assert done.returncode == 2


def test_each_track_is_resumed_by_itself(tmp_path: Path, homes: Path) -> None:
    path = tmp_path / "two.mkv"
    ffmpeg(
        *("-i", loud(tmp_path / "a.wav", 60.0, 1), "-i", loud(tmp_path / "b.wav", 60.0, 2)),
        *("-map", "0:a", "-map", "1:a", "-c:a", "pcm_s16le", path),
    )
    engine = engine_for(script(tmp_path / "lines", "one", "!raise no", "!raise no", "two", "three"))
    assert dictate_file("--engine", engine, path).returncode == 1
    done = dictate_file("--engine", engine, path, "--track", "2")
    assert "resumed at" not in done.stderr
    done = dictate_file("--engine", engine, path)
    assert "resumed at" in done.stderr


def test_half_a_file_is_its_text_and_a_warning(tmp_path: Path, engine: str) -> None:
    for name in ("a.wav", "a.ogg", "a.mp3", "a.flac"):
        path = cut(loud(tmp_path / name, 10.0))
        done = dictate_file("--engine", engine, path)
        assert (done.returncode, done.stdout.lower()) == (0, f"{SAID}\n"), done.stderr
        assert f"dictate: {path}: the file " in done.stderr
        assert "ends early" in done.stderr
    (found,) = json.loads(dictate_file("--engine", engine, path, "--json").stdout)
    assert "ends early" in found["warnings"][0]
    assert found["text"].lower() == SAID


def test_nothing_heard_is_said_and_has_a_status(tmp_path: Path) -> None:
    quiet = tmp_path / "quiet.wav"
    soundfile.write(quiet, noise(2.0) * 0.01, RATE)
    engine = f"scripted:{script(tmp_path / 'lines', SAID)}"
    for path, reason in (
        (silent(tmp_path / "silent.wav"), "the sound is silent"),
        (quiet, "no speech was recognised in the sound (peak -4"),
    ):
        done = dictate_file("--engine", engine, path)
        assert (done.returncode, done.stdout) == (4, ""), done.stderr
        assert f"dictate: {path}: nothing was heard: {reason}" in done.stderr
        done = dictate_file("--engine", engine, path, tone(tmp_path / "a.wav"), "--json")
        assert done.returncode == 4
        first, second = json.loads(done.stdout)
        assert (first["heard"], second["heard"]) == (False, True)
        assert reason in first["warnings"][0]
    done = dictate_file("--engine", engine, quiet, tmp_path / "missing.wav")
    assert done.returncode == 1, "a file that failed is worse"


def test_the_engine_never_gets_a_hole(tmp_path: Path) -> None:
    engine = f"scripted:{script(tmp_path / 'lines', 'one', 'two')}"
    sound = [noise(5), silence(100), noise(5)]
    write(tmp_path / "a.wav", np.concatenate(sound))
    done = dictate_file("--engine", engine, tmp_path / "a.wav", "--json")
    (found,) = json.loads(done.stdout)
    assert found["text"].lower() == "one two"


@pytest.mark.parametrize("kind", ["empty", "text", "folder", "missing", "video", "cut", "device"])
def test_what_holds_no_sound_is_in_the_json(tmp_path: Path, engine: str, kind: str) -> None:
    path = tmp_path / "a.wav"
    if kind == "empty":
        path.touch()
    elif kind == "text":
        path.write_text("these are notes\n" * 50)
    elif kind == "folder":
        path.mkdir()
    elif kind == "video":
        path = tmp_path / "a.mp4"
        ffmpeg(*PICTURE, "-c:v", "mpeg4", path)
    elif kind == "cut":
        path.write_bytes(tone(path).read_bytes()[:40])
    elif kind == "device":
        path = Path("/dev/null")
    good = tone(tmp_path / "good.wav")
    done = dictate_file("--engine", engine, path, good, "--json")
    assert done.returncode == 1
    failed, found = json.loads(done.stdout)
    assert failed["file"] == str(path)
    assert failed["error"] in done.stderr
    assert str(path) in failed["error"]
    assert found["text"].lower() == SAID
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("name", [b"two\nlines.wav", b"caf\xe9.wav", b"a\x1b[31m.wav", b"-a.wav"])
def test_strange_names_are_printed_on_one_line(tmp_path: Path, engine: str, name: bytes) -> None:
    path = tmp_path / os.fsdecode(name)
    tone(tmp_path / "a.wav").rename(path)
    silent(tmp_path / "silent.wav")
    done = dictate_file("--engine", engine, path, tmp_path / "silent.wav", "--format", "srt")
    assert done.returncode == 4, done.stderr
    assert path.with_suffix(".srt").exists()
    assert all(line.startswith("dictate: ") for line in done.stderr.splitlines())
    assert "\x1b" not in done.stderr
    done = dictate_file("--engine", engine, path, tmp_path / "silent.wav")
    assert len(done.stdout.splitlines()) == 1
    done = dictate_file("--engine", engine, tmp_path / os.fsdecode(b"no" + name))
    assert done.returncode == 1
    assert "does not exist" in done.stderr


def test_a_file_that_this_user_may_not_read_says_so(tmp_path: Path, engine: str) -> None:
    path = tone(tmp_path / "a.wav")
    path.chmod(0)
    if os.access(path, os.R_OK):
        pytest.skip("root reads every file: run as another user")
    done = dictate_file("--engine", engine, path)
    assert done.returncode == 1
    assert f"{path} cannot be read: Permission denied" in done.stderr


def test_a_text_is_utf_8_in_a_pipe_whatever_the_locale(tmp_path: Path) -> None:
    said = "Zürich \u2013 北京"
    (tmp_path / "lines").write_text(said, encoding="utf-8")
    words = ("--engine", f"scripted:{tmp_path / 'lines'}", tone(tmp_path / "a.wav"))
    for encoding in (
        {"PYTHONIOENCODING": "ascii"},
        {"LC_ALL": "C"},
        latin_1(tmp_path),
    ):
        done = subprocess.run(
            command(*words, "-o", tmp_path / "it.txt", "--force"),
            env=environment(**encoding),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            timeout=100,
        )
        assert done.returncode == 0, done.stderr
        assert (tmp_path / "it.txt").read_text(encoding="utf-8") == f"{said}\n"
        done = subprocess.run(
            command(*words),
            env=environment(**encoding),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=True,
            timeout=100,
        )
        assert done.stdout.decode("utf-8") == f"{said}\n"


def test_a_home_that_is_read_only_costs_the_resuming_only(tmp_path: Path, engine: str) -> None:
    files = [tone(tmp_path / "a.wav"), tone(tmp_path / "b.wav", 3)]
    folders = ("XDG_CACHE_HOME", "XDG_RUNTIME_DIR", "XDG_STATE_HOME", "HOME")
    nowhere = dict.fromkeys(folders, "/proc/nowhere")
    done = dictate_file("--engine", engine, *files, "--out-dir", tmp_path / "out", **nowhere)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out" / "a.txt").read_text().lower() == f"{SAID}\n"
    assert done.stderr.count("if this is interrupted, it cannot be continued") == 1
    assert "/proc/nowhere" in done.stderr
    again = dictate_file("--engine", engine, *files, "--out-dir", tmp_path / "out", **nowhere)
    assert again.returncode == 1
    assert "exists already" in again.stderr


def test_a_reader_that_has_enough_ends_it_quietly(tmp_path: Path, engine: str) -> None:
    files = [tone(tmp_path / f"{number}.wav") for number in range(3)]
    done = subprocess.run(
        ["bash", "-c", '"$@" | head -n 1', "bash", *command("--engine", engine, *files)],
        env=environment(),
        capture_output=True,
        check=True,
        timeout=100,
    )
    assert done.stdout.decode().lower() == f"{files[0]}: {SAID}\n"
    assert b"Traceback" not in done.stderr
    assert b"BrokenPipe" not in done.stderr


def test_an_endless_pipe_leaves_room_on_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    usage = shutil.disk_usage(tmp_path)
    frees = iter([1 << 40, 1 << 40, 1 << 20])
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=next(frees)))
    writer = subprocess.Popen(["sh", "-c", 'exec cat /dev/zero > "$1"', "sh", pipe])
    try:
        with pytest.raises(AudioFileError, match="No space left on device; set TMPDIR"):
            source.open_source(pipe)
    finally:
        writer.kill()
        writer.wait()
