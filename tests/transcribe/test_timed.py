"""`dictate file --words`, from outside: the aligner's process is real, its model tiny."""

import html
import json
import os
import signal
import subprocess
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
import srt
import webvtt

from tests.lab import tiny_aligner
from tests.lab.files import command, dictate_file, environment, talk, tone
from tests.lab.scripted import engine_for, script

SAID = ("use C++ & foo_bar.py for it, ok?", "the second part of it", "a third", "and an end")


@pytest.fixture(scope="module")
def clock(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its marks are some 0.4 s apart in a segment of 25 s."""
    return tiny_aligner.make(tmp_path_factory.mktemp("clock"), pace=10.0)


def configure(homes: Path, engine: str) -> None:
    """These are the settings of the engine."""
    config = homes / "config" / "dictate"
    config.mkdir()
    (config / "config.toml").write_text(f"[engine]\n{engine}\n")


def use(homes: Path, aligner: Path) -> None:
    """Use this aligner."""
    configure(homes, f'aligner = "{aligner}"\ntrust_model = true')


def says(folder: Path, *lines: str) -> str:
    return engine_for(script(folder / "lines", *lines))


def test_each_format_has_the_times_of_the_words(tmp_path: Path, homes: Path, clock: Path) -> None:
    use(homes, clock)
    wav = talk(tmp_path / "talk.wav", 2)
    formats = ("txt", "srt", "vtt", "json")
    plain, timed = (
        [word for name in formats for word in ("-o", tmp_path / f"{stem}.{name}")]
        for stem in ("plain", "timed")
    )
    without = dictate_file("--engine", says(tmp_path, *SAID), wav, *plain)
    assert without.returncode == 0, without.stderr
    done = dictate_file("--engine", says(tmp_path, *SAID), wav, "--words", *timed)
    assert done.returncode == 0, done.stderr
    assert "no word times" not in done.stderr
    assert (tmp_path / "timed.txt").read_bytes() == (tmp_path / "plain.txt").read_bytes()

    before, data = (json.loads((tmp_path / f"{n}.json").read_text()) for n in ("plain", "timed"))
    words = [one.pop("words") for one in data["segments"]]
    assert data == before, "times change nothing else"
    for one, segment in zip(words, data["segments"], strict=True):
        assert [word["text"] for word in one] == segment["text"].split()
        times = [at for word in one for at in (word["start"], word["end"])]
        assert times == sorted(times)
        assert all(set(word) == {"text", "start", "end"} for word in one)
    first, second = words
    assert first[0]["start"] < 1
    assert 25 < second[0]["start"] < 27.5
    assert first[1]["text"] == "C++"
    assert first[2]["start"] == first[1]["end"], "the sign lies between its neighbours"

    shown = list(srt.parse((tmp_path / "timed.srt").read_text()))
    assert [one.content for one in shown] == [one["text"] for one in data["segments"]]
    for cue, one in zip(shown, words, strict=True):
        assert cue.start.total_seconds() == pytest.approx(one[0]["start"], abs=0.001)
        assert cue.end.total_seconds() == pytest.approx(one[-1]["end"], abs=0.001)

    captions = webvtt.read(str(tmp_path / "timed.vtt")).captions
    assert [html.unescape(caption.text) for caption in captions] == [one.content for one in shown]
    raw = captions[0].raw_text
    assert f"<00:00:{first[3]['start']:06.3f}>foo_bar.py <00:00:" in raw
    assert "&amp;" in raw
    stamps = [part.split(">")[0] for part in raw.split("<")[1:]]
    for one, other in pairwise([captions[0].start, *stamps, captions[0].end]):
        assert one < other


def aligners(parent: int) -> list[int]:
    """The aligner processes of this process."""
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    return [
        int(child)
        for child in children
        if b"dictate.engines.aligner" in Path(f"/proc/{child}/cmdline").read_bytes()
    ]


def kept(homes: Path, kind: str) -> int:
    """The number of lines of this kind in the resume file."""
    files = (homes / "cache" / "dictate" / "files").glob("*.jsonl")
    return sum(path.read_text().count(f'["{kind}"') for path in files)


def hangs(said: Path) -> bool:
    """Whether the engine hangs."""
    return said.exists() and bool(json.loads(said.read_text())["happened"])


def wait_for(what: Callable[[], object]) -> None:
    deadline = time.monotonic() + 60
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_an_aligner_that_is_killed_costs_the_times_and_not_the_text(
    tmp_path: Path, homes: Path, clock: Path
) -> None:
    use(homes, clock)
    engine = says(tmp_path, SAID[0], "!slow 2", *SAID[1:3])
    wav = talk(tmp_path / "talk.wav", 3)
    process = subprocess.Popen(
        command("--engine", engine, wav, "--words", "--json"),
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            wait_for(lambda: kept(homes, "timed") == 1)
            killed = set()
            while process.poll() is None:
                for pid in aligners(process.pid):
                    killed.add(pid)
                    os.kill(pid, signal.SIGKILL)
                time.sleep(0.02)
        finally:
            process.kill()
        said, told = process.communicate()
    assert process.returncode == 0, told
    assert len(killed) == 2, "a fresh one was tried"
    (found,) = json.loads(said)
    assert [one["text"].lower() for one in found["segments"]] == [line.lower() for line in SAID[:3]]
    assert ["words" in one for one in found["segments"]] == [True, False, False]
    assert told.count("no word times") == 1
    assert f"{wav}: no word times after 0:25, nor in later files: the aligner died" in told


def test_a_resumed_run_keeps_the_times_that_it_had(
    tmp_path: Path, homes: Path, clock: Path
) -> None:
    folder = tmp_path / "aligner"
    folder.symlink_to(clock)
    use(homes, folder)
    engine = says(tmp_path, *SAID[:2], "!hang", *SAID[2:])
    words: tuple[str | Path, ...] = (
        "--engine",
        engine,
        talk(tmp_path / "talk.wav", 4),
        "--words",
        "-o",
    )
    process = subprocess.Popen(
        command(*words, tmp_path / "it.json"), env=environment(), stdin=subprocess.DEVNULL
    )
    with process:
        try:
            wait_for(lambda: hangs(tmp_path / "lines.said"))
            assert kept(homes, "timed") == 2
        finally:
            process.send_signal(signal.SIGINT)
    assert process.returncode == 130
    folder.unlink()
    # What is not aligned anew cannot become rubbish.
    tiny_aligner.make(folder, pace=1000.0)
    done = dictate_file(*words, tmp_path / "it.json")
    assert done.returncode == 0, done.stderr
    assert "resumed at 0:51" in done.stderr
    found = json.loads((tmp_path / "it.json").read_text())
    assert found["text"].lower() == " ".join(SAID).lower()
    assert ["words" in one for one in found["segments"]] == [True, True, False, False]
    assert "no word times from 0:51 to 1:17: the aligner's times lie outside" in done.stderr
    assert done.stderr.count("no word times") == 2


@pytest.mark.parametrize(
    ("words", "config", "message"),
    [
        (["--json"], "", "--words: the model qwen3-aligner is not downloaded: dictate models"),
        (["--json"], 'language = "nl"', "does not know the language 'nl': set engine.language to"),
        (["--json"], 'aligner = "/no/where"', "engine.trust_model = true"),
        (["--json"], 'aligner = "/no/where"\ntrust_model = true', "there is no such folder"),
        ([], "", "--words is for json, vtt and srt: a txt has no times"),
        (["-o", "it.TXT"], "", "--words is for json, vtt and srt: a txt has no times"),
    ],
)
def test_what_is_missing_is_reported_at_once(
    tmp_path: Path, homes: Path, words: list[str], config: str, message: str
) -> None:
    configure(homes, config)
    wav = tone(tmp_path / "a.wav")
    done = dictate_file("--engine", says(tmp_path, "!slow 0 feed", *SAID), wav, "--words", *words)
    assert done.returncode == 1
    assert message in done.stderr
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "lines.said").exists(), "nothing was heard"
