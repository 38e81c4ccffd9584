"""The whole way with the main engine, on the small model of our own: key, virtual microphone,
NeMo in its process, a real window; and what `dictatectl status` says of it."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.desktop.conftest import Desk
from tests.desktop.test_whole_way import KEY, SAMPLES, dictate, last
from tests.lab import mini_model
from tests.lab.daemon import RealDaemon, wait_for
from tests.lab.windows import GtkField

pytestmark = [pytest.mark.desktop, pytest.mark.timeout(240)]

CLAUDE_CODE = SAMPLES[1]
CONFIG = f"""
[engine]
use = "nemotron"
model = "{mini_model.MINI}"
trust_model = true
"""


@pytest.fixture(scope="module")
def daemon(desk: Desk, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealDaemon]:
    mini_model.unloaded()  # skips where NeMo is missing, and says so
    home = tmp_path_factory.mktemp("home")
    with RealDaemon(home, desk.env, config=CONFIG, hotwords="words = []\n") as daemon:
        wait_for(lambda: daemon.status()["hotkey"] == "ctrl_r", "the hotkey is heard")
        yield daemon


def loaded(daemon: RealDaemon) -> None:
    wait_for(lambda: daemon.status()["engine_state"] == "ready", "the engine is loaded", 120)


@pytest.mark.fault("D6")
def test_a_press_before_the_model_is_loaded_is_written_later(
    desk: Desk, daemon: RealDaemon, tmp_path: Path
) -> None:
    """NeMo takes some 10 s to load; nothing said meanwhile is lost."""
    window = GtkField(desk.x, tmp_path)
    desk.x.run("xdotool", "keydown", KEY)
    wait_for(lambda: daemon.status()["state"] == "recording", "it records")
    desk.sound.play(CLAUDE_CODE).wait(30)
    time.sleep(0.1)
    desk.x.run("xdotool", "keyup", KEY)
    wait_for(lambda: daemon.status()["state"] == "ready", "it is written", 120)
    window.wait_text(last(daemon))
    assert "problem" in last(daemon)
    window.close()


def test_the_word_is_known_to_the_next_dictation_and_the_model_stays(
    desk: Desk, daemon: RealDaemon, tmp_path: Path
) -> None:
    loaded(daemon)
    window = GtkField(desk.x, tmp_path)
    without = dictate(desk, daemon, CLAUDE_CODE)
    assert "cloud code" in without.lower()
    daemon.hotwords.write_text('words = ["Claude Code"]\n')
    daemon.ctl("reload")  # or the watcher was faster; the next dictation shows it
    loads = daemon.logged().count("engine nemotron: restarted")
    with_it = dictate(desk, daemon, CLAUDE_CODE)
    assert "Claude Code" in with_it
    window.wait_text(f"{without} {with_it}")
    clouds = dictate(desk, daemon, SAMPLES[2])
    assert "cloud" in clouds
    window.wait_text(f"{without} {with_it} {clouds}")
    assert daemon.logged().count("engine nemotron: restarted") == loads
    assert not desk.x.keys_down()
    window.close()


def test_the_chunk_changes_live(desk: Desk, daemon: RealDaemon, tmp_path: Path) -> None:
    loaded(daemon)
    window = GtkField(desk.x, tmp_path)
    daemon.config.write_text(CONFIG + "chunk_ms = 1120\n")
    daemon.ctl("reload")  # or the watcher was faster; the status shows it
    assert daemon.status()["engine_state"] == "ready", "the model is not loaded again"
    text = dictate(desk, daemon, CLAUDE_CODE)
    window.wait_text(text)
    status = daemon.status()
    assert (status["chunk_ms"], status["device"], status["precision"]) == (1120, "cpu", "fp32")
    assert status["model"] == "mini"
    assert status["engine_memory_mb"] > 100
    assert status["engine_finish_ms"] > 0
    shown = daemon.ctl("status").stdout
    assert "1120 ms" in shown
    assert "cpu, fp32" in shown
    window.close()
