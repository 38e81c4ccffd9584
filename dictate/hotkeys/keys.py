"""The daemon's keys: the main hotkey, the second one, and those that cancel, paste, undo and
correct.

Each has its own listener, with its own retries and errors. Of the two that record, only the one
that went down first counts until it is up: touching the other meanwhile ends nothing.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from dictate.config.schema import HotkeySettings
from dictate.hotkeys import KeyDown, KeyUp
from dictate.hotkeys.chord import AUTO
from dictate.hotkeys.hotkey import FirstDown, Press
from dictate.hotkeys.listener import KeyListener

CANCEL_KEY = "escape"
"""The cancel key of "auto"."""
REPEATS_S = 1.0
"""Auto-repeat comes within this many seconds; a later event is a new press."""
_RECORDING = ("main", "second")
"""The keys that begin a dictation."""
OVERTAKEN_S = 0.5
"""A press within this many seconds after an unmatched release belongs to that release."""


class Keys:
    """`on_press` and `on_second` get what a press of the main or the second key means. `on_cancel`,
    `on_paste`, `on_undo` and `on_correct` are called for the keys of that name, `on_state` when
    `states` changed. All on the loop."""

    def __init__(
        self,
        settings: HotkeySettings,
        second_key: str,
        *,
        on_press: Callable[[Press], None],
        on_second: Callable[[Press], None],
        on_cancel: Callable[[], None],
        on_paste: Callable[[], None],
        on_undo: Callable[[], None],
        on_correct: Callable[[], None],
        on_state: Callable[[], None],
    ) -> None:
        names = ("main", "second", "cancel", "paste", "undo", "correct")
        self.states = dict.fromkeys(names, "")
        """For each: the key that is heard, "none", or "none: " and the reason."""
        self.paused = False
        self._on_state = on_state
        self._first = FirstDown()
        self._pressed: dict[str, float] = {}
        """When the desktop last reported a press of each key."""
        self._early: dict[str, float] = {}
        """When each key was released without having been down."""
        self._ended: set[str] = set()
        """The keys whose press stood for a lost release."""
        self._under_way = False
        self._wanted = _wanted(settings, second_key, under_way=False)
        self._settings, self._second_key = settings, second_key
        handlers: dict[str, Callable[[Press], None]] = {
            "main": on_press,
            "second": on_second,
            "cancel": lambda _: on_cancel(),
            "paste": lambda _: on_paste(),
            "undo": lambda _: on_undo(),
            "correct": lambda _: on_correct(),
        }
        self._listeners = {
            name: KeyListener(
                self._wanted[name],
                handlers[name],
                partial(self._state, name),
                partial(self._first.counts, name) if name in _RECORDING else _every,
            )
            for name in handlers
        }
        self._listeners["cancel"].optional = settings.cancel_key == AUTO

    @property
    def holds(self) -> bool:
        """Whether the main key can be held: its release is reported."""
        return self._listeners["main"].holds

    async def run(self) -> None:
        """Listen until cancelled."""
        async with asyncio.TaskGroup() as group:
            for listener in self._listeners.values():
                group.create_task(listener.run())

    def apply(self, settings: HotkeySettings, second_key: str) -> None:
        """Use these settings from now on."""
        self._settings, self._second_key = settings, second_key
        self._update()

    def pause(self, *, paused: bool) -> None:
        """Ignore all keys from now on, or hear them again."""
        self.paused = paused
        self._update()

    def bound(self, *, second: bool, down: bool) -> bool:
        """A shortcut bound in the desktop was pressed or released. Returns whether that was
        possible: a key that is not down cannot be released.

        Each event arrives through a process of its own, so a release may overtake its press. Some
        desktops send no release if another key was pressed meanwhile: then the next press counts
        as the release."""
        name, now = "second" if second else "main", time.monotonic()
        listener = self._listeners[name]
        if self.paused and down:
            return True
        if down:
            lost = listener.down and now - self._pressed.get(name, now) > REPEATS_S
            overtaken = now - self._early.pop(name, float("-inf")) < OVERTAKEN_S
            self._pressed[name] = now
            listener.event(KeyUp(now) if lost else KeyDown(now))
            if lost:
                self._ended.add(name)
            elif overtaken:
                listener.event(KeyUp(now))
        elif listener.down:
            listener.event(KeyUp(now))
        elif name in self._ended:
            self._ended.discard(name)
        else:
            self._early[name] = now
            return False
        return True

    def session(self, *, recording: bool, under_way: bool) -> None:
        """Whether a dictation records, and whether one can be cancelled."""
        self._listeners["main"].session(recording=recording)
        self._listeners["second"].session(recording=recording)
        self._under_way = under_way
        self._update()

    def _update(self) -> None:
        settings = self._settings
        if self.paused:
            settings = replace(settings, use="none", key="")
        wanted = _wanted(settings, self._second_key, under_way=self._under_way)
        self._listeners["cancel"].optional = settings.cancel_key == AUTO
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
    nothing = replace(settings, use="none", key="")

    def once(key: str) -> HotkeySettings:
        # Any press of it counts at once, short or long.
        return replace(settings, key=key, mode="toggle") if key else nothing

    cancels = once(settings.cancel_key)
    if settings.cancel_key == AUTO:
        more = (settings.paste_key, settings.undo_key, settings.correct_key)
        others = (settings.key, second_key, *more)
        # Only X11 can take a key from the applications for the time of a dictation.
        usable = settings.use in ("auto", "x11") and CANCEL_KEY not in others
        cancels = replace(once(CANCEL_KEY), use="x11", cancel_key=CANCEL_KEY) if usable else nothing
    return {
        "main": settings,
        "second": replace(settings, key=second_key) if second_key else nothing,
        "cancel": cancels if under_way else nothing,
        "paste": once(settings.paste_key),
        "undo": once(settings.undo_key),
        "correct": once(settings.correct_key),
    }


def _every(_event: KeyDown | KeyUp) -> bool:
    return True
