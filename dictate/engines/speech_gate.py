"""Selects the parts of a sound that contain speech, for a decoder that takes all sound for speech.

WebRTC's detector finds beginnings and ends, but takes fans, tones and key clicks for speech. So
each stretch it finds must also have what these lack: voiced frames (a pitch between 70 and 400 Hz)
and a spectrum that changes. The spectrum of a fan or a tone does not change; a key click has no
pitch. Music has both. But an instrument holds the pitch of each note, and a voice that speaks
glides all the time. Singing, and strings that tremble, stay speech for us: in doubt, it is decoded.
"""

from collections import deque
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from pocketsphinx import Vad

from dictate.events import RATE, samples_from_pcm

FRAME = 480
"""Samples of one frame: 30 ms."""
FRAME_BYTES = FRAME * 2

_START = 3
"""Consecutive speech frames that begin a stretch."""
_LOOK_BACK = 10
"""Frames before these that belong to the stretch."""
_END = 15
"""Consecutive frames without speech that end it: 450 ms."""
_LONG = 12 * RATE // FRAME
"""Frames after which a stretch ends at the first quiet point, however short."""
_QUIET_POINT = 2
_LONGEST = 25 * RATE // FRAME
"""Frames after which it ends in any case."""

_VOICED = 0.55
"""Normalised autocorrelation at the pitch above which a frame is voiced."""
_FEWEST_VOICED = 2
_SPREAD_DB = 4.0
"""Mean standard deviation of the bands of the spectrum, in decibels, above which a stretch is
speech."""
_HELD = 0.006
"""Change of the pitch from one frame to the next, as a share, up to which it is held: 10 cents, a
tenth of a semitone."""
_MOST_HELD = 0.85
"""Share of held pitches above which a stretch is music. Speech has at most 0.37 in our recordings,
and 0.72 with music as loud as itself behind it."""
_FEWEST_PITCHES = 20
"""Pairs of voiced frames, 0.6 s, from which that share says something."""

_WINDOW = np.hanning(2 * FRAME).astype(np.float32)
_FFT = 2048
_LAGS = slice(RATE // 400, RATE // 70)
_WINDOW_LAGS = np.fft.irfft(np.abs(np.fft.rfft(_WINDOW, _FFT)) ** 2)[_LAGS]
_WINDOW_POWER = float(np.sum(_WINDOW**2))
_BAND_EDGES = np.array([4, 12, 24, 40, 64, 96, 144, 216, 360, 600])


class SpeechGate:
    """Takes frames and returns those that may be speech, stretch by stretch."""

    def __init__(self) -> None:
        self._vad = Vad(Vad.MEDIUM_STRICT)
        self._before: deque[bytes] = deque(maxlen=_LOOK_BACK + _START)
        self._run = 0
        self._last = b""
        self._evidence = _Evidence()
        self._length = 0
        self.inside = False
        """Whether the last frame was inside a stretch."""

    @property
    def is_speech(self) -> bool:
        """Whether the stretch has proved to be speech so far."""
        return self._evidence.is_speech

    @property
    def is_loud(self) -> bool:
        """Whether the last frame was inside a stretch and not part of the quiet that ends it."""
        return self.inside and self._run == 0

    def process(self, frame: bytes) -> bytes:
        """Take one frame of FRAME_BYTES; returns the sound to decode, empty outside a stretch."""
        loud = bool(self._vad.is_speech(frame))
        if not self.inside:
            self._before.append(frame)
            self._run = self._run + 1 if loud else 0
            if self._run < _START:
                return b""
            self.inside, self._run, self._length = True, 0, 0
            self._evidence = _Evidence()
            frames = list(self._before)
            self._before.clear()
            for one in frames:
                self._note(one)
            return b"".join(frames)
        self._length += 1
        self._run = 0 if loud else self._run + 1
        if loud:
            self._note(frame)
        self._last = frame
        enough = _QUIET_POINT if self._length > _LONG else _END
        if self._run >= enough or self._length > _LONGEST:
            self.inside, self._run = False, 0
        return frame

    def _note(self, frame: bytes) -> None:
        # Silence made up before the first frame would make the beginning of a tone a change.
        if self._last:
            self._evidence.note(self._last + frame)
        self._last = frame


class _Evidence:
    """The evidence for speech in one stretch, in constant memory."""

    def __init__(self) -> None:
        self._frames = 0
        self._voiced = 0
        self._period = 0.0
        """The pitch of the last frame, in samples; 0 if it is not voiced."""
        self._pairs = 0
        """Voiced frames right after another one."""
        self._held = 0
        """Those with the same pitch."""
        self._sum = np.zeros(len(_BAND_EDGES))
        self._squares = np.zeros(len(_BAND_EDGES))

    @property
    def is_speech(self) -> bool:
        if self._voiced < max(_FEWEST_VOICED, self._frames // 50):
            return False
        if self._pairs >= _FEWEST_PITCHES and self._held > _MOST_HELD * self._pairs:
            return False
        mean = self._sum / self._frames
        spread = np.sqrt(np.maximum(self._squares / self._frames - mean**2, 0))
        return float(spread.mean()) > _SPREAD_DB

    def note(self, two_frames: bytes) -> None:
        sound = samples_from_pcm(two_frames)
        sound[1:] -= np.float32(0.7) * sound[:-1]
        power = np.abs(np.fft.rfft(sound * _WINDOW, _FFT)) ** 2
        total = float(power.sum())
        if total < 1e-6:
            return
        self._frames += 1
        height, period = _pitch(power)
        voiced = height > _VOICED
        self._voiced += voiced
        if voiced and self._period:
            self._pairs += 1
            self._held += abs(period / self._period - 1) < _HELD
        self._period = period if voiced else 0.0
        bands = 10 * np.log10(np.add.reduceat(power, _BAND_EDGES) / total + 1e-5)
        self._sum += bands
        self._squares += bands**2


def _pitch(power: NDArray[np.float32]) -> tuple[float, float]:
    """The highest peak of the autocorrelation within the pitch range of voices: its height, and
    the period in samples, to a fraction of one."""
    correlation = np.fft.irfft(power)
    inside = correlation[_LAGS] / _WINDOW_LAGS * (_WINDOW_POWER / correlation[0])
    best = int(inside.argmax())
    if not 0 < best < len(inside) - 1:
        return 0.0, 0.0
    before, here, after = inside[best - 1 : best + 2]
    return float(here), _LAGS.start + best + float(
        (before - after) / (before - 2 * here + after) / 2
    )


def frames(pcm: bytes) -> Iterator[bytes]:
    """The whole frames of `pcm`; an incomplete last one is left out."""
    for start in range(0, len(pcm) - FRAME_BYTES + 1, FRAME_BYTES):
        yield pcm[start : start + FRAME_BYTES]
