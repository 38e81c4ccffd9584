"""SIGKILL in the middle of a dictation: nothing said is lost, nothing is written twice."""

import os
import signal
import time
from functools import partial
from pathlib import Path

import pytest

from tests.desktop.conftest import Desk, desk
from tests.desktop.test_whole_way import KEY, SAMPLES, last, words
from tests.lab.daemon import RealDaemon, wait_for
from tests.lab.windows import GtkField

__all__ = ["desk"]
pytestmark = [pytest.mark.desktop, pytest.mark.timeout(180)]


def ready(daemon: RealDaemon) -> None:
    wait_for(lambda: daemon.status()["hotkey"] == "ctrl_r", "the hotkey is heard")
    wait_for(lambda: daemon.status()["engine_state"] == "ready", "the engine is loaded", 60)


def press(desk: Desk, daemon: RealDaemon) -> None:
    desk.x.run("xdotool", "keydown", KEY)
    wait_for(lambda: daemon.status()["microphone_open"], "the microphone is open")


def gone(pid: int) -> bool:
    return not Path(f"/proc/{pid}").exists()


def release(desk: Desk) -> None:
    desk.x.run("xdotool", "keyup", KEY)


def said(recording: Path) -> set[str]:
    return set(words(recording.with_suffix(".txt").read_text()))


@pytest.mark.fault("A13")
def test_the_capture_process(desk: Desk, tmp_path: Path) -> None:
    first, second = SAMPLES[0], SAMPLES[1]
    with RealDaemon(tmp_path, desk.env) as daemon:
        ready(daemon)
        window = GtkField(desk.x, tmp_path)
        press(desk, daemon)
        desk.sound.play(first).wait(30)
        os.kill(daemon.child("dictate.microphone.capture"), signal.SIGKILL)
        time.sleep(1.5)
        desk.sound.play(second).wait(30)
        release(desk)
        wait_for(lambda: window.text() != "", "the text arrives", 30)
        text = last(daemon)
        window.wait_text(text)
        for recording in (first, second):
            found = said(recording) & set(words(text))
            assert len(found) >= len(said(recording)) // 2, f"{recording.name}: {text!r}"
        assert "the microphone is lost" in daemon.logged()
        assert "microphone" not in daemon.status()["trouble"], "it works again"
        window.close()


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP])
@pytest.mark.fault("D4", "D8")
def test_the_engine(desk: Desk, tmp_path: Path, how: signal.Signals) -> None:
    with RealDaemon(tmp_path, desk.env, config="[engine]\ndeadline_s = 2.0\n") as daemon:
        ready(daemon)
        for when in ("while speaking", "at the release"):
            window = GtkField(desk.x, tmp_path)
            press(desk, daemon)
            player = desk.sound.play(SAMPLES[0])
            engine = daemon.child("dictate.engines.worker")
            if when == "while speaking":
                time.sleep(0.7)
                os.kill(engine, how)
            player.wait(30)
            time.sleep(0.1)
            if when == "at the release":
                os.kill(engine, signal.SIGSTOP)  # so that it has not finished before
            release(desk)
            if when == "at the release" and how == signal.SIGKILL:
                wait_for(lambda: daemon.status()["state"] == "finishing", "the key is up")
                os.kill(engine, how)
            wait_for(lambda: window.text() != "", f"{when}: the text arrives", 60)  # noqa: B023
            time.sleep(0.5)
            text = window.text()
            assert text == last(daemon)
            assert len(said(SAMPLES[0]) & set(words(text))) >= len(said(SAMPLES[0])) // 2, when
            assert daemon.child("dictate.engines.worker") != engine
            window.close()
            wait_for(lambda: daemon.status()["engine_state"] == "ready", "it is back", 60)


@pytest.mark.fault("F1")
def test_the_daemon_while_it_records(desk: Desk, tmp_path: Path) -> None:
    daemon = RealDaemon(tmp_path, desk.env)
    with daemon:
        ready(daemon)
        window = GtkField(desk.x, tmp_path)
        press(desk, daemon)
        desk.sound.play(SAMPLES[0]).wait(30)
        time.sleep(0.3)
        children = [
            daemon.child("dictate.microphone.capture"),
            daemon.child("dictate.engines.worker"),
        ]
        daemon.kill()
        release(desk)
        for pid in children:
            wait_for(partial(gone, pid), "its children end")
    with daemon:
        wait_for(lambda: "recovered 1 dictation" in daemon.logged(), "it says so", 60)
        entry = daemon.history()[0]
        assert entry["state"] == "held"
        found = said(SAMPLES[0]) & set(words(entry["text"]))
        assert len(found) >= len(said(SAMPLES[0])) // 2, entry
        assert window.text() == ""
        daemon.ctl("paste")
        window.wait_text(entry["text"])
    with daemon:
        time.sleep(0.5)
        assert "recovered 1" not in daemon.logged().rpartition("recovered 1 dictation")[2]
        assert daemon.history(1)[0]["state"] == "delivered"
        assert window.text() == entry["text"]
        window.close()
