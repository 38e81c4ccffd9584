"""The main engine on a real, small model of our own: streaming, boosting, guards, loading."""

import io
import tarfile
import threading
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dictate.benchmark.audio import FLITE
from dictate.config.schema import EngineSettings
from dictate.engines.nemotron import engine as nemotron_module
from dictate.engines.nemotron.engine import DIFFERENT, NemotronEngine
from dictate.errors import EngineError, Unavailable
from dictate.events import RATE, Samples
from dictate.hotwords.model import Guards, Hotwords, Term
from tests.lab import mini_model
from tests.lab.voices import read, speak

AUDIO = Path(__file__).parents[1] / "audio"
SAMPLES = Path(__file__).parents[2] / "dictate" / "samples"
CHUNKS_MS = (80, 160, 560, 1120)
CLAUDE = Hotwords((Term("Claude Code"),))
TERMS = Hotwords(
    tuple(map(Term, ("Claude Code", "pytest", "Nemotron", "Hyprland", "Claude", "Anthropic")))
)
SPOKEN = {
    "Claude Code": "claude code",
    "Claude": "claude",
    "pytest": "pie test",
    "Nemotron": "nemo tron",
    "Anthropic": "anthropic",
    "Hyprland": "hyper land",
}
"""A term, and how a voice is told to say it."""
AROUND = ("Show me {}.", "We want {} today.", "Use {} for the new file.", "Tell {} to open it.")
ORDINARY = (
    "The clouds are dark today.",
    "Please move the file to the cloud.",
    "We need cloud storage today.",
    "Please open the window and close the door.",
    "The meeting has been moved to Friday afternoon.",
    "There is a problem with the new version of the program.",
    "The train leaves at seven in the morning.",
    "We should talk about the new plan this afternoon.",
)


@pytest.fixture(scope="module")
def engine() -> NemotronEngine:
    return mini_model.engine()


@pytest.fixture(scope="module")
def asked() -> Samples:
    return read(SAMPLES / "2-claude-code.wav")


def hear(
    engine: NemotronEngine,
    sound: Samples,
    hotwords: Hotwords = Hotwords(),  # noqa: B008 - frozen
    chunk_ms: int = 560,
    size: int = 1600,
) -> str:
    utterance = engine.begin(hotwords, None, chunk_ms)
    for start in range(0, len(sound), size):
        utterance.feed(sound[start : start + size])
    return utterance.finish()


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
    from dictate.engines.nemotron.token_text import TokenText

    model, context = engine._loaded.model, engine._loaded.contexts[chunk_ms]
    sizes = np.random.default_rng(chunk_ms)
    for path in sorted([*AUDIO.glob("*.wav"), *SAMPLES.glob("*.wav")]):
        tokens, offline = mini_model.both_ways(model, context, read(path), sizes)
        text = TokenText(model.tokenizer)
        text.append(tokens)
        assert tokens == offline, f"{path.stem}: {text.text}"
        assert text.text == model.tokenizer.ids_to_text(offline)


def test_partials_only_grow(engine: NemotronEngine, asked: Samples) -> None:
    utterance = engine.begin(TERMS, None, 80)
    texts = [utterance.feed(asked[at : at + 320]) for at in range(0, len(asked), 320)]
    seen = [text for text in texts if text is not None]
    assert len(seen) > 5
    assert all(b.startswith(a) for a, b in pairwise(seen))
    assert utterance.finish().startswith(seen[-1])


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


def test_sound_that_ends_in_the_last_word_keeps_it_and_its_full_stop(
    engine: NemotronEngine, asked: Samples
) -> None:
    loud = np.flatnonzero(np.abs(asked) > 0.02)
    assert hear(engine, asked[: loud[-1]]).endswith("problem.")


def test_a_long_dictation_takes_no_more_memory_than_a_short_one(
    engine: NemotronEngine, asked: Samples
) -> None:
    from dictate.engines.nemotron.streaming import HISTORY

    utterance: Any = engine.begin(CLAUDE, None, 1120)
    minute = np.tile(asked, 60 * RATE // len(asked))
    for _ in range(5):
        for at in range(0, len(minute), RATE):
            utterance.feed(minute[at : at + RATE])
        stream, text = utterance._stream, utterance._texts[0]
        assert stream._kept.shape[-1] <= HISTORY + 2 * 112
        assert len(stream._features._sound) < 2 * RATE
        assert len(text._open) <= 200
        assert all(hypothesis.y_sequence is None for hypothesis in stream._decoder.hypotheses)
    words = utterance.finish().split()
    assert 0.9 < len(words) / (5 * 7 * (60 * RATE // len(asked))) < 1.1


@pytest.mark.parametrize("level", [0.0, 0.001, 0.003])
def test_no_term_out_of_silence(engine: NemotronEngine, level: float) -> None:
    strong = Hotwords(TERMS.terms, strength=4.0)
    noise = np.random.default_rng(2).normal(0, level, 10 * RATE).astype(np.float32)
    assert hear(engine, noise, strong) == ""


def test_a_sound_too_short_for_a_word_gives_nothing(engine: NemotronEngine, asked: Samples) -> None:
    assert hear(engine, asked[RATE : RATE + RATE // 4], TERMS) == ""


# Hotwords.


def test_claude_code_is_repaired_and_the_clouds_stay(
    engine: NemotronEngine, asked: Samples
) -> None:
    assert hear(engine, asked) == "We asked cloud code about the problem."
    assert hear(engine, asked, CLAUDE) == "We asked Claude Code about the problem."
    clouds = read(SAMPLES / "3-clouds.wav")
    assert hear(engine, clouds, TERMS) == hear(engine, clouds) == "The clouds are dark today."


def test_boosting_finds_most_terms_and_harms_nothing(engine: NemotronEngine) -> None:
    told = {}
    for written, spoken in SPOKEN.items():
        for frame in AROUND:
            for voice in FLITE:
                sound = speak(frame.format(spoken), voice)
                told[written, frame, voice] = hear(engine, sound, TERMS)
    missed = {key: text for key, text in told.items() if key[0].lower() not in text.lower()}
    assert len(missed) <= 0.2 * len(told), missed
    for sentence in ORDINARY:
        for voice in FLITE:
            sound = speak(sentence, voice)
            assert hear(engine, sound, TERMS) == hear(engine, sound), (sentence, voice)


def test_streamed_at_any_chunk_the_boost_is_the_same(
    engine: NemotronEngine, asked: Samples
) -> None:
    for chunk_ms in CHUNKS_MS:
        assert hear(engine, asked, CLAUDE, chunk_ms) == "We asked Claude Code about the problem."


def test_weight_and_strength_count(engine: NemotronEngine, asked: Samples) -> None:
    plain = "We asked cloud code about the problem."
    assert hear(engine, asked, Hotwords((Term("Claude Code", weight=0.01),))) == plain
    assert hear(engine, asked, Hotwords(CLAUDE.terms, strength=0.0)) == plain
    assert hear(engine, asked, Hotwords(CLAUDE.terms, strength=0.01)) == plain
    weak = Hotwords((Term("Claude Code", weight=3.0),), strength=0.5)
    assert "Claude Code" in hear(engine, asked, weak)


def test_the_list_changes_between_and_during_dictations(
    engine: NemotronEngine, asked: Samples
) -> None:
    plain, boosted = hear(engine, asked), hear(engine, asked, CLAUDE)
    half = len(asked) // 2
    first = engine.begin(CLAUDE, None)
    first.feed(asked[:half])
    assert engine.prepare(Hotwords((Term("Nemotron"),))) == []
    second = engine.begin(Hotwords((Term("Nemotron"),)), None)
    second.feed(asked[:half])
    first.feed(asked[half:])
    second.feed(asked[half:])
    assert (first.finish(), second.finish()) == (boosted, plain)


@pytest.mark.parametrize("many", [10, 100, 1000, 10_000])
def test_long_lists_are_taken_and_cost_no_text(
    engine: NemotronEngine, asked: Samples, many: int
) -> None:
    letters = np.random.default_rng(many)
    names = ["".join(letters.choice(list("abcdefghiklmnoprstuvw"), 9)) for _ in range(many)]
    hotwords = Hotwords((Term("Claude Code"), *map(Term, names)), guards=Guards(cap=False))
    assert engine.prepare(hotwords) == []
    heard = hear(engine, asked, hotwords)
    if many <= 1000:
        assert heard == "We asked Claude Code about the problem."
    else:
        # Where nearly every token begins some term, none is preferred: less is found.
        assert heard in (hear(engine, asked), hear(engine, asked, CLAUDE))


def test_a_tree_is_built_beside_a_running_dictation(
    engine: NemotronEngine, asked: Samples, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The engine's thread must not wait for a list that is being prepared."""
    from dictate.engines.nemotron import boosting

    go_on, built = threading.Event(), boosting.build

    def slow(*what: Any) -> Any:
        go_on.wait(30)
        return built(*what)

    monkeypatch.setattr(boosting, "build", slow)
    running = engine.begin(Hotwords(), None)
    running.feed(asked[: len(asked) // 2])
    assert engine.prepare(Hotwords((Term("Anthropic"), Term("Claude Code")))) == []
    running.feed(asked[len(asked) // 2 :])
    assert running.finish() == "We asked cloud code about the problem."
    go_on.set()
    later = hear(engine, asked, Hotwords((Term("Anthropic"), Term("Claude Code"))))
    assert later == "We asked Claude Code about the problem."


def test_what_the_model_cannot_write_is_named(engine: NemotronEngine) -> None:
    lines = engine.prepare(Hotwords((Term("Claude"), Term("5€ note"), Term("Go"))))
    assert len(lines) == 2
    assert any("'5€ note'" in line for line in lines)
    assert any("'Go'" in line and "hotwords.shortest" in line for line in lines)


def test_where_the_boost_runs_wild_the_plain_text_stands_and_says_so(
    engine: NemotronEngine, asked: Samples, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nemotron_module, "settle", lambda plain, *_: (plain, True))
    utterance = engine.begin(CLAUDE, None)
    utterance.feed(asked)
    assert utterance.finish() == "We asked cloud code about the problem."
    assert utterance.effort.note == DIFFERENT
    assert "Claude" not in utterance.effort.note
    trusting = Hotwords(CLAUDE.terms, guards=Guards(compare=False))
    assert hear(engine, asked, trusting) == "We asked Claude Code about the problem."


def test_the_strongest_boost_cannot_turn_a_sentence_into_terms(engine: NemotronEngine) -> None:
    wild = Hotwords(tuple(Term(term.spelling, weight=10.0) for term in TERMS.terms), strength=4.0)
    sound = read(AUDIO / "window.wav")
    text = hear(engine, sound, wild)
    plain = hear(engine, sound).lower().split()
    assert len(set(text.lower().split()) & set(plain)) >= len(plain) - 3, text


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


def test_a_card_that_is_not_there_is_named() -> None:
    made = NemotronEngine(mini_model.settings(device="cuda"))
    with pytest.raises(Unavailable, match="nvidia-smi"):
        made.load()


def test_switches_that_make_loading_unsafe_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    made = NemotronEngine(mini_model.settings())
    assert made.unavailable_reason() is None
    monkeypatch.setenv("TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD", "1")
    assert "TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD" in (made.unavailable_reason() or "")
    with pytest.raises(Unavailable, match="unset it"):
        made.load()


def test_a_file_of_ones_own_takes_trust() -> None:
    made = NemotronEngine(mini_model.settings(trust_model=False))
    assert "trust_model" in (made.unavailable_reason() or "")
    with pytest.raises(Unavailable, match="trust_model"):
        made.load()


def test_other_languages_are_refused(engine: NemotronEngine) -> None:
    with pytest.raises(Unavailable, match="knows en, not 'de-DE'"):
        engine.begin(CLAUDE, "de-DE")


@pytest.mark.parametrize("content", [b"", b"not a model", b"\0" * 10_000])
def test_a_broken_file_is_an_error_and_no_more(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "broken.nemo"
    path.write_bytes(content)
    made = NemotronEngine(mini_model.settings(model=str(path)))
    with pytest.raises((EngineError, Unavailable)):
        made.load()


def test_a_model_file_cannot_run_a_program(tmp_path: Path) -> None:
    """A configuration that names a function to call, as in CVE-2025-23304."""
    canary = tmp_path / "canary"
    config = (
        "target: nemo.collections.asr.models.rnnt_bpe_models.EncDecRNNTBPEModel\n"
        "preprocessor:\n  _target_: os.system\n  command: touch " + str(canary) + "\n"
        "tokenizer:\n  _target_: os.system\n  command: touch " + str(canary) + "\n"
        "encoder:\n  _target_: os.system\n  command: touch " + str(canary) + "\n"
    )
    path = tmp_path / "evil.nemo"
    with tarfile.open(path, "w") as archive:
        for name, data in (("model_config.yaml", config.encode()), ("model_weights.ckpt", b"")):
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    made = NemotronEngine(mini_model.settings(model=str(path)))
    with pytest.raises(EngineError, match="cannot be loaded"):
        made.load()
    assert not canary.exists()


def test_unavailable_reason_imports_nothing_heavy() -> None:
    import subprocess
    import sys

    code = (
        "import sys\n"
        "from dictate.config.schema import EngineSettings\n"
        "from dictate.engines.nemotron.engine import NemotronEngine\n"
        "NemotronEngine(EngineSettings(use='nemotron')).unavailable_reason()\n"
        "print('torch' in sys.modules, 'nemo' in sys.modules)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.split() == ["False", "False"]


def test_loading_a_second_time_is_quick_enough_for_a_restart() -> None:
    made = NemotronEngine(mini_model.settings())
    began = time.monotonic()
    made.load()
    assert time.monotonic() - began < 60


def test_the_settings_name_no_model_by_default() -> None:
    made = NemotronEngine(EngineSettings(use="nemotron"))
    assert "dictate models download nemotron" in (made.unavailable_reason() or "")
