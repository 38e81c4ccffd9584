"""What steers a dictation: a key (`hotkey.py` says what its presses mean), or `service.py`.

To add a source of key presses: write `control/<name>.py` with a subclass of `KeySource`, add one
line to `KEY_SOURCES`.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from dictate.backends import Backends
from dictate.config.schema import HotkeySettings


@dataclass(frozen=True, slots=True)
class KeyDown:
    """The hotkey went down. Auto-repeat may send it again and again."""

    at: float
    """Monotonic seconds."""


@dataclass(frozen=True, slots=True)
class KeyUp:
    """The hotkey is up: released, or found to be up although no release was ever seen."""

    at: float
    combined: bool = False
    """Another key was pressed meanwhile: it served as a modifier."""


class KeySource(ABC):
    """Listens for one key. It must end or raise when it can no longer hear, never stay silent."""

    name: ClassVar[str]

    def __init__(self, settings: HotkeySettings) -> None:
        self.settings = settings

    @abstractmethod
    def unavailable_reason(self) -> str | None:
        """Why this cannot work here and what to do, or None. May block for two seconds."""

    @abstractmethod
    async def run(
        self, on_key: Callable[[KeyDown | KeyUp], None], on_ready: Callable[[], None]
    ) -> None:
        """Listen until cancelled. `on_ready` is called once it hears, `on_key` for each press and
        release, both on the loop. Raises Unavailable when the desktop is gone; the caller tries
        again with back-off; Refused when somebody must ask for it first. When it dies while the key
        is down, it sends KeyUp first."""


KEY_SOURCES: Backends[KeySource] = Backends(
    stage="hotkey",
    table={
        "x11": "dictate.hotkeys.x11:X11KeySource",
        "portal": "dictate.hotkeys.portal:PortalKeySource",
        "evdev": "dictate.hotkeys.evdev:EvdevKeySource",
    },
    auto=("x11", "portal"),
)
