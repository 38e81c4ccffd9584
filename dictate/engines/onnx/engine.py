"""NVIDIA Nemotron Speech Streaming, and other transducers of NeMo, on any processor.

The models are ONNX files, quantised to 8 bits, and run in onnxruntime. What a user sees is what the
`nemotron` engine shows on a graphics card: text while one speaks, the same boosting tree, the same
comparison with the text without hotwords (`transducer.py`).
"""

import contextlib
import ctypes
import logging
import os
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

from dictate.config.schema import EngineSettings
from dictate.engines import Engine, EngineInfo, TermReport, Utterance
from dictate.engines.boost_phrases import MOST_LISTS, BoostPhrases, PhraseLists
from dictate.engines.language import Languages
from dictate.engines.offline import OfflineRecognizer
from dictate.engines.onnx import model as onnx_model
from dictate.engines.onnx.decode import Frames, Hypothesis
from dictate.engines.onnx.offline import recognise
from dictate.engines.onnx.streaming import StreamingRecognizer
from dictate.engines.onnx.tree import BoostingTree
from dictate.engines.packages import why_lacking
from dictate.engines.second_pass import second_pass
from dictate.engines.self_test import check_sound
from dictate.engines.token_text import TokenText
from dictate.engines.transducer import WHOLE, TransducerUtterance, language_of_own_model
from dictate.errors import DictateError, EngineError, Unavailable
from dictate.events import RATE
from dictate.hotwords.model import Guards, Hotwords, Term
from dictate.models import store
from dictate.models.catalogue import CATALOGUE, DEFAULT, Model
from dictate.translation import _

log = logging.getLogger(__name__)

FAST_ENOUGH: Final = 0.4
"""Real-time factor below which no more threads are tried: a step is over long before the next
chunk, and the desktop keeps the rest of the processor."""


class OnnxEngine(Engine):
    """See the head of this file."""

    name = "onnx"
    languages: tuple[str, ...] = ("en",)
    streams = True
    hotwords_as = _("a phrase-boosting tree in the decoder")
    prepares_beside = True

    def __init__(self, settings: EngineSettings) -> None:
        super().__init__(settings)
        self._model: onnx_model.Model
        self._model_name = ""
        self._rtf = 0.0
        self._chunk_ms = settings.chunk_ms
        """The chunk that was last asked for; the model that is loaded has the nearest."""
        self._languages: Languages
        self._trees: OrderedDict[BoostPhrases, BoostingTree] = OrderedDict()
        self._lists: PhraseLists

    def unavailable_reason(self) -> str | None:
        if reason := why_lacking(self.name):
            return reason
        try:
            found = self._find()
            if speaks := store.speaks(found):
                Languages({}, speaks).index(self.settings.language)
        except Unavailable as error:
            return str(error)
        return None

    def _find(self) -> store.ModelFile:
        settings = self.settings
        model = settings.model or _nearest(self._chunk_ms)
        return store.find(model, trusted=settings.trust_model, engine=self.name)

    def load(self) -> None:
        found = self._find()
        with store.opened(found) as folder:
            on_card = self.settings.device == "cuda"
            try:
                self._model, self._rtf = _load(partial(onnx_model.Model, folder, on_card=on_card))
            except (DictateError, MemoryError, OSError):
                raise
            except Exception as error:
                reason = " ".join(str(error).split())
                raise EngineError(
                    _(
                        "{path} cannot be used: its files do not fit together ({reason}); "
                        "get all of them from one source"
                    ).format(path=found.path, reason=reason)
                ) from error
        _return_memory()
        model = self._model
        self._lists = PhraseLists(model.tokens)
        self._model_name = found.name
        speaks = store.speaks(found) or language_of_own_model(self.settings.language)
        self._languages = Languages(model.prompt_indices, speaks)
        self._languages.index(self.settings.language)
        self.languages, self.streams = self._languages.tags, model.window is not None
        self.can_draft = self.streams
        # Each model of the catalogue writes punctuation; that of the user may not.
        self.punctuates = True if found.sha256 else None

    def prepare(self, hotwords: Hotwords) -> list[str]:
        taken = self._lists.take(hotwords, self.settings.language)
        self._tree(taken.phrases)
        return list(taken.refused)

    def inspect(self, terms: Sequence[Term], guards: Guards) -> list[TermReport]:
        return self._lists.inspect(terms, guards)

    def begin(self, hotwords: Hotwords, language: str | None, chunk_ms: int = 0) -> Utterance:
        self._change_chunk(chunk_ms or self.settings.chunk_ms)
        model = self._model
        language = language or self.settings.language
        prompt_index = self._languages.index(language)
        taken = self._lists.take(hotwords, language)
        tree = self._tree(taken.phrases)
        second = second_pass(taken, TokenText(model.tokens, model.tags))
        hypotheses = [Hypothesis(model, tree, Frames() if second else None)]
        if tree is not None:
            hypotheses.append(Hypothesis(model, None))
        texts = [TokenText(model.tokens, model.tags) for __ in hypotheses]
        forms = taken.forms if hotwords.guards.compare else None
        if model.window is None:
            run = partial(recognise, model, hypotheses, prompt_index)
            whole = OfflineRecognizer(run, hypotheses[0].again, len(hypotheses))
            return TransducerUtterance(whole, texts, forms, 0, second=second)
        stream = StreamingRecognizer(model, model.window, hypotheses, prompt_index)
        return TransducerUtterance(stream, texts, forms, model.window.chunk_ms, second=second)

    def _change_chunk(self, chunk_ms: int) -> None:
        """Load the download with this chunk, if it is a different one and can be loaded. Open
        utterances keep the model that they began with."""
        if chunk_ms == self._chunk_ms:
            return
        self._chunk_ms = chunk_ms
        try:
            if self._find().name != self._model_name:
                self.load()
        except DictateError as error:
            # The sound is worth more than the chunk.
            log.warning("engine onnx: chunks stay as they are: %s", error)

    def _tree(self, wanted: BoostPhrases) -> BoostingTree | None:
        """The tree of this list; None if there is nothing to boost."""
        if not wanted.tokens or wanted.alpha <= 0:
            return None
        tree = self._trees.get(wanted)
        if tree is None:
            tree = BoostingTree(wanted, self._model.blank)
        # `prepare` runs beside the utterances: each change of the table is a single call.
        self._trees[wanted] = tree
        while len(self._trees) > MOST_LISTS:
            self._trees.popitem(last=False)
        return tree

    @property
    def facts(self) -> EngineInfo:
        model = self._model
        chunk_ms = 0 if model.window is None else model.window.chunk_ms
        notes = [] if chunk_ms else [WHOLE]
        if wanted := _other_chunk(self._model_name, self._chunk_ms):
            notes.append(
                _(
                    "engine.chunk_ms is {chunk_ms}, but this model has {other_ms} ms: "
                    "dictate models download {wanted}"
                ).format(chunk_ms=self._chunk_ms, other_ms=chunk_ms, wanted=wanted)
            )
        # untranslated: a record of the model's speed keeps it
        threads = f"{model.threads} thread{'s' if model.threads > 1 else ''}"
        where = "cuda" if self.settings.device == "cuda" else "cpu"
        return EngineInfo(
            model=self._model_name,
            device=f"{where}, {threads}",
            precision=model.precision,
            chunk_ms=chunk_ms,
            rtf=self._rtf,
            notes=tuple(notes),
        )


def _nearest(chunk_ms: int) -> str:
    """Of the default model, which comes in a download for each chunk, the one that is here and has
    the nearest chunk; "" if none is here."""
    here = [model for model in _same_model(DEFAULT[OnnxEngine.name]) if store.installed(model)]
    nearest = min(here, key=lambda model: abs(model.chunks_ms[0] - chunk_ms), default=None)
    return "" if nearest is None else nearest.name


def _other_chunk(name: str, chunk_ms: int) -> str:
    """The download that has this chunk, if the model called `name` has a different one."""
    fitting = [model.name for model in _same_model(name) if chunk_ms in model.chunks_ms]
    return fitting[0] if fitting and name not in fitting else ""


def _same_model(name: str) -> list[Model]:
    """All downloads of the catalogue that differ from this one only in their chunk."""
    known = CATALOGUE.get(name)
    return [one for one in CATALOGUE.values() if known is not None and one.title == known.title]


def _load(make: Callable[[int], onnx_model.Model]) -> tuple[onnx_model.Model, float]:
    """The model with as many threads as this machine needs for it, measured with a sentence, and
    its real-time factor.

    `make` loads it with a number of threads. A machine of two cores gets both, a larger one at most
    half of its cores.
    """
    cores = len(os.sched_getaffinity(0))
    threads = min(2, cores)
    model = make(threads)
    factor = _real_time_factor(model)
    while factor > FAST_ENOUGH and threads * 2 <= cores // 2:
        more = make(threads * 2)
        faster = _real_time_factor(more)
        if faster > factor * 0.9:
            break
        model, factor, threads = more, faster, threads * 2
    return model, factor


def _return_memory() -> None:
    """Return what loading needed to the system: of the full model, some 400 MB stay otherwise."""
    with contextlib.suppress(AttributeError):  # a C library other than glibc
        ctypes.CDLL(None).malloc_trim(0)


def _real_time_factor(model: onnx_model.Model) -> float:
    """Seconds of work for a second of sound. It also warms the model up."""
    sound = check_sound()
    hypotheses = [Hypothesis(model, None)]
    if model.window is None:
        recognise(model, hypotheses, None, sound)
        began = time.perf_counter()
        recognise(model, hypotheses, None, sound)
        return (time.perf_counter() - began) / (len(sound) / RATE)
    stream = StreamingRecognizer(model, model.window, hypotheses)
    stream.feed(sound)
    return stream.step_ms / model.window.chunk_ms
