"""Qwen3-ASR through transformers: accurate, 30 languages, hotwords as a context in the prompt.

The model needs the whole sound before it writes. So as much as possible is done while the user
speaks: the encoder works in windows (`encode.py`), and partial texts of the sound so far are
decoded at a modest pace, each starting from the one before, which is checked (`decode.py`). At the
release the last of them is the draft of the final text, which is the same as without all this. (A
draft as in speculative decoding. What `Utterance.draft` returns is the whole of the work.)

A sound of more than a minute is recognised in parts, cut at the quietest point of the last quarter.
"""

from collections import OrderedDict
from functools import partial
from typing import TYPE_CHECKING, Final

import numpy as np

from dictate.config.schema import EngineSettings
from dictate.engines import Engine, EngineInfo, Utterance, device
from dictate.engines.qwen3 import load as loading
from dictate.engines.qwen3 import utterance
from dictate.engines.qwen3.load import Loaded
from dictate.engines.qwen3.prompt import LANGUAGES, why_not_language
from dictate.engines.qwen3.prompt_request import PromptRequest
from dictate.engines.qwen3.utterance import Part, Qwen3Utterance
from dictate.engines.self_test import check_sound
from dictate.errors import Unavailable
from dictate.events import RATE
from dictate.hotwords.model import Hotwords
from dictate.models import store
from dictate.models.store import ModelFile
from dictate.translation import _

if TYPE_CHECKING:
    from dictate.engines.qwen3.decode import Decoder

CHECKED: Final = 24
"""Tokens of each text that the self-test compares."""
MOST_PROMPTS: Final = 8
"""Maximum number of lists of hotwords that are kept as tokens."""
SLOW: Final = _("without a graphics card this model is slower than speech")


class Qwen3Engine(Engine):
    """See the head of this file."""

    name = "qwen3"
    languages = tuple(LANGUAGES)
    streams = True
    hotwords_as = _("a context in the prompt: a sentence and your terms")
    punctuates = True

    def __init__(self, settings: EngineSettings) -> None:
        super().__init__(settings)
        self._loaded: Loaded
        self._decoder: Decoder
        self._model_name = ""
        self._memory_mb = 0.0
        self._notes: list[str] = []
        self._prompts: OrderedDict[tuple[Hotwords, str], PromptRequest] = OrderedDict()

    def unavailable_reason(self) -> str | None:
        if reason := loading.unavailable_reason() or why_not_language(self.settings.language):
            return reason
        try:
            self._find()
        except Unavailable as error:
            return str(error)
        return None

    def load(self) -> None:
        found = self._find()
        with store.opened(found) as folder:
            self._loaded = loading.load(folder, self.settings.device, self.settings.precision)
        self._model_name = found.name
        from dictate.engines.qwen3.decode import Decoder

        tokenizer = self._loaded.processor.tokenizer
        digits = frozenset(tokenizer.convert_tokens_to_ids(list("0123456789")))
        self._decoder = Decoder(self._loaded.model, utterance.LONGEST_S, digits)
        # The first pass of each kind is slow: one over a sound, one over a token.
        request = self._request(Hotwords(), self.settings.language)
        part = Part(self._loaded)
        part.sound.add(np.zeros(RATE, np.float32))
        decoding = part.decode(self._decoder, request.prompt, [])
        for __ in range(2):
            if not decoding.done:
                decoding.step()
        self._notes = [SLOW] if self._loaded.device == "cpu" else []
        if self.settings.cuda_graphs:
            self._record()
        loaded = self._loaded
        self.can_draft = loaded.device != "cpu"  # on a processor the text takes seconds
        self._memory_mb = device.memory_mb(loaded.model.device, loaded.free_before_mb)

    def _record(self) -> None:
        """Use CUDA graphs for the decoder's steps, unless they cannot be recorded or their text
        differs."""
        if self._loaded.device == "cpu":
            self._notes.append(_("engine.cuda_graphs needs a graphics card: it has no effect here"))
            return
        from dictate.engines import cuda_graph

        plain = self._check()
        try:
            self._decoder.record(cuda_graph.record)
            trouble = "" if self._check() == plain else _("they gave a different text in the test")
        except RuntimeError as error:
            trouble = f"{type(error).__name__}: {error}"
        if trouble:
            self._decoder.graphs = None
            self._notes.append(_("CUDA graphs are not used: {trouble}").format(trouble=trouble))

    def _check(self) -> list[list[int]]:
        """The tokens of a sentence, and of the sentence repeated until the text reaches the second
        stretch of the cache, the third, and so on."""
        from dictate.engines.qwen3.decode import Decoding
        from dictate.engines.qwen3.graphs import STRETCH

        prompt = self._request(Hotwords(), self.settings.language).prompt
        part, sound = Part(self._loaded), check_sound()
        part.sound.add(sound)
        once = part.sound.embeddings()
        around = len(prompt.before) + len(prompt.after)
        texts = []
        for stretch in range(0, self._decoder.room, STRETCH):
            many = max(len(once), stretch - around)
            repeated = once.repeat(-(-many // len(once)), 1)[:many]
            decoding = Decoding(self._decoder, prompt, repeated, len(sound) / RATE)
            while not decoding.done and len(decoding.tokens) < CHECKED:
                decoding.step()
            texts.append(decoding.tokens)
        return texts

    def _find(self) -> ModelFile:
        trusted = self.settings.trust_model
        return store.find(self.settings.model, trusted=trusted, engine=self.name)

    def prepare(self, hotwords: Hotwords) -> list[str]:
        request = self._request(hotwords, self.settings.language)
        self._decoder.begin(request.prompt.before)
        return list(request.context.unusable)

    def begin(self, hotwords: Hotwords, language: str | None, chunk_ms: int = 0) -> Utterance:
        del chunk_ms
        tag = language or self.settings.language
        if reason := why_not_language(tag):
            raise Unavailable(reason)
        again = partial(PromptRequest, self._loaded, hotwords, tag)
        return Qwen3Utterance(self._loaded, self._decoder, self._request(hotwords, tag), again)

    def _request(self, hotwords: Hotwords, tag: str) -> PromptRequest:
        key = hotwords, tag
        if key not in self._prompts:
            self._prompts[key] = PromptRequest(self._loaded, hotwords, tag)
        self._prompts.move_to_end(key)
        while len(self._prompts) > MOST_PROMPTS:
            self._prompts.popitem(last=False)
        return self._prompts[key]

    @property
    def facts(self) -> EngineInfo:
        return EngineInfo(
            model=self._model_name,
            device=self._loaded.device,
            precision=self._loaded.precision,
            device_memory_mb=self._memory_mb,
            notes=tuple(self._notes),
        )
