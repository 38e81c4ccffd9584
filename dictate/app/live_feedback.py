"""What the user sees and hears while a dictation goes on: the overlay, the sounds, and no music."""

import asyncio
import time
from collections.abc import Callable
from typing import Protocol

from dictate.app.dictation import Backlog
from dictate.app.profiles import Profile
from dictate.app.session import Activity
from dictate.app.signals import Signal
from dictate.config.schema import Settings
from dictate.engines.pace import FASTER
from dictate.errors import DictateError
from dictate.hotwords.model import MAIN
from dictate.outputs import Destination, Output
from dictate.translation import _
from dictate.ui.media_pause import MediaPause
from dictate.ui.overlay.picture import Picture
from dictate.ui.overlay.process import Overlay
from dictate.ui.sounds import Sounds

EVERY_S = 0.7
"""Seconds between two looks at where the text would go, while a dictation listens: people change
windows. The partial transcript is then shown there."""
SLOW_S = 1.0
"""Seconds after the end of the sound from which the progress of the engine is shown."""
BEHIND_S = 3.0
"""Seconds of sound by which an engine may be behind the voice before that is shown: models work in
chunks of up to two seconds."""
LATE_S = 10.0
"""Seconds of waiting, or of being behind, after which it is also logged and notified."""


class Dictations(Protocol):
    """The pipeline, as far as it is followed here."""

    @property
    def activity(self) -> Activity:
        """All dictations in one word."""

    @property
    def hears(self) -> bool:
        """Whether the sound of the dictation that records has begun to come."""

    @property
    def listening(self) -> bool:
        """Whether a key is held or a toggled dictation is open."""

    async def landing(self) -> Profile | None:
        """The profile of the dictation that records, with what would write its text if it ended
        now; None while none records."""

    @property
    def writing(self) -> bool:
        """Whether an output has a text at this moment."""

    @property
    def backlog(self) -> Backlog | None:
        """How far the engine is with the dictation that waits, or else with the one that
        records."""

    def show_again(self) -> None:
        """Show the last partial transcript once more."""


class LiveFeedback:
    """All methods belong on the loop. `on_overlay` receives how the overlay is shown, or why it is
    not."""

    def __init__(self, settings: Settings, on_overlay: Callable[[str], None]) -> None:
        self.picture = Picture()
        self.progressed = Signal[str]()
        """How far a slow engine is, in a few words; empty when that is over."""
        self.slow = Signal[str]()
        """An engine makes the user wait: one line, once for a dictation."""
        self._overlay = Overlay(settings.overlay, self.picture, on_overlay)
        self._sounds = Sounds(settings.sounds)
        self._media = MediaPause(settings.media)
        self._following: asyncio.Task[None] | None = None
        self._watching: asyncio.Task[None] | None = None

    async def run(self) -> None:
        """Until cancelled."""
        try:
            await self._overlay.run()
        finally:
            for task in filter(None, (self._following, self._watching)):
                task.cancel()
            await self._sounds.close()
            await self._media.close()

    def apply(self, settings: Settings) -> None:
        """Use these settings from now on."""
        self._overlay.apply(settings.overlay)
        self._sounds.apply(settings.sounds)
        self._media.apply(settings.media)

    def retry_overlay(self) -> None:
        """Try again to show an overlay that was given up."""
        self._overlay.try_again()

    def session_changed(self, dictations: Dictations) -> None:
        """The state of the session changed, or a dictation's sound has begun to come."""
        state = dictations.activity.value
        if dictations.activity is Activity.RECORDING and not dictations.hears:
            state = "opening"
        self.picture.session(state, time.monotonic())
        self._sounds.session(state)
        self._media.session(dictations.activity.value)
        if dictations.listening and (self._following is None or self._following.done()):
            self._following = asyncio.create_task(follow(dictations, self.picture))
        under_way = dictations.activity is not Activity.READY
        if under_way and (self._watching is None or self._watching.done()):
            self._watching = asyncio.create_task(self._watch_engine(dictations))

    async def _watch_engine(self, dictations: Dictations) -> None:
        """Show how far a slow engine is, until all dictations are over."""
        shown, reported = "", 0
        while dictations.activity is not Activity.READY:
            await asyncio.sleep(EVERY_S)
            backlog = dictations.backlog
            progress = describe_backlog(backlog) if backlog is not None else ""
            if progress != shown:
                shown = progress
                self.picture.progress(progress)
                self.progressed(progress)
            if progress and backlog is not None and reported != backlog.number and _late(backlog):
                reported = backlog.number
                advice = "" if backlog.loading else f"; {FASTER}"
                which = _("dictation {number}: engine {engine}").format(
                    number=backlog.number, engine=backlog.engine
                )
                self.slow(f"{which}: {progress}{advice}")
        if shown:
            self.picture.progress("")
            self.progressed("")


async def follow(dictations: Dictations, picture: Picture) -> None:
    """Show which engine hears the dictation, with which profile its text would be written and
    where, and its partial transcript there, until none listens any more."""
    while dictations.listening:
        # An output that writes a text must have nothing else to do.
        if not dictations.writing and (profile := await dictations.landing()) is not None:
            target = await describe_target(profile.output)
            name = "" if profile.name == MAIN else profile.name
            picture.engine(profile.engine.info.device)
            picture.destination(" · ".join(filter(None, (target, name))))
            dictations.show_again()
        await asyncio.sleep(EVERY_S)


async def describe_target(output: Output) -> str:
    """In a word or two what this output would do now; empty if that is not known."""
    if output.destination is Destination.CLIPBOARD:
        return _("copies")
    try:
        focus = await output.focus()
    except DictateError:
        return ""
    return f"→ {focus.application}" if focus and focus.application else ""


def describe_backlog(backlog: Backlog) -> str:
    """How far the engine is, if the user has to wait for it; otherwise empty."""
    waited_s = backlog.waited_s
    behind_s = 0.0 if backlog.worked_s is None else backlog.sound_s - backlog.worked_s
    if backlog.loading and not waited_s:
        return _("the engine loads: your words come later")
    if not backlog.loading and behind_s > (SLOW_S if waited_s >= SLOW_S else BEHIND_S):
        return _("hearing, {duration} behind").format(duration=spell(behind_s))
    if waited_s < SLOW_S:
        return ""
    if backlog.loading:
        return _("the engine loads, {duration} so far").format(duration=spell(waited_s))
    return _("recognising {sound} of sound, {duration} so far").format(
        sound=spell(backlog.sound_s), duration=spell(waited_s)
    )


def spell(seconds: float) -> str:
    """A duration for people: "12 s", "3 min 20 s", "1 h 2 min"."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return _("{minutes} min {seconds} s").format(minutes=whole // 60, seconds=whole % 60)
    return _("{hours} h {minutes} min").format(hours=whole // 3600, minutes=whole % 3600 // 60)


def _late(backlog: Backlog) -> bool:
    behind_s = 0.0 if backlog.worked_s is None else backlog.sound_s - backlog.worked_s
    return max(backlog.waited_s, behind_s) > LATE_S
