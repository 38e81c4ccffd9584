"""Tells the user of a terminal how far the daemon is, and then what to press."""

from collections.abc import Callable

from dictate.app.engine_manager import EngineManager
from dictate.config.schema import HotkeySettings
from dictate.engines.protocol import EngineState
from dictate.hotkeys.advice import how_to_press, without_key
from dictate.hotkeys.keys import Keys
from dictate.translation import _


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
        self._told = ""

    def update(self) -> None:
        """The state of an engine or of a key changed."""
        main = self._engines.report
        key = self._keys.states["hotkey"]
        if main.state is EngineState.LOADING:
            self._tell(_("Loading the engine."))
        elif main.state is EngineState.READY and key not in ("", "none"):
            self._tell(self._invitation(key))

    def _invitation(self, key: str) -> str:
        if self._keys.paused:
            return ""
        if key.startswith("none: "):
            advice = without_key(self._settings().key, key.removeprefix("none: "))
            return _("Ready, but {advice}.").format(advice=advice)
        how = how_to_press(key, self._settings().mode, holds=self._keys.holds)
        return _("Ready. {how}.").format(how=how[0].upper() + how[1:])

    def _tell(self, text: str) -> None:
        if self._line is not None and text and text != self._told:
            self._told = text
            self._line(text)
