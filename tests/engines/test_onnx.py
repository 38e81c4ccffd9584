"""Transducers in ONNX files: the same as NeMo makes of the same weights. What a user gets of it is
in `test_transducers.py`."""

import hashlib
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dictate.config.schema import EngineSettings
from dictate.engines.boost_phrases import MOST_LISTS, BoostPhrases, boost_phrases
from dictate.engines.onnx import engine as onnx_engine
from dictate.engines.onnx.engine import OnnxEngine
from dictate.engines.onnx.features import HOP, Features, filter_banks
from dictate.engines.onnx.tokens import Tokens
from dictate.engines.onnx.tree import BoostingTree
from dictate.errors import EngineError, Unavailable
from dictate.events import RATE, Samples
from dictate.hotwords.model import Hotwords, Term
from dictate.models import store
from dictate.models.catalogue import CATALOGUE, PinnedFile
from dictate.platform import paths
from tests.engines.test_transducers import AROUND, ORDINARY, SPOKEN, TERMS, hear
from tests.lab import mini_model, mini_onnx, other_models
from tests.lab.voices import read, speak

SAMPLES = Path(__file__).parents[2] / "dictate" / "samples"
CLAUDE = Hotwords((Term("Claude Code"),))


@pytest.fixture(scope="module")
def asked() -> Samples:
    return read(SAMPLES / "2-claude-code.wav")


@pytest.fixture(scope="module")
def sounds() -> list[Samples]:
    terms = [frame.format(spoken) for spoken in SPOKEN.values() for frame in AROUND[::2]]
    return [speak(text, "slt") for text in (*ORDINARY, *terms)]


# Equal to NeMo.


def test_frames_are_those_of_nemo(asked: Samples) -> None:
    import torch

    model = mini_model.engine()._loaded.model
    whole, _ = model.preprocessor(
        input_signal=torch.from_numpy(asked)[None], length=torch.tensor([len(asked)])
    )
    banks = model.preprocessor.featurizer.fb[0].numpy()
    assert np.abs(filter_banks(len(banks)) - banks).max() < 1e-7
    sizes = np.random.default_rng(7)
    for _ in range(5):
        features = Features(len(banks))
        pieces, at = [], 0
        while at < len(asked):
            size = int(sizes.integers(1, 3000))
            features.add(asked[at : at + size])
            pieces.append(features.make())
            at += size
        pieces.append(features.make(last=True))
        streamed = np.concatenate(pieces, 1)
        assert streamed.shape[1] == len(asked) // HOP
        # Only the rounding of two Fourier transforms differs, in bands without sound.
        assert np.abs(streamed - whole[0, :, : streamed.shape[1]].numpy()).max() < 1e-2


def test_the_frames_of_silence_at_the_end_are_known(asked: Samples) -> None:
    for end in (1, 100, 256, 257, 8000, 8123):
        features, computed = Features(80), Features(80)
        for one in (features, computed):
            one.add(asked[:end])
            one.make()
        count = end // HOP - features.frames + 40
        got = features.silence(count)
        computed.add(np.zeros((computed.frames + count) * HOP - end, np.float32))
        wanted = computed.make(last=True)
        assert got.shape == wanted.shape
        assert np.abs(got - wanted).max() < 1e-5


@pytest.mark.parametrize("seed", range(20))
def test_the_tree_scores_as_nemo_does(seed: int) -> None:
    """Random lists over few tokens, in which phrases share beginnings, ends and middles."""
    import torch
    from nemo.collections.asr.parts.context_biasing.boosting_graph_batched import (
        GPUBoostingTreeModel,
    )

    from dictate.engines.nemotron import boosting

    if reason := mini_model.unavailable():
        pytest.skip(f"nemotron: {reason}")
    random = np.random.default_rng(seed)
    vocabulary = 12
    phrases = {}
    for _ in range(random.integers(1, 12)):
        tokens = random.integers(0, 6, random.integers(1, 6)).tolist()
        phrases[tuple(tokens)] = float(random.choice([0.5, 1, 3]))
    wanted = BoostPhrases(
        tokens=tuple(phrases),
        texts=tuple(map(str, phrases)),
        weights=tuple(phrases.values()),
        alpha=2.0,
    )
    theirs: GPUBoostingTreeModel = boosting.build(wanted, vocabulary)
    ours = BoostingTree(wanted, vocabulary)
    state, their_state = ours.root, theirs.get_init_states(batch_size=1, bos=True)
    for token in random.integers(0, 7, 200):
        scores, after = theirs.advance(their_state)
        assert np.allclose(ours.scores(state), 2.0 * scores[0].detach().numpy(), atol=1e-4)
        state = ours.advance(state, int(token))
        their_state = after[torch.arange(1), int(token)]


def test_a_list_of_tokens_is_as_good_as_the_tokenizer() -> None:
    """The published files have no tokenizer."""
    tokens = mini_onnx.engine()._model.tokens
    made = Tokens(tokens.pieces)
    texts = [*SPOKEN, *ORDINARY, "5€ note", "a  b", "naïve", "x"]
    assert [made.text_to_ids(text) for text in texts] == [
        tokens.text_to_ids(text) for text in texts
    ]
    nemo = mini_model.engine()._loaded.model.tokenizer
    assert [made.text_to_ids(text) for text in texts] == [nemo.text_to_ids(text) for text in texts]
    for text in ORDINARY:
        ids = nemo.text_to_ids(text)
        assert made.ids_to_text(ids) == nemo.ids_to_text(ids)


@pytest.mark.parametrize("chunk_ms", [80, 560, 1120])
def test_streamed_text_is_that_of_nemo(chunk_ms: int, sounds: list[Samples]) -> None:
    """Nearly always: the exported encoder cannot begin without a history (`streaming.py`), and the
    small model is often of two minds. Figures of more recordings are in docs/decisions.md."""
    nemo, ours = mini_model.engine(), mini_onnx.engine(chunk_ms=chunk_ms, quantise=False)
    # With hotwords both engines compare with the plain text, which counts as well, then.
    pairs = [(hear(nemo, sound, TERMS, chunk_ms), hear(ours, sound, TERMS)) for sound in sounds]
    different = [pair for pair in pairs if pair[0] != pair[1]]
    assert len(different) <= 0.15 * len(pairs), different


def test_quantised_text_is_that_of_full_precision(sounds: list[Samples]) -> None:
    exact, ours = mini_onnx.engine(quantise=False), mini_onnx.engine()
    assert (exact.facts.precision, ours.facts.precision) == ("fp32", "int8")
    pairs = [(hear(exact, sound), hear(ours, sound)) for sound in sounds]
    different = [pair for pair in pairs if pair[0] != pair[1]]
    assert len(different) <= 0.15 * len(pairs), different


@pytest.mark.parametrize("kind", ["whole", "tdt"])
def test_a_whole_sound_gives_the_text_of_nemo(kind: str, sounds: list[Samples]) -> None:
    nemo, ours = other_models.engine(kind), mini_onnx.engine(kind, 0, quantise=False)
    assert not ours.streams
    for hotwords in (Hotwords(), TERMS):
        for sound in sounds:
            assert hear(ours, sound, hotwords) == hear(nemo, sound, hotwords)


@pytest.mark.parametrize("language", ["en-US", "de-DE", "auto"])
def test_a_model_is_given_the_language(language: str, asked: Samples) -> None:
    nemo, ours = other_models.engine("prompt"), mini_onnx.engine("prompt", quantise=False)
    assert ours.languages == nemo.languages
    utterances = [engine.begin(CLAUDE, language) for engine in (nemo, ours)]
    for utterance in utterances:
        utterance.feed(asked)
    texts = [utterance.finish() for utterance in utterances]
    assert texts[0] == texts[1]
    assert "Claude Code" in texts[0]
    assert utterances[0].language == utterances[1].language


# Its own.


def test_silence_at_the_end_is_not_added_again(asked: Samples) -> None:
    """Each step after the release is a wait: a sound that ends in silence mostly needs one."""
    engine = mini_onnx.engine()
    end = int(np.flatnonzero(np.abs(asked) > 0.02)[-1])
    noise = np.random.default_rng(3).normal(0, 0.0005, RATE).astype(np.float32)
    ends, last_steps = {0.0: set(), 0.3: set()}, {0.0: 0, 0.3: 0}  # type: ignore[var-annotated]
    for quiet_s in ends:
        for shift in range(0, 9000, 500):
            utterance: Any = engine.begin(CLAUDE, None)
            sound = [noise[:shift], asked[:end], noise[: int(quiet_s * RATE)]]
            utterance.feed(np.concatenate(sound))
            before = utterance.effort.steps
            ends[quiet_s].add(utterance.finish())
            last_steps[quiet_s] += utterance.effort.steps - before
    assert ends[0.3] == ends[0.0] == {"We asked Claude Code about the problem."}
    assert last_steps[0.3] <= 0.8 * last_steps[0.0]


@pytest.mark.fault("D9")
def test_a_long_dictation_takes_no_more_memory_than_a_short_one(asked: Samples) -> None:
    engine = mini_onnx.engine()
    utterance: Any = engine.begin(CLAUDE, None)
    minute = np.tile(asked, 60 * RATE // len(asked))
    for _ in range(3):
        for at in range(0, len(minute), RATE):
            utterance.feed(minute[at : at + RATE])
        stream, text = utterance._recognizer, utterance._texts[0]
        assert stream._frames.shape[1] < stream._window.size
        assert len(stream._features._sound) < RATE
        assert len(text._open) <= 200
    words = utterance.finish().split()
    assert 0.9 < len(words) / (3 * 7 * (60 * RATE // len(asked))) < 1.1


def test_it_says_what_it_runs_on() -> None:
    facts = mini_onnx.engine().facts
    assert facts.model.startswith("mini-560")
    assert (facts.precision, facts.chunk_ms, facts.notes) == ("int8", 560, ())
    assert facts.device in ("cpu, 1 thread", "cpu, 2 threads")


@pytest.mark.parametrize(
    ("cores", "factors", "threads"),
    [
        (1, {1: 0.9}, 1),
        (2, {2: 0.9}, 2),
        (16, {2: 0.3}, 2),
        (16, {2: 0.9, 4: 0.5, 8: 0.3}, 8),
        (16, {2: 0.9, 4: 0.85}, 2),
        (8, {2: 0.9, 4: 0.5}, 4),
    ],
)
def test_it_takes_the_fewest_threads_that_are_fast_enough(
    cores: int, factors: dict[int, float], threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More than half of a large machine is never taken, and no thread that gains nothing."""
    monkeypatch.setattr("os.sched_getaffinity", lambda _: set(range(cores)))
    monkeypatch.setattr(onnx_engine, "_real_time_factor", factors.__getitem__)
    load: Any = onnx_engine._load
    assert load(lambda number: number) == (threads, factors[threads])


def store_as(name: str, chunk_ms: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put the small model into the store, as this model of the catalogue."""
    shutil.copytree(mini_onnx.path(chunk_ms=chunk_ms), paths.safe_dir(paths.models_dir()) / name)
    folder = paths.models_dir() / name
    files = []
    for path in sorted(folder.iterdir()):
        path.chmod(0o600)
        content = path.read_bytes()
        sha256 = hashlib.sha256(content).hexdigest()
        files.append(PinnedFile(path.name, len(content), sha256))
    made = replace(CATALOGUE[name], files=tuple(files))
    monkeypatch.setitem(CATALOGUE, name, made)
    record = store.InstalledModel("x/y", "0" * 40, made.sha256, store.PUBLISHER)
    made.record_path.write_text(record.text())
    made.record_path.chmod(0o600)


def test_the_chunk_of_the_settings_chooses_the_download(
    monkeypatch: pytest.MonkeyPatch, asked: Samples
) -> None:
    none = OnnxEngine(EngineSettings(use="onnx", chunk_ms=160))
    assert "dictate models download nemotron-onnx" in (none.unavailable_reason() or "")
    store_as("nemotron-onnx", 560, monkeypatch)
    only = OnnxEngine(EngineSettings(use="onnx", chunk_ms=160))
    only.load()
    assert only.facts.chunk_ms == 560
    assert "dictate models download nemotron-onnx-160" in only.facts.notes[0]
    store_as("nemotron-onnx-160", 160, monkeypatch)
    nearest = {80: "nemotron-onnx-160", 160: "nemotron-onnx-160", 560: "nemotron-onnx"}
    for chunk_ms, name in nearest.items():
        engine = OnnxEngine(EngineSettings(use="onnx", chunk_ms=chunk_ms))
        engine.load()
        assert engine.facts.model == name
        assert hear(engine, asked, CLAUDE) == "We asked Claude Code about the problem."


def test_a_changed_chunk_loads_its_download_at_the_next_dictation(
    monkeypatch: pytest.MonkeyPatch, asked: Samples
) -> None:
    """An open dictation goes on with the model it began with."""
    store_as("nemotron-onnx", 560, monkeypatch)
    store_as("nemotron-onnx-160", 160, monkeypatch)
    engine = OnnxEngine(EngineSettings(use="onnx"))
    engine.load()
    before = engine.begin(CLAUDE, None, 560)
    before.feed(asked[: len(asked) // 2])
    after = engine.begin(CLAUDE, None, 160)
    before.feed(asked[len(asked) // 2 :])
    after.feed(asked)
    assert {before.finish(), after.finish()} == {"We asked Claude Code about the problem."}
    assert (before.effort.chunk_ms, after.effort.chunk_ms) == (560, 160)
    assert engine.begin(CLAUDE, None).effort.chunk_ms == 560


@pytest.mark.parametrize("trouble", ["damaged", "removed"])
def test_a_download_that_cannot_be_loaded_leaves_the_chunk_as_it_is(
    trouble: str,
    monkeypatch: pytest.MonkeyPatch,
    asked: Samples,
    caplog: pytest.LogCaptureFixture,
) -> None:
    store_as("nemotron-onnx", 560, monkeypatch)
    engine = OnnxEngine(EngineSettings(use="onnx"))
    engine.load()
    store_as("nemotron-onnx-160", 160, monkeypatch)
    if trouble == "damaged":
        (paths.models_dir() / "nemotron-onnx-160" / "encoder.int8.onnx").write_bytes(b"x")
    else:
        shutil.rmtree(paths.models_dir())
    for _ in range(2):
        utterance = engine.begin(CLAUDE, None, 160)
        utterance.feed(asked)
        assert utterance.finish() == "We asked Claude Code about the problem."
        assert utterance.effort.chunk_ms == 560
    assert "chunks stay as they are" in caplog.text
    assert engine.facts.model == "nemotron-onnx"


@pytest.mark.fault("D3")
def test_a_graphics_card_needs_the_package_for_one() -> None:
    made = OnnxEngine(mini_onnx.settings(device="cuda"))
    with pytest.raises(Unavailable, match="onnxruntime-gpu"):
        made.load()


def test_a_folder_of_ones_own_takes_trust() -> None:
    made = OnnxEngine(mini_onnx.settings(trust_model=False))
    assert "trust_model" in (made.unavailable_reason() or "")
    with pytest.raises(Unavailable, match="trust_model"):
        made.load()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("encoder.int8.onnx", b""),
        ("encoder.int8.onnx", b"not a model"),
        ("joiner.int8.onnx", b"\0" * 1000),
        ("tokens.txt", b""),
        ("tokens.txt", b"\xff\xfe a"),
        ("tokens.txt", b"a 0\nb 5\n"),
        ("tokens.txt", b"a 0\nb 1\n"),
        ("tokens.txt", b"a 0\n<blk> 1\n"),
        ("tokenizer.model", b"not a model"),
        ("tokenizer.model", Tokens(["a", "b"])._made_model()),
    ],
)
@pytest.mark.fault("D5")
def test_a_broken_file_is_an_error_that_names_it(tmp_path: Path, name: str, content: bytes) -> None:
    folder = tmp_path / "model"
    shutil.copytree(mini_onnx.path(), folder)
    (folder / name).write_bytes(content)
    made = OnnxEngine(mini_onnx.settings(model=str(folder)))
    with pytest.raises(EngineError, match=name):
        made.load()


@pytest.mark.parametrize(
    ("replaced", "by"), [("decoder", "joiner"), ("joiner", "decoder"), ("encoder", "joiner")]
)
def test_files_that_do_not_fit_together_are_an_error_that_names_the_folder(
    tmp_path: Path, replaced: str, by: str
) -> None:
    folder = tmp_path / "model"
    shutil.copytree(mini_onnx.path(), folder)
    shutil.copy(folder / f"{by}.int8.onnx", folder / f"{replaced}.int8.onnx")
    with pytest.raises(EngineError, match=str(folder)):
        OnnxEngine(mini_onnx.settings(model=str(folder))).load()


@pytest.mark.parametrize(
    "wrong",
    [
        {"subsampling_factor": "eight"},
        {"chunk_shift": "0"},
        {"chunk_shift": "-5"},
        {"chunk_shift": "9999"},
        {"window_size": "99999999"},
        {"window_size": "0"},
        {"feat_dim": "128"},
        {"pred_hidden": "-3"},
        {"prompt_dictionary": "[1]"},
    ],
    ids=str,
)
def test_wrong_metadata_are_an_error_that_names_the_folder(
    tmp_path: Path, wrong: dict[str, str]
) -> None:
    import onnx

    folder = tmp_path / "model"
    shutil.copytree(mini_onnx.path(), folder)
    encoder = onnx.load(str(folder / "encoder.int8.onnx"))
    facts = {one.key: one.value for one in encoder.metadata_props} | wrong
    del encoder.metadata_props[:]
    onnx.helper.set_model_props(encoder, facts)
    onnx.save(encoder, str(folder / "encoder.int8.onnx"))
    with pytest.raises(EngineError, match=str(folder)):
        OnnxEngine(mini_onnx.settings(model=str(folder))).load()


def test_a_token_may_be_a_character_that_ends_lines_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "tokens.txt").write_text("\u2028 0\n\x85 1\n<blk> 2\n", "utf-8")
    assert Tokens.read(tmp_path).pieces == ["\u2028", "\x85"]


@pytest.mark.parametrize("missing", ["encoder.int8.onnx", "joiner.int8.onnx", "tokens.txt"])
@pytest.mark.fault("D5")
def test_a_file_that_is_missing_is_named(tmp_path: Path, missing: str) -> None:
    folder = tmp_path / "model"
    shutil.copytree(mini_onnx.path(), folder)
    (folder / missing).unlink()
    made = OnnxEngine(mini_onnx.settings(model=str(folder)))
    with pytest.raises(EngineError, match=missing.partition(".")[0]):
        made.load()


def test_many_terms_are_taken_in_quickly_and_beside_the_utterances() -> None:
    engine = mini_onnx.engine()
    assert engine.prepares_beside
    tokens = engine._model.tokens
    wanted, _ = boost_phrases(TERMS, "en", tokens.text_to_ids, tokens.unk_id)
    trees = []
    for number in range(MOST_LISTS + 2):
        engine.prepare(Hotwords((Term("ab" * (number + 2)),)))
        trees.append(len(engine._trees))
    assert max(trees) == MOST_LISTS
    assert wanted.alpha > 0
