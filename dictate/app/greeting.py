"""Tells the user of a terminal how far the daemon is, and then what to press."""

import logging
import os
from collections.abc import Callable

from dictate.app.engine_manager import EngineManager
from dictate.config.schema import HotkeySettings
from dictate.engines.protocol import EngineState
from dictate.hotkeys.chord import in_words, parse
from dictate.hotkeys.desktop_keys import running_desktop
from dictate.hotkeys.keys import Keys

log = logging.getLogger(__name__)

MEANWHILE = "Until then, `dictatectl start` and `dictatectl stop` dictate."


class Greeting:
    """Each method is called when what it tells may have changed. A line is not repeated."""

    def __init__(
        self,
        engines: EngineManager,
        keys: Keys,
        settings: Callable[[], HotkeySettings],
        line: Callable[[str], None] | None,
    ) -> None:
        """`line` writes one line into the terminal; None where no user reads it."""
        self._engines = engines
        self._keys = keys
        self._settings = settings
        self._line = line
        self._engine = ""
        self._told = ""

    def update(self) -> None:
        """The state of an engine or of a key changed."""
        main, _ = self._engines.report
        self._log(main.name, main.state)
        key = self._keys.states["main"]
        if main.state is EngineState.LOADING:
            self._tell("Loading the engine.")
        elif main.state is EngineState.READY and key not in ("", "none"):
            self._tell(self._invitation(key))

    def _log(self, name: str, state: EngineState) -> None:
        # Trouble is logged where it is found, and a terminal gets the lines below.
        if self._line is None and state is EngineState.READY and self._engine != name:
            self._engine = name
            log.info("engine %s: ready", name)

    def _invitation(self, key: str) -> str:
        if self._keys.paused:
            return ""
        if key.startswith("none: "):
            return without_key(self._settings().key, key.removeprefix("none: "))
        return f"Ready. {how_to_press(key, self._settings().mode, holds=self._keys.holds)}."

    def _tell(self, text: str) -> None:
        if self._line is not None and text and text != self._told:
            self._told = text
            self._line(text)


def without_key(key: str, reason: str) -> str:
    """What to do where no source hears the key."""
    if not os.environ.get("WAYLAND_DISPLAY"):
        return f"Ready, but no key works: {reason}. {MEANWHILE}"
    desktop = running_desktop()
    other = ""
    if desktop is not None and not desktop.holds and parse(key).lone_modifier:
        other = 'set key = "ctrl+alt+space" under [hotkey] in config.toml, and '
    how = f"{other}run `dictate setup --keys`: your desktop then runs Dictate at a key"
    return f"Ready, but no key works yet: {how}. {MEANWHILE}"


def how_to_press(key: str, mode: str, *, holds: bool) -> str:
    """What to do with the key to dictate, as a sentence."""
    name = in_words(key)
    if mode == "toggle" or not holds:
        return f"Press {name}, talk, and press it again"
    if mode == "double_tap":
        return f"Tap {name}, then hold it and talk"
    return f"Hold {name} and talk"
