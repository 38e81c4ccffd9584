"""Voice commands with the real daemon and a real window, and the daemon killed in the middle."""

import time
from pathlib import Path

import pytest

from tests.faults.test_crash_points import WHILE_WRITING
from tests.lab.clipboard import copy
from tests.lab.daemon import RealDaemon, wait_for
from tests.lab.scripted import Home, home
from tests.lab.sway import Gtk4, Sway
from tests.lab.windows import GtkField
from tests.lab.xserver import XServer

pytestmark = pytest.mark.desktop

SNIPPETS = '[snippets]\n"my address" = """\nStreet {{1}}\nTown"""\n"it" = "<{clipboard}>"\n'


def at_x11(user: Home, x: XServer) -> None:
    user.env["DISPLAY"] = x.display
    user.settings = user.settings.replace("stdout", "x11")


def dictate(daemon: RealDaemon, times: int = 1, keys_of: XServer | None = None) -> None:
    """The next lines of the script are said, one after the other, while F9 is held there or after a
    call."""
    for _ in range(times):
        before = daemon.status()["dictation"]
        if keys_of is None:
            daemon.ctl("start")
        else:
            keys_of.run("xdotool", "keydown", "F9")
            daemon.wait_state("recording")
            time.sleep(0.5)  # no tap
            keys_of.run("xdotool", "keyup", "F9")
        wait_for(
            lambda: (s := daemon.status())["state"] == "ready" and s["dictation"] != before,  # noqa: B023
            "it is written, done or held",
        )


def test_what_stands_in_the_window_is_what_was_asked_for(tmp_path: Path) -> None:
    with home(tmp_path, seconds=90) as user, XServer() as x:
        window = GtkField(x, tmp_path)
        at_x11(user, x)
        user.settings = user.settings.replace('use = "none"', 'use = "x11"\nkey = "f9"')
        user.say(
            "We met", "it was late", "Scratch that.", "Scratch that.", "Undo that.", "Undo that.",
            "Capital that.", "New sentence.", "insert my address", "select that", "and then",
            "Scratch that.", "Insert it.",
        )  # fmt: skip
        copied = "two\nlines"
        copy(x, copied.encode())
        with user.daemon() as daemon:
            (daemon.config.parent / "hotwords.toml").write_text(SNIPPETS)
            daemon.ctl("reload")
            wait_for(lambda: daemon.status()["hotkey"] == "f9", "the key is heard")
            dictate(daemon, 4, keys_of=x)
            window.wait_text("")
            dictate(daemon, 2, keys_of=x)
            window.wait_text("We met it was late")
            dictate(daemon, keys_of=x)
            window.wait_text("We met It was late")
            dictate(daemon, 2, keys_of=x)
            window.wait_text("We met It was late. Street {1}\nTown")
            dictate(daemon, keys_of=x)  # a text with a line end cannot be selected by keys: refused
            assert "was not carried out" in daemon.status()["trouble"]
            dictate(daemon, 2, keys_of=x)
            window.wait_text("We met It was late. Street {1}\nTown")
            dictate(daemon, keys_of=x)
            window.wait_text(f"We met It was late. Street {{1}}\nTown <{copied}>")
            entries = {entry["number"]: entry for entry in daemon.history(20)}
            assert entries[3]["command"] == "scratch"
            assert (entries[3]["heard"], entries[3]["text"]) == ("Scratch that.", "")
            assert entries[10]["state"] == "held"
            shown = daemon.ctl("history").stdout
            assert "Scratch that. (dictation 1 is taken back)" in shown
        window.close()


def test_in_sway_beside_the_preedit(tmp_path: Path) -> None:
    with home(tmp_path) as user, Sway() as sway:
        user.settings = user.settings.replace("stdout", "input_method")
        user.say("We met", "late it was", *["Scratch that."] * 2, *["Undo that."] * 2, "Cap that.")
        with user.daemon(WAYLAND_DISPLAY=sway.display) as daemon:
            window = Gtk4(sway, tmp_path)
            window.focus()
            dictate(daemon, 2)
            window.wait_text("We met late it was")
            dictate(daemon, 2)
            window.wait_text("")
            dictate(daemon, 3)
            window.wait_text("We met Late it was")
            assert window.preedit() == ""
            window.close()


@pytest.mark.parametrize(
    ("when", "at", "stands", "again"),
    [
        ("before undo", 1, "one word", "one wordone word"),
        ("after undo", 1, "", "one word"),
        ("after write", 2, "One word", "One wordone word"),
    ],
)
@pytest.mark.fault("F1")
def test_killed_while_a_text_is_changed(
    tmp_path: Path, when: str, at: int, stands: str, again: str
) -> None:
    """The text is held, not lost, and nothing is done or written by itself after the start."""
    moment, step = when.split()
    with home(tmp_path) as user, XServer() as x:
        window = GtkField(x, tmp_path)
        at_x11(user, x)
        user.say("one word", "Capital that.")
        daemon = RealDaemon(user.folder, user.env, config=user.settings)
        daemon.program = ("tests.lab.crashing:main", step, moment, str(at))
        daemon.start()
        dictate(daemon)
        window.wait_text("one word")
        daemon.ctl("start")
        assert daemon.wait() == -9, daemon.logged()
        window.wait_text(stands)
        assert not x.keys_down()
        with user.daemon() as daemon:
            wait_for(lambda: "recovered 2 dictations" in daemon.logged(), "both are known")
            command, text = daemon.history()
            assert (text["state"], text["reason"], text["text"]) == (
                "held", WHILE_WRITING, "one word",
            )  # fmt: skip
            assert (command["state"], command["command"]) == ("held", "capital")
            assert window.text() == stands
            daemon.ctl("paste")
            window.wait_text(again)
        window.close()
