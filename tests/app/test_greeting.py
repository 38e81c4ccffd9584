"""What a user of a terminal is told to do while the daemon starts, and when it is ready."""

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

import pytest

from dictate.app.greeting import Greeting
from dictate.config.schema import HotkeySettings
from dictate.engines.protocol import EngineState


@dataclass
class Rig:
    """A greeting, and the states that it looks at."""

    settings: HotkeySettings = field(default_factory=HotkeySettings)
    lines: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.engine = SimpleNamespace(name="pocketsphinx", state=EngineState.LOADING)
        self.keys = SimpleNamespace(states={"hotkey": ""}, paused=False, holds=True)
        engines: Any = SimpleNamespace(report=self.engine)
        self.greeting = Greeting(
            engines, cast("Any", self.keys), lambda: self.settings, self.lines.append
        )

    def becomes(self, state: EngineState, key: str) -> list[str]:
        """Now this is so; all lines so far."""
        self.engine.state, self.keys.states["hotkey"] = state, key
        self.greeting.update()
        return self.lines


READY = "Ready. Hold Right Ctrl and talk."


def test_it_says_loading_and_then_what_to_hold() -> None:
    rig = Rig()
    assert rig.becomes(EngineState.LOADING, "") == ["Loading the engine."]
    assert rig.becomes(EngineState.LOADING, "ctrl_r") == ["Loading the engine."]
    assert rig.becomes(EngineState.READY, "ctrl_r") == ["Loading the engine.", READY]
    assert rig.becomes(EngineState.READY, "ctrl_r")[2:] == []


def test_the_key_may_come_after_the_engine() -> None:
    rig = Rig()
    assert rig.becomes(EngineState.READY, "") == []
    assert rig.becomes(EngineState.READY, "ctrl_r") == [READY]


def test_a_key_that_the_user_does_not_want_is_not_missed() -> None:
    assert Rig().becomes(EngineState.READY, "none") == []


def test_on_wayland_without_a_key_it_names_the_command_that_binds_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-1")
    monkeypatch.setenv("SWAYSOCK", "there")
    rig = Rig()
    (line,) = rig.becomes(EngineState.READY, "none: no portal")
    assert line == (
        "Ready, but no key works yet: run `dictate setup --keys`: your desktop then runs Dictate at"
        " a key. Until then, `dictatectl start` and `dictatectl stop` dictate."
    )
    assert rig.becomes(EngineState.READY, "ctrl_r")[1:] == [READY]


@pytest.mark.parametrize("desktop", ["KDE", "GNOME"])
def test_a_desktop_that_cannot_bind_the_default_key_needs_another_one_first(
    monkeypatch: pytest.MonkeyPatch, desktop: str
) -> None:
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-1")
    monkeypatch.setenv("XDG_CURRENT_DESKTOP", desktop)
    (line,) = Rig().becomes(EngineState.READY, "none: no portal")
    assert (
        'set key = "ctrl+alt+space" under [hotkey] in config.toml, and run `dictate setup' in line
    )
    other = Rig(HotkeySettings(key="ctrl+alt+space"))
    assert "config.toml" not in other.becomes(EngineState.READY, "none: no portal")[0]


def test_on_x11_it_says_why() -> None:
    (line,) = Rig().becomes(EngineState.READY, "none: another program has F9")
    assert line.startswith("Ready, but no key works: another program has F9.")
