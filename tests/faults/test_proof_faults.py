"""The proof of a hotword beside a real daemon: dictations come first, and nothing hangs."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.lab.daemon import RealDaemon, wait_for
from tests.lab.scripted import Home, home, noise

SPOKEN_S = 4.0
DICTATED_S = 6.0


@pytest.fixture
def user(tmp_path: Path) -> Iterator[Home]:
    with home(tmp_path, DICTATED_S) as made:
        yield made


def clip(user: Home) -> str:
    return str(noise(user.folder / "clip.wav", SPOKEN_S))


@contextmanager
def proof(daemon: RealDaemon, *words: str) -> Iterator["subprocess.Popen[str]"]:
    """`dictatectl hotwords test`, without voices."""
    process = subprocess.Popen(
        [sys.executable, "-m", "dictate.ctl.main", "hotwords", "test", *words],
        env=daemon.env | {"PATH": "/nowhere"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


def trials(user: Home) -> list[tuple[object, ...]]:
    """The rows of the journal about trials, once the daemon has ended."""
    database = user.folder / "state" / "dictate" / "journal.db"
    columns = "term, dictation, engine, model, strength, clip, before, after"
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as db:
        return db.execute(f"SELECT {columns} FROM evidence WHERE kind = 'trial'").fetchall()


def said(process: "subprocess.Popen[str]", words: str) -> None:
    """Wait until it says this on standard error."""
    assert process.stderr is not None
    for line in process.stderr:
        if words in line:
            return
    raise AssertionError(f"it never said {words!r}")


def test_it_uses_the_engine_of_the_daemon_and_says_that_this_one_takes_no_hotwords(
    user: Home,
) -> None:
    user.say("ask clot code now")
    with user.daemon() as daemon:
        said_so = ("Claude Code", "--clip", clip(user), "--apply")
        with proof(daemon, *said_so, "--json") as process:
            out, err = process.communicate(timeout=60)
            result: dict[str, Any] = json.loads(out)
            assert process.returncode == 1, err
            assert result["engine"] == "scripted"
            assert result["clips"][0]["without"]["text"] == "ask clot code now"
            assert "scripted takes no hotwords" in result["verdict"]["sentence"]
            assert "nothing was written into hotwords.toml" in err
            assert daemon.hotwords.read_text() == ""
        with proof(daemon, *said_so, "--sounds-like", "clot code") as process:
            out, err = process.communicate(timeout=60)
            assert process.returncode == 0, err
            assert "recognized: ask clot code now" in out
            assert "works at the default strength" in out
            assert 'sounds_like = ["clot code"]' in daemon.hotwords.read_text()
        for words, why in (
            (("Claude Code",), "no speech synthesizer is installed"),
            (("--clip", clip(user), "--", "--"), "needs at least one letter or digit"),
        ):
            with proof(daemon, *words) as process:
                assert why in process.communicate(timeout=60)[1]
                assert process.returncode == 1
    row = ("Claude Code", None, "scripted", "", 1.0, clip(user), "ask clot code now")
    assert trials(user) == [(*row, "ask clot code now"), (*row, "ask Claude Code now")]


def test_a_dictation_comes_first(user: Home) -> None:
    user.say("!drag 0.7", "one", "two", "three")
    with user.daemon() as daemon, proof(daemon, "Claude Code", "--clip", clip(user)) as process:
        said(process, "without the term")
        daemon.ctl("start")
        said(process, "waiting for the end of the dictation")
        daemon.ctl("stop")
        wait_for(lambda: daemon.history()[0]["state"] == "delivered", "the dictation is over")
        assert process.communicate(timeout=60)[0]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_daemon_that_ends_in_the_middle_ends_it(user: Home, number: int) -> None:
    user.say("!drag 1", "one")
    with user.daemon() as daemon, proof(daemon, "Claude Code", "--clip", clip(user)) as process:
        said(process, "without the term")
        os.kill(daemon.pid, number)
        began = time.monotonic()
        _, err = process.communicate(timeout=60)
        assert process.returncode == 1
        assert "start it, and run this again" in err
        assert time.monotonic() - began < 20


def test_an_engine_that_is_killed_in_the_middle_is_replaced(user: Home) -> None:
    user.say("!drag 0.5", "one", "two", "three")
    with user.daemon() as daemon, proof(daemon, "Claude Code", "--clip", clip(user)) as process:
        said(process, "without the term")
        os.kill(daemon.child("dictate.engines.worker"), signal.SIGKILL)
        out, err = process.communicate(timeout=60)
        assert "cannot work because fake takes no hotwords" in out, err


def test_an_interrupt_ends_the_child_too(user: Home) -> None:
    user.say("!drag 1", "one")
    with user.daemon() as daemon, proof(daemon, "Claude Code", "--clip", clip(user)) as process:
        said(process, "without the term")
        child = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=20)
        assert process.returncode == 130
        assert child
        assert not any(Path(f"/proc/{pid}").exists() for pid in child)
        assert daemon.status()["state"] == "ready"


def test_a_calibrated_strength_is_in_force_and_shown(user: Home) -> None:
    with user.daemon() as daemon:
        assert (
            "nothing is calibrated"
            in daemon.ctl("hotwords", "calibrate", "--show", check=False).stderr
        )
        one = {
            "engine": "scripted", "model": "",
            "model_path": "", "model_hash": "", "strength": 1.5,
            "control_words": 1200, "false_hits": 1, "measured": "2026-11-30",
        }  # fmt: skip
        (user.folder / "state" / "dictate" / "calibration.json").write_text(json.dumps([one]))
        told = daemon.ctl("reload").stdout
        assert "default strength of hotwords, scripted: 1 -> 1.5" in told
        assert "hotwords: default strength 1.5 (calibrated)" in daemon.status()["engine_notes"]
        shown = daemon.ctl("hotwords", "calibrate", "--show").stdout
        assert shown == (
            "scripted: 1.5 of the built-in strength, measured 2026-11-30 (1 false hit in 1,200"
            " words)\n"
        )
        told = daemon.ctl("hotwords", "calibrate", "--reset").stdout
        assert told == "default strength of hotwords, scripted: 1.5 -> 1\n"
        assert "calibrated" not in daemon.status()["engine_notes"]
