"""The first `dictate run --demo` of a new user, who has no files yet, in sway."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.lab.daemon import RealDaemon, wait_for, with_constants
from tests.lab.pulse import PulseAudio
from tests.lab.scripted import Home, home
from tests.lab.sway import Sway

pytestmark = [pytest.mark.desktop, pytest.mark.timeout(180)]


@dataclass
class FirstRun:
    """The daemon of a user in sway, with a microphone and no portal."""

    daemon: RealDaemon

    def dictate(self) -> str:
        """By command; the text."""
        before = self.daemon.status()["dictation"]
        self.daemon.ctl("start")
        self.daemon.wait_state("recording")
        time.sleep(0.5)
        self.daemon.ctl("stop", check=False)  # a silence may have ended it already
        self.daemon.wait_state("ready")
        (entry,) = self.daemon.history(1)
        assert entry["number"] != before
        return str(entry["text"])

    def setup_keys(self, *more: str) -> str:
        """`dictate setup --keys`."""
        done = subprocess.run(
            [sys.executable, "-m", "dictate", "setup", "--keys", *more],
            env=self.daemon.env, capture_output=True, text=True, timeout=30, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FirstRun]:
    folder = tmp_path_factory.mktemp("home")
    with ExitStack() as stack:
        sway = stack.enter_context(Sway())
        sound = stack.enter_context(PulseAudio(tmp_path_factory.mktemp("pulse")))
        user: Home = stack.enter_context(home(folder))
        pulse = {name: value for name, value in sound.env.items() if name.startswith("PULSE_")}
        config = user.settings.replace('[hotkey]\nuse = "none"\n', "")
        daemon = user.daemon(
            "--demo",
            config=config,
            WAYLAND_DISPLAY=sway.display,
            SWAYSOCK=str(sway.folder / "control"),
            **pulse,
        )
        daemon.hotwords.unlink()
        daemon.program = with_constants({"dictate.hotkeys.listener.LOOK_S": 1.0})
        with daemon:
            yield FirstRun(daemon)


def test_without_a_portal_for_keys_it_runs_and_names_the_next_step(first: FirstRun) -> None:
    wait_for(lambda: "no key works yet" in first.daemon.logged(), "it says what to do")
    logged = first.daemon.logged()
    assert "Dictating the sample recordings" not in logged
    assert "run `dictate setup --keys`" in logged
    assert first.daemon.status()["hotkey"].startswith("none: ")
    assert first.dictate() == Home.text


def test_keys_that_the_desktop_has_bound_are_active(first: FirstRun, tmp_path: Path) -> None:
    first.setup_keys()
    wait_for(lambda: first.daemon.status()["hotkey"] == "ctrl_r", "it sees the key", 60)
    wait_for(lambda: "Ready. Hold Right Ctrl and talk." in first.daemon.logged(), "it says so")
    first.setup_keys("--remove")
    wait_for(lambda: first.daemon.status()["hotkey"].startswith("none: "), "it is gone", 60)


def test_hotwords_that_come_into_being_later_are_in_the_next_dictation(first: FirstRun) -> None:
    assert not first.daemon.hotwords.exists()
    first.daemon.hotwords.write_text('[replacements]\n"ever lost" = "forgotten"\n')
    wait_for(lambda: "forgotten" in first.dictate(), "the new words are known")
    first.daemon.hotwords.unlink()
    first.daemon.hotwords.write_text("words = [\n")
    wait_for(lambda: "hotwords.toml" in first.daemon.status()["trouble"], "the mistake is said")


def test_it_says_how_its_start_goes_on(first: FirstRun) -> None:
    logged = first.daemon.logged()
    assert "Ready, but no key works yet" in logged
    assert "Traceback" not in logged
