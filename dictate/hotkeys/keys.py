"""The daemon's keys: the hotkey, those of the profiles, and those that cancel, paste, undo and
correct.

Each has its own listener, with its own retries and errors. Of those that record, only the one that
went down first counts until it is up: touching another one meanwhile ends nothing.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

from dictate.config.schema import HotkeySettings, Settings
from dictate.hotkeys import KeyDown, KeyUp
from dictate.hotkeys.chord import AUTO
from dictate.hotkeys.hotkey import FirstDown, Press
from dictate.hotkeys.listener import KeyListener
from dictate.translation import _

CANCEL_KEY = "escape"
"""The cancel key of "auto"."""
REPEATS_S = 1.0
"""Auto-repeat comes within this many seconds; a later event is a new press."""
_HOTKEY, _EDIT = "hotkey", "edit"
OVERTAKEN_S = 0.5
"""A press within this many seconds after an unmatched release belongs to that release."""


class Keys:
    """`on_press` gets the name of the profile, or "" for the hotkey, and what a press of its key
    means; `on_edit` the same of the key to edit. `on_cancel`, `on_paste`, `on_undo` and
    `on_correct` are called for the keys of that name, `on_state` when `states` changed. All on the
    loop."""

    def __init__(
        self,
        settings: Settings,
        *,
        on_press: Callable[[str, Press], None],
        on_edit: Callable[[Press], None],
        on_cancel: Callable[[], None],
        on_paste: Callable[[], None],
        on_undo: Callable[[], None],
        on_correct: Callable[[], None],
        on_state: Callable[[], None],
    ) -> None:
        self.states: dict[str, str] = {}
        """For "hotkey", "edit", "cancel", "paste", "undo" and "correct": the key that is heard,
        "none", or "none: " and the reason."""
        self.paused = False
        self._on_press = on_press
        self._on_edit = on_edit
        self._on_state = on_state
        self._first = FirstDown()
        self._pressed: dict[str, float] = {}
        """When the desktop last reported a press of each key."""
        self._early: dict[str, float] = {}
        """When each key was released without having been down."""
        self._ended: set[str] = set()
        """The keys whose press stood for a lost release."""
        self._under_way = False
        self._settings = settings
        self._wanted: dict[str, HotkeySettings] = {}
        self._handlers: dict[str, Callable[[], None]] = {
            "cancel": on_cancel,
            "paste": on_paste,
            "undo": on_undo,
            "correct": on_correct,
        }
        self._listeners: dict[str, KeyListener] = {}
        self._group: asyncio.TaskGroup | None = None
        self._running: dict[str, asyncio.Task[None]] = {}
        self._recording = False
        self._update()

    @property
    def holds(self) -> bool:
        """Whether the hotkey can be held: its release is reported."""
        return self._listeners[_HOTKEY].holds

    def state_of(self, profile: str) -> str:
        """The state of the first key of this profile, as in `states`."""
        return self.states.get(_name(profile), "none")

    async def run(self) -> None:
        """Listen until cancelled."""
        async with asyncio.TaskGroup() as group:
            self._group = group
            for name in self._listeners:
                self._start(name)

    def apply(self, settings: Settings) -> None:
        """Use these settings from now on."""
        self._settings = settings
        self._update()

    def look_again(self) -> None:
        """Keyboards may have come or gone unnoticed: the machine was asleep."""
        for listener in self._listeners.values():
            listener.look_again()

    def pause(self, *, paused: bool) -> None:
        """Ignore all keys from now on, or hear them again. One that is down is let go of."""
        self.paused = paused
        self._update()
        for name, listener in self._listeners.items():
            # What nobody listens for here may be down all the same: the desktop has that key.
            listener.change(self._wanted[name])

    def bound(self, profile: str, *, down: bool) -> bool:
        """A shortcut bound in the desktop was pressed or released: that of a profile, or ("") the
        one that means the hotkey. Returns whether that was possible: a key that is not down cannot
        be released, nor one of a profile that there is not. A release without a profile is that of
        the hotkey, or of the key that was pressed instead.

        Each event arrives through a process of its own, so a release may overtake its press. Some
        desktops send no release if another key was pressed meanwhile: then the next press counts
        as the release."""
        name, now = _name(profile) if profile else _HOTKEY, time.monotonic()
        if not profile and not down:
            name = self._pressed_instead() or name
        listener = self._listeners.get(name)
        if listener is None:
            return False
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

    def _pressed_instead(self) -> str:
        """The last key of a profile that the desktop has pressed and not released, unless the
        hotkey is down; empty if there is none."""
        if self._listeners[_HOTKEY].down:
            return ""
        waiting = [
            name
            for name in self._pressed
            if name in self._ended or ((one := self._listeners.get(name)) and one.down)
        ]
        return max(waiting, key=self._pressed.__getitem__, default="")

    def session(self, *, recording: bool, under_way: bool) -> None:
        """Whether a dictation records, and whether one can be cancelled."""
        self._recording = recording
        for name, listener in self._listeners.items():
            if name not in self._handlers:
                listener.session(recording=recording)
        self._under_way = under_way
        self._update()

    def _update(self) -> None:
        settings = self._settings.hotkey
        nothing = replace(settings, use="none", key="")
        keys, before = _keys(self._settings), self._wanted
        self._wanted = _wanted(settings, keys, under_way=self._under_way)
        if self.paused:
            self._wanted = dict.fromkeys(self._wanted, nothing)
        for name in before.keys() - self._wanted.keys():
            listener = self._listeners.pop(name)
            listener.change(nothing)  # lets go of it
            self.states.pop(name, None)
            if (task := self._running.pop(name, None)) is not None:
                task.cancel()
        for name, wanted in self._wanted.items():
            if name not in self._listeners:
                profile = keys[name][0] if name in keys else ""
                self._listeners[name] = self._listener(name, profile, wanted)
                self._listeners[name].session(recording=self._recording)
                self._start(name)
            elif wanted != before[name]:
                self._listeners[name].change(wanted)
        self._listeners["cancel"].optional = settings.cancel_key == AUTO

    def _listener(self, name: str, profile: str, wanted: HotkeySettings) -> KeyListener:
        self.states[name] = ""
        if handler := self._handlers.get(name):
            return KeyListener(wanted, lambda __: handler(), partial(self._state, name), _every)
        counts = partial(self._first.counts, name)
        on_press = self._on_edit if name == _EDIT else partial(self._on_press, profile)
        return KeyListener(wanted, on_press, partial(self._state, name), counts)

    def _start(self, name: str) -> None:
        if self._group is not None:
            self._running[name] = self._group.create_task(self._listeners[name].run())

    def _state(self, name: str, state: str) -> None:
        paused = self.paused and state == "none"
        self.states[name] = f"none: {_('paused')}" if paused else state
        self._on_state()


def _name(profile: str, number: int = 0) -> str:
    """What the key of a profile is called here; it may have several."""
    return f"{number} {profile}"


def _keys(settings: Settings) -> dict[str, tuple[str, str]]:
    """Each key of a profile: the profile and the key, by what it is called here. A profile without
    one is among them, because the desktop may have its key."""
    keys = {_name(each.name): (each.name, "") for each in settings.profile}
    count: Counter[str] = Counter()
    for each in settings.key:
        keys[_name(each.profile, count[each.profile])] = (each.profile, each.key)
        count[each.profile] += 1
    return keys


def _wanted(
    settings: HotkeySettings, keys: Mapping[str, tuple[str, str]], *, under_way: bool
) -> dict[str, HotkeySettings]:
    nothing = replace(settings, use="none", key="")

    def once(key: str) -> HotkeySettings:
        # Any press of it counts at once, short or long.
        return replace(settings, key=key, mode="toggle") if key else nothing

    cancels = once(settings.cancel_key)
    if settings.cancel_key == AUTO:
        more = (settings.paste_key, settings.undo_key, settings.correct_key, settings.edit_key)
        others = (settings.key, *(key for __, key in keys.values()), *more)
        # Only X11 can take a key from the applications for the time of a dictation.
        usable = settings.use in ("auto", "x11") and CANCEL_KEY not in others
        cancels = replace(once(CANCEL_KEY), use="x11", cancel_key=CANCEL_KEY) if usable else nothing
    return {
        _HOTKEY: settings,
        **{
            name: replace(settings, key=key) if key else nothing for name, (__, key) in keys.items()
        },
        _EDIT: replace(settings, key=settings.edit_key) if settings.edit_key else nothing,
        "cancel": cancels if under_way else nothing,
        "paste": once(settings.paste_key),
        "undo": once(settings.undo_key),
        "correct": once(settings.correct_key),
    }


def _every(_event: KeyDown | KeyUp) -> bool:
    return True
