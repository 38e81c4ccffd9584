"""The correction key, from outside: a real window on a real X server, with real keys. The engine is
scripted: it says the same whatever hotwords there are, so that a replacement is proposed."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from dictate.ui.correction.process import WINDOW
from tests.lab.daemon import RealDaemon, wait_for
from tests.lab.scripted import Home, home
from tests.lab.windows import GtkField
from tests.lab.xserver import XServer

pytestmark = [pytest.mark.desktop, pytest.mark.timeout(120)]

WRONG = "We asked cloud code about it"
RIGHT = "We asked Claude Code about it"
CORRECT, TRYING, PROPOSAL, DONE = (
    f"Dictate: {page}" for page in ("correct", "trying", "proposal", "corrected")
)
SETTLED_S = 0.6
"""Seconds from which an answer counts, and then some."""


@pytest.fixture(scope="module")
def x() -> Iterator[XServer]:
    with XServer() as server:
        yield server


@pytest.fixture(scope="module")
def user(tmp_path_factory: pytest.TempPathFactory, x: XServer) -> Iterator[Home]:
    with home(tmp_path_factory.mktemp("home"), seconds=20) as user:
        user.env["DISPLAY"] = x.display
        user.say(WRONG)
        user.settings = (
            f'[microphone]\nuse = "wav:{user.recording}"\n'
            f'[engine]\nuse = "scripted:{user.says}"\n'
            '[hotkey]\nkey = "f9"\ncorrect_key = "f7"\n[overlay]\nuse = "none"\n'
        )
        yield user


@pytest.fixture(scope="module")
def daemon(user: Home) -> Iterator[RealDaemon]:
    with user.daemon() as daemon:
        wait_for(lambda: daemon.status()["correct_key"] == "f7", "the key is heard")
        yield daemon


@pytest.fixture
def field(x: XServer, tmp_path: Path, daemon: RealDaemon) -> Iterator[GtkField]:
    daemon.hotwords.write_text("# my words\nwords = []\n")
    opened = GtkField(x, tmp_path)
    yield opened
    opened.close()


def tap(x: XServer) -> None:
    """Begin a dictation, or end it."""
    x.run("xdotool", "key", "F9")


def dictate(x: XServer, field: GtkField, expected: str) -> None:
    field.forget()
    tap(x)
    time.sleep(0.4)
    tap(x)
    wait_for(lambda: field.text().strip() == expected, "the text is in the window")


def title(x: XServer) -> str:
    """The title of our window on the screen, or nothing."""
    return subprocess.run(
        ["xdotool", "search", "--onlyvisible", "--name", "^Dictate: ", "getwindowname"],
        env=x.env,
        capture_output=True,
        text=True,
        check=False,
    ).stdout.strip()


def active(x: XServer) -> str:
    return x.run("xdotool", "getactivewindow", "getwindowname").strip()


def press_key(x: XServer) -> None:
    x.run("xdotool", "key", "F7")
    wait_for(lambda: title(x) == CORRECT and active(x) == CORRECT, "the window has the keys")


def correct(x: XServer, text: str) -> None:
    x.run("xdotool", "key", "ctrl+a")
    x.run("xdotool", "type", "--delay", "1", text)
    x.run("xdotool", "key", "Return")


def gone(x: XServer, field: GtkField) -> None:
    """The window closes, and the field has the focus again."""
    wait_for(lambda: not title(x), "the window is gone")
    wait_for(lambda: active(x) == field.title, "the focus is back")


def test_a_wrong_name_is_corrected_where_the_user_is_and_right_the_next_time(
    x: XServer, daemon: RealDaemon, field: GtkField
) -> None:
    dictate(x, field, WRONG)
    press_key(x)
    correct(x, RIGHT)
    wait_for(lambda: title(x) == PROPOSAL, "it is proposed")
    assert "cloud code" not in daemon.hotwords.read_text()  # nothing is learned silently
    time.sleep(SETTLED_S)
    x.run("xdotool", "key", "Return")
    wait_for(lambda: title(x) == DONE, "it is learned")
    assert '"cloud code" = "Claude Code"' in daemon.hotwords.read_text()
    assert daemon.hotwords.read_text().startswith("# my words")
    x.run("xdotool", "key", "Escape")
    gone(x, field)
    assert field.text() == WRONG
    assert daemon.history(1)[0]["corrected"] == RIGHT
    dictate(x, field, RIGHT)
    assert daemon.ctl("hotwords", "unlearn", "Claude Code").stdout == "- replacement cloud code\n"
    logged = daemon.logged()
    assert "Traceback" not in logged
    assert "cloud code" not in "".join(
        line for line in logged.splitlines() if "DEBUG" not in line and "hotwords.toml" not in line
    )


def test_a_refused_proposal_changes_nothing_and_the_focus_goes_back(
    x: XServer, daemon: RealDaemon, field: GtkField
) -> None:
    dictate(x, field, WRONG)
    before = daemon.hotwords.read_text()
    press_key(x)
    x.run("xdotool", "key", "Escape")
    gone(x, field)
    daemon.ctl("correct", "--window")
    wait_for(lambda: active(x) == CORRECT, "the window has the keys")
    correct(x, RIGHT)
    wait_for(lambda: title(x) == PROPOSAL, "it is proposed")
    time.sleep(SETTLED_S)
    x.run("xdotool", "key", "alt+n")  # Learn nothing
    gone(x, field)
    assert daemon.hotwords.read_text() == before


def test_a_dictation_goes_where_the_user_was_while_something_is_proposed(
    x: XServer, daemon: RealDaemon, field: GtkField
) -> None:
    dictate(x, field, WRONG)
    press_key(x)
    correct(x, RIGHT)
    wait_for(lambda: title(x) == PROPOSAL, "it is proposed")
    time.sleep(SETTLED_S)
    dictate(x, field, WRONG)
    wait_for(lambda: title(x) == PROPOSAL, "it is back")
    assert active(x) == field.title
    x.run("xdotool", "search", "--name", f"^{PROPOSAL}$", "windowactivate", "--sync")
    x.run("xdotool", "key", "Return")  # meant for the field
    x.run("xdotool", "search", "--name", f"^{field.title}$", "windowactivate", "--sync")
    x.run("xdotool", "key", "F7")
    wait_for(lambda: active(x) == PROPOSAL, "the key brings it to the front")
    assert "cloud code" not in daemon.hotwords.read_text()
    x.run("xdotool", "key", "Escape")
    gone(x, field)


def test_while_a_dictation_records_the_key_only_says_so(
    x: XServer, daemon: RealDaemon, field: GtkField
) -> None:
    tap(x)
    time.sleep(0.4)
    x.run("xdotool", "key", "F7")
    refused = "no correction: a dictation is being recorded: correct it once it is written"
    wait_for(lambda: refused in daemon.logged(), "it is said")
    said = daemon.ctl("correct", "--window", check=False)
    assert (said.returncode, "is being recorded" in said.stderr) == (1, True)
    tap(x)
    wait_for(lambda: field.text().strip() == WRONG, "the text is in the window")
    assert not title(x)


def test_a_killed_window_is_reported_and_opens_again(
    x: XServer, daemon: RealDaemon, field: GtkField
) -> None:
    dictate(x, field, WRONG)
    press_key(x)
    os.kill(daemon.child(str(WINDOW)), signal.SIGKILL)
    lost = "the correction window is gone (killed by signal 9)"
    wait_for(lambda: lost in daemon.logged(), "it is said")
    wait_for(lambda: active(x) == field.title, "the focus is back")
    press_key(x)
    x.run("xdotool", "key", "Escape")
    gone(x, field)


def test_a_dictation_that_is_forgotten_leaves_the_screen(
    x: XServer, daemon: RealDaemon, field: GtkField
) -> None:
    dictate(x, field, WRONG)
    press_key(x)
    daemon.ctl("forget", "--all", "--yes")
    gone(x, field)


def test_the_window_ends_with_the_daemon(x: XServer, daemon: RealDaemon, field: GtkField) -> None:
    dictate(x, field, WRONG)
    press_key(x)
    daemon.kill()
    gone(x, field)
