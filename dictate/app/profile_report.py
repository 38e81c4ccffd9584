"""What the user sees of the profiles: what each uses, and which one is on in what is in front."""

from collections.abc import Sequence

from dictate.app.engine_manager import EngineManager
from dictate.app.profiles import Profiles
from dictate.dbus.interface import Row
from dictate.errors import DictateError
from dictate.hotkeys.keys import Keys
from dictate.hotwords.language import LAYOUT
from dictate.hotwords.model import MAIN


class ProfileReport:
    """All methods belong on the loop."""

    def __init__(self, profiles: Profiles, engines: EngineManager, keys: Keys) -> None:
        self._profiles = profiles
        self._engines = engines
        self._keys = keys

    def rows(self) -> Sequence[Row]:
        """One for each profile, the main one first."""
        others = self._engines.others
        rows: list[Row] = []
        for profile in self._profiles.now.all:
            engine = others.get(profile.name, self._engines.report)
            is_main = profile.name == MAIN
            rows.append(
                {
                    "name": profile.name,
                    "key": self._keys.states["hotkey"]
                    if is_main
                    else self._keys.state_of(profile.name),
                    "engine": engine.name,
                    "engine_state": engine.state,
                    "model": engine.model,
                    "engine_notes": engine.notes,
                    "own_engine": profile.name in others,
                    "language": LAYOUT if profile.follows_layout else profile.language,
                    "output": profile.output.name,
                }
            )
        return rows

    async def in_front(self) -> Row:
        """The application in front, and the profile that a dictation would have there. Its name is
        empty if it is not known."""
        try:
            focus = await self._profiles.main.output.focus()
        except DictateError:
            focus = None
        return {
            "application": focus.application if focus else "",
            "profile": self._profiles.now.at(focus).name,
        }
