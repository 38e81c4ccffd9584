"""Select a text, hold the key to edit, say what to do, let go; and the undo key. On X11, with real
keys and a real window that tells assistive technologies its text; the model is a function."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.lab.accessibility import AccessibilityBus
from tests.lab.chat_server import ChatLab
from tests.lab.daemon import RealDaemon, wait_for
from tests.lab.scripted import home
from tests.lab.windows import Gtk4Field, GtkField, Window
from tests.lab.xserver import XServer

pytestmark = [pytest.mark.desktop, pytest.mark.timeout(180)]

OLD, SAID = "the old words", "make it loud"
EDIT, UNDO = "F9", "F10"


@dataclass
class Desk:
    x: XServer
    daemon: RealDaemon
    lab: ChatLab

    def keys(self, what: str, *names: str) -> None:
        self.x.run("xdotool", what, *names)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    folder = tmp_path_factory.mktemp("home")
    with (
        home(folder, seconds=60) as user,
        XServer() as x,
        AccessibilityBus(user.bus.address, folder, x.display) as accessibility,
        ChatLab(lambda asked: asked.text.upper()) as lab,
    ):
        x.more_env = accessibility.env
        user.say(SAID)
        config = user.settings.replace('use = "stdout"', 'use = "x11"').replace(
            '[hotkey]\nuse = "none"\n',
            f'[hotkey]\nuse = "x11"\nkey = "f8"\nmode = "hold"\nedit_key = "{EDIT.lower()}"\n'
            f'undo_key = "{UNDO.lower()}"\n[polish]\nbase_url = "{lab.url}"\n',
        )
        with user.daemon(config=config, DISPLAY=x.display, **accessibility.env) as daemon:
            wait_for(lambda: daemon.status()["engine_state"] == "ready", "the engine is loaded")
            wait_for(lambda: daemon.status()["edit_key"] == "f9", "the key is heard")
            wait_for(lambda: daemon.status()["undo_key"] == "f10", "the key is heard")
            yield Desk(x, daemon, lab)


@pytest.mark.parametrize("kind", [GtkField, Gtk4Field], ids=lambda kind: kind.kind)
def test_hold_say_let_go_and_undo(desk: Desk, tmp_path: Path, kind: type[Window]) -> None:
    window = kind(desk.x, tmp_path)
    window.focus()
    desk.keys("type", OLD)
    window.wait_text(OLD)
    desk.keys("key", "--clearmodifiers", "ctrl+a")
    desk.keys("keydown", EDIT)
    desk.daemon.wait_state("recording")
    time.sleep(0.3)  # a shorter press is a slip
    desk.keys("keyup", EDIT)
    desk.daemon.wait_state("ready")
    window.wait_text(OLD.upper())
    entry = desk.daemon.history(1)[0]
    assert (entry["text"], entry["polished"], entry["state"]) == (SAID, OLD.upper(), "delivered")
    assert (desk.lab.asked[-1].text, desk.lab.asked[-1].instruction) == (OLD, SAID)
    desk.keys("key", "--clearmodifiers", UNDO)
    window.wait_text(OLD)
    wait_for(lambda: desk.daemon.history(1)[0]["reason"] == "taken back", "it is taken back")
    window.close()
