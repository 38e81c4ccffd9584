"""PocketSphinx 5, the starter engine. It includes its model and works offline once installed.

Its accuracy is modest: clear, slow American English is readable, other voices have many errors. It
is there so that everything works before a better engine is set up.

- It takes all sound for speech, so `speech_gate.py` selects what it gets.
- Its features are relative to the mean of the sound, which is unknown at the start: the first word
  would suffer. So the beginning of an utterance is held back until it is long enough to compute the
  mean, which later stretches go on with.
- A decoder cannot be copied, so there are no drafts. After a pause of 450 ms the stretch is decoded
  anyway, and nothing is left for the end.
- A hotword is a single unit in dictionary and language model, however many words it has, with a
  probability of its own. Neither can forget a unit, so each list gets a new language model and new
  units; the acoustic model stays.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from threading import Lock
from typing import Final

from pocketsphinx import Config, Decoder, NGramModel

from dictate.config.schema import EngineSettings
from dictate.engines import SHORTEST_S, Engine, TermReport, Utterance
from dictate.engines.speech_gate import FRAME_BYTES, SpeechGate, frames
from dictate.errors import EngineError, Unavailable
from dictate.events import RATE, Samples, pcm_from_samples
from dictate.hotwords.model import Guards, Hotwords, Term
from dictate.hotwords.spoken_form import spoken_form
from dictate.installation import package_command
from dictate.phonetics.pronouncer import Pronouncer
from dictate.translation import _

BOOST: Final = 20.0
"""Factor by which a term is likelier than an average word, at weight 1 and strength 1."""
MOST_BOOST: Final = 3000.0
MEAN_FROM_BYTES: Final = RATE * 2
"""Bytes of one second of sound, a third of it from before the speech: enough for a good mean."""
PIECE_BYTES: Final = RATE // 10 * 2
"""Bytes of a tenth of a second, the sound of one call of the decoder: it keeps Python's lock, and
the process has other things to do in between."""
MOST_UNITS: Final = 20_000
"""Added units above which a decoder is replaced: it cannot forget any."""

_MEAN_SEARCH = "mean"
_CAPITALS = {"i": "I", "i'm": "I'm", "i'll": "I'll", "i've": "I've", "i'd": "I'd"}
_NO_WORD = re.compile(r"[<\[+].*")
_VARIANT = re.compile(r"\(\d+\)$")


@dataclass(frozen=True, eq=False)
class _Vocabulary:
    """The terms that are expected in addition to the model's own words."""

    sounds: dict[Term, list[str]] = field(default_factory=dict)
    strength: float = 0.0


@dataclass(frozen=True)
class _Taken:
    """A list, and what came of it."""

    hotwords: Hotwords
    language: str
    vocabulary: _Vocabulary
    unusable: list[str]


class _Recogniser:
    """One decoder, and the vocabulary it has loaded."""

    def __init__(self) -> None:
        # The second pass costs 100 ms at the end and gained nothing in our measurements.
        self.decoder = Decoder(Config(loglevel="FATAL", fwdflat=False))
        one_word = self.decoder.create_fsg(_MEAN_SEARCH, 0, 1, [(0, 1, 1.0, "oh")])
        self.decoder.add_fsg(_MEAN_SEARCH, one_word)
        self.decoder.activate_search()
        self.vocabulary = _Vocabulary()
        self.units = 0
        self._search: str | None = None
        self._spellings: dict[str, str] = {}

    def use(self, vocabulary: _Vocabulary) -> None:
        """Load this vocabulary in place of the last one."""
        if vocabulary is self.vocabulary:
            return
        decoder, old = self.decoder, self._search
        if old is not None:
            decoder.activate_search()
            decoder.remove_search(old)
        self.vocabulary, self._search, self._spellings = vocabulary, None, {}
        if not vocabulary.sounds or vocabulary.strength == 0:
            return
        model = NGramModel(decoder.config, decoder.logmath, decoder.config["lm"])
        for term, sounds in vocabulary.sounds.items():
            # No word of the dictionary has an underscore, so a unit cannot meet one.
            unit = f"hotword_{self.units}"
            self.units += 1
            self._spellings[unit] = term.spelling
            model.add_word(unit, min(BOOST ** (term.weight * vocabulary.strength), MOST_BOOST))
            for number, sound in enumerate(sounds, start=1):
                decoder.add_word(unit if number == 1 else f"{unit}({number})", sound, update=False)
        self._search = f"list_{self.units}"
        decoder.add_lm(self._search, model)
        decoder.activate_search(self._search)

    def mean_of(self, pcm: bytes) -> str:
        """The mean of the features of this sound, in the form that the decoder takes.

        The decoder returns the mean of the sound and of its initial value, which counts for 500
        frames. So the initial value is set to zero and scaled out again. The decoder always
        searches the sound it takes, hence a search that is quick.
        """
        self.decoder.activate_search(_MEAN_SEARCH)
        self.decoder.reinit_feat()
        self.decoder.start_utt()
        self.decoder.set_cmn("0")
        self._take(pcm, search=False)
        with_zeros = str(self.decoder.get_cmn(update=True))
        self.decoder.end_utt()
        self.decoder.activate_search(self._search)
        count = max(1, (len(pcm) // 2 - 410) // 160 + 1)
        scale = (500 + count) / count
        return ",".join(f"{float(value) * scale:.5f}" for value in with_zeros.split(","))

    def start(self, mean: str, pcm: bytes) -> None:
        """Begin a stretch with this sound; the features keep nothing of an earlier one."""
        self.decoder.reinit_feat()
        self.decoder.start_utt()
        self.decoder.set_cmn(mean)
        self._take(pcm)

    def _take(self, pcm: bytes, *, search: bool = True) -> None:
        for at in range(0, len(pcm), PIECE_BYTES):
            self.decoder.process_raw(pcm[at : at + PIECE_BYTES], no_search=not search)

    def text(self) -> str:
        """The text of this stretch, so far or final."""
        hypothesis = self.decoder.hyp()
        words = [] if hypothesis is None else hypothesis.hypstr.split()
        return " ".join(
            self._spellings.get(word, _CAPITALS.get(word, word))
            for word in (_VARIANT.sub("", word) for word in words)
            if not _NO_WORD.match(word)
        )


class PocketSphinxEngine(Engine):
    """See the head of this file."""

    name = "pocketsphinx"
    languages = ("en",)
    streams = True
    hotwords_as = _("words with pronunciations and a weight in the language model")
    prepares_beside = True
    punctuates = False

    def __init__(self, settings: EngineSettings) -> None:
        super().__init__(settings)
        self._idle: list[_Recogniser] = []
        self._pool = Lock()
        """Held while `_idle` is changed: `prepare` runs beside the utterances."""
        self._pronouncer = Pronouncer(lambda __: None)
        self._taken = _Taken(Hotwords(), settings.language, _Vocabulary(), [])
        """Replaced as a whole, by either thread."""

    def unavailable_reason(self) -> str | None:
        return _why_not_language(self.settings.language)

    def load(self) -> None:
        recogniser = self._make()
        # The first decoding touches pages that loading did not.
        recogniser.mean_of(bytes(MEAN_FROM_BYTES))
        self.put_back(recogniser)

    def prepare(self, hotwords: Hotwords) -> list[str]:
        taken = self._take(hotwords, self.settings.language)
        with self._pool:
            ready = any(one.vocabulary is taken.vocabulary for one in self._idle)
            # One keeps the last vocabulary, for the utterances until this one is ready.
            spare = self._idle.pop(0) if len(self._idle) > 1 and not ready else None
        if not ready:
            if spare is None or spare.units + len(taken.vocabulary.sounds) > MOST_UNITS:
                spare = self._make()
            spare.use(taken.vocabulary)
            self.put_back(spare)
        self._taken = taken
        return list(taken.unusable)

    def begin(self, hotwords: Hotwords, language: str | None, chunk_ms: int = 0) -> Utterance:
        del chunk_ms
        language = language or self.settings.language
        reason = _why_not_language(language)
        if reason is not None:
            raise Unavailable(reason)
        self._taken = self._take(hotwords, language)
        return PocketSphinxUtterance(self, self._taken.vocabulary)

    def borrow(self, vocabulary: _Vocabulary) -> _Recogniser:
        """A recogniser with this vocabulary, for the caller alone until `put_back`."""
        with self._pool:
            self._idle.sort(key=lambda one: one.vocabulary is vocabulary)
            recogniser = self._idle.pop() if self._idle else None
        recogniser = recogniser or self._make()
        recogniser.use(vocabulary)
        return recogniser

    def put_back(self, recogniser: _Recogniser) -> None:
        """Return a recogniser, for the next caller of `borrow`."""
        if recogniser.units > MOST_UNITS:
            recogniser = self._make()
        with self._pool:
            self._idle.append(recogniser)

    def _make(self) -> _Recogniser:
        try:
            recogniser = _Recogniser()
        except (RuntimeError, ValueError, OSError) as error:
            raise EngineError(
                _("PocketSphinx cannot load its model ({error}); {package_command}").format(
                    error=error, package_command=package_command("pocketsphinx")
                )
            ) from error
        self._pronouncer.lookup = recogniser.decoder.lookup_word
        return recogniser

    def _take(self, hotwords: Hotwords, language: str) -> _Taken:
        taken = self._taken
        if (hotwords, language) == (taken.hotwords, taken.language):
            return taken
        sounds, unusable = self._pronounce(hotwords.for_language(language))
        return _Taken(hotwords, language, _Vocabulary(sounds, hotwords.strength), unusable)

    def _pronounce(self, terms: Sequence[Term]) -> tuple[dict[Term, list[str]], list[str]]:
        """The pronunciations of each term, and one line for each that has none. The signs of a term
        are said: without that "C++" would be written for each "see"."""
        said = {
            replace(term, spelling=spoken_form(term.spelling) or term.spelling): term
            for term in terms
        }
        sounds, unusable = self._pronouncer.pronounce(said)
        return {said[term]: found for term, found in sounds.items()}, unusable

    def inspect(self, terms: Sequence[Term], guards: Guards) -> list[TermReport]:
        del guards
        sounds, unusable = self._pronounce(terms)
        lines = iter(unusable)
        return [
            TermReport(term.spelling, tuple(sounds[term]))
            if term in sounds
            else TermReport(term.spelling, problem=next(lines, ""))
            for term in terms
        ]


class PocketSphinxUtterance(Utterance):
    """Recognises one stretch of speech after the other, each with a borrowed recogniser."""

    def __init__(self, engine: PocketSphinxEngine, vocabulary: _Vocabulary) -> None:
        self._engine = engine
        self._vocabulary = vocabulary
        self._gate = SpeechGate()
        self._rest = b""
        self._texts: list[str] = []
        self._recogniser: _Recogniser | None = None
        self._mean: str | None = None
        self._head = b""
        """The beginning, held back until its mean is known."""
        self._returned = ""
        self._samples = 0

    def feed(self, samples: Samples) -> str | None:
        self._samples += len(samples)
        pcm = self._rest + pcm_from_samples(samples)
        self._rest = pcm[len(pcm) - len(pcm) % FRAME_BYTES :]
        for frame in frames(pcm):
            self._process(frame)
        text = self._text_so_far()
        if text == self._returned:
            return None
        self._returned = text
        return text

    def finish(self) -> str:
        if self._rest:
            self._process(self._rest.ljust(FRAME_BYTES, b"\0"))
            self._rest = b""
        if self._samples < SHORTEST_S * RATE:
            self.cancel()
        self._end_stretch()
        return " ".join(self._texts)

    def cancel(self) -> None:
        self._head = self._rest = b""
        self._texts.clear()
        if self._recogniser is not None:
            self._recogniser.decoder.end_utt()
            self._give_back(self._recogniser)

    def _process(self, frame: bytes) -> None:
        if pcm := self._gate.process(frame):
            self._hear(pcm)
            if not self._gate.inside:
                self._end_stretch()

    def _hear(self, pcm: bytes) -> None:
        if self._recogniser is None:
            self._head += pcm
            if self._mean is not None or len(self._head) >= MEAN_FROM_BYTES:
                self._begin_stretch()
        else:
            self._recogniser.decoder.process_raw(pcm)

    def _begin_stretch(self) -> None:
        recogniser = self._engine.borrow(self._vocabulary)
        if self._mean is None:
            self._mean = recogniser.mean_of(self._head)
        recogniser.start(self._mean, self._head)
        self._head = b""
        self._recogniser = recogniser

    def _end_stretch(self) -> None:
        speech = self._gate.is_speech
        if self._head and speech:
            self._begin_stretch()
        self._head = b""
        recogniser = self._recogniser
        if recogniser is None:
            return
        recogniser.decoder.end_utt()
        if speech:
            self._mean = str(recogniser.decoder.get_cmn())
            if text := recogniser.text():
                self._texts.append(text)
        else:
            self._mean = None
        self._give_back(recogniser)

    def _give_back(self, recogniser: _Recogniser) -> None:
        self._recogniser = None
        self._engine.put_back(recogniser)

    def _text_so_far(self) -> str:
        texts = list(self._texts)
        if self._recogniser is not None and self._gate.is_speech:
            texts.append(self._recogniser.text())
        return " ".join(text for text in texts if text)


def _why_not_language(language: str) -> str | None:
    if language.partition("-")[0].lower() == "en":
        return None
    return _('PocketSphinx knows English only, not {language!r}; set language to "en"').format(
        language=language
    )
