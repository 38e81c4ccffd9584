"""Where in a sound somebody speaks, for an engine that would hear words in silence."""

from dictate.engines.speech_gate import FRAME, FRAME_BYTES, SpeechGate, frames
from dictate.events import RATE, Samples, pcm_from_samples


class SpeechMarks:
    """Takes sound as it comes; tells how much of it is speech."""

    def __init__(self) -> None:
        self._gate = SpeechGate()
        self._rest = b""
        self._at = 0
        """Samples that the gate has seen."""
        self._stretches: list[list[int]] = []
        """First sample and end of each that has shown to be speech."""
        self._begin = 0
        """Of the stretch that is open."""

    def feed(self, samples: Samples) -> None:
        """More sound came."""
        pcm = self._rest + pcm_from_samples(samples)
        self._rest = pcm[len(pcm) - len(pcm) % FRAME_BYTES :]
        for frame in frames(pcm):
            self._process(frame)

    def finish(self) -> None:
        """The sound is over: take what is less than a frame, too."""
        if self._rest:
            self._process(self._rest.ljust(FRAME_BYTES, b"\0"))
            self._rest = b""

    def seconds(self, begin: int, end: int) -> float:
        """Seconds of speech between two samples."""
        inside = (min(end, b) - max(begin, a) for a, b in self._stretches)
        return sum(samples for samples in inside if samples > 0) / RATE

    def _process(self, frame: bytes) -> None:
        gate, was_inside = self._gate, self._gate.inside
        taken = gate.process(frame)
        self._at += FRAME
        if not taken:
            return
        if not was_inside:
            self._begin = self._at - len(taken) // 2
        if not gate.is_speech:
            return
        if self._stretches and self._stretches[-1][0] == self._begin:
            self._stretches[-1][1] = self._at
        else:
            self._stretches.append([self._begin, self._at])
