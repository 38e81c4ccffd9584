"""The keys that cancel, paste and undo, pressed on a real X server."""

import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab.daemon import RealDaemon, wait_for
from tests.lab.scripted import Home, home
from tests.lab.windows import GtkField
from tests.lab.xserver import XServer

pytestmark = pytest.mark.desktop


@pytest.fixture(scope="module")
def x() -> Iterator[XServer]:
    with XServer() as server:
        yield server


@pytest.fixture
def user(tmp_path: Path, x: XServer) -> Iterator[Home]:
    with home(tmp_path, seconds=30) as user:
        user.env["DISPLAY"] = x.display
        user.settings = (
            f'[microphone]\nuse = "wav:{user.recording}"\n'
            f'[engine]\nuse = "scripted:{user.says}"\n'
            '[hotkey]\nkey = "f9"\n'
        )
        yield user


@pytest.fixture
def field(x: XServer, tmp_path: Path) -> Iterator[GtkField]:
    opened = GtkField(x, tmp_path)
    yield opened
    opened.close()


def hold(x: XServer, daemon: RealDaemon) -> None:
    wait_for(lambda: daemon.status()["hotkey"] == "f9", "the key is heard")
    x.run("xdotool", "keydown", "F9")
    wait_for(lambda: daemon.status()["state"] == "recording", "it records")
    time.sleep(0.4)  # no tap


def test_escape_cancels_without_any_setting_and_is_free_at_rest(
    user: Home, x: XServer, field: GtkField
) -> None:
    with user.daemon() as daemon:
        hold(x, daemon)
        wait_for(lambda: daemon.status()["cancel_key"] == "escape", "it is listened for")
        x.run("xdotool", "key", "Escape")
        wait_for(lambda: daemon.history(1)[0]["state"] == "cancelled", "it is cancelled")
        x.run("xdotool", "keyup", "F9")
        wait_for(lambda: daemon.status()["cancel_key"] == "none", "it is let go")
        assert field.text() == ""
        nothing = daemon.ctl("paste", check=False)
        assert (nothing.returncode, "there is no text yet" in nothing.stderr) == (4, True)
        daemon.ctl("paste", "1")
        field.wait_text(user.text)


def test_what_is_cancelled_is_gone_at_once_where_the_user_wants_that(
    user: Home, x: XServer
) -> None:
    user.settings += "[journal]\nkeep_cancelled = false\n"
    with user.daemon() as daemon:
        hold(x, daemon)
        said = daemon.ctl("cancel").stdout
        assert said == "dictation 1 is cancelled, not written, and deleted\n"
        x.run("xdotool", "keyup", "F9")
        assert daemon.ctl("history", check=False).returncode == 4
        sounds = user.folder / "state/dictate"
        wait_for(lambda: not list(sounds.rglob("*1*.pcm")), "its sound is gone")
        time.sleep(0.5)
        assert daemon.ctl("paste", check=False).returncode == 4
        assert "memory only" not in daemon.logged()
        assert "ERROR" not in daemon.logged()


def test_cancelling_says_what_is_kept_and_for_how_long(user: Home, x: XServer) -> None:
    user.settings += "[journal]\nkeep_days = 7\n"
    with user.daemon() as daemon:
        hold(x, daemon)
        said = daemon.ctl("cancel").stdout
        assert "kept for 7 days" in said
        assert "`dictatectl forget 1` deletes it now" in said
        x.run("xdotool", "keyup", "F9")


@pytest.mark.parametrize(
    ("paste", "undo", "pressed"),
    [("ctrl+alt+v", "ctrl+alt+z", ("ctrl+alt+v", "ctrl+alt+z")), ("f6", "f7", ("F6", "F7"))],
)
def test_keys_write_the_last_text_again_and_take_it_back(
    user: Home, x: XServer, field: GtkField, paste: str, undo: str, pressed: tuple[str, str]
) -> None:
    user.settings += f'paste_key = "{paste}"\nundo_key = "{undo}"\n'
    with user.daemon() as daemon:

        def heard() -> bool:
            status = daemon.status()
            return (status["paste_key"], status["undo_key"]) == (paste, undo)

        wait_for(heard, "both keys are heard")
        hold(x, daemon)
        x.run("xdotool", "keyup", "F9")
        field.wait_text(user.text)
        daemon.wait_state("ready")
        x.run("xdotool", "key", pressed[0])
        field.wait_text(f"{user.text} {user.text}")
        x.run("xdotool", "key", pressed[1])
        field.wait_text(user.text)
        assert not x.keys_down()
        time.sleep(0.1)  # no bouncing contact
        x.run("xdotool", "key", pressed[1])
        field.wait_text("")
        time.sleep(0.1)
        x.run("xdotool", "key", pressed[1])
        wait_for(lambda: "no text that could be taken back" in daemon.logged(), "it is said")
        assert "Traceback" not in daemon.logged()


def test_the_side_buttons_of_a_mouse_dictate_and_take_it_back(
    user: Home, x: XServer, field: GtkField
) -> None:
    settings = user.settings.replace('"f9"', '"mouse_back"')
    user.settings = f'{settings}undo_key = "mouse_forward"\n'
    with user.daemon() as daemon:

        def heard() -> bool:
            status = daemon.status()
            return (status["hotkey"], status["undo_key"]) == ("mouse_back", "mouse_forward")

        wait_for(heard, "both buttons are heard")
        x.run("xdotool", "mousedown", "8")
        wait_for(lambda: daemon.status()["state"] == "recording", "it records")
        time.sleep(0.4)  # no tap
        x.run("xdotool", "mouseup", "8")
        field.wait_text(user.text)
        daemon.wait_state("ready")
        x.run("xdotool", "click", "9")
        field.wait_text("")


def test_paste_typed_in_a_terminal_writes_into_the_window_that_the_user_switches_to(
    user: Home, x: XServer, field: GtkField
) -> None:
    with user.daemon() as daemon:
        hold(x, daemon)
        x.run("xdotool", "keyup", "F9")
        field.wait_text(user.text)
        daemon.wait_state("ready")
        command = (sys.executable, "-m", "dictate.ctl.main")
        terminal = ("xterm", "-T", "typed", "-e", *command)
        typed = x.spawn(*terminal, "paste", more_env=daemon.env)
        x.run("xdotool", "search", "--sync", "--name", "typed", "windowfocus", "--sync")
        field.focus()
        field.wait_text(f"{user.text} {user.text}")
        typed.wait(10)


def test_undo_typed_in_a_terminal_says_why_it_cannot_work_there(
    user: Home, x: XServer, field: GtkField
) -> None:
    with user.daemon() as daemon:
        hold(x, daemon)
        x.run("xdotool", "keyup", "F9")
        field.wait_text(user.text)
        daemon.wait_state("ready")
        x.run("xdotool", "key", "shift+d", "Return")  # the command
        refused = daemon.ctl("undo", check=False)
        assert refused.returncode == 1
        assert "undo_key of [hotkey]" in refused.stderr


def test_the_second_profile_must_be_there(user: Home) -> None:
    with user.daemon() as daemon:
        for word in ("start", "toggle", "press"):
            refused = daemon.ctl(word, "--second", check=False)
            assert refused.returncode == 4
            assert 'there is no profile "second" in config.toml' in refused.stderr
        assert daemon.status()["state"] == "ready"
        assert "asked over D-Bus" in daemon.logged()
        assert "asked by" not in daemon.logged()


def test_what_the_command_line_overrides_is_said(user: Home) -> None:
    with user.daemon("--engine", f"scripted:{user.says}") as daemon:
        note = f"note: engine.use is scripted:{user.says}: --engine on the command line of dictate"
        said = daemon.ctl("engine", "pocketsphinx").stdout
        assert note in said
        assert daemon.ctl("reload").stdout.endswith(f"\n{note} overrides config.toml\n")
        assert note not in daemon.ctl("hotwords", "add", "Grzegorz").stdout


def test_the_hotwords_that_are_listed_are_those_in_force(user: Home, tmp_path: Path) -> None:
    file = tmp_path / "other.toml"
    file.write_text('words = ["Grzegorz"]\n')
    with user.daemon("--hotwords", str(file)) as daemon:
        listed = daemon.ctl("hotwords", "list")
        assert listed.stdout == "Grzegorz\n"
        assert f"these are the hotwords in {file}, which dictate uses now" in listed.stderr
        assert (
            f"note: the hotwords are those in {file}"
            in daemon.ctl(*("hotwords", "add", "Zbigniew")).stdout
        )
