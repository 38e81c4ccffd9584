"""The keys that control a dictation; `hotkey.py` says what their presses mean.

To add a source of key events, write `hotkeys/<name>.py` with a subclass of `KeySource` and add one
line to `KEY_SOURCES`. The contract tests then run on it.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from dictate.backends import Backends
from dictate.config.schema import HotkeySettings


@dataclass(frozen=True, slots=True)
class KeyDown:
    """The hotkey went down. Auto-repeat may send this repeatedly."""

    at: float
    """Monotonic seconds."""


@dataclass(frozen=True, slots=True)
class KeyUp:
    """The hotkey is up: released, or found to be up although no release was seen."""

    at: float
    combined: bool = False
    """Whether another key was pressed meanwhile: the hotkey served as a modifier."""


class KeySource(ABC):
    """Listens for one key. When it can no longer hear it, it must end or raise, not stay silent."""

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
        """Listen until cancelled. `on_ready` is called once it hears the key, `on_key` for each
        press and release, both on the loop. Before it ends while the key is down, it sends KeyUp.

        Raises Unavailable when the desktop is gone: the caller retries with back-off. Raises
        Refused when the user said no: the caller does not retry."""


KEY_SOURCES: Backends[KeySource] = Backends(
    stage="hotkey",
    table={
        "x11": "dictate.hotkeys.x11:X11KeySource",
        "portal": "dictate.hotkeys.portal:PortalKeySource",
        "evdev": "dictate.hotkeys.evdev:EvdevKeySource",
    },
    auto=("x11", "portal"),
)
