"""A short sound when a recording begins and when it ends, if the user enables it.

A player of the sound server plays it from the desktop's sound theme. Nothing waits for it: it
starts after the recording began or ended, and is killed if it hangs.
"""

import asyncio
import contextlib
import logging
import os
import shutil
from asyncio.subprocess import DEVNULL
from pathlib import Path
from typing import Final

from dictate.config.schema import SoundSettings
from dictate.installation import system_command
from dictate.translation import _

log = logging.getLogger(__name__)

BEGIN: Final = "dialog-information"
"""A sound of the freedesktop theme, 60 ms. The microphone picks it up, but it is too short to be
recognised as a word; sounds of 200 ms became "but" and "what are"."""
END: Final = "audio-volume-change"
PLAYERS: Final = {"paplay": "--volume=52000", "pw-play": "--volume=0.5"}
"""Each with the option for half the amplitude. paplay works with PulseAudio and PipeWire."""
LONGEST_S: Final = 2.0
"""Seconds until a player counts as hung."""


class Sounds:
    """All methods belong on the loop."""

    def __init__(self, settings: SoundSettings) -> None:
        self._settings = settings
        self._recording = False
        self._playing: asyncio.Task[None] | None = None
        self._reported = False

    def apply(self, settings: SoundSettings) -> None:
        """Use these settings from now on."""
        self._settings = settings

    def session(self, state: str) -> None:
        """The session's state changed: ready, opening (no sound comes yet), recording or
        finishing."""
        recording = state == "recording"
        if recording != self._recording and self._settings.enabled:
            if self._playing is not None:
                self._playing.cancel()
            name = BEGIN if recording else END
            self._playing = asyncio.create_task(self._play(name), name="sound")
        self._recording = recording

    async def close(self) -> None:
        """Stop playing. Idempotent."""
        if self._playing is not None:
            self._playing.cancel()
            await asyncio.gather(self._playing, return_exceptions=True)

    async def _play(self, name: str) -> None:
        command = await asyncio.to_thread(_command, name)
        if isinstance(command, str):
            if not self._reported:
                log.warning("sounds: %s", command)
            self._reported = True
            return
        try:
            process = await asyncio.create_subprocess_exec(
                *command, stdin=DEVNULL, stdout=DEVNULL, stderr=DEVNULL
            )
        except OSError as error:
            log.info("sounds: %s", error)
            return
        try:
            async with asyncio.timeout(LONGEST_S):
                await process.wait()
        except TimeoutError:
            log.info("sounds: %s hangs, killed", command[0])
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()


def unavailable_reason() -> str:
    """Why sounds cannot work here and what to do, or an empty text. Reads the disk."""
    return next((found for found in map(_command, (BEGIN, END)) if isinstance(found, str)), "")


def _command(name: str) -> list[str] | str:
    """The command that plays this sound, or why there is none."""
    player = next(filter(shutil.which, PLAYERS), None)
    if player is None:
        return _(
            "neither paplay nor pw-play is installed: {system_command}, or pipewire-bin"
        ).format(system_command=system_command("pulseaudio-utils"))
    home = os.environ.get("XDG_DATA_HOME") or "~/.local/share"
    folders = os.environ.get("XDG_DATA_DIRS") or "/usr/local/share:/usr/share"
    for folder in [home, *folders.split(":")]:
        path = Path(folder).expanduser() / "sounds/freedesktop/stereo" / f"{name}.oga"
        if path.is_file():
            return [player, PLAYERS[player], str(path)]
    return _("the sound {name} is missing: {system_command}").format(
        name=name, system_command=system_command("sound-theme-freedesktop")
    )
