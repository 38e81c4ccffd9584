"""Key to text in sway: a key that is bound there toggles, and what was said stands in the window.

Real are the key, sway, the daemon, the bus and the application; a recording is the microphone and a
script the engine. Where the tests are root, sway's user is another one, who may not talk to their
bus: the key leaves a file then, and the test says `dictatectl toggle`.
"""

import asyncio
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from dictate.platform import bus as names
from dictate.ui.overlay.process import WINDOW
from tests.lab.daemon import RealDaemon, wait_for
from tests.lab.overlay_window import height
from tests.lab.scripted import Home, home
from tests.lab.sway import Blank, Foot, Gtk3, Keyboard, Sway, SwayWindow, need
from tests.ui.test_notifications import SERVER, Server

pytestmark = [pytest.mark.desktop, pytest.mark.timeout(180)]


MIDDLE = "600x200+340+510"
"""Of the screen's lower edge: the overlay is there, with some of the window around it."""
WITHOUT_WORDS, WITH_WORDS = range(20, 55), range(55, 120)
"""How high it is, in pixels."""
BACKSPACE, RETURN, ESCAPE, LIST = 14, 28, 1, (38, 23, 31, 20)
"""The numbers of keys."""


class Desk:
    """A sway with a daemon in it."""

    def __init__(self, sway: Sway, keyboard: Keyboard, daemon: RealDaemon) -> None:
        self.sway = sway
        self.daemon = daemon
        self._keyboard = keyboard
        self._pressed = sway.folder / "pressed"

    def press(self) -> None:
        """The bound key, and what is bound to it."""
        self._keyboard.tap(Keyboard.F9)
        wait_for(self._pressed.exists, "the key is bound")
        self._pressed.unlink()
        self.daemon.ctl("toggle")

    def type(self, *keys: int) -> None:
        for key in keys:
            self._keyboard.tap(key)

    def overlay_height(self) -> int:
        """In pixels, above a window of one colour."""
        return height(self.sway, self.daemon.home / "overlay.png", MIDDLE)

    def speak(self) -> None:
        """Press, and it listens to the recording."""
        self.press()
        self.daemon.wait_state("recording")


@pytest.fixture(scope="module")
def user(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    with home(tmp_path_factory.mktemp("home"), seconds=60) as user:
        yield user


@pytest.fixture(scope="module")
def desk(user: Home) -> Iterator[Desk]:
    need("grim", "convert")
    with (
        Sway("bindsym --no-repeat F9 exec touch $XDG_RUNTIME_DIR/pressed\n") as sway,
        sway.keyboard() as keyboard,
    ):
        config = user.settings.replace('use = "stdout"', 'use = "auto"')
        with user.daemon(config=config, WAYLAND_DISPLAY=sway.display) as daemon:
            wait_for(lambda: daemon.status()["engine_state"] == "ready", "the engine is loaded")
            yield Desk(sway, keyboard, daemon)


def test_auto_says_what_it_took(desk: Desk) -> None:
    status = desk.daemon.status()
    assert (status["output"], status["output_notes"]) == ("input_method", "")
    rows = desk.daemon.ctl("check", check=False).stdout
    assert "another input method" not in rows


@pytest.mark.parametrize("kind", [Foot, Gtk3], ids=lambda kind: kind.kind)
def test_key_to_text(desk: Desk, tmp_path: Path, kind: type[SwayWindow]) -> None:
    window = kind(desk.sway, tmp_path)
    desk.speak()
    if isinstance(window, Gtk3):
        wait_for(
            lambda: window.preedit().startswith("Nothing said"), "it shows what it understands"
        )
        assert window.text() == ""
        wait_for(lambda: window.preedit() == Home.text, "all of it is there")
        wait_for(lambda: desk.overlay_height() in WITHOUT_WORDS, "and nowhere else")
    desk.press()
    desk.daemon.wait_state("ready")
    window.wait_text(Home.text)
    if isinstance(window, Gtk3):
        assert window.preedit() == ""
    window.close()


def test_a_cancelled_dictation_leaves_nothing(desk: Desk, tmp_path: Path) -> None:
    window = Gtk3(desk.sway, tmp_path)
    desk.speak()
    wait_for(lambda: window.preedit() != "", "it shows what it understands")
    desk.daemon.ctl("cancel")
    wait_for(lambda: window.preedit() == "", "it is gone")
    assert window.text() == ""
    window.close()


@pytest.mark.fault("C1")
def test_the_window_changed_while_it_was_finished(desk: Desk, tmp_path: Path) -> None:
    spoken_to, other = Gtk3(desk.sway, tmp_path), Foot(desk.sway, tmp_path)
    spoken_to.focus()
    desk.speak()
    wait_for(lambda: spoken_to.preedit() != "", "it shows what it understands")
    desk.press()  # the tail goes on for 0.2 s
    other.focus()
    wait_for(lambda: desk.daemon.history()[0]["state"] == "held", "the text is held")
    assert (spoken_to.text(), other.text()) == ("", "")
    desk.daemon.ctl("paste")
    other.wait_text(Home.text)
    assert spoken_to.text() == ""
    spoken_to.close()
    other.close()


def test_without_preedit(user: Home, desk: Desk, tmp_path: Path) -> None:
    window = Gtk3(desk.sway, tmp_path)
    before = desk.daemon.config.read_text()
    desk.daemon.config.write_text(before.replace("[output]", "[output]\npreedit = false"))
    desk.daemon.ctl("reload")
    assert desk.daemon.status()["output"] == "input_method"  # a second one could not be there
    desk.speak()
    wait_for(lambda: desk.overlay_height() in WITH_WORDS, "the words are in the overlay")
    assert window.preedit() == ""
    desk.press()
    window.wait_text(Home.text)
    assert window.preedit() == ""
    desk.daemon.config.write_text(before)
    desk.daemon.ctl("reload")
    window.close()


def test_a_correction_in_the_field_is_offered(
    user: Home, desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", user.bus.address)
    before = desk.daemon.config.read_text()
    desk.daemon.config.write_text(f"{before}[hotwords]\nnotice_corrections = true\n")
    desk.daemon.ctl("reload")

    window = Gtk3(desk.sway, tmp_path)

    def correct() -> None:
        desk.speak()
        wait_for(lambda: window.preedit() == Home.text, "all of it is there")
        desk.press()
        window.wait_text(Home.text)
        desk.daemon.wait_state("ready")
        desk.type(*[BACKSPACE] * len("lost."), *LIST)
        window.wait_text(Home.text.replace("lost.", "list"))

    def titles() -> list[str]:
        return [each["name"] for each in desk.sway.windows()]

    async def main() -> None:
        connection, server = await names.connect(), Server()
        connection.export("/org/freedesktop/Notifications", server)
        await connection.request_name(SERVER)
        noticed = (0, "You corrected a text", '"lost" became "list"', 1)
        await asyncio.to_thread(correct)
        await asyncio.to_thread(wait_for, lambda: noticed in server.shown, "it is noticed")
        server.clicked(server.shown.index(noticed) + 1, "click")
        await asyncio.to_thread(wait_for, lambda: "Dictate: correct" in titles(), "it is offered")
        assert not desk.daemon.history(1)[0]["corrected"]
        await asyncio.to_thread(desk.type, RETURN)
        trying = "Dictate: trying", "Dictate: proposal"
        await asyncio.to_thread(wait_for, lambda: {*trying} & {*titles()}, "the user took it")
        await asyncio.to_thread(desk.type, ESCAPE)
        await asyncio.to_thread(wait_for, lambda: not {*trying} & {*titles()}, "it closes")
        await names.leave(connection)

    asyncio.run(main())
    window.close()
    assert "became" not in desk.daemon.logged()
    assert desk.daemon.history(1)[0]["corrected"] == "Nothing said is ever list."
    desk.daemon.config.write_text(before)
    desk.daemon.ctl("reload")


def test_where_there_is_no_text_field_the_overlay_has_the_words(desk: Desk, tmp_path: Path) -> None:
    window = Blank(desk.sway, tmp_path)
    desk.speak()
    wait_for(lambda: desk.overlay_height() in WITH_WORDS, "the words are in the overlay")
    field = Gtk3(desk.sway, tmp_path)
    window.close()
    wait_for(lambda: field.preedit() != "", "it is in the field now")
    wait_for(lambda: desk.overlay_height() in WITHOUT_WORDS, "and nowhere else")
    desk.daemon.ctl("cancel")
    desk.daemon.wait_state("ready")
    field.close()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP], ids=["killed", "hung"])
def test_without_the_overlay_words_and_text_are_in_the_field_all_the_same(
    desk: Desk, tmp_path: Path, number: signal.Signals
) -> None:
    window = Gtk3(desk.sway, tmp_path)
    desk.speak()
    wait_for(lambda: window.preedit() != "", "it shows what it understands")
    before = desk.daemon.child(str(WINDOW))
    os.kill(before, number)
    wait_for(lambda: window.preedit() == Home.text, "it goes on")
    desk.press()
    window.wait_text(Home.text)
    desk.daemon.wait_state("ready")
    assert desk.daemon.history(1)[0]["state"] == "delivered"
    wait_for(lambda: _another(desk.daemon, before), "there is another overlay")
    window.close()


def _another(daemon: RealDaemon, before: int) -> bool:
    try:
        return daemon.child(str(WINDOW)) != before
    except LookupError:
        return False


@pytest.mark.fault("F3")
def test_the_desktop_comes_after_the_daemon(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Sway() as sway, home(tmp_path) as user:
        monkeypatch.setenv("WAYLAND_DISPLAY", sway.display)
        sway.kill()
        config = user.settings.replace('use = "stdout"', 'use = "auto"')
        with user.daemon(config=config, WAYLAND_DISPLAY=sway.display) as daemon:
            status = daemon.status()
            assert status["output"] == "none"
            sway.start()
            wait_for(lambda: daemon.status()["output"] == "input_method", "it is found", 30)
            keyboard = Keyboard()
            window = Gtk3(sway, tmp_path)
            daemon.ctl("start")
            daemon.wait_state("recording")
            time.sleep(0.7)
            daemon.ctl("stop", check=False)  # a silence may have ended it already
            window.wait_text(Home.text)
            keyboard.close()
