"""A sound file that is read as a stream: its length, its tracks, and whether it ends too early."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dictate.errors import AudioFileError
from dictate.events import RATE, Samples
from dictate.microphone.resample import ToMono16k
from dictate.translation import _

_MISSING_S: Final = 0.5
"""Seconds that may be missing at the end: the lengths in headers count padding, too."""
CUT: Final = _("the file ends early: it was cut off, or is still being written")
DAMAGED: Final = _("the file is damaged, or ends early: a part of its sound is missing")
_RATES: Final = range(1_000, 1_000_001)
"""Rates of sound, in Hz. A damaged header may claim any other number."""


@dataclass(frozen=True, slots=True)
class Track:
    """One of the sound tracks of a file."""

    number: int
    """Its place among the sound tracks; the first is 1."""
    language: str = ""
    """As the file has it, e.g. "ger"; empty if it does not say."""
    title: str = ""
    default: bool = False
    """Whether the file marks it as the one to play."""

    def __str__(self) -> str:
        known = [self.language, f'"{self.title}"' if self.title else ""]
        known.append(_("the default") if self.default else "")
        described = ", ".join(filter(None, known))
        return f"{self.number} ({described})" if described else str(self.number)


class Recording(ABC):
    """The sound of one track of a file. Everything here blocks."""

    def __init__(
        self, path: Path, length_s: float, tracks: tuple[Track, ...] = (), chosen: int = 1
    ) -> None:
        self.path = path
        self.length_s = length_s
        """Seconds until the end of the sound according to the file; 0 if it does not say."""
        self.tracks = tracks or (Track(1),)
        """All sound tracks of the file."""
        self.track = self.tracks[chosen - 1]
        """The one that is read."""
        self.problem = ""
        """After the last piece: what is wrong with the file; empty if nothing is."""
        self._length_is_sure = length_s > 0
        self._suspicion = ""
        """What is wrong with the file, as far as its reader noticed."""

    @abstractmethod
    def pieces(self) -> Iterator[Samples]:
        """All of it, mono at 16 kHz, in pieces of some seconds, none of them empty.

        The first sample is the start of the file: where the track begins later or has holes, there
        is silence. Raises AudioFileError if nothing can be read.
        """

    def other_tracks(self) -> tuple[Track, ...]:
        """All tracks except the one that is read."""
        return tuple(track for track in self.tracks if track is not self.track)

    def _check_end(self, samples: int) -> None:
        """Note the problem, after so many samples: all there are."""
        read_s = samples / RATE
        self.problem = self._suspicion
        if self._length_is_sure and self.length_s - read_s > _MISSING_S:
            self.problem = _(
                "the file ends early: {read_s:.1f} s of {length_s:.1f} s of sound are there"
            ).format(read_s=read_s, length_s=self.length_s)


def choose(path: Path, tracks: tuple[Track, ...], wanted: int | None) -> int:
    """The number of the track to read: the wanted one, else the default one, else the first.
    Raises AudioFileError."""
    if wanted is None:
        return next((track.number for track in tracks if track.default), 1)
    if wanted > len(tracks):
        listed = ", ".join(map(str, tracks))
        message = _("{path} has no track {number}: it has the sound tracks {tracks}")
        if len(tracks) == 1:
            message = _("{path} has no track {number}: it has one sound track")
        raise AudioFileError(message.format(path=path, number=wanted, tracks=listed))
    return wanted


def mono_16k(path: Path, rate: int, blocks: Iterable[NDArray[np.float32]]) -> Iterator[Samples]:
    """Blocks of shape (frames, channels) as mono pieces at 16 kHz, none of them empty. Raises
    AudioFileError if they hold no sound."""
    if rate not in _RATES:
        raise AudioFileError(
            _("{path} is damaged: it claims {rate} samples per second").format(path=path, rate=rate)
        )
    silent = True
    convert = ToMono16k(rate)
    for block in blocks:
        piece = convert.push(np.nan_to_num(block, posinf=1.0, neginf=-1.0))
        if len(piece):
            silent = False
            yield np.clip(piece, -1.0, 1.0)
    piece = convert.finish()
    if len(piece):
        yield np.clip(piece, -1.0, 1.0)
    elif silent:
        raise AudioFileError(_("{path} holds no sound").format(path=path))
