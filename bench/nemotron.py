"""The main engine on the small model of our own: what a step and the end cost, by length of the
utterance and by number of hotwords, beside NeMo's own streaming loop in the same run.

The small model says little about the large one's figures; what it shows is what grows and what does
not. Sound is fed in pieces of 20 ms, as fast as the engine takes it.
"""

import argparse
import random
import time
from dataclasses import dataclass

import numpy as np

from bench.rig import machine, quantiles
from dictate.demo import samples
from dictate.engines.nemotron import NemotronEngine
from dictate.events import RATE, Samples
from dictate.hotwords import Hotwords, Term
from dictate.microphone.sound_file import read_sound_file
from tests.lab import mini_model

PIECE = RATE // 50
CHUNK_MS = 560


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(prog="python -m bench.nemotron", description=__doc__)
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--seconds", type=int, nargs="+", default=[1, 2, 5, 10, 30, 60])
    parser.add_argument("--hotwords", type=int, nargs="+", default=[0, 100, 1000, 10_000])
    arguments, _ = parser.parse_known_args()
    began = time.perf_counter()
    engine = NemotronEngine(mini_model.settings())
    engine.load()
    load_s = time.perf_counter() - began
    print(f"{machine()}, {arguments.runs} runs each, chunk {CHUNK_MS} ms, all in ms")
    print(f"load, torch and NeMo included: {load_s:.1f} s\n")
    voice = read_sound_file(samples()[1])
    lengths(engine, voice, arguments.seconds, arguments.runs)
    lists(engine, voice, arguments.hotwords, arguments.runs)


def lengths(engine: NemotronEngine, voice: Samples, seconds: list[int], runs: int) -> None:
    """The end of the sound to the text, by length."""
    print(
        "| utterance s | finish p50 | p95 | p99 | step p50 | NeMo: last step | per s | ours per s |"
    )
    print("|---|---|---|---|---|---|---|---|")
    for length in seconds:
        sound = np.resize(voice, length * RATE)
        ours = [_fed(engine, sound, Hotwords()) for _ in range(runs)]
        nemo = [_nemo_ms(engine, sound) for _ in range(min(runs, 5))]
        print(
            f"| {length} | {quantiles([one.finish_ms for one in ours])} "
            f"| {np.median([one.step_ms for one in ours]):.1f} "
            f"| {np.median([last for _, last in nemo]):.1f} "
            f"| {np.median([whole for whole, _ in nemo]) / length:.1f} "
            f"| {np.median([one.whole_ms for one in ours]) / length:.1f} |",
            flush=True,
        )
    print()


def lists(engine: NemotronEngine, voice: Samples, numbers: list[int], runs: int) -> None:
    """A step with so many hotwords, and what it takes until a new list is there."""
    print("| hotwords | new list until ready | step p50 | finish p50 | p95 | p99 |")
    print("|---|---|---|---|---|---|")
    for number in numbers:
        built = []
        for run in range(3):
            hotwords = _names(number, seed=run)
            began = time.perf_counter()
            engine.prepare(hotwords)
            engine.begin(hotwords, None, CHUNK_MS).cancel()
            built.append((time.perf_counter() - began) * 1000)
        found = [_fed(engine, np.resize(voice, 5 * RATE), hotwords) for _ in range(runs)]
        step_ms = np.median([one.step_ms for one in found])
        finish_ms = quantiles([one.finish_ms for one in found])
        print(
            f"| {number} | {np.median(built):.0f} | {step_ms:.1f} | {finish_ms} |",
            flush=True,
        )


def _names(number: int, seed: int) -> Hotwords:
    letters = random.Random(seed)
    names = ("".join(letters.choices("abcdefghiklmnoprstuvw", k=9)) for _ in range(number))
    return Hotwords(tuple(map(Term, names)))


@dataclass(frozen=True, slots=True)
class Fed:
    """What one utterance took, in milliseconds."""

    whole_ms: float
    finish_ms: float
    step_ms: float


def _fed(engine: NemotronEngine, sound: Samples, hotwords: Hotwords) -> Fed:
    began = time.perf_counter()
    utterance = engine.begin(hotwords, None, CHUNK_MS)
    for at in range(0, len(sound), PIECE):
        utterance.feed(sound[at : at + PIECE])
    ended = time.perf_counter()
    utterance.finish()
    now = time.perf_counter()
    return Fed((now - began) * 1000, (now - ended) * 1000, utterance.effort.step_ms)


def _nemo_ms(engine: NemotronEngine, sound: Samples) -> tuple[float, float]:
    """NeMo's loop for files: the whole of it, and its last step; the features are made before."""
    import torch
    from nemo.collections.asr.parts.utils.streaming_utils import CacheAwareStreamingAudioBuffer

    model = engine._loaded.model  # noqa: SLF001
    model.encoder.set_default_att_context_size(engine._loaded.contexts[CHUNK_MS])  # noqa: SLF001
    began = time.perf_counter()
    with torch.inference_mode():
        buffer = CacheAwareStreamingAudioBuffer(model, online_normalization=False)
        buffer.append_audio(sound, stream_id=-1)
        cache = model.encoder.get_initial_cache_state(batch_size=1)
        hypotheses, last = None, 0.0
        for number, (chunk, length) in enumerate(buffer):
            step = time.perf_counter()
            _, _, *cache, hypotheses = model.conformer_stream_step(
                processed_signal=chunk,
                processed_signal_length=length,
                cache_last_channel=cache[0],
                cache_last_time=cache[1],
                cache_last_channel_len=cache[2],
                keep_all_outputs=buffer.is_buffer_empty(),
                previous_hypotheses=hypotheses,
                drop_extra_pre_encoded=(
                    model.encoder.streaming_cfg.drop_extra_pre_encoded if number else 0
                ),
                return_transcription=True,
            )
            last = time.perf_counter() - step
    return (time.perf_counter() - began) * 1000, last * 1000


if __name__ == "__main__":
    main()
