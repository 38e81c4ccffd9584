"""Random key sequences through the keys of the daemon and its session, on a clock that costs
nothing: no recording is held while its key is up, and no key goes deaf.

A step is one sequence: presses and releases of two keys, taps, bounces, auto-repeat, lost and stray
releases, shortcuts with other keys, calls over the bus, a cancel, a pause, changed settings, and
all that can become of a dictation meanwhile.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Final
from unittest.mock import patch

from dictate.app.session import TABLE, Activity, Command, Do, Input, Session, State
from dictate.config.profile_schema import KeySettings, ProfileSettings
from dictate.config.schema import HotkeySettings, Settings
from dictate.hotkeys import KeyDown, KeyUp, keys, listener
from dictate.hotkeys.hotkey import Press
from dictate.hotkeys.keys import Keys
from tests.campaigns.result import Plan, Result

MODES: Final = ("hold", "toggle", "hold_or_tap", "double_tap")
MAIN, SECOND = "hotkey", "0 chat"
"""Two keys, as `Keys` calls them."""
PROFILES: Final = {MAIN: "", SECOND: "chat"}
PAUSES_S: Final = (0.0, 0.004, 0.03, 0.049, 0.051, 0.1, 0.2, 0.3, 0.6, 1.1, 4.0)
LONGEST: Final = 40
"""Events of a sequence."""
TAIL_S: Final = 0.5
"""The longest tail: `engine.tail_ms` and what the pipeline waits for a late chunk."""
SLOW_S: Final = 5.0
"""Seconds after which no press has to do with the one before."""
_OF_SESSION: Final = (Input.TAIL_OVER, Input.HEARD, Input.HEARD_NOTHING, Input.FAILED,
                      Input.WRITTEN, Input.REFUSED)  # fmt: skip


Decide = Callable[[], list[Command]]


class Wrong(Exception):
    """What is not as it must be."""


@dataclass
class Clock:
    """Stands still until told otherwise."""

    now: float = 1000.0

    def monotonic(self) -> float:
        return self.now


@dataclass
class Machine:
    """The keys and the session of a daemon, joined as `assembly.py` joins them."""

    clock: Clock
    mode: str
    session: Session = field(default_factory=Session)
    owner: str = ""
    """The key whose event is being handled."""
    holders: dict[int, str] = field(default_factory=dict)
    """The key that began each dictation which is held."""
    tails: dict[int, float] = field(default_factory=dict)
    """When the tail of each began."""
    done: list[str] = field(default_factory=list)
    """What happened, for people."""

    def __post_init__(self) -> None:
        self.keys = Keys(
            self._settings(),
            on_press=self._pressed,
            on_edit=lambda _: None,
            on_cancel=lambda: self._act(self.session.cancel),
            on_paste=lambda: None,
            on_undo=lambda: None,
            on_correct=lambda: None,
            on_state=lambda: None,
        )

    def _settings(self) -> Settings:
        return Settings(
            hotkey=HotkeySettings(use="x11", key="ctrl_r", mode=self.mode, tap_ms=250),
            profile=(ProfileSettings("chat"),),
            key=(KeySettings("f9", "chat"),),
        )

    def _pressed(self, profile: str, press: Press) -> None:
        session = self.session
        self._act(
            {
                Press.START_HELD: lambda: session.start(held=True, profile=profile),
                Press.STOP: session.stop,
                Press.TOGGLE: lambda: session.toggle(profile=profile),
                Press.LATCH: session.latch,
                Press.DISCARD: session.discard,
            }[press]
        )

    def _act(self, decide: Decide) -> None:
        before = self.session.activity, self.session.listening
        for command in decide():
            if command.do is Do.RECORD:
                self.holders[command.dictation] = self.owner
        if (self.session.activity, self.session.listening) != before:
            self.keys.session(
                recording=self.session.listening,
                under_way=self.session.activity is not Activity.READY,
            )

    # What happens.

    def down(self, key: str) -> None:
        """Its press, or its auto-repeat."""
        self._event(key, KeyDown(self.clock.now))

    def up(self, key: str, *, combined: bool = False) -> None:
        """Its release."""
        self._event(key, KeyUp(self.clock.now, combined=combined))

    def _event(self, key: str, event: KeyDown | KeyUp) -> None:
        self.owner = key
        self.done.append(f"{self.clock.now:.3f} {key} {event}")
        self.keys._listeners[key].event(event)

    def bound(self, key: str, *, down: bool) -> None:
        """A shortcut of the desktop: it comes through while Dictate is paused, too."""
        self.owner = key
        self.done.append(f"{self.clock.now:.3f} {key} bound {down=}")
        self.keys.bound(PROFILES[key], down=down)

    def call(self, name: str, decide: Decide) -> None:
        """Something else: a call over the bus, or news of a dictation."""
        self.owner = ""
        self.done.append(f"{self.clock.now:.3f} {name}")
        self._act(decide)

    def change(self, mode: str) -> None:
        """The user saves other settings."""
        self.done.append(f"{self.clock.now:.3f} mode {mode}")
        self.mode = mode
        self.keys.apply(self._settings())

    def pause(self, *, paused: bool) -> None:
        """The user pauses Dictate in its tray."""
        self.done.append(f"{self.clock.now:.3f} {paused=}")
        self.keys.pause(paused=paused)

    def news(self, dice: random.Random) -> None:
        """Something becomes of a dictation that is under way."""
        waiting = [n for n in self.holders if self.session.state(n) is not State.OVER]
        if waiting:
            number, what = dice.choice(waiting), dice.choice(_OF_SESSION)
            if what in TABLE[self.session.state(number)]:
                self.call(f"{number} {what.name}", lambda: self.session.handle(number, what))

    def wait(self, seconds: float) -> None:
        """Time passes; no tail lasts longer than it may."""
        self.clock.now += seconds
        for number in self.holders:
            if self.session.state(number) is not State.TAIL:
                self.tails.pop(number, None)
            elif self.clock.now - self.tails.setdefault(number, self.clock.now) > TAIL_S:
                self.call(f"{number} tail", partial(self.session.handle, number, Input.TAIL_OVER))

    # What must be true.

    def check(self) -> None:
        """After each event: what is held is held by a key that is down."""
        for number, key in self.holders.items():
            if self.session.state(number) is State.HELD:
                if key not in PROFILES or not self.keys._listeners[key].down:
                    raise Wrong(f"dictation {number} is held, and {key or 'no key'} is not down")
                if self.keys.paused:
                    raise Wrong(f"dictation {number} is held while Dictate is paused")

    def settle(self) -> None:
        """All keys are up, and nothing is under way."""
        self.pause(paused=False)
        for key in PROFILES:
            # After a lost release the user's next press is the one that ends it.
            for event in (self.down, self.up):
                self.wait(SLOW_S)
                event(key)
                self.check()
        self.wait(SLOW_S)
        if self.session.listening:
            self.press(MAIN)
            self.up(MAIN)
            self.wait(SLOW_S)
        if self.session.listening:
            raise Wrong("a press does not end what listens")
        while left := [n for n in self.holders if self.session.state(n) is not State.OVER]:
            what = next(it for it in TABLE[self.session.state(left[0])] if it in _OF_SESSION)
            self.call(what.name, lambda: self.session.handle(left[0], what))  # noqa: B023

    def press(self, key: str) -> None:
        """A long one, as its mode wants it."""
        if self.mode == "double_tap" and not self.session.listening:
            self.down(key)
            self.wait(0.1)
            self.up(key)
            self.wait(0.1)
        self.down(key)
        self.wait(SLOW_S)

    def hears(self, key: str) -> None:
        """A press records, and is over after the release (or the next press)."""
        self.press(key)
        if not self.session.listening:
            raise Wrong(f"{key} is deaf")
        self.up(key)
        self.wait(SLOW_S)
        if self.mode == "toggle":
            self.press(key)
            self.up(key)
        if self.session.listening:
            raise Wrong(f"the release of {key} does not end it")
        self.wait(SLOW_S)


def sequence(machine: Machine, dice: random.Random) -> None:
    """One random sequence, and the check that all is well after it."""
    session = machine.session
    calls: dict[str, Decide] = {
        "start": lambda: session.start(held=False),
        "toggle": lambda: session.toggle(profile="chat"),
        "stop": session.stop,
        "cancel": session.cancel,
        "sound over": session.sound_over,
        "endpoint": session.endpoint,
    }
    for _ in range(dice.randrange(4, LONGEST)):
        machine.wait(dice.choice(PAUSES_S))
        key = dice.choice((MAIN, MAIN, SECOND))
        what = dice.choices(
            ("down", "up", "shortcut", "bound", "call", "news", "change", "pause"),
            (10, 10, 2, 4, 4, 6, 1, 1),
        )[0]
        if machine.keys.paused and what in ("down", "up", "shortcut"):
            continue  # nothing listens to the keys themselves
        match what:
            case "down":
                machine.down(key)
            case "up":
                machine.up(key)
            case "shortcut":
                machine.up(key, combined=True)
            case "bound":
                machine.bound(key, down=dice.random() < 0.5)
            case "call":
                name = dice.choice(list(calls))
                machine.call(name, calls[name])
            case "news":
                machine.news(dice)
            case "change":
                machine.change(dice.choice(MODES))
            case "pause":
                machine.pause(paused=dice.random() < 0.5)
        machine.check()
    machine.settle()
    for key in PROFILES:
        machine.hears(key)


def run(plan: Plan) -> Result:
    """The campaign."""
    result = Result("keys", plan, "sequences", figures={"stuck or deaf": 0.0})
    while result.goes_on:
        dice = random.Random(plan.step_seed(result.done))
        clock = Clock()
        with patch.object(keys, "time", clock), patch.object(listener, "time", clock):
            machine = Machine(clock, dice.choice(MODES))
            try:
                sequence(machine, dice)
            except Wrong as wrong:
                result.count("stuck or deaf")
                result.find(result.done, f"{wrong}; {machine.mode}: {'; '.join(machine.done)}")
            except Exception as error:  # whatever it is, it is a finding
                result.find(result.done, f"{type(error).__name__}: {error}")
        result.done += 1
    return result.ended()
