"""How often clients may do something: who does not stop is refused, others are not.

No clock: the time comes in with each call.
"""

from typing import Final

_FORGOTTEN_AT: Final = 1_000
"""Clients that are known before those are forgotten that have been quiet."""


class CallRate:
    """A token bucket for each client."""

    def __init__(self, burst: int, per_s: float) -> None:
        """`burst` is the number of calls at once, `per_s` how many more each second allows."""
        self._burst = burst
        self._per_s = per_s
        self._left: dict[str, tuple[float, float]] = {}
        """How many calls each client had left, and when, monotonic seconds."""

    def allows(self, client: str, now: float) -> bool:
        """Count a call at `now`, monotonic seconds; whether it may be made."""
        left, since = self._left.get(client, (self._burst, now))
        left = min(self._burst, left + self._per_s * (now - since))
        allowed = left >= 1
        self._left[client] = (left - allowed, now)
        if len(self._left) > _FORGOTTEN_AT:
            quiet_s = self._burst / self._per_s
            self._left = {c: it for c, it in self._left.items() if now - it[1] < quiet_s}
        return allowed
