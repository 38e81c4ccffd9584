"""The step about the microphone: a live meter, and a choice where nothing is heard."""

import asyncio
import sys
from dataclasses import replace
from typing import Final

import numpy as np
from rich.live import Live
from rich.text import Text

from dictate.cli.guided_setup.dialogue import Dialogue, Skipped, answer, unseen
from dictate.client.daemon_client import ask
from dictate.config import config_file
from dictate.config.schema import MicrophoneSettings
from dictate.console import safe
from dictate.engines.quiet_speech import QUIET, Level
from dictate.errors import MicrophoneError, Unavailable
from dictate.events import Samples
from dictate.microphone import MICROPHONES
from dictate.platform import paths
from dictate.translation import _
from dictate.ui.overlay.picture import level

BARS: Final = 30
"""Width of the meter in characters."""
PATIENCE_S: Final = 5.0
"""Seconds of speech that nobody hears, after which that is said."""


class Hearing:
    """What is heard so far, in words."""

    def __init__(self) -> None:
        self._level = Level()
        self._began: float | None = None
        self._now = 0.0
        self._signal = False

    def feed(self, samples: Samples, now: float) -> None:
        """Sound arrived. `now` is monotonic seconds."""
        self._began = now if self._began is None else self._began
        self._now = now
        self._signal = self._signal or bool(samples.any())
        self._level.feed(samples)

    @property
    def good(self) -> bool:
        """Whether a voice at a normal level was heard."""
        return self._level.known and self._level.peak >= QUIET

    @property
    def verdict(self) -> str:
        """What to tell the user; empty while it is too early."""
        if self.good:
            return _("Dictate hears you.")
        if self._began is None or self._now - self._began < PATIENCE_S:
            return ""
        if not self._signal:
            return _("Only digital silence: is it muted?")
        return _("Nothing but a very quiet sound: come closer, or raise its level.")


def step(dialogue: Dialogue) -> None:
    """Show what the microphone hears, and have the user choose another one. Raises Skipped,
    DictateError."""
    dialogue.heading(_("Microphone"), _("Say something. Enter goes on, o shows other microphones."))
    settings = config_file.load(paths.config_file()).microphone
    while True:
        try:
            given = asyncio.run(_listen(dialogue, settings))
        except (MicrophoneError, Unavailable) as error:
            dialogue.say(f"{error}.", "yellow")
            given = "o"
        if given != "o":
            return
        settings = _choose(dialogue, settings)


def _choose(dialogue: Dialogue, settings: MicrophoneSettings) -> MicrophoneSettings:
    """The settings with the microphone that the user chooses. Raises Skipped."""
    found = ask("Devices")
    if not found:
        dialogue.say(_("There is no microphone: plug one in, and run `dictate setup` again."))
        raise Skipped
    for number, each in enumerate(found, 1):
        dialogue.say(f"  {number}  {each['description'] or each['name']}")
    chosen = dialogue.choose(_("Which one? [Enter: as before]"), [each["name"] for each in found])
    if chosen is None:
        return settings
    name = found[chosen]["name"]
    config_file.set_option(paths.config_file(), "microphone.device", name)
    return replace(settings, device=name)


async def _listen(dialogue: Dialogue, settings: MicrophoneSettings) -> str:
    """Show the meter until the user types a line; the line. Raises Skipped, MicrophoneError,
    Unavailable."""
    loop = asyncio.get_running_loop()
    typed: asyncio.Future[str] = loop.create_future()

    def read_line() -> None:
        loop.remove_reader(sys.stdin)
        typed.set_result(sys.stdin.readline())

    microphone = await asyncio.to_thread(MICROPHONES.choose, settings.use, settings)
    hearing = Hearing()
    try:
        called = await microphone.open()
        loop.add_reader(sys.stdin, read_line)
        with unseen(), Live(console=dialogue.screen, auto_refresh=False) as live:
            while not typed.done():
                chunk = await microphone.read()
                if chunk is None:
                    break
                hearing.feed(chunk.samples, chunk.end)
                live.update(_picture(called, chunk.samples, hearing), refresh=True)
    finally:
        loop.remove_reader(sys.stdin)
        await microphone.close()
    if not typed.done():
        return ""
    if not (line := typed.result()):
        raise EOFError
    return answer(line)


def _picture(called: str, samples: Samples, hearing: Hearing) -> Text:
    full = round(BARS * level(float(np.mean(np.square(samples)))))
    text = Text()
    text.append("█" * full, "green" if hearing.good else "yellow")
    text.append("·" * (BARS - full), "dim")
    return text.append(f"  {safe(called)}  {hearing.verdict}")
