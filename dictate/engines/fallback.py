"""Which engine serves when one fails.

With `use = "auto"`, an engine that cannot work on this machine is excluded, and the next process
runs the next best one. Apart from that, the user may name a `fallback`: an engine in a process of
its own, which transcribes what the first one failed at.
"""

import logging
from dataclasses import replace

from dictate.config.schema import EngineSettings
from dictate.engines import ENGINES

log = logging.getLogger(__name__)


def fallback_settings(settings: EngineSettings) -> EngineSettings | None:
    """The settings of the fallback engine, or None if the user wants none."""
    if settings.fallback == "none":
        return None
    return replace(settings, use=settings.fallback, fallback="none")


class AutoChoice:
    """Which engines "auto" may still choose for the next process."""

    def __init__(self, use: str) -> None:
        """`use` as in the settings: unless it is "auto", no engine is ever excluded."""
        self.chosen = ""
        """The engine that "auto" chose last, whether it loads or not."""
        self.excluded: dict[str, str] = {}
        """Engines that failed here, and why."""
        self._auto = use == "auto"
        self._retried = ""
        """The engine that did not load and got a second process."""

    def chose(self, engine: str) -> None:
        """The process runs this engine."""
        if engine in ENGINES.auto:
            self.chosen = engine

    def exclude_chosen(self, reason: str) -> bool:
        """Exclude the chosen engine if "auto" can choose another one; whether it can. The process
        has to be restarted for that."""
        if not self._auto or self.chosen not in ENGINES.auto:
            return False
        if not set(ENGINES.auto) - {self.chosen, *self.excluded}:
            return False
        log.error(
            "engine %s: given up, the next best engine serves instead: %s", self.chosen, reason
        )
        self.excluded[self.chosen] = reason
        return True

    def process_failed(self, reason: str) -> bool:
        """The process keeps dying, or cannot load its engine: whether the next process will run a
        different engine."""
        # An excluded engine cannot be what failed: no engine could be chosen at all.
        return self.chosen not in self.excluded and self.exclude_chosen(reason)

    def load_failed(self, reason: str) -> bool:
        """The engine did not load: whether a fresh process may do better. The first one tries the
        same engine once more."""
        if self._auto and self._retried != self.chosen:
            self._retried = self.chosen
            return True
        return self.process_failed(reason)
