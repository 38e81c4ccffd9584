"""A short sound when a dictation begins and when its recording ends, for who asked for it.

Played by a program of the desktop's sound server, from its sound theme. Nobody waits for it: it is
started when the dictation has begun or ended, and killed if it hangs.
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

log = logging.getLogger(__name__)

BEGIN: Final = "dialog-information"
"""The first sound of the freedesktop theme with this name; 60 ms. The microphone hears it: it is
so short that no engine takes it for a word, while those of 200 ms became "but" and "what are"."""
END: Final = "audio-volume-change"
PLAYERS: Final = {"paplay": "--volume=52000", "pw-play": "--volume=0.5"}
"""Each with half the amplitude, in its own scale. paplay serves PulseAudio and PipeWire alike."""
LONGEST_S: Final = 2.0
"""A player that takes longer hangs."""


class Sounds:
    """All methods belong on the loop."""

    def __init__(self, settings: SoundSettings) -> None:
        self._settings = settings
        self._recording = False
        self._playing: asyncio.Task[None] | None = None
        self._complained = False

    def apply(self, settings: SoundSettings) -> None:
        """Use these settings from now on."""
        self._settings = settings

    def session(self, state: str) -> None:
        """The session is ready, recording or finishing."""
        recording = state == "recording"
        if recording != self._recording and self._settings.enabled:
            if self._playing is not None:
                self._playing.cancel()
            name = BEGIN if recording else END
            self._playing = asyncio.create_task(self._play(name), name="sound")
        self._recording = recording

    async def close(self) -> None:
        """Be silent. Idempotent."""
        if self._playing is not None:
            self._playing.cancel()
            await asyncio.gather(self._playing, return_exceptions=True)

    async def _play(self, name: str) -> None:
        command = await asyncio.to_thread(_command, name)
        if isinstance(command, str):
            if not self._complained:
                log.warning("no sounds: %s", command)
            self._complained = True
            return
        try:
            process = await asyncio.create_subprocess_exec(
                *command, stdin=DEVNULL, stdout=DEVNULL, stderr=DEVNULL
            )
        except OSError as error:
            log.info("no sound: %s", error)
            return
        try:
            async with asyncio.timeout(LONGEST_S):
                await process.wait()
        except TimeoutError:
            log.info("%s hangs: killed", command[0])
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()


def unavailable_reason() -> str:
    """Why there can be no sounds here and what to do, or nothing. Blocks on the disk."""
    return next((found for found in map(_command, (BEGIN, END)) if isinstance(found, str)), "")


def _command(name: str) -> list[str] | str:
    """What plays this sound; or why nothing does."""
    player = next(filter(shutil.which, PLAYERS), None)
    if player is None:
        return "there is no paplay and no pw-play: apt install pulseaudio-utils, or pipewire-bin"
    home = os.environ.get("XDG_DATA_HOME") or "~/.local/share"
    folders = os.environ.get("XDG_DATA_DIRS") or "/usr/local/share:/usr/share"
    for folder in [home, *folders.split(":")]:
        path = Path(folder).expanduser() / "sounds/freedesktop/stereo" / f"{name}.oga"
        if path.is_file():
            return [player, PLAYERS[player], str(path)]
    return f"the sound {name} is missing: apt install sound-theme-freedesktop"
