"""Eight utterances in a row: what stands in the window is what a careful typist would have written,
at the start of a sentence and within it, after a bracket, in a list, before a full stop.

Keys, sound, daemon and applications are real; a script is the engine. Where a program says what
stands around the cursor, texts are fitted in there; in a terminal they follow one another.
"""

import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.desktop.conftest import Desk
from tests.desktop.test_sway_way import Desk as SwayDesk
from tests.lab.accessibility import (
    AccessibilityBus,
    AccessibleChromium,
    AccessibleChromiumInSway,
    AccessibleQt6,
    AccessibleQt6InSway,
)
from tests.lab.at_cursor import strokes
from tests.lab.daemon import RealDaemon, wait_for
from tests.lab.eight import HAND_S, PATIENT, begin_anew, dictate_eight, says
from tests.lab.more_windows import Vim, VimInFoot
from tests.lab.scripted import home, noise
from tests.lab.sway import Foot, Gtk3, Gtk4, Keyboard, Sway, SwayWindow
from tests.lab.windows import Gtk4Field, GtkField, Window, Xterm

pytestmark = [pytest.mark.desktop, pytest.mark.timeout(180)]

KEY = "Control_R"
SOUND_S = 0.5
SPOKEN_S = 0.15
"""The same in sway, where the microphone is a recording."""


@pytest.fixture(scope="module")
def daemon(desk: Desk, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealDaemon]:
    """On X11, with accessibility."""
    folder = tmp_path_factory.mktemp("home")
    session = desk.env["DBUS_SESSION_BUS_ADDRESS"]
    running = RealDaemon(folder, desk.env, config=f'[engine]\nuse = "scripted:{says(folder)}"\n')
    running.program = PATIENT
    with AccessibilityBus(session, folder, desk.x.display) as accessibility:
        desk.x.more_env = accessibility.env
        with running:
            wait_for(lambda: running.status()["hotkey"] == "ctrl_r", "the hotkey is heard")
            wait_for(lambda: running.status()["engine_state"] == "ready", "the engine is loaded")
            yield running


@pytest.mark.parametrize(
    "kind",
    [GtkField, Gtk4Field, AccessibleQt6, AccessibleChromium, Xterm, Vim],
    ids=lambda kind: kind.kind,
)
@pytest.mark.fault("C4")
def test_on_x11(desk: Desk, daemon: RealDaemon, tmp_path: Path, kind: type[Window]) -> None:
    sound = noise(tmp_path / "noise.wav", SOUND_S)

    def say() -> None:
        before = daemon.status()["dictation"]
        desk.x.run("xdotool", "keydown", KEY)
        daemon.wait_state("recording")
        desk.sound.play(sound).wait(30)
        time.sleep(0.1)  # the server's buffer between the player and the microphone
        desk.x.run("xdotool", "keyup", KEY)
        wait_for(
            lambda: (s := daemon.status())["state"] == "ready" and s["dictation"] != before,
            "it is written or held",
            30,
        )

    def press(keys: str) -> None:
        desk.x.run("xdotool", "key", "--clearmodifiers", *keys.split())
        time.sleep(HAND_S)

    begin_anew(daemon, say)
    window = kind(desk.x, tmp_path)
    dictate_eight(window, say, None if kind in (Xterm, Vim) else press)
    window.close()


@pytest.fixture(scope="module")
def in_sway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[SwayDesk, Keyboard]]:
    with ExitStack() as stack:
        folder = tmp_path_factory.mktemp("home")
        user = stack.enter_context(home(folder, seconds=300))
        bound = "bindsym --no-repeat F9 exec touch $XDG_RUNTIME_DIR/pressed\n"
        sway = stack.enter_context(Sway(bound))
        keyboard = stack.enter_context(sway.keyboard())
        stack.enter_context(pytest.MonkeyPatch.context()).setenv("WAYLAND_DISPLAY", sway.display)
        accessibility = stack.enter_context(AccessibilityBus(user.bus.address, folder))
        sway.more_env = accessibility.env
        config = user.settings.replace('use = "stdout"', 'use = "auto"')
        config = config.replace(str(user.says), str(says(folder)))
        daemon = user.daemon(config=config, WAYLAND_DISPLAY=sway.display)
        daemon.program = PATIENT
        stack.enter_context(daemon)
        wait_for(lambda: daemon.status()["engine_state"] == "ready", "the engine is loaded")
        yield SwayDesk(sway, keyboard, daemon), keyboard


@pytest.mark.parametrize(
    "kind",
    [Gtk3, Gtk4, AccessibleQt6InSway, AccessibleChromiumInSway, Foot, VimInFoot],
    ids=lambda kind: kind.kind,
)
@pytest.mark.fault("C4")
def test_in_sway(
    in_sway: tuple[SwayDesk, Keyboard], tmp_path: Path, kind: type[SwayWindow]
) -> None:
    desk, keyboard = in_sway

    def say() -> None:
        desk.speak()
        time.sleep(SPOKEN_S)
        desk.press()
        desk.daemon.wait_state("ready")

    def press(keys: str) -> None:
        for code, down in strokes(keys.split()):
            (keyboard.down if down else keyboard.up)(code)
        time.sleep(HAND_S)

    begin_anew(desk.daemon, say)
    window = kind(desk.sway, tmp_path)
    dictate_eight(window, say, None if kind in (Foot, VimInFoot) else press)
    window.close()
