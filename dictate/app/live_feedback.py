"""What the user sees and hears of a dictation while it goes on: the overlay, and the sounds."""

import asyncio
import time
from collections.abc import Callable
from typing import Protocol

from dictate.app.profiles import Profile
from dictate.app.session import Activity
from dictate.config.schema import Settings
from dictate.errors import DictateError
from dictate.outputs import Destination, Output
from dictate.ui.overlay.picture import Picture
from dictate.ui.overlay.process import Overlay
from dictate.ui.sounds import Sounds

EVERY_S = 0.7
"""Seconds between two looks at where the text would go, while a dictation listens: people change
windows. The partial transcript is then shown there."""


class Dictations(Protocol):
    """The pipeline, as far as it is followed here."""

    @property
    def activity(self) -> Activity:
        """All dictations in one word."""

    @property
    def listening(self) -> bool:
        """Whether a key is held or a toggled dictation is open."""

    @property
    def recording_profile(self) -> Profile | None:
        """The profile of the dictation that records; None while none does."""

    @property
    def writing(self) -> bool:
        """Whether an output has a text at this moment."""

    def show_again(self) -> None:
        """Show the last partial transcript once more."""


class LiveFeedback:
    """All methods belong on the loop. `on_overlay` receives how the overlay is shown, or why it is
    not."""

    def __init__(self, settings: Settings, on_overlay: Callable[[str], None]) -> None:
        self.picture = Picture()
        self._overlay = Overlay(settings.overlay, self.picture, on_overlay)
        self._sounds = Sounds(settings.sounds)
        self._following: asyncio.Task[None] | None = None

    async def run(self) -> None:
        """Until cancelled."""
        try:
            await self._overlay.run()
        finally:
            if self._following is not None:
                self._following.cancel()
            await self._sounds.close()

    def apply(self, settings: Settings) -> None:
        """Use these settings from now on."""
        self._overlay.apply(settings.overlay)
        self._sounds.apply(settings.sounds)

    def retry_overlay(self) -> None:
        """Try again to show an overlay that was given up."""
        self._overlay.try_again()

    def session_changed(self, dictations: Dictations) -> None:
        """The state of the session changed."""
        self.picture.session(dictations.activity.value, time.monotonic())
        self._sounds.session(dictations.activity.value)
        if dictations.listening and (self._following is None or self._following.done()):
            self._following = asyncio.create_task(follow(dictations, self.picture))


async def follow(dictations: Dictations, picture: Picture) -> None:
    """Show which engine hears the dictation and where its text would go, and its partial transcript
    there, until none listens any more."""
    while dictations.listening:
        profile = dictations.recording_profile
        # An output that writes a text must have nothing else to do.
        if profile is not None and not dictations.writing:
            picture.engine(profile.engine.info.device)
            picture.destination(await describe_target(profile.output))
            dictations.show_again()
        await asyncio.sleep(EVERY_S)


async def describe_target(output: Output) -> str:
    """In a word or two what this output would do now; empty if that is not known."""
    if output.destination is Destination.CLIPBOARD:
        return "copies"
    try:
        focus = await output.focus()
    except DictateError:
        return ""
    return f"→ {focus.application}" if focus and focus.application else ""
