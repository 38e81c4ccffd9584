"""The user's own dictations that still have sound. The daemon holds the journal's database, and so
it is asked; without a daemon, the newest sound files serve."""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from dictate.errors import AudioFileError
from dictate.events import RATE
from dictate.hotwords.model import MAIN
from dictate.microphone.sound_file import read_sound_file
from dictate.proof.daemon import Daemon
from dictate.proof.trial import Clip
from dictate.translation import _

LONGEST_S: Final = 60.0
"""Seconds of sound above which a dictation is left out: it would take minutes."""
LOOK_BACK: Final = 5
"""How many times as many dictations are looked at as are wanted: some have no sound any more."""
_FINISHED: Final = ("delivered", "held")


@dataclass(frozen=True, slots=True)
class History:
    """The last dictations, newest first."""

    clips: tuple[Clip, ...]
    too_long: int = 0
    """How many were left out because they are too long."""


async def numbers(daemon: Daemon | None, folder: Path, limit: int) -> list[int]:
    """The numbers of the dictations to look at, newest first: those of the main profile that have
    sound, at most LOOK_BACK times `limit`. `folder` holds the sound files."""
    if daemon is None:
        return (await asyncio.to_thread(_files, folder))[: LOOK_BACK * limit]
    entries = await daemon.history(LOOK_BACK * limit)
    return [int(entry["number"]) for entry in entries if _is_wanted(entry)]


def _files(folder: Path) -> list[int]:
    found = (path.stem for path in folder.glob("*.wav") if not path.is_symlink())
    return sorted(map(int, filter(str.isdecimal, found)), reverse=True)


def read(folder: Path, candidates: list[int], limit: int) -> History:
    """The newest `limit` of these dictations whose sound can be read. Blocks."""
    clips: list[Clip] = []
    too_long = 0
    for number in candidates:
        if len(clips) >= limit:
            break
        try:
            sound = read_sound_file(folder / f"{number}.wav")
        except AudioFileError:
            continue  # deleted in between
        if len(sound) > LONGEST_S * RATE:
            too_long += 1
        elif len(sound):
            clips.append(Clip(_("dictation {number}").format(number=number), sound))
    return History(tuple(clips), too_long)


def _is_wanted(entry: dict[str, Any]) -> bool:
    return bool(
        entry["state"] in _FINISHED
        and entry["text"]
        and entry["has_audio"]
        and entry["profile"] == MAIN
    )
