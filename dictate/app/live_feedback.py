"""What the user sees and hears of a dictation while it goes on: the overlay, and the sounds."""

import asyncio
import time
from collections.abc import Callable

from dictate.app.pipeline import Pipeline
from dictate.config.schema import Settings
from dictate.errors import DictateError
from dictate.outputs import Destination, Output
from dictate.ui.overlay.picture import Picture
from dictate.ui.overlay.process import Overlay
from dictate.ui.sounds import Sounds

EVERY_S = 0.7
"""How often it is asked where the text would go, while somebody speaks, and the guess is shown
there: people change windows."""


class LiveFeedback:
    """All methods belong on the loop. `on_overlay` hears how the overlay is shown, or why not."""

    def __init__(self, settings: Settings, on_overlay: Callable[[str], None]) -> None:
        self.picture = Picture()
        self.overlay = Overlay(settings.overlay, self.picture, on_overlay)
        self._sounds = Sounds(settings.sounds)
        self._following: asyncio.Task[None] | None = None

    async def run(self) -> None:
        """Until cancelled."""
        try:
            await self.overlay.run()
        finally:
            if self._following is not None:
                self._following.cancel()
            await self._sounds.close()

    def change(self, settings: Settings) -> None:
        """Other settings, from now on."""
        self.overlay.change(settings.overlay)
        self._sounds.settings = settings.sounds

    def state(self, pipeline: Pipeline) -> None:
        """The session's state is another."""
        session = pipeline.session
        self.picture.session(session.summary, time.monotonic())
        self._sounds.session(session.summary)
        if session.listening and (self._following is None or self._following.done()):
            self._following = asyncio.create_task(follow(pipeline, self.picture))


async def follow(pipeline: Pipeline, picture: Picture) -> None:
    """Tell what hears it and where it would go, and show the guess there, until nobody speaks any
    more."""
    while pipeline.session.listening:
        way = pipeline.speaking
        # An output at work shall have nothing else to do.
        if way is not None and not pipeline.writing.locked():
            picture.engine(way.link.info.device)
            picture.goes(await words(way.output))
            pipeline.show_again()
        await asyncio.sleep(EVERY_S)


async def words(output: Output) -> str:
    """In a word or two what this output would do now; empty if nobody knows."""
    if output.destination is Destination.CLIPBOARD:
        return "copies"
    try:
        focus = await output.focus()
    except DictateError:
        return ""
    return f"→ {focus.application}" if focus and focus.application else ""
