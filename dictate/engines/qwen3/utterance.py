"""One dictation in Qwen3-ASR: partial texts while the user speaks, and the text at the release."""

import copy
import time
from collections.abc import Callable
from statistics import median
from typing import TYPE_CHECKING, Final

import numpy as np

from dictate.engines import SHORTEST_S, Draft, Utterance, UtteranceStats
from dictate.engines.boost_guard import settle
from dictate.engines.prompt_guard import echoes, too_long
from dictate.engines.qwen3.load import Loaded
from dictate.engines.qwen3.prompt_request import PromptRequest
from dictate.engines.vad_segments import SpeechMarks
from dictate.events import RATE, Samples
from dictate.joining import join
from dictate.translation import _

if TYPE_CHECKING:
    from dictate.engines.qwen3.decode import Decoder, Decoding, Prompt

LONGEST_S: Final = 60
"""Seconds of the longest part; a longer sound is recognised in parts."""
CUT_WITHIN_S: Final = 15
"""A part is cut in its last seconds, this many, where it is quietest."""
QUIET_S: Final = 0.3
"""Seconds of the stretch that has to be quietest for a cut."""
PARTIAL_S: Final = 1.0
"""Seconds of new sound between two partial texts."""
PARTIAL_SHARE: Final = 0.5
"""Maximum share of the duration of the sound that partial texts may take in computing time."""
AGAIN: Final = _(
    "the last text was recognised again without your words, because it looked like the words alone"
)
CIRCLES: Final = _("the model repeated itself in the last text, which is cut there")
UNSAID: Final = _(
    "the model's last text is longer than anyone can speak in that time: it is not used"
)


class Part:
    """A sound of at most LONGEST_S, and its encoder."""

    def __init__(self, loaded: Loaded) -> None:
        from dictate.engines.qwen3.encode import Sound

        extractor = loaded.processor.feature_extractor
        self.sound = Sound(loaded.model, extractor, LONGEST_S * RATE)
        self.draft: list[int] = []

    def decode(self, decoder: "Decoder", prompt: "Prompt", draft: list[int]) -> "Decoding":
        from dictate.engines.qwen3.decode import Decoding

        sound_s = self.sound.length / RATE
        return Decoding(decoder, prompt, self.sound.embeddings(), sound_s, draft)


class Qwen3Utterance(Utterance):
    """One dictation, part by part."""

    def __init__(
        self,
        loaded: Loaded,
        decoder: "Decoder",
        request: PromptRequest,
        request_for: Callable[[str], PromptRequest],
    ) -> None:
        """`request_for` makes the request for a draft of the text, if the list of hotwords is
        longer than a prompt may be."""
        self._request_for = request_for
        self._loaded = loaded
        self._decoder = decoder
        self._request = request
        self._marks = SpeechMarks()
        self._part = Part(loaded)
        self._start = 0
        """The sample at which the part begins."""
        self._texts: list[str] = []
        self._plain: list[str | None] = []
        """The texts of the same parts without the context, where they are known."""
        self._partial = ""
        self._running: Decoding | None = None
        self._partial_at = 0
        """Samples of the part when the last partial text was begun."""
        self._earned_s = 0.0
        self._returned = ""
        self._note = ""
        self._step_ms: list[float] = []

    @property
    def effort(self) -> UtteranceStats:
        steps = self._step_ms
        return UtteranceStats(0, len(steps), round(median(steps), 2) if steps else 0.0, self._note)

    def feed(self, samples: Samples) -> str | None:
        heard = np.nan_to_num(samples, posinf=1.0, neginf=-1.0)
        while len(heard):
            room = LONGEST_S * RATE - self._part.sound.length
            piece, heard = heard[: min(room, RATE)], heard[min(room, RATE) :]
            self._marks.feed(piece)
            self._part.sound.add(piece)
            self._part.sound.ahead()
            if self._part.sound.length == LONGEST_S * RATE:
                self._cut()
            self._work_on_partial(len(piece) / RATE)
        text = join([*self._texts, self._partial])
        if text == self._returned:
            return None
        self._returned = text
        return text

    def draft(self) -> Draft | None:
        # The part is shared: what it keeps saves work, and does not change the text.
        twin: Qwen3Utterance = copy.copy(self)
        twin._texts, twin._plain = self._texts.copy(), self._plain.copy()
        twin._step_ms = self._step_ms.copy()
        text = twin.finish()
        return Draft(text, twin.plain, twin.language, twin._note)

    def finish(self) -> str:
        try:
            if self._start + self._part.sound.length < SHORTEST_S * RATE:
                self.plain = ""
                return ""
            if self._running is not None and len(self._running.tokens) > len(self._part.draft):
                self._part.draft = self._running.tokens
            self._texts.append(self._recognise(self._part))
            if None not in self._plain:
                self.plain = join(filter(None, self._plain))
            return join(self._texts)
        finally:
            self.cancel()

    def cancel(self) -> None:
        self._running = None

    def _cut(self) -> None:
        """The part is full: recognise it up to a quiet point and go on with the rest."""
        sound = self._part.sound.samples
        at = quietest(sound, CUT_WITHIN_S * RATE, int(QUIET_S * RATE))
        done, rest = Part(self._loaded), sound[at:].copy()
        done.sound.add(sound[:at])
        done.draft = self._part.draft
        self._texts.append(self._recognise(done))
        self._start += at
        self._part = Part(self._loaded)
        self._part.sound.add(rest)
        self._running, self._partial, self._partial_at = None, "", 0

    def _work_on_partial(self, sound_s: float) -> None:
        self._earned_s = min(PARTIAL_SHARE, self._earned_s + PARTIAL_SHARE * sound_s)
        if self._running is not None and self._running.lost:
            self._running = None
        while self._earned_s > 0:
            began = time.perf_counter()
            if self._running is None and not self._begin_partial():
                return
            running = self._running
            assert running is not None
            self._step(running)
            if running.done:
                self._running, self._part.draft = None, running.tokens
                self._partial = self._request.text(running.tokens, whole=False)
            self._earned_s -= time.perf_counter() - began

    def _begin_partial(self) -> bool:
        length = self._part.sound.length
        if length - self._partial_at < PARTIAL_S * RATE:
            return False
        if not self._marks.span_s(self._start, self._start + length):
            return False
        self._partial_at = length
        self._running = self._part.decode(self._decoder, self._request.prompt, self._part.draft)
        return True

    def _step(self, decoding: "Decoding") -> None:
        began = time.perf_counter()
        decoding.step()
        self._step_ms.append((time.perf_counter() - began) * 1000)

    def _recognise(self, part: Part) -> str:
        """The text of a part that is complete."""
        speech_s = self._marks.span_s(self._start, self._start + part.sound.length)
        if not speech_s:
            self._plain.append("")
            return ""
        request = self._request
        if request.context.full and (draft := request.text(part.draft, whole=False)):
            request = self._request_for(draft)
        decoding = part.decode(self._decoder, request.prompt, part.draft)
        text = self._text(decoding)
        hints = request.context
        echo = echoes(text, hints.text, hints.terms)
        doubtful = echo or decoding.looped or too_long(text, speech_s)
        plain = None if hints.text else text
        if doubtful and hints.text:
            decoding = part.decode(self._decoder, request.plain, [])
            # A term is kept if it resembles the text without the context.
            plain = self._text(decoding)
            believed, __ = settle(plain, text, hints.terms)
            if believed != text:
                text, self._note = believed, AGAIN
        if decoding.looped:
            self._note = CIRCLES
        # By the whole length: soft speech is found only in parts, and no word may be lost for that.
        if too_long(text, part.sound.length / RATE):
            text, plain, self._note = "", None, UNSAID
        self._plain.append(plain)
        return text

    def _text(self, decoding: "Decoding") -> str:
        while not decoding.done and not self.stopped:
            self._step(decoding)
        self.language = self._request.language(decoding.tokens) or self.language
        return self._request.text(decoding.tokens, whole=True)


def quietest(sound: Samples, within: int, width: int) -> int:
    """The sample among the last `within` around which `width` samples are quietest."""
    start = max(0, len(sound) - within)
    power = np.concatenate([[0.0], np.cumsum(np.square(sound[start:], dtype=np.float64))])
    return start + int(np.argmin(power[width:] - power[:-width])) + width // 2
