"""The whole of `dictate bench gate`, through a real engine process."""

import json
import os
import pty
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from dictate.benchmark import audio, rows
from dictate.cli import main
from dictate.installation import install_command
from tests.lab.daemon import PACKAGES
from tests.lab.fake_daemon import TIMES
from tests.lab.scripted import engine_for, script
from tests.lab.terminal import shown_on

ROOT = Path(__file__).parents[2]
AUDIO = ROOT / "tests" / "audio"

TABLE = [
    rows.LOADS,
    rows.TRANSCRIPTION,
    rows.BOOSTING,
    rows.REPAIRED,
    rows.HARM,
    rows.LONG,
    rows.BOOSTED,
    rows.RELEASE,
    rows.CHUNK,
    rows.MEMORY,
    rows.SHORT,
    rows.SILENCE,
    rows.NOISE,
]


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Less speech, so that a whole run takes some seconds."""
    kept = [sentence for at, sentence in enumerate(audio.SENTENCES) if at in (1, 6, 9)]
    monkeypatch.setattr(audio, "SENTENCES", kept)
    monkeypatch.setattr(rows, "LONG_S", 5.0)
    monkeypatch.setattr(rows, "BOOSTED_S", 4.0)
    monkeypatch.setattr(rows, "SHORT_S", 1.3)


@pytest.fixture
def says(tmp_path: Path) -> str:
    """An engine that returns this text for every sound."""
    return f"scripted:{script(tmp_path / 'lines', 'please open the window')}"


def gate(*arguments: object) -> int:
    """The exit status of the command."""
    with pytest.raises(SystemExit) as end:
        main(["bench", "gate", "--runs", "1", *map(str, arguments)])
    assert isinstance(end.value.code, int)
    return end.value.code


def by_name(out: str) -> dict[str, dict[str, Any]]:
    """The rows of a JSON document."""
    return {row["name"]: row for row in json.loads(out)["rows"]}


def verdicts(out: str) -> list[str]:
    """The names of the rows that a table for people has, in its order."""
    marks = ("PASS", "FAIL", "SKIP")
    return [line[6:35].strip() for line in out.splitlines() if line.startswith(marks)]


@pytest.mark.usefixtures("short")
def test_a_scripted_engine_fails_and_the_table_says_where(
    says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    if not (shutil.which("flite") or shutil.which("espeak-ng")):
        pytest.skip("nothing speaks here: apt install flite")
    assert gate("--engine", says) == 1
    out, err = capsys.readouterr()
    assert verdicts(out) == TABLE
    assert f"FAIL  {rows.SHORT}" in out
    assert "heard 'please open the window'" in out
    assert f"SKIP  {rows.REPAIRED}" in out
    assert "the engine scripted takes no hotwords" in out
    assert "no reference for a CPU: passes if RTF < 1" in out
    assert "not boosted" in out
    assert "\x1b" not in out + err, "no colour and no progress where there is no terminal"


@pytest.mark.usefixtures("short")
def test_pocketsphinx_really_hears_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    if not shutil.which("flite"):
        pytest.skip("flite is missing: apt install flite")
    picture = tmp_path / "gate.png"
    status = gate("--engine", "pocketsphinx", "--json", "--plot", picture)
    report = json.loads(capsys.readouterr().out)
    found = {row["name"]: row for row in report["rows"]}
    assert list(found) == TABLE
    assert report["passed"] is (status == 0)
    assert report["passed"] is all(row["verdict"] != "FAIL" for row in found.values())
    assert report["engine"]["name"] == "pocketsphinx"
    assert report["machine"]["processors"] >= 1
    assert len(report["release_ms"]) == 1
    for name in (rows.LOADS, rows.LONG, rows.BOOSTED, rows.RELEASE, rows.MEMORY):
        assert found[name]["figure"] > 0
        assert found[name]["reference"] > 0
        assert found[name]["why"].startswith("no reference for a CPU")
    assert found[rows.BOOSTING]["verdict"] == "PASS"
    assert any(line.startswith("without: ") for line in found[rows.REPAIRED]["saw"])
    assert found[rows.CHUNK]["verdict"] == "SKIP"
    assert found[rows.SILENCE]["verdict"] == "PASS"
    assert picture.read_bytes().startswith(b"\x89PNG")


@pytest.mark.usefixtures("short")
def test_recordings_of_ones_own(capsys: pytest.CaptureFixture[str]) -> None:
    gate("--engine", "pocketsphinx", "--recordings", AUDIO, "--json")
    found = by_name(capsys.readouterr().out)
    assert list(found) == TABLE
    assert found[rows.TRANSCRIPTION]["figure"] is not None
    assert found[rows.RELEASE]["figure"] > 0
    for name in (rows.REPAIRED, rows.HARM):
        assert found[name]["verdict"] == "SKIP"
        assert str(AUDIO) in found[name]["why"]


def test_without_a_synthesizer_rows_are_skipped_with_the_reason(
    says: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert gate("--engine", says, "--json") == 0
    found = by_name(capsys.readouterr().out)
    assert list(found) == TABLE
    for name in (rows.TRANSCRIPTION, rows.LONG, rows.BOOSTED, rows.RELEASE, rows.SHORT):
        assert found[name]["verdict"] == "SKIP"
        assert "apt install flite" in found[name]["why"]
    for name in (rows.LOADS, rows.SILENCE, rows.NOISE):
        assert found[name]["verdict"] == "PASS"


def test_a_model_that_does_not_load_is_a_whole_table_all_the_same(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert gate("--engine", "scripted:/nowhere", "--recordings", AUDIO, "--json") == 1
    found = by_name(capsys.readouterr().out)
    assert list(found) == TABLE
    assert found[rows.LOADS]["verdict"] == "FAIL"
    assert "/nowhere" in found[rows.LOADS]["why"]
    assert {found[name]["verdict"] for name in TABLE[1:]} == {"SKIP"}


@pytest.mark.usefixtures("short")
def test_an_engine_that_hears_nothing_is_not_called_fast(
    monkeypatch: pytest.MonkeyPatch, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    def quiet(folder: Path) -> audio.Clips:
        return audio.Clips(str(folder), (audio.Clip("nothing", audio.silence(3)),), "")

    monkeypatch.setattr(audio, "recorded", quiet)
    assert gate("--engine", says, "--recordings", AUDIO, "--json") == 1
    found = by_name(capsys.readouterr().out)
    for name in (rows.LONG, rows.BOOSTED, rows.RELEASE):
        assert found[name]["verdict"] == "FAIL"
        assert "found no text" in found[name]["why"]


@pytest.mark.usefixtures("short")
def test_an_engine_that_died_during_the_run_is_mentioned(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(PACKAGES))
    engine = engine_for(script(tmp_path / "lines", "!crash", "please open the window"))
    gate("--engine", engine, "--recordings", AUDIO)
    out = capsys.readouterr().out
    assert verdicts(out) == TABLE
    assert "restarts of the engine process: 1" in out


def test_wrong_options_are_refused_before_anything_is_measured(
    tmp_path: Path, says: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert gate("--engine", says, "--recordings", tmp_path / "gone") == 78
    assert f"{tmp_path / 'gone'}: there is no such folder" in capsys.readouterr().err
    assert gate("--engine", says, "--plot", tmp_path / "gone" / "a.png") == 1
    assert "create it first" in capsys.readouterr().err
    assert gate("--engine", says, "--plot", tmp_path / "picture.doc") == 1
    assert "png" in capsys.readouterr().err
    assert gate("--engine", says, "--runs", "0") == 2
    assert "0 is less than 1" in capsys.readouterr().err
    monkeypatch.setitem(sys.modules, "matplotlib.backend_bases", None)
    assert gate("--engine", says, "--plot", tmp_path / "a.png") == 1
    assert install_command("plot") in capsys.readouterr().err


def test_a_terminal_sees_progress_and_colours(says: str) -> None:
    terminal, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "dictate", "bench", "gate", "--engine", says, "--runs", "1"],
        env={**os.environ, "PATH": "/nowhere", "PYTHONPATH": str(ROOT), "TERM": "xterm-256color"},
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    shown = shown_on(terminal)
    assert process.wait(timeout=60) == 0, shown
    assert b"\x1b[?25l" in shown, "progress hides the cursor"
    assert b"\x1b[32mPASS" in shown
    assert b"\x1b[33mSKIP" in shown


def test_what_the_last_texts_took_is_said_where_the_daemon_runs(
    says: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("dictate.benchmark.command.benchmark", lambda **_: 0)
    assert gate("--engine", says) == 0
    assert not capsys.readouterr().out
    monkeypatch.setattr("dictate.client.daemon_client.ask_status", lambda: {"finish_times": TIMES})
    assert gate("--engine", says) == 0
    assert capsys.readouterr().out.startswith("your last texts were there 31 ms after the release")
