"""The benchmark of Qwen3-ASR measures what it says, on models that cost what the real ones cost."""

from typing import Any

import numpy as np
import pytest

from bench import qwen3 as bench
from bench.qwen3_models import SHAPES, model_path, words
from bench.qwen3_report import AHEAD, AS_IT_IS, LATE, tables
from dictate.engines import prompt_guard
from dictate.engines.qwen3 import load as qwen3_load
from dictate.engines.qwen3.engine import Qwen3Engine
from dictate.engines.qwen3.utterance import Qwen3Utterance
from dictate.events import RATE, Samples
from dictate.hotwords.model import Hotwords
from dictate.microphone.sound_file import read_sound_file
from dictate.platform.resources import samples
from tests.lab import tiny_qwen3
from tests.lab.random_qwen3 import configuration, processor


def found(**changes: object) -> dict[str, Any]:
    """What a run on a card found."""

    def figures(release_ms: float, text: str = "a") -> dict[str, list[object]]:
        return {"release_ms": [release_ms] * 3, "step_ms": [2.5] * 3, "texts": [text] * 3}

    def context(tokens: int) -> dict[str, object]:
        warm, cold = {AS_IT_IS: [20.0], LATE: [40.0]}, {AS_IT_IS: [21.0], LATE: [55.0]}
        return {"tokens": tokens, "told": 20, "prepare_ms": [15.0], "warm": warm, "cold": cold}

    return {
        "machine": "a machine",
        "device": "a card",
        "model": "full",
        "asked": {"precision": "bf16"},
        "precision": "bf16",
        "notes": ["CUDA graphs are not used: why"],
        "load_s": 3.21,
        "weights_bytes": 1_200_000_000,
        "lengths": {
            "1": {AS_IT_IS: figures(20), AHEAD: figures(30), LATE: figures(34)},
            "60": {AS_IT_IS: figures(50), AHEAD: figures(400), LATE: figures(500, "b")},
        },
        "contexts": {"0": context(14), "100": context(412)},
    } | changes


def test_the_tables_show_figures_ratios_and_who_wrote_something_else() -> None:
    text = tables(found())
    assert "3 runs of each; loaded in 3.2 s" in text
    assert "(CUDA graphs are not used: why)" in text
    assert "| 60 | 50 / 50 (1.0x) | 400 / 400 (8.0x) | 500 / 500 (10.0x) | 2.5 |" in text
    assert "| 100 | 20 | 412 | 15.0 | 20 / 20 | 21 / 21 | 40 / 40 | 55 / 55 |" in text
    assert "the same text at 1 of 2 lengths" in text
    assert "GB/s" not in text


def test_on_a_card_the_roof_is_shown() -> None:
    text = tables(found(bandwidth=4e12))
    assert "1200 MB; at the 4000 GB/s" in text
    assert "0.30 ms" in text


@pytest.mark.parametrize(("name", "all_of_it", "audio"), [("full", 782, 186), ("1.7b", 2038, 317)])
def test_the_shapes_have_as_many_weights_as_the_published_models(
    name: str, all_of_it: int, audio: int
) -> None:
    if reason := qwen3_load.unavailable_reason():
        pytest.skip(f"qwen3: {reason}")
    import torch
    from transformers import Qwen3ASRForConditionalGeneration

    with torch.device("meta"):
        model = Qwen3ASRForConditionalGeneration(configuration(SHAPES[name], processor().tokenizer))

    def millions(part: Any) -> float:
        return sum(float(weight.numel()) for weight in part.parameters()) / 1e6

    heard = millions(model.model.audio_tower) + millions(model.model.multi_modal_projector)
    assert abs(heard - audio) <= 1
    # The published ones have no head of their own.
    assert abs(millions(model) - millions(model.lm_head) - all_of_it) <= 1


@pytest.fixture(scope="module")
def engine() -> Qwen3Engine:
    if reason := qwen3_load.unavailable_reason():
        pytest.skip(f"qwen3: {reason}")
    with model_path("tiny") as path:
        made = tiny_qwen3.engine(path)
        made.load()
    return made


@pytest.fixture
def voice(monkeypatch: pytest.MonkeyPatch) -> Samples:
    monkeypatch.setattr(prompt_guard, "TOKENS_PER_S", bench.SPOKEN)
    monkeypatch.setattr(prompt_guard, "FREE_TOKENS", 0)
    return np.resize(read_sound_file(samples()[1]), 10 * RATE)


@pytest.mark.parametrize(
    ("way", "windows", "partials"), [(AS_IT_IS, 1, True), (AHEAD, 1, False), (LATE, 0, False)]
)
def test_what_each_way_does_before_the_release(
    engine: Qwen3Engine,
    voice: Samples,
    monkeypatch: pytest.MonkeyPatch,
    way: str,
    windows: int,
    partials: bool,
) -> None:
    feed, finish = Qwen3Utterance.feed, Qwen3Utterance.finish
    shown: list[str] = []
    encoded: list[int] = []

    def noted(self: Qwen3Utterance, sound: Samples) -> str | None:
        if way == LATE:
            assert len(sound) == len(voice), "all at once"
            encoded.append(len(self._part.sound._windows))
        text = feed(self, sound)
        shown.extend(filter(None, [text]))
        return text

    def ended(self: Qwen3Utterance) -> str:
        if way != LATE:
            encoded.append(sum(one.encoded is not None for one in self._part.sound._windows))
        return finish(self)

    monkeypatch.setattr(Qwen3Utterance, "feed", noted)
    monkeypatch.setattr(Qwen3Utterance, "finish", ended)
    heard = bench.hear(engine, voice, Hotwords(), way)
    assert encoded == [windows]
    assert bool(shown) is partials
    assert heard.text.split() == "".join(words()).split()[: 10 * bench.SPOKEN]
    assert heard.release_ms > 0


def test_a_context_is_cold_or_warm(
    engine: Qwen3Engine, voice: Samples, monkeypatch: pytest.MonkeyPatch
) -> None:
    decoder, computed = engine._decoder, 0
    begin = decoder.begin

    def counted(before: tuple[int, ...]) -> None:
        nonlocal computed
        computed += before != decoder._before
        begin(before)

    monkeypatch.setattr(decoder, "begin", counted)
    figures = bench._context(engine, voice, 3, 1)
    # Twice each: cold is the other list and then its own; warm is its own before the release.
    assert computed == 2 * 2 * 2
    assert figures["told"] == 3
    assert figures["tokens"] > bench._context(engine, voice, 0, 1)["tokens"]
    assert len(figures["prepare_ms"]) == 2


def test_a_run_has_all_its_figures() -> None:
    if reason := qwen3_load.unavailable_reason():
        pytest.skip(f"qwen3: {reason}")
    run = bench.measure(bench.Plan("tiny", "cpu", {"precision": "fp32"}, 1, [1, 2], [0, 3]))
    assert "| 2 | " in tables(run)
    assert "the same text at 2 of 2 lengths" in tables(run)
