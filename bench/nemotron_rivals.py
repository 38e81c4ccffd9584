"""Ways to stream through the same model: ours, and those that NeMo offers.

- *ours*: the engine, fed as the daemon feeds it, in pieces of 20 ms.
- *NeMo example*: the loop of examples/asr/asr_cache_aware_streaming. It makes the features of the
  whole sound first, so it is not for sound that is still coming; its end is its last step alone.
- *NeMo example, as a server*: what one makes of that loop for a microphone. Its buffer wants the
  whole sound at once, so the features are made again from the start for each chunk and the end.
- *NeMo pipeline*: CacheAwareRNNTPipeline, with the settings of NVIDIA's own cache_aware_rnnt.yaml
  but for one stream, without its search for the end of speech.

The end is the same for all: from the last sample having been handed over to the final text. Whoever
wants the full stop and the last word completes the sound with 300 ms of silence, which ours does by
itself; so the server does, and the pipeline in one of its two ways.
"""

import os
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np

from dictate.config.schema import EngineSettings
from dictate.engines.boost_phrases import ALPHA, CONTEXT_SCORE, DEPTH_SCALING, variants
from dictate.engines.device import MOST_THREADS
from dictate.engines.nemotron.engine import NemotronEngine
from dictate.events import RATE, Samples
from dictate.hotwords.model import Hotwords, Term

CHUNK_MS: Final = 560
CONTEXT: Final = [70, 6]
"""The look-back and look-ahead of that chunk, in frames of the encoder."""
SILENCE: Final = np.zeros(RATE * 3 // 10, np.float32)
PIECE: Final = RATE // 50
HOP: Final = RATE // 100
HALF_WINDOW: Final = 256
"""Samples that a frame of features sees to the right of its own place."""

# Before torch is imported, as the engine has it: threads that spin starve what runs beside them.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

Words = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Setup:
    """What all ways of one run are given."""

    model: Path
    device: str
    """"cuda" or "cpu"."""
    engine: dict[str, Any] = field(default_factory=dict)
    """Settings of [engine] for ours. NeMo's ways follow its precision."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What one utterance came to."""

    text: str
    chunk_ms: float
    """All work before the end, for each chunk."""
    finish_ms: float


Way = Callable[[Samples, Words], Heard]


class Subject(ABC):
    """One loaded model, and the ways to stream through it."""

    name: str

    def __init__(self, setup: Setup) -> None:
        self.setup = setup

    @abstractmethod
    def load(self) -> None:
        """Until it could hear a first utterance."""

    @abstractmethod
    def learn(self, words: Words) -> None:
        """Until this list of hotwords could be used; `words` of a way must have been learnt."""

    @property
    @abstractmethod
    def ways(self) -> dict[str, Way]:
        """By their names, the most honest one last."""


class Ours(Subject):
    """See the head of this file."""

    name = "ours"

    def load(self) -> None:
        settings: dict[str, Any] = {
            "use": "nemotron",
            "model": str(self.setup.model),
            "trust_model": True,
            "device": self.setup.device,
            **self.setup.engine,
        }
        self.engine = NemotronEngine(EngineSettings(**settings))
        self.engine.load()
        self._hotwords: dict[Words, Hotwords] = {(): Hotwords()}

    def learn(self, words: Words) -> None:
        hotwords = self._hotwords[words] = Hotwords(tuple(map(Term, words)))
        self.engine.prepare(hotwords)
        self.engine.begin(hotwords, None, CHUNK_MS).cancel()

    @property
    def ways(self) -> dict[str, Way]:
        return {self.name: self._hear}

    @property
    def weights_bytes(self) -> int:
        """What a step must read at least once: the encoder."""
        encoder = self.engine._loaded.model.encoder  # noqa: SLF001
        return sum(weights.numel() * weights.element_size() for weights in encoder.parameters())

    def _hear(self, sound: Samples, words: Words) -> Heard:
        # The engine remembers the phrases of one list: what it does when lists alternate, as here,
        # belongs to the new list and not to a chunk.
        utterance = self.engine.begin(self._hotwords[words], None, CHUNK_MS)
        began = time.perf_counter()
        for at in range(0, len(sound), PIECE):
            utterance.feed(sound[at : at + PIECE])
        steps = utterance.effort.steps
        ended = time.perf_counter()
        text = utterance.finish()
        return _heard(text, began, ended, steps)


class Example(Subject):
    """See the head of this file: NeMo's example, as it is and as a server."""

    name = "NeMo example"

    def load(self) -> None:
        from nemo.collections.asr.models import EncDecRNNTBPEModel
        from omegaconf import open_dict

        torch = _torch()
        model = EncDecRNNTBPEModel.restore_from(
            str(self.setup.model), map_location=torch.device(self.setup.device)
        )
        with open_dict(model.cfg.decoding):
            model.cfg.decoding.strategy = "greedy_batch"
            model.cfg.decoding.greedy.loop_labels = True
            model.cfg.decoding.greedy.use_cuda_graph_decoder = False
        self._dtype = torch.bfloat16 if _halved(self.setup) else torch.float32
        self._model = model.to(self._dtype).eval()
        self._model.encoder.set_default_att_context_size(CONTEXT)
        self._decodings: dict[Words, Any] = {}
        self.learn(())

    def learn(self, words: Words) -> None:
        from omegaconf import open_dict

        decoding = self._model.cfg.decoding.copy()
        if words:
            with open_dict(decoding):
                decoding.greedy.boosting_tree = _tree(words)
                decoding.greedy.boosting_tree_alpha = ALPHA
        self._model.change_decoding_strategy(decoding, verbose=False)
        self._decodings[words] = self._model.decoding

    @property
    def ways(self) -> dict[str, Way]:
        return {
            "NeMo example, last step": self._hear,
            "NeMo example, as a server": self._serve,
        }

    def _hear(self, sound: Samples, words: Words) -> Heard:
        steps = self._begin(words)
        began = last = time.perf_counter()
        steps.buffer.append_audio(sound, stream_id=-1)
        for chunk, length in steps.buffer:
            last = time.perf_counter()
            steps.take(chunk, length, last=steps.buffer.is_buffer_empty())
        return _heard(steps.text, began, last, steps.number - 1)

    def _serve(self, sound: Samples, words: Words) -> Heard:
        steps = self._begin(words)
        began = time.perf_counter()
        while (needed := steps.needed) <= len(sound):
            steps.take(*next(steps.chunks(sound[:needed])), last=False)
        before = steps.number
        ended = time.perf_counter()
        for chunk, length in steps.chunks(np.concatenate([sound, SILENCE])):
            steps.take(chunk, length, last=steps.buffer.is_buffer_empty())
        return _heard(steps.text, began, ended, before)

    def _begin(self, words: Words) -> "_Steps":
        self._model.decoding = self._decodings[words]
        return _Steps(self._model, self._dtype)


class _Steps:
    """The steps of NeMo's example through one sound."""

    def __init__(self, model: Any, dtype: Any) -> None:
        from nemo.collections.asr.parts.utils.streaming_utils import (
            CacheAwareStreamingAudioBuffer,
        )

        self._model = model
        self._dtype = dtype
        self.buffer = CacheAwareStreamingAudioBuffer(model, online_normalization=False)
        self._cache = model.encoder.get_initial_cache_state(batch_size=1, dtype=dtype)
        self._hypotheses: Any = None
        self.number = 0

    @property
    def text(self) -> str:
        """All that was heard so far."""
        return str(self._hypotheses[0].text) if self._hypotheses else ""

    @property
    def needed(self) -> int:
        """So many samples must be there for the next chunk."""
        size: int = self._model.encoder.streaming_cfg.chunk_size[min(1, self.number)]
        return (int(self.buffer.buffer_idx) + size - 1) * HOP + HALF_WINDOW

    def chunks(self, sound: Samples) -> Any:
        """The chunks of the sound that were not taken yet; its features are made anew."""
        self.buffer.buffer = self.buffer.streams_length = None
        self.buffer.append_audio(sound, stream_id=-1)
        return iter(self.buffer)

    def take(self, chunk: Any, length: Any, *, last: bool) -> None:
        """One step."""
        torch = _torch()
        with torch.inference_mode():
            _, _, *self._cache, self._hypotheses = self._model.conformer_stream_step(
                processed_signal=chunk.to(self._dtype),
                processed_signal_length=length,
                cache_last_channel=self._cache[0],
                cache_last_time=self._cache[1],
                cache_last_channel_len=self._cache[2],
                keep_all_outputs=last,
                previous_hypotheses=self._hypotheses,
                drop_extra_pre_encoded=(
                    self._model.encoder.streaming_cfg.drop_extra_pre_encoded if self.number else 0
                ),
                return_transcription=True,
            )
        self.number += 1


class Pipeline(Subject):
    """See the head of this file."""

    name = "NeMo pipeline"

    def load(self) -> None:
        from nemo.collections.asr.inference.factory.pipeline_builder import PipelineBuilder
        from nemo.collections.asr.models import EncDecRNNTBPEModel
        from omegaconf import OmegaConf

        _torch()
        settings = OmegaConf.create(_pipeline_settings(self.setup))
        own = EncDecRNNTBPEModel.restore_from(str(self.setup.model), return_config=True)
        settings.asr.decoding.greedy.max_symbols = own.decoding.greedy.max_symbols
        self._pipeline = PipelineBuilder.build_pipeline(settings)
        self._requests: dict[Words, Any] = {(): None}

    def learn(self, words: Words) -> None:
        from nemo.collections.asr.parts.context_biasing.biasing_multi_model import (
            BiasingRequestItemConfig,
        )
        from nemo.collections.asr.parts.context_biasing.boosting_graph_batched import (
            BoostingTreeModelConfig,
        )

        if not words:
            return
        model = self._pipeline.asr_model.asr_model
        multi_model = model.decoding.decoding.decoding_computer.biasing_multi_model
        request = BiasingRequestItemConfig(
            boosting_model_cfg=BoostingTreeModelConfig(**_tree(words)),
            boosting_model_alpha=ALPHA,
            cache_key=str(hash(words)),
        )
        request.add_to_multi_model(model.tokenizer, multi_model)
        # The pipeline adds it to each stream by itself; the tree stays in NeMo's cache.
        request.remove_from_multi_model(multi_model)
        self._requests[words] = request

    @property
    def ways(self) -> dict[str, Way]:
        silence = np.zeros(0, np.float32)
        return {
            self.name: lambda sound, words: self._hear(sound, words, silence),
            "NeMo pipeline, with silence": lambda sound, words: self._hear(sound, words, SILENCE),
        }

    def _hear(self, sound: Samples, words: Words, silence: Samples) -> Heard:
        from nemo.collections.asr.inference.streaming.framing.request import Frame
        from nemo.collections.asr.inference.streaming.framing.request_options import (
            ASRRequestOptions,
        )

        torch = _torch()
        options = ASRRequestOptions(biasing_cfg=self._requests[words])
        chunk = CHUNK_MS * RATE // 1000
        whole = np.concatenate([sound, silence])
        # The one that the sound ends in is handed over when it has ended.
        before = (len(sound) - (0 if len(silence) else 1)) // chunk
        text = ""
        began = ended = time.perf_counter()
        self._pipeline.open_session()
        for number, start in enumerate(range(0, len(whole), chunk)):
            if number == before:
                ended = time.perf_counter()
            samples = np.zeros(chunk, np.float32)
            piece = whole[start : start + chunk]
            samples[: len(piece)] = piece
            frame = Frame(
                samples=torch.from_numpy(samples),
                stream_id=0,
                is_first=start == 0,
                is_last=start + chunk >= len(whole),
                length=len(piece),
                options=options if start == 0 else None,
            )
            text += self._pipeline.transcribe_step([frame])[0].final_transcript
        heard = _heard(text.strip(), began, ended, before)
        self._pipeline.close_session()
        return heard


SUBJECTS: Final[dict[str, type[Subject]]] = {one.name: one for one in (Ours, Example, Pipeline)}


def _heard(text: str, began: float, ended: float, chunks: int) -> Heard:
    """Of an utterance that is over just now."""
    now = time.perf_counter()
    return Heard(text, (ended - began) * 1000 / max(1, chunks), (now - ended) * 1000)


def _torch() -> Any:
    import torch

    torch.set_num_threads(min(MOST_THREADS, os.cpu_count() or 1))
    return torch


def _halved(setup: Setup) -> bool:
    return setup.engine.get("precision") == "bf16"


def _tree(words: Words) -> dict[str, Any]:
    """The list as NeMo takes it, in the cases in which ours has each term."""
    texts = [text for word in words for text in variants(word)]
    return {
        "key_phrases_list": texts,
        "context_score": CONTEXT_SCORE,
        "depth_scaling": DEPTH_SCALING,
    }


def _pipeline_settings(setup: Setup) -> dict[str, Any]:
    return {
        "pipeline_type": "cache_aware",
        "asr_decoding_type": "rnnt",
        "asr": {
            "model_name": str(setup.model),
            "device": setup.device,
            "device_id": 0,
            "compute_dtype": "bfloat16" if _halved(setup) else "float32",
            "use_amp": False,
            "decoding": {
                "strategy": "greedy_batch",
                "preserve_alignments": False,
                "fused_batch_size": -1,
                "greedy": {
                    "use_cuda_graph_decoder": False,
                    "enable_per_stream_biasing": True,
                    "preserve_frame_confidence": False,
                },
            },
        },
        "confidence": {
            "exclude_blank": True,
            "aggregation": "mean",
            "method_cfg": {
                "name": "entropy",
                "entropy_type": "tsallis",
                "alpha": 0.5,
                "entropy_norm": "exp",
            },
        },
        # None is looked for: the end of a dictation is the release of a key.
        "endpointing": {"stop_history_eou": -1, "residue_tokens_at_end": 2},
        "streaming": {
            "sample_rate": RATE,
            "batch_size": 1,
            "word_boundary_tolerance": 4,
            "att_context_size": CONTEXT,
            "use_cache": True,
            "use_feat_cache": True,
            "chunk_size_in_secs": None,
            "request_type": "frame",
            "num_slots": 2,
        },
        "itn": {
            "input_case": "lower_cased",
            "whitelist": None,
            "overwrite_cache": False,
            "max_number_of_permutations_per_split": 729,
            "left_padding_size": 4,
            "batch_size": 32,
            "n_jobs": 1,
        },
        "lang": None,
        "cache_dir": None,
        "enable_itn": False,
        "enable_nmt": False,
        "asr_output_granularity": "segment",
        "return_tail_result": False,
        # NVIDIA's file says "high", which would let all of the process, ours too, use TF32.
        "matmul_precision": "highest",
        "log_level": 40,
        "metrics": {},
    }
