"""Past dictations: what the user wants of them, and their sound."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from dictate.errors import DictateError
from dictate.platform import paths
from dictate.translation import _

PLAYERS: Final = (("paplay",), ("pw-play",), ("aplay", "-q"))


def wanted(entry: Mapping[str, Any]) -> str:
    """The text as the user wants it."""
    return str(entry.get("corrected") or entry.get("polished") or entry["text"])


def sound_of(number: int) -> Path:
    """The file with the sound of a dictation. Raises DictateError if it is no longer kept."""
    found = paths.state_dir() / "audio" / f"{number}.wav"
    if not found.is_file():
        raise DictateError(
            _("the sound of dictation {number} is no longer kept").format(number=number)
        )
    return found


def play(sound: Path) -> None:
    """Play a file to its end. Raises DictateError if no program can."""
    # Most commands only show texts, and must start fast.
    import subprocess

    from dictate.installation import system_command

    player = next((each for each in PLAYERS if shutil.which(each[0])), None)
    if player is None:
        names = ", ".join(each[0] for each in PLAYERS)
        raise DictateError(
            _("none of {names} is installed: {system_command}").format(
                names=names, system_command=system_command("pulseaudio-utils")
            )
        )
    done = subprocess.run([*player, str(sound)], stdin=subprocess.DEVNULL, check=False)
    if done.returncode:
        raise DictateError(
            _("{player} cannot play {sound} (exit status {returncode})").format(
                player=player[0], sound=sound, returncode=done.returncode
            )
        )
