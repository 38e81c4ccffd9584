"""The keys of the daemon: the main one, the one of the second way, and the one that cancels.

Each is listened to by itself, with its own tries and its own trouble. Of the two that record, only
the first that is down counts, until it is up: whoever touches the other meanwhile ends nothing.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from dictate.config.schema import HotkeySettings
from dictate.hotkeys import KeyDown, KeyUp
from dictate.hotkeys.hotkey import FirstDown, Press
from dictate.hotkeys.listener import KeyListener

REPEATS_S = 1.0
"""A key that repeats itself does so sooner than that; later, it is a press of its own."""
OVERTAKEN_S = 0.5
"""A press that comes so soon after a release without one came too late."""


class Keys:
    """`on_press` and `on_second` get what a press of the one or the other key means, `on_cancel`
    that the user wants no text; `on_state` is called when `states` is another. All on the loop."""

    def __init__(
        self,
        settings: HotkeySettings,
        second_key: str,
        *,
        on_press: Callable[[Press], None],
        on_second: Callable[[Press], None],
        on_cancel: Callable[[], None],
        on_state: Callable[[], None],
    ) -> None:
        self.states = {"main": "", "second": "", "cancel": ""}
        """The key that is heard, "none", or "none: " and why."""
        self.paused = False
        self._on_state = on_state
        self._first = FirstDown()
        self._pressed: dict[str, float] = {}
        """When the desktop told last of a press of it."""
        self._early: dict[str, float] = {}
        """When a key was released that was not down."""
        self._ended: set[str] = set()
        """The keys whose press has made up for a lost release."""
        self._under_way = False
        self._wanted = _wanted(settings, second_key, under_way=False)
        self._settings, self._second_key = settings, second_key
        hears: dict[str, Callable[[Press], None]] = {
            "main": on_press,
            "second": on_second,
            "cancel": lambda _: on_cancel(),
        }
        self._listeners = {
            name: KeyListener(
                self._wanted[name],
                hears[name],
                partial(self._state, name),
                (lambda _: True) if name == "cancel" else partial(self._first.counts, name),
            )
            for name in hears
        }

    async def run(self) -> None:
        """Listen until cancelled."""
        async with asyncio.TaskGroup() as group:
            for listener in self._listeners.values():
                group.create_task(listener.run())

    def apply(self, settings: HotkeySettings, second_key: str) -> None:
        """Use these settings from now on."""
        self._settings, self._second_key = settings, second_key
        self._want()

    def pause(self, *, paused: bool) -> None:
        """Hear no key from now on, or hear them again."""
        self.paused = paused
        self._want()

    def bound(self, *, second: bool, down: bool) -> None:
        """A shortcut of the desktop's was pressed or released. Each time that is a program of its
        own, so that a release may overtake its press; and some desktops tell of no release if
        another key was pressed meanwhile, which the next press then is."""
        name, now = "second" if second else "main", time.monotonic()
        listener = self._listeners[name]
        if self.paused and down:
            return
        if down:
            lost = listener.down and now - self._pressed.get(name, now) > REPEATS_S
            overtaken = now - self._early.pop(name, float("-inf")) < OVERTAKEN_S
            self._pressed[name] = now
            listener.tell(KeyUp(now) if lost else KeyDown(now))
            if lost:
                self._ended.add(name)
            elif overtaken:
                listener.tell(KeyUp(now))
        elif listener.down:
            listener.tell(KeyUp(now))
        elif name in self._ended:
            self._ended.discard(name)
        else:
            self._early[name] = now

    def session(self, *, recording: bool, under_way: bool) -> None:
        """Whether a dictation records, and whether there is one that may be cancelled."""
        self._listeners["main"].session(recording=recording)
        self._listeners["second"].session(recording=recording)
        self._under_way = under_way
        self._want()

    def _want(self) -> None:
        settings = replace(self._settings, use="none") if self.paused else self._settings
        wanted = _wanted(settings, self._second_key, under_way=self._under_way)
        for name, listener in self._listeners.items():
            if wanted[name] != self._wanted[name]:
                listener.change(wanted[name])
        self._wanted = wanted

    def _state(self, name: str, state: str) -> None:
        self.states[name] = "none: paused" if self.paused and state == "none" else state
        self._on_state()


def _wanted(
    settings: HotkeySettings, second_key: str, *, under_way: bool
) -> dict[str, HotkeySettings]:
    nothing = replace(settings, use="none")
    # A press of it counts at once, however long it is.
    cancels = replace(settings, key=settings.cancel_key, mode="toggle")
    return {
        "main": settings,
        "second": replace(settings, key=second_key) if second_key else nothing,
        "cancel": cancels if under_way and settings.cancel_key else nothing,
    }
