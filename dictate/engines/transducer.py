"""One dictation in a transducer, alike for every engine that runs one.

An utterance with hotwords is decoded twice from the same frames of the encoder, with and without
the boosting tree. The two texts are compared (`boost_guard.py`), unless hotwords.compare is off,
and both are reported. Where the list is long, what counts is a second pass with a part of it
(`second_pass.py`).
"""

import copy
from collections.abc import Callable
from typing import Final, Protocol, Self

import numpy as np

from dictate.engines import SHORTEST_S, Draft, Utterance, UtteranceStats
from dictate.engines.boost_guard import Forms, settle
from dictate.engines.boost_phrases import BoostPhrases
from dictate.engines.second_pass import SecondPass
from dictate.engines.token_text import TokenText
from dictate.events import RATE, Samples
from dictate.hotwords.model import AUTO
from dictate.translation import _

DIFFERENT: Final = _(
    "the hotwords changed more of the last text than the words themselves, so the text "
    "without them is used (a lower hotwords.strength helps; hotwords.compare = false "
    "uses it anyway)"
)
WHOLE: Final = _(
    "this model processes the whole sound at the release: nothing is shown while you "
    "speak, and the text takes longer"
)


class Recognizer(Protocol):
    """One sound in a model, decoded once for each of its hypotheses."""

    @property
    def steps(self) -> int:
        """Number of steps so far."""

    @property
    def step_ms(self) -> float:
        """Milliseconds of work for the median step."""

    def feed(self, samples: Samples) -> list[list[int]]:
        """Take sound in; the new token ids of each hypothesis."""

    def finish(self) -> list[list[int]]:
        """The sound is over: the last token ids of each hypothesis."""

    def again(self, few: BoostPhrases) -> list[int] | None:
        """The token ids of the whole sound with these phrases; None if it is too long to be
        kept."""

    def copy(self) -> Self | None:
        """An independent copy; None if it would cost too much to finish it now and then."""


class TransducerUtterance(Utterance):
    """One dictation. The first text counts; the last is the one without hotwords."""

    def __init__(
        self,
        recognizer: Recognizer,
        texts: list[TokenText],
        forms: Forms | None,
        chunk_ms: int,
        on_end: Callable[[], None] | None = None,
        second: SecondPass | None = None,
    ) -> None:
        """`texts` are empty, one for each hypothesis of the recognizer. `forms` are what hotwords
        may bring into the text; if None, the texts are not compared. `on_end` is called once, when
        the utterance is over. `second` decodes it again where the list is long."""
        self._recognizer = recognizer
        self._texts = texts
        self._forms = forms
        self._chunk_ms = chunk_ms
        self._on_end = on_end
        self._second = second if forms is not None else None
        self._samples = 0
        self._returned = ""
        self._note = ""

    @property
    def effort(self) -> UtteranceStats:
        run = self._recognizer
        return UtteranceStats(self._chunk_ms, run.steps, round(run.step_ms, 2), self._note)

    def feed(self, samples: Samples) -> str | None:
        self._samples += len(samples)
        heard = np.nan_to_num(samples, posinf=1.0, neginf=-1.0)
        if self._append(self._recognizer.feed(heard)) and self._second is not None:
            self._second.hear(self._texts[-1].text)
        text = self._texts[0].text
        if text == self._returned:
            return None
        self._returned = text
        return text

    def finish(self) -> str:
        try:
            if self._samples < SHORTEST_S * RATE:
                self.plain = ""
                return ""
            self._append(self._recognizer.finish())
            self.language = self._texts[0].language
            return self._checked_text()
        finally:
            self.cancel()

    def draft(self) -> Draft | None:
        recognizer = self._recognizer.copy()
        if recognizer is None:
            return None
        twin: TransducerUtterance = copy.copy(self)
        twin._recognizer = recognizer
        twin._texts = [text.copy() for text in self._texts]
        twin._second = None if self._second is None else self._second.copy()
        twin._on_end = None  # what it gives back is still in use
        text = twin.finish()
        return Draft(text, twin.plain, twin.language, twin._note)

    def cancel(self) -> None:
        on_end, self._on_end = self._on_end, None
        if on_end is not None:
            on_end()

    def _append(self, tokens: list[list[int]]) -> bool:
        """Whether there are any."""
        for text, new in zip(self._texts, tokens, strict=True):
            text.append(new)
        return any(tokens)

    def _checked_text(self) -> str:
        """The text with the hotwords, unless they changed too much."""
        boosted, self.plain = self._texts[0].text, self._texts[-1].text
        if self._second is not None:
            again = self._second.boosted(self.plain, self._recognizer.again)
            boosted = boosted if again is None else again
        if boosted == self.plain or self._forms is None:
            return boosted
        text, rejected = settle(self.plain, boosted, self._forms)
        self._note = DIFFERENT if rejected else ""
        return text


def language_of_own_model(language: str) -> tuple[str, ...]:
    """The languages of a model of the user's own, which only the user knows: that of the
    settings."""
    general = language.replace("_", "-").partition("-")[0].lower()
    return () if general == AUTO else (general,)
