"""The key that the user presses next, on a real X server."""

import threading

import pytest

from dictate.errors import Unavailable
from dictate.hotkeys.x11_capture import next_key
from dictate.platform import x11
from tests.lab.xserver import XServer

pytestmark = pytest.mark.desktop

RIGHT_CTRL = 105
"""The key code that X servers give to it."""


def press(x: XServer, key: str) -> None:
    if key == "Control_R":  # for which xdotool presses the left one, too
        x.key(RIGHT_CTRL, down=True)
        x.key(RIGHT_CTRL, down=False)
    else:
        x.run("xdotool", "key", key)


def pressed(x: XServer, monkeypatch: pytest.MonkeyPatch, key: str) -> str:
    """What is taken for the key that xdotool presses as soon as keys are listened to."""
    listen = x11.listen_to_all_keys

    def then_press(display: object) -> None:
        listen(display)
        threading.Thread(target=press, args=(x, key)).start()

    monkeypatch.setattr("dictate.hotkeys.x11_capture.listen_to_all_keys", then_press)
    return next_key(10)


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("F9", "f9"),
        ("Pause", "pause"),
        ("Control_R", "ctrl_r"),
        ("ctrl+alt+space", "ctrl+alt+space"),
        ("super+d", "super+d"),
        ("shift+F1", "shift+f1"),
    ],
)
def test_it_is_spelled_as_in_the_settings(
    x: XServer, monkeypatch: pytest.MonkeyPatch, key: str, name: str
) -> None:
    assert pressed(x, monkeypatch, key) == name


@pytest.mark.parametrize("key", ["Shift_L", "Control_L", "XF86AudioMute"])
def test_a_key_that_cannot_be_the_hotkey(
    x: XServer, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    with pytest.raises(ValueError, match=r"needed for shortcuts|no key is called"):
        pressed(x, monkeypatch, key)


def test_nobody_presses_a_key(x: XServer) -> None:
    with pytest.raises(Unavailable, match="no key was pressed"):
        next_key(0.1)
