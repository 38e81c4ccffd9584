"""Where a sound contains speech, for an engine that invents words in silence."""

from dataclasses import dataclass

from dictate.engines.speech_gate import FRAME, FRAME_BYTES, SpeechGate, frames
from dictate.events import RATE, Samples, pcm_from_samples


@dataclass(slots=True)
class _Stretch:
    """From the first sample up to the one after the last."""

    begin: int
    end: int
    speech: bool


class SpeechMarks:
    """Takes sound as it comes and marks the speech in it; a mark begins up to 0.3 s early."""

    def __init__(self) -> None:
        self._gate = SpeechGate()
        self._rest = b""
        self._at = 0
        """Samples that the gate has processed."""
        self._stretches: list[_Stretch] = []

    def feed(self, samples: Samples) -> None:
        """Take more sound."""
        pcm = self._rest + pcm_from_samples(samples)
        self._rest = pcm[len(pcm) - len(pcm) % FRAME_BYTES :]
        for frame in frames(pcm):
            self._process(frame)

    def finish(self) -> None:
        """The sound is over: process the rest, which is shorter than a frame."""
        if self._rest:
            self._process(self._rest.ljust(FRAME_BYTES, b"\0"))
            self._rest = b""

    def span_s(self, begin: int, end: int) -> float:
        """Seconds from the first to the last speech between two samples, pauses included; 0 if
        there is none. The pauses count because soft speech is only found in parts."""
        inside = [
            (max(begin, one.begin), min(end, one.end))
            for one in self._stretches
            if one.speech and one.begin < end and one.end > begin
        ]
        return (inside[-1][1] - inside[0][0]) / RATE if inside else 0.0

    def _process(self, frame: bytes) -> None:
        gate, was_inside = self._gate, self._gate.inside
        taken = gate.process(frame)
        self._at += FRAME
        if taken and not was_inside:
            begin = self._at - len(taken) // 2
            self._stretches.append(_Stretch(begin, self._at, gate.is_speech))
        elif gate.is_loud:
            # At each frame anew: the beginning of a tone may look like speech.
            self._stretches[-1].end, self._stretches[-1].speech = self._at, gate.is_speech
