"""Qwen3-ASR through transformers: the accurate second engine, 30 languages, hotwords as a context.

It hears the whole sound before it writes. So what can be done while the user speaks is: the encoder
works in windows (`qwen3_encode.py`), and texts of the sound so far are made at a modest pace, each
beginning with the one before, checked (`qwen3_decode.py`). At the release the last of them is the
draft of the final one, which is the text that the whole sound would get without any of this.

What is longer than a minute is heard in parts, cut at the quietest point of its last quarter.
"""

import time
from collections import OrderedDict
from statistics import median
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from dictate.config.schema import EngineSettings
from dictate.engines import SHORTEST_S, Engine, EngineInfo, Utterance, UtteranceStats, device
from dictate.engines.boost_guard import settle
from dictate.engines.prompt_guard import clean, echoes, too_long
from dictate.engines.qwen3 import load as loading
from dictate.engines.qwen3.load import Loaded
from dictate.engines.qwen3.prompt import LANGUAGES, context, language_name, why_not_language
from dictate.engines.self_test import check_sound
from dictate.engines.unicode_scripts import together
from dictate.engines.vad_segments import SpeechMarks
from dictate.errors import Unavailable
from dictate.events import RATE, Samples
from dictate.hotwords.model import Hotwords
from dictate.models import store
from dictate.models.store import ModelFile

if TYPE_CHECKING:
    from dictate.engines.qwen3.decode import Decoder, Decoding, Prompt

LONGEST_S: Final = 60
"""A longer one is heard in parts."""
CUT_WITHIN_S: Final = 15
"""A part ends in its last so many seconds, where it is quietest."""
QUIET_S: Final = 0.3
"""Over so many seconds."""
PARTIAL_S: Final = 1.0
"""So much new sound makes a new partial text."""
PARTIAL_SHARE: Final = 0.5
"""Partial texts take at most this share of the time that the sound lasts."""
CHECKED: Final = 24
"""The self-check compares so many tokens of a text."""
MOST_PROMPTS: Final = 8
"""So many lists of hotwords are kept as tokens."""
TEXT_TAG: Final = "<asr_text>"
SLOW: Final = "without a graphics card this model is slower than speech"
AGAIN: Final = "the last text was heard again without your words, as it looked like the words alone"
CIRCLES: Final = "the model turned in circles in the last text, which is cut there"
UNSAID: Final = "what the model wrote last is longer than anybody speaks: it is not used"


class Qwen3Engine(Engine):
    """See the head of this file."""

    name = "qwen3"
    languages = tuple(LANGUAGES)
    streams = True
    hotwords_as = "a context in the prompt: a sentence and your terms"

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
        self._decoder = Decoder(self._loaded.model, LONGEST_S, digits)
        # The first pass of a kind is slow: one over a sound, and one over a token.
        asked = self._asked(Hotwords(), self.settings.language)
        part = _Part(self._loaded)
        part.sound.add(np.zeros(RATE, np.float32))
        decoding = part.decode(self._decoder, asked.prompt, [])
        for _ in range(2):
            if not decoding.done:
                decoding.step()
        self._notes = [SLOW] if self._loaded.device == "cpu" else []
        if self.settings.cuda_graphs:
            self._record()
        loaded = self._loaded
        self._memory_mb = device.memory_mb(loaded.model.device, loaded.free_before_mb)

    def _record(self) -> None:
        """The decoder's steps as CUDA graphs, unless they cannot be recorded or say something
        else."""
        if self._loaded.device == "cpu":
            self._notes.append("engine.cuda_graphs is for a graphics card: it does nothing here")
            return
        from dictate.engines import cuda_graph

        plain = self._check()
        try:
            self._decoder.record(cuda_graph.record)
            trouble = "" if self._check() == plain else "they did not hear the same in the test"
        except RuntimeError as error:
            trouble = f"{type(error).__name__}: {error}"
        if trouble:
            self._decoder.graphs = None
            self._notes.append(f"CUDA graphs are not used: {trouble}")

    def _check(self) -> list[list[int]]:
        """What it hears in a sentence, and in that said so often that the text falls into the
        second stretch of the room, the third, and so on."""
        from dictate.engines.qwen3.decode import Decoding
        from dictate.engines.qwen3.graphs import STRETCH

        prompt = self._asked(Hotwords(), self.settings.language).prompt
        part, sound = _Part(self._loaded), check_sound()
        part.sound.add(sound)
        once = part.sound.embeddings()
        around = len(prompt.before) + len(prompt.after)
        heard = []
        for stretch in range(0, self._decoder.room, STRETCH):
            many = max(len(once), stretch - around)
            often = once.repeat(-(-many // len(once)), 1)[:many]
            decoding = Decoding(self._decoder, prompt, often, len(sound) / RATE)
            while not decoding.done and len(decoding.tokens) < CHECKED:
                decoding.step()
            heard.append(decoding.tokens)
        return heard

    def _find(self) -> ModelFile:
        trusted = self.settings.trust_model
        return store.find(self.settings.model, trusted=trusted, engine=self.name)

    def prepare(self, hotwords: Hotwords) -> list[str]:
        asked = self._asked(hotwords, self.settings.language)
        self._decoder.begin(asked.prompt.before)
        return list(asked.context.unusable)

    def begin(self, hotwords: Hotwords, language: str | None, chunk_ms: int = 0) -> Utterance:
        del chunk_ms
        tag = language or self.settings.language
        if reason := why_not_language(tag):
            raise Unavailable(reason)
        return Qwen3Utterance(self._loaded, self._decoder, self._asked(hotwords, tag))

    def _asked(self, hotwords: Hotwords, tag: str) -> "PromptRequest":
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


class PromptRequest:
    """What the model is told before a sound: with the context, and without one."""

    def __init__(self, loaded: Loaded, hotwords: Hotwords, tag: str) -> None:
        from dictate.engines.qwen3.decode import MOST_BEFORE

        self._processor = loaded.processor
        self._language = language_name(tag)
        self.control = tuple(loaded.processor.tokenizer.get_added_vocab())
        self.context = context(
            hotwords,
            tag,
            self.control,
            lambda text: len(self._prompt(text).before) <= MOST_BEFORE,
        )
        self.prompt = self._prompt(self.context.text)
        self.plain = self._prompt("")

    def _prompt(self, system: str) -> "Prompt":
        from dictate.engines.qwen3.decode import Prompt

        text = prompt_text(self._processor, system, self._language)
        before, after = text.split(self._processor.audio_token)
        # A control token is a border to the tokenizer, so the halves give what the whole would.
        encode = self._processor.tokenizer.encode
        return Prompt(tuple(encode(before)), tuple(encode(after)))

    def text(self, tokens: list[int], *, whole: bool) -> str:
        """What the tokens say, without the language that the model found; a text that is not yet
        `whole` may end within a sign."""
        tokenizer = self._processor.tokenizer
        tag = tokenizer.convert_tokens_to_ids(TEXT_TAG)
        if tag in tokens:
            tokens = tokens[len(tokens) - tokens[::-1].index(tag) :]
        elif self._language is None and not whole:
            return ""
        said = clean(tokenizer.decode(tokens, skip_special_tokens=True), self.control)
        return said if whole else said.rstrip("\ufffd")


def prompt_text(processor: Any, system: str, language: str | None) -> str:
    """The prompt with one placeholder for the sound, as the model's own template has it. The answer
    is begun for the model where the language is forced."""
    head = [{"role": "system", "content": [{"type": "text", "text": system}]}] if system else []
    said = "" if language is None else f"language {language}{TEXT_TAG}"
    # Nobody looks at the sound: it only has to be there.
    sound = {"role": "user", "content": [{"type": "audio", "audio": np.zeros(1, np.float32)}]}
    answer = {"role": "assistant", "content": [{"type": "text", "text": said}]}
    try:
        text: str = processor.apply_chat_template(
            [*head, sound, answer], tokenize=False, continue_final_message=True
        )
    except ValueError:
        # The template of the first release leaves the answer out, and transformers then miss it.
        text = processor.apply_chat_template(
            [*head, sound], tokenize=False, add_generation_prompt=True
        )
        return text + said
    return text


class _Part:
    """A sound of a minute at most, and its encoder."""

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

    def __init__(self, loaded: Loaded, decoder: "Decoder", asked: PromptRequest) -> None:
        self._loaded = loaded
        self._decoder = decoder
        self._asked = asked
        self._marks = SpeechMarks()
        self._part = _Part(loaded)
        self._start = 0
        """The sample at which the part begins."""
        self._texts: list[str] = []
        self._partial = ""
        self._running: Decoding | None = None
        self._partial_at = 0
        """Samples of the part that the last partial text was made from."""
        self._earned_s = 0.0
        self._told = ""
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
        text = together([*self._texts, self._partial])
        if text == self._told:
            return None
        self._told = text
        return text

    def finish(self) -> str:
        try:
            if self._start + self._part.sound.length < SHORTEST_S * RATE:
                return ""
            self._marks.finish()
            if self._running is not None and len(self._running.tokens) > len(self._part.draft):
                self._part.draft = self._running.tokens
            self._texts.append(self._hear(self._part))
            return together(self._texts)
        finally:
            self.cancel()

    def cancel(self) -> None:
        self._running = None

    def _cut(self) -> None:
        """The part is full: hear it up to a quiet point, and go on with the rest."""
        sound = self._part.sound.samples
        at = quietest(sound, CUT_WITHIN_S * RATE, int(QUIET_S * RATE))
        done, rest = _Part(self._loaded), sound[at:].copy()
        done.sound.add(sound[:at])
        done.draft = self._part.draft
        self._texts.append(self._hear(done))
        self._start += at
        self._part = _Part(self._loaded)
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
                self._partial = self._asked.text(running.tokens, whole=False)
            self._earned_s -= time.perf_counter() - began

    def _begin_partial(self) -> bool:
        length = self._part.sound.length
        if length - self._partial_at < PARTIAL_S * RATE:
            return False
        if not self._marks.span_s(self._start, self._start + length):
            return False
        self._partial_at = length
        self._running = self._part.decode(self._decoder, self._asked.prompt, self._part.draft)
        return True

    def _step(self, decoding: "Decoding") -> None:
        began = time.perf_counter()
        decoding.step()
        self._step_ms.append((time.perf_counter() - began) * 1000)

    def _hear(self, part: _Part) -> str:
        """The text of a part that is over."""
        speech_s = self._marks.span_s(self._start, self._start + part.sound.length)
        if not speech_s:
            return ""
        asked = self._asked
        decoding = part.decode(self._decoder, asked.prompt, part.draft)
        text = self._text(decoding)
        told = asked.context
        echo = echoes(text, told.text, told.terms)
        doubtful = echo or decoding.looped or too_long(text, speech_s)
        if doubtful and asked.context.text:
            decoding = part.decode(self._decoder, asked.plain, [])
            # A term stands where it looks like what is heard without being told of it.
            believed, _ = settle(self._text(decoding), text, asked.context.terms)
            if believed != text:
                text, self._note = believed, AGAIN
        if decoding.looped:
            self._note = CIRCLES
        # Soft speech may be found in parts only: no word is lost for that.
        if too_long(text, part.sound.length / RATE):
            text, self._note = "", UNSAID
        return text

    def _text(self, decoding: "Decoding") -> str:
        while not decoding.done and not self.stopped:
            self._step(decoding)
        return self._asked.text(decoding.tokens, whole=True)


def quietest(sound: Samples, within: int, width: int) -> int:
    """The sample in the last `within` around which `width` samples are quietest."""
    start = max(0, len(sound) - within)
    power = np.concatenate([[0.0], np.cumsum(np.square(sound[start:], dtype=np.float64))])
    return start + int(np.argmin(power[width:] - power[:-width])) + width // 2
