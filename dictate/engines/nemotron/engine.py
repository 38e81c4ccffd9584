"""NVIDIA Nemotron Speech Streaming, and other transducers of NeMo: the main engine.

It streams while the user speaks, so that only one step is left at the release. A model that cannot
stream, such as Parakeet, processes the whole sound at the release. Hotwords are a phrase-boosting
tree for each utterance (`transducer.py`).
"""

import copy
import dataclasses
from collections.abc import Sequence
from functools import partial

import numpy as np

from dictate.config.schema import EngineSettings
from dictate.engines import Engine, EngineInfo, TermReport, Utterance, device
from dictate.engines.boost_phrases import PhraseLists
from dictate.engines.language import Languages
from dictate.engines.nemotron.boosting import BoostingTreeCache
from dictate.engines.nemotron.load import Loaded, load, release, unsafe_switch
from dictate.engines.offline import OfflineRecognizer
from dictate.engines.packages import why_lacking
from dictate.engines.second_pass import second_pass
from dictate.engines.self_test import check_sound
from dictate.engines.token_text import TokenText
from dictate.engines.transducer import WHOLE, TransducerUtterance, language_of_own_model
from dictate.errors import Unavailable
from dictate.events import RATE, Samples
from dictate.hotwords.model import Guards, Hotwords, Term
from dictate.models import store
from dictate.translation import _


class NemotronEngine(Engine):
    """See the head of this file."""

    name = "nemotron"
    languages: tuple[str, ...] = ("en",)
    streams = True
    hotwords_as = _("a phrase-boosting tree in the decoder")
    prepares_beside = True

    def __init__(self, settings: EngineSettings) -> None:
        super().__init__(settings)
        self._loaded: Loaded
        self._trees: BoostingTreeCache
        self._model_name = ""
        self._precision = "fp32"
        self._memory_mb = 0.0
        self._notes: list[str] = []
        self._languages: Languages
        self._lists: PhraseLists

    def unavailable_reason(self) -> str | None:
        if reason := why_lacking(self.name):
            return reason
        try:
            found = store.find(self.settings.model, trusted=self.settings.trust_model)
            if speaks := store.speaks(found):
                Languages({}, speaks).index(self.settings.language)
        except Unavailable as error:
            return str(error)
        return unsafe_switch()

    def load(self) -> None:
        if reason := unsafe_switch():
            raise Unavailable(reason)
        found = store.find(self.settings.model, trusted=self.settings.trust_model)
        with store.opened(found) as path:
            self._loaded = load(path, self.settings.device)
        self._model_name = found.name
        speaks = store.speaks(found) or language_of_own_model(self.settings.language)
        self._languages = Languages(self._loaded.prompt_indices, speaks)
        self._languages.index(self.settings.language)
        self.languages, self.streams = self._languages.tags, bool(self._loaded.contexts)
        self.can_draft = self.streams
        model = self._loaded.model
        self._lists = PhraseLists(model.tokenizer)
        computer = model.decoding.decoding.decoding_computer
        self._trees = BoostingTreeCache(computer.biasing_multi_model, model.tokenizer.vocab_size)
        # Each model of the catalogue writes punctuation; that of the user may not.
        self.punctuates = True if found.sha256 else None
        self._notes = [] if self.streams else [WHOLE]
        plain = self._recognise(check_sound(), self.settings.chunk_ms)
        if self.settings.precision == "bf16":
            self._halve(plain)
        # Before the warm-up: what is allocated from here on is what an utterance needs.
        release()
        if not (self.settings.cuda_graphs and self._record(plain)):
            self._warm_up()
        loaded = self._loaded
        self._memory_mb = device.memory_mb(loaded.model.device, loaded.free_before_mb)

    def _halve(self, plain: str) -> None:
        """Use the encoder in bf16, unless its text differs."""
        import torch

        model = self._loaded.model
        exact = model.encoder
        # A copy: rounding to bf16 cannot be undone.
        model.encoder = copy.deepcopy(exact).to(torch.bfloat16)
        text = self._recognise(check_sound(), self.settings.chunk_ms)
        if text == plain:
            self._precision = "bf16"
            return
        model.encoder = exact
        self._notes.append(
            _("bf16 and fp32 gave different texts in the test at the start: fp32 is used")
        )

    def _record(self, plain: str) -> bool:
        """Use CUDA graphs for the encoder's steps, unless they cannot be recorded or their text
        differs; whether they are used."""
        if self._loaded.device == "cpu" or not self.streams:
            self._notes.append(
                _(
                    "engine.cuda_graphs needs a graphics card and a model that streams: it "
                    "has no effect here"
                )
            )
            return False
        from dictate.engines import cuda_graph
        from dictate.engines.nemotron import graphs as nemotron_graphs

        without = self._loaded
        graphs = nemotron_graphs.Graphs(cuda_graph.record)
        self._loaded = dataclasses.replace(without, graphs=graphs)
        try:
            self._warm_up()
            graphs.recording = False
            text = self._recognise(check_sound(), self.settings.chunk_ms)
            trouble = "" if text == plain else _("they gave a different text in the test")
        except RuntimeError as error:
            trouble = f"{type(error).__name__}: {error}"
        if trouble:
            self._loaded = without
            self._notes.append(_("CUDA graphs are not used: {trouble}").format(trouble=trouble))
        return not trouble

    def _warm_up(self) -> None:
        """Run each size of step once on a graphics card, where the first of a size is slow."""
        if self._loaded.device == "cpu":
            return
        from dictate.engines.nemotron.streaming import AT_ONCE

        sound = check_sound()
        for length in (1, 2, 4) if not self.streams else ():
            self._recognise(np.resize(sound, length * 3 * RATE), 0)
        for chunk_ms in self._loaded.contexts:
            for many in AT_ONCE:
                piece = np.resize(sound, many * chunk_ms * RATE // 1000)
                utterance = self.begin(Hotwords(), None, chunk_ms)
                utterance.feed(piece)
                utterance.feed(piece)
                utterance.finish()

    def _recognise(self, sound: Samples, chunk_ms: int) -> str:
        utterance = self.begin(Hotwords(), None, chunk_ms)
        utterance.feed(sound)
        return utterance.finish()

    def prepare(self, hotwords: Hotwords) -> list[str]:
        taken = self._lists.take(hotwords, self.settings.language)
        self._trees.prepare(taken.phrases)
        return list(taken.refused)

    def inspect(self, terms: Sequence[Term], guards: Guards) -> list[TermReport]:
        return self._lists.inspect(terms, guards)

    def begin(self, hotwords: Hotwords, language: str | None, chunk_ms: int = 0) -> Utterance:
        language = language or self.settings.language
        prompt_index = self._languages.index(language)
        from dictate.engines.nemotron.decode import Decoder
        from dictate.engines.nemotron.offline import recognise
        from dictate.engines.nemotron.streaming import StreamingRecognizer, encode

        loaded, model = self._loaded, self._loaded.model
        taken = self._lists.take(hotwords, language)
        tree = self._trees.take(taken.phrases)
        hypotheses = [None if tree is None else tree.hypothesis()]
        if tree is not None:
            hypotheses.append(None)
        texts = [TokenText(model.tokenizer, loaded.tags) for __ in hypotheses]
        second = second_pass(taken, TokenText(model.tokenizer, loaded.tags))
        once = self._trees.once if second else None
        decoder = Decoder(model, hypotheses, prompt_index, once)
        run = encode if loaded.graphs is None else loaded.graphs.encode
        chunk_ms = self._chunk_ms(chunk_ms)
        recognizer = (
            StreamingRecognizer(model, loaded.contexts[chunk_ms], decoder, run)
            if chunk_ms
            else OfflineRecognizer(
                partial(recognise, model, decoder), decoder.again, len(hypotheses)
            )
        )
        on_end = None if tree is None else tree.release
        forms = taken.forms if hotwords.guards.compare else None
        return TransducerUtterance(recognizer, texts, forms, chunk_ms, on_end, second)

    def _chunk_ms(self, wanted: int) -> int:
        """The nearest chunk of those that the model was trained with; 0 if it does not stream."""
        wanted = wanted or self.settings.chunk_ms
        return min(self._loaded.contexts, key=lambda known: abs(known - wanted), default=0)

    @property
    def facts(self) -> EngineInfo:
        return EngineInfo(
            model=self._model_name,
            device=self._loaded.device,
            precision=self._precision,
            chunk_ms=self._chunk_ms(0),
            device_memory_mb=self._memory_mb,
            notes=tuple(self._notes),
        )
