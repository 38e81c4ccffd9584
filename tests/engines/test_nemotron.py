"""The main engine on a real, small model of our own: streaming, boosting, guards, loading."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dictate.config.schema import EngineSettings
from dictate.engines.nemotron.engine import NemotronEngine
from dictate.errors import EngineError, Unavailable
from dictate.events import RATE, Samples
from dictate.hotwords.model import Hotwords, Term
from tests.engines.test_transducers import CHUNKS_MS, CLAUDE, hear
from tests.lab import mini_model
from tests.lab.voices import read

AUDIO = Path(__file__).parents[1] / "audio"
SAMPLES = Path(__file__).parents[2] / "dictate" / "samples"


@pytest.fixture(scope="module")
def engine() -> NemotronEngine:
    return mini_model.engine()


@pytest.fixture(scope="module")
def asked() -> Samples:
    return read(SAMPLES / "2-claude-code.wav")


# Streaming.


def test_frames_are_those_of_the_whole_sound(engine: NemotronEngine, asked: Samples) -> None:
    import torch

    from dictate.engines.nemotron.streaming import Features

    model = engine._loaded.model
    whole, _ = model.preprocessor(
        input_signal=torch.from_numpy(asked)[None], length=torch.tensor([len(asked)])
    )
    sizes = np.random.default_rng(7)
    for _ in range(5):
        features = Features(model.preprocessor, "cpu")
        pieces, at = [], 0
        while at < len(asked):
            size = int(sizes.integers(1, 3000))
            features.add(asked[at : at + size])
            pieces.append(features.make())
            at += size
        pieces.append(features.make(last=True))
        streamed = torch.cat([piece for piece in pieces if piece is not None], -1)
        # Equal but for the order in which the matrix library adds up: a unit in the last place.
        difference = (streamed - whole[:, :, : streamed.shape[-1]]).abs().max()
        assert difference <= 2 * np.spacing(np.float32(whole.abs().max()))
        assert streamed.shape[-1] == len(asked) // 160
        assert len(features._sound) < RATE, "it keeps a few frames, not the whole sound"


@pytest.mark.parametrize("chunk_ms", CHUNKS_MS)
def test_streamed_text_equals_offline_text(engine: NemotronEngine, chunk_ms: int) -> None:
    from dictate.engines.token_text import TokenText

    model, context = engine._loaded.model, engine._loaded.contexts[chunk_ms]
    sizes = np.random.default_rng(chunk_ms)
    for path in sorted([*AUDIO.glob("*.wav"), *SAMPLES.glob("*.wav")]):
        tokens, offline = mini_model.both_ways(model, context, read(path), sizes)
        text = TokenText(model.tokenizer)
        text.append(tokens)
        assert tokens == offline, f"{path.stem}: {text.text}"
        assert text.text == model.tokenizer.ids_to_text(offline)


def test_the_chunk_changes_with_each_dictation(engine: NemotronEngine, asked: Samples) -> None:
    one, other = engine.begin(CLAUDE, None, 80), engine.begin(CLAUDE, None, 1120)
    for at in range(0, len(asked), 1600):
        one.feed(asked[at : at + 1600])
        other.feed(asked[at : at + 1600])
    assert one.finish() == other.finish() == "We asked Claude Code about the problem."
    assert (one.effort.chunk_ms, other.effort.chunk_ms) == (80, 1120)
    assert one.effort.steps > 4 * other.effort.steps


def test_a_chunk_that_the_model_was_not_trained_with_is_the_nearest(engine: NemotronEngine) -> None:
    assert engine.begin(CLAUDE, None, 320).effort.chunk_ms in (160, 560)


@pytest.mark.fault("D9")
def test_a_long_dictation_takes_no_more_memory_than_a_short_one(
    engine: NemotronEngine, asked: Samples
) -> None:
    from dictate.engines.nemotron.streaming import HISTORY

    utterance: Any = engine.begin(CLAUDE, None, 1120)
    minute = np.tile(asked, 60 * RATE // len(asked))
    for _ in range(3):
        for at in range(0, len(minute), RATE):
            utterance.feed(minute[at : at + RATE])
        stream, text = utterance._recognizer, utterance._texts[0]
        assert stream._kept.shape[-1] <= HISTORY + 2 * 112
        assert len(stream._features._sound) < 2 * RATE
        assert len(text._open) <= 200
        assert all(hypothesis.y_sequence is None for hypothesis in stream._decoder.hypotheses)
    words = utterance.finish().split()
    assert 0.9 < len(words) / (3 * 7 * (60 * RATE // len(asked))) < 1.1


# Hotwords.


def test_a_tree_is_built_beside_a_running_dictation(
    engine: NemotronEngine, asked: Samples, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The engine's thread must not wait for a list that is being prepared."""
    from dictate.engines.nemotron import boosting

    begun, go_on, built = threading.Event(), threading.Event(), boosting.build

    def slow(*what: Any) -> Any:
        begun.set()
        go_on.wait(30)
        return built(*what)

    monkeypatch.setattr(boosting, "build", slow)
    words = Hotwords((Term("Anthropic"), Term("Claude Code")))
    running = engine.begin(Hotwords(), None)
    running.feed(asked[: len(asked) // 2])
    with ThreadPoolExecutor(1) as beside:
        prepared = beside.submit(engine.prepare, words)
        assert begun.wait(30)
        running.feed(asked[len(asked) // 2 :])
        assert running.finish() == "We asked cloud code about the problem."
        assert not prepared.done()
        go_on.set()
        assert prepared.result(30) == []
    assert hear(engine, asked, words) == "We asked Claude Code about the problem."


# Loading.


def test_it_says_what_it_runs_on(engine: NemotronEngine) -> None:
    facts = engine.facts
    assert facts.model == "mini"
    assert (facts.device, facts.precision, facts.chunk_ms) == ("cpu", "fp32", 560)


def test_nothing_random_is_left_in_the_model(engine: NemotronEngine) -> None:
    model = engine._loaded.model
    assert not any(module.training for module in model.modules())
    assert model.preprocessor.featurizer.dither == 0


def test_bf16_is_used_only_if_it_hears_the_same(asked: Samples) -> None:
    made = NemotronEngine(mini_model.settings(precision="bf16"))
    made.load()
    if made.facts.precision == "fp32":
        assert "bf16" in made.facts.notes[0]
    else:
        assert made.facts.notes == ()
    assert hear(made, asked) == "We asked cloud code about the problem."


def test_where_bf16_hears_something_else_the_exact_weights_are_back(
    engine: NemotronEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    heard = iter(["one text", "another"])
    monkeypatch.setattr(NemotronEngine, "_recognise", lambda *_: next(heard))
    made = NemotronEngine(mini_model.settings(precision="bf16"))
    made.load()
    assert made.facts.precision == "fp32"
    assert "bf16" in made.facts.notes[0]
    exact = engine._loaded.model.encoder.state_dict()
    found = made._loaded.model.encoder.state_dict()
    assert all(torch.equal(found[name], weights) for name, weights in exact.items())


@pytest.mark.fault("D3")
def test_a_card_that_is_not_there_is_named() -> None:
    made = NemotronEngine(mini_model.settings(device="cuda"))
    with pytest.raises(Unavailable, match="nvidia-smi"):
        made.load()


@pytest.mark.fault("S11", "S12")
def test_switches_that_make_loading_unsafe_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    made = NemotronEngine(mini_model.settings())
    assert made.unavailable_reason() is None
    monkeypatch.setenv("TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD", "1")
    assert "TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD" in (made.unavailable_reason() or "")
    with pytest.raises(Unavailable, match="unset it"):
        made.load()


@pytest.mark.fault("S11")
def test_a_file_of_ones_own_takes_trust() -> None:
    made = NemotronEngine(mini_model.settings(trust_model=False))
    assert "trust_model" in (made.unavailable_reason() or "")
    with pytest.raises(Unavailable, match="trust_model"):
        made.load()


@pytest.mark.parametrize("content", [b"", b"not a model", b"\0" * 10_000])
@pytest.mark.fault("D5")
def test_a_broken_file_is_an_error_and_no_more(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "broken.nemo"
    path.write_bytes(content)
    made = NemotronEngine(mini_model.settings(model=str(path)))
    with pytest.raises((EngineError, Unavailable)):
        made.load()


def test_loading_a_second_time_is_quick_enough_for_a_restart() -> None:
    made = NemotronEngine(mini_model.settings())
    began = time.monotonic()
    made.load()
    assert time.monotonic() - began < 60


def test_the_settings_name_no_model_by_default() -> None:
    made = NemotronEngine(EngineSettings(use="nemotron"))
    assert "dictate models download nemotron" in (made.unavailable_reason() or "")
