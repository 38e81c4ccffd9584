"""Profiles in real desktops: the windows decide, or the key does, and Enter comes behind the text.

Real are the keys, the windows and the daemon; a recording is the microphone, scripts the engines.
"""

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.lab.daemon import RealDaemon, wait_for
from tests.lab.scripted import Home, home, script
from tests.lab.sway import Foot, Gtk3, Sway
from tests.lab.windows import GtkField, Window, Xterm
from tests.lab.xserver import XServer

pytestmark = [pytest.mark.desktop, pytest.mark.timeout(180)]

PROFILES = """
[text]
spoken_punctuation = "off"
[[profile]]
name = "terminal"
applications = ["xterm", "foot"]
spoken_punctuation = "on"
send = "enter"
[[profile]]
name = "notes"
titles = ["gtk3-*"]
replacements = {{ "now" = "at once" }}
[[profile]]
name = "german"
language = "de"
engine = "scripted:{german}"
[[key]]
key = "f8"
profile = "german"
"""


@pytest.fixture
def user(tmp_path: Path) -> Iterator[Home]:
    with home(tmp_path, seconds=60) as user:
        user.say("Run it comma now.")
        german = script(tmp_path / "german", "Guten Tag.")
        user.settings = user.settings.replace('use = "stdout"', 'use = "auto"')
        user.settings += PROFILES.format(german=german)
        yield user


def in_front(daemon: RealDaemon) -> tuple[str, str]:
    found = json.loads(daemon.ctl("status", "--json").stdout)["in_front"]
    return found["application"].casefold(), found["profile"]


def delivered(daemon: RealDaemon, count: int) -> None:
    def all_are() -> bool:
        entries = daemon.history(count)
        return len(entries) == count and {entry["state"] for entry in entries} == {"delivered"}

    wait_for(all_are, "they are delivered")


def test_on_x11_the_window_decides_or_the_key(user: Home, tmp_path: Path) -> None:
    with XServer() as x:
        config = user.settings.replace('use = "none"', 'use = "x11"\nkey = "f9"')
        with user.daemon(config=config, DISPLAY=x.display) as daemon:
            wait_for(
                lambda: {each["key"] for each in profiles_of(daemon)} >= {"f9", "f8"},
                "both keys are heard",
            )
            terminal, field = Xterm(x, tmp_path), GtkField(x, tmp_path)

            def hold(key: str, meanwhile: Callable[[], None] = lambda: None) -> None:
                x.run("xdotool", "keydown", key)
                daemon.wait_state("recording")
                time.sleep(0.4)  # no tap
                meanwhile()
                x.run("xdotool", "keyup", key)

            assert in_front(daemon)[1] == "notes"
            hold("F9", lambda: profile_is(daemon, "notes"))
            field.wait_text("Run it comma at once.")
            hold("F8", lambda: profile_is(daemon, "german"))
            field.wait_text("Run it comma at once. Guten Tag.")
            terminal.focus()
            assert in_front(daemon) == ("xterm", "terminal")
            hold("F9", lambda: profile_is(daemon, "terminal"))
            terminal.wait_text("Run it, now.\r")
            # Heard in the field, written into the terminal.
            field.focus()
            hold("F9", terminal.focus)
            terminal.wait_text("Run it, now.\rRun it, now.\r")
            delivered(daemon, 4)
            told = [(each["profile"], each["application"].lower()) for each in daemon.history(4)]
            assert told[0] == ("notes", "xterm")
            assert [profile for profile, _ in told] == ["notes", "terminal", "german", "notes"]
            assert field.title not in daemon.log.read_text() + json.dumps(daemon.history(4))
            undone = daemon.ctl("undo", check=False)
            assert "there is no text that could be taken back" in undone.stderr
            for window in (terminal, field):
                window.close()


def profiles_of(daemon: RealDaemon) -> list[dict[str, str]]:
    found: list[dict[str, str]] = json.loads(daemon.ctl("status", "--json").stdout)["profiles"]
    return found


def profile_is(daemon: RealDaemon, name: str) -> None:
    wait_for(lambda: daemon.status()["profile"] == name, f"the profile is {name}")


@pytest.mark.parametrize("output", ["virtual_keyboard", "input_method"])
def test_in_sway_the_window_decides(user: Home, tmp_path: Path, output: str) -> None:
    config = user.settings.replace('use = "auto"', f'use = "{output}"')
    with Sway() as sway, user.daemon(config=config, WAYLAND_DISPLAY=sway.display) as daemon:
        wait_for(lambda: daemon.status()["output"] == output, "the output is open")
        terminal, field = Foot(sway, tmp_path), Gtk3(sway, tmp_path)

        def say(window: Window, *profile: str) -> None:
            window.focus()
            daemon.ctl("start", *profile)
            daemon.wait_state("recording")
            time.sleep(0.4)
            daemon.ctl("stop")

        say(terminal)
        terminal.wait_text("Run it, now.\r")
        assert in_front(daemon) == ("foot", "terminal")
        say(field)
        field.wait_text("Run it comma at once.")
        say(field, "--profile", "terminal")
        field.wait_text("Run it comma at once. Run it, now.\n")
        delivered(daemon, 3)
        for window in (terminal, field):
            window.close()
