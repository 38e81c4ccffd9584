"""The small speech model of our own (tests/mini_model/README.md), loaded in an engine."""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dictate.config.schema import EngineSettings
from dictate.engines.nemotron.engine import NemotronEngine
from dictate.events import Samples

MINI = Path(__file__).parents[1] / "mini_model" / "mini.nemo"


def settings(**changes: object) -> EngineSettings:
    """Settings for the small model, over the defaults."""
    wanted = {"use": "nemotron", "model": str(MINI), "trust_model": True, **changes}
    return EngineSettings(**wanted)  # type: ignore[arg-type]


def unavailable() -> str | None:
    """Why NeMo cannot be used here, or None."""
    return NemotronEngine(settings()).unavailable_reason()


def unloaded() -> NemotronEngine:
    """An engine that is still to be loaded. Skips where NeMo is not installed."""
    if reason := unavailable():
        pytest.skip(f"nemotron: {reason}")
    return NemotronEngine(settings())


@cache
def engine() -> NemotronEngine:
    """One loaded engine for all tests of a run. Skips where NeMo is not installed."""
    made = unloaded()
    made.load()
    return made


def both_ways(
    model: Any,
    context: list[int],
    sound: Samples,
    sizes: np.random.Generator,
    prompt_index: int | None = None,
    told: Callable[[Any], Any] = lambda encoded: encoded,
) -> tuple[list[int], list[int]]:
    """The tokens of a sound by our stream, in pieces of random sizes, and offline by NeMo, which
    hears the silence too that the stream adds. `told` tells NeMo's encoder frames the language."""
    import torch

    from dictate.engines.nemotron.decode import Decoder
    from dictate.engines.nemotron.streaming import StreamingRecognizer, use_context

    streamed: list[int] = []
    at = 0
    stream = StreamingRecognizer(model, context, Decoder(model, [None], prompt_index))
    while at < len(sound):
        size = int(sizes.integers(1, 30_000))
        streamed += stream.feed(sound[at : at + size])[0]
        at += size
    streamed += stream.finish()[0]
    whole = np.zeros(stream._taken * 160, np.float32)
    whole[: len(sound)] = sound
    use_context(model, context)
    with torch.inference_mode():
        frames, length = model.preprocessor(
            input_signal=torch.from_numpy(whole)[None], length=torch.tensor([len(whole)])
        )
        encoded, length = model.encoder(audio_signal=frames, length=length)
        decoded = model.decoding.decoding(
            encoder_output=told(encoded), encoded_lengths=length, partial_hypotheses=None
        )
    return streamed, decoded[0][0].y_sequence.tolist()
