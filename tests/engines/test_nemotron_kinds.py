"""The other kinds of model that the main engine takes: one that is told the language, and those
that hear the whole sound (`tests/lab/other_models.py` has them)."""

import asyncio
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dictate.config.profiles import same_engine
from dictate.config.schema import EngineSettings
from dictate.engines import transducer
from dictate.engines.client import EngineClient
from dictate.engines.nemotron.engine import NemotronEngine
from dictate.engines.offline import CUT_FROM_S, LONGEST_S, quietest
from dictate.engines.transducer import DIFFERENT, WHOLE
from dictate.errors import EngineError, Unavailable
from dictate.events import RATE, Samples, pcm_from_samples
from dictate.hotwords.model import Hotwords, Term
from dictate.models import store
from dictate.models.catalogue import CATALOGUE
from dictate.platform import paths
from tests.lab import mini_model, other_models
from tests.lab.engine import Whole, ready
from tests.lab.voices import read

AUDIO = Path(__file__).parents[1] / "audio"
ASKED = Path(__file__).parents[2] / "dictate" / "samples" / "2-claude-code.wav"
PLAIN = "We asked cloud code about the problem."
REPAIRED = "We asked Claude Code about the problem."
NONE = Hotwords()
CLAUDE = Hotwords((Term("Claude Code"),))
OFFLINE = ("whole", "tdt")


@pytest.fixture(scope="module")
def asked() -> Samples:
    return read(ASKED)


@pytest.fixture(scope="module")
def told() -> NemotronEngine:
    """The one that is told the language: English, unless the dictation says another."""
    return other_models.engine("prompt")


def pieces(sound: Samples, size: int = 1600) -> Iterator[Samples]:
    for start in range(0, len(sound), size):
        yield sound[start : start + size]


def hear(
    engine: NemotronEngine,
    sound: Samples,
    hotwords: Hotwords = NONE,
    language: str | None = None,
) -> str:
    utterance = engine.begin(hotwords, language)
    for piece in pieces(sound):
        utterance.feed(piece)
    return utterance.finish()


# A model that is told the language.


@pytest.mark.parametrize("language", ["en-US", "de-DE", "auto"])
@pytest.mark.parametrize("chunk_ms", [80, 1120])
def test_streamed_in_a_language_equals_offline(
    told: NemotronEngine, language: str, chunk_ms: int
) -> None:
    """Offline by NeMo's own way of telling the language."""
    model, context = told._loaded.model, told._loaded.contexts[chunk_ms]
    prompt_index = other_models.PROMPTS[language]
    sizes = np.random.default_rng(chunk_ms)

    def in_language(encoded: Any) -> Any:
        model.set_inference_prompt(language)
        encoded = model._apply_prompt_to_encoded(encoded)
        del model._inference_prompt_index
        return encoded

    for path in (ASKED, AUDIO / "window.wav"):
        sound = read(path)
        tokens, offline = mini_model.both_ways(
            model, context, sound, sizes, prompt_index, in_language
        )
        assert tokens == offline
        assert model.tokenizer.ids_to_text(tokens).endswith(
            {"en-US": ".", "de-DE": other_models.BANG, "auto": other_models.TAG}[language]
        )


def test_open_dictations_in_several_languages_do_not_disturb_each_other(
    told: NemotronEngine, asked: Samples
) -> None:
    languages = ("de-DE", None, "auto", "de", "en-GB")
    utterances = [told.begin(CLAUDE, language) for language in languages]
    for piece in pieces(asked):
        for utterance in utterances:
            utterance.feed(piece)
    german, automatic = f"{REPAIRED[:-1]}!", REPAIRED[:-1]
    assert [utterance.finish() for utterance in utterances] == [
        *(german, REPAIRED, automatic, german, REPAIRED),
    ]
    assert not hasattr(told._loaded.model, "_inference_prompt_index")


@pytest.mark.parametrize("hotwords", [NONE, CLAUDE])
def test_nobody_sees_the_tag_of_the_language(
    told: NemotronEngine, asked: Samples, hotwords: Hotwords
) -> None:
    utterance: Any = told.begin(hotwords, "auto", 80)
    decoder, heard = utterance._recognizer._decoder, []
    take = decoder.take

    def noted(*what: Any) -> Any:
        heard.append(take(*what))
        return heard[-1]

    decoder.take = noted
    twice = np.concatenate([asked, asked])
    partials = [utterance.feed(piece) for piece in pieces(twice, 320)]
    text = utterance.finish()
    tag = told._loaded.model.tokenizer.token_to_id(other_models.TAG)
    assert sum(step[0].count(tag) for step in heard) == 2, "the model wrote it"
    once = (REPAIRED if hotwords.terms else PLAIN)[:-1]
    assert text == f"{once} {once}"
    seen = [partial for partial in partials if partial is not None]
    assert not any("<" in partial for partial in seen)
    assert all(b.startswith(a) and a == a.strip() for a, b in pairwise([*seen, text]))


def test_a_term_of_one_language_counts_in_that_language(
    told: NemotronEngine, asked: Samples
) -> None:
    german = Hotwords((Term("Claude Code", language="de"),))
    assert told.prepare(german) == []
    assert hear(told, asked, german) == PLAIN
    assert hear(told, asked, german, "de-DE") == f"{REPAIRED[:-1]}!"
    assert hear(told, asked, german, "auto") == REPAIRED[:-1]


def test_it_says_which_languages_it_speaks(told: NemotronEngine) -> None:
    assert told.languages == ("de-DE", "en-GB", "en-US", "pt", "zh-CN", "zh-TW")
    assert told.streams
    assert (told.facts.model, told.facts.chunk_ms, told.facts.notes) == ("prompt", 560, ())


@pytest.mark.parametrize("language", ["fi", "zh"])
def test_a_language_that_it_has_not_is_refused(told: NemotronEngine, language: str) -> None:
    path = str(other_models.path("prompt"))
    made = NemotronEngine(mini_model.settings(model=path, language=language))
    assert made.unavailable_reason() is None, "only the file knows"
    known = f"'{language}'.*auto, de-DE, en-GB, en-US, pt, zh-CN, zh-TW"
    with pytest.raises(Unavailable, match=known):
        made.load()
    with pytest.raises(Unavailable, match=known):
        told.begin(NONE, language)


@pytest.mark.parametrize("kind", ["prompt", "whole"])
def test_bf16_is_for_the_encoder_of_each_kind(kind: str, asked: Samples) -> None:
    import torch

    path = str(other_models.path(kind))
    made = NemotronEngine(mini_model.settings(model=path, precision="bf16", language="en"))
    made.load()
    dtypes = {weights.dtype for weights in made._loaded.model.encoder.parameters()}
    assert dtypes == {torch.bfloat16 if made.facts.precision == "bf16" else torch.float32}
    assert made.facts.precision == "bf16" or "bf16" in made.facts.notes[-1]
    assert hear(made, asked, CLAUDE) == REPAIRED


# Models that hear the whole sound.


@pytest.mark.parametrize("kind", OFFLINE)
def test_a_model_that_does_not_stream_hears_what_nemo_hears(kind: str) -> None:
    engine = other_models.engine(kind)
    assert not engine.streams
    assert engine.facts.chunk_ms == 0
    assert engine.facts.notes == (WHOLE,)
    model = engine._loaded.model
    for path in sorted(AUDIO.glob("*.wav")):
        sound = read(path)
        utterance = engine.begin(NONE, None)
        assert all(utterance.feed(piece) is None for piece in pieces(sound))
        text = utterance.finish()
        (expected,) = model.transcribe([sound], batch_size=1, verbose=False)
        model.eval()  # transcribe leaves the encoder in training
        assert text == expected.text
        assert text == path.with_suffix(".txt").read_text().strip()
        assert (utterance.effort.chunk_ms, utterance.effort.steps) == (0, 1)
        assert utterance.effort.step_ms > 0


@pytest.mark.parametrize("kind", OFFLINE)
def test_hotwords_and_guards_are_the_same_there(
    kind: str, asked: Samples, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = other_models.engine(kind)
    assert hear(engine, asked) == PLAIN
    assert hear(engine, asked, CLAUDE) == REPAIRED
    assert hear(engine, asked, Hotwords(CLAUDE.terms, strength=0.0)) == PLAIN
    noise = np.random.default_rng(2).normal(0, 0.003, 5 * RATE).astype(np.float32)
    assert hear(engine, noise, Hotwords(CLAUDE.terms, strength=4.0)) == ""
    assert hear(engine, asked[RATE : RATE + RATE // 4], CLAUDE) == ""
    monkeypatch.setattr(transducer, "settle", lambda plain, *_: (plain, True))
    utterance = engine.begin(CLAUDE, None)
    utterance.feed(asked)
    assert (utterance.finish(), utterance.effort.note) == (PLAIN, DIFFERENT)


@pytest.mark.parametrize("kind", OFFLINE)
@pytest.mark.parametrize("size", [RATE, 10**9])
def test_a_long_sound_is_heard_in_pieces_and_in_bounded_memory(
    kind: str, size: int, asked: Samples
) -> None:
    many = 100 * RATE // len(asked)
    utterance: Any = other_models.engine(kind).begin(CLAUDE, None)
    partials = []
    for piece in pieces(np.tile(asked, many), size):
        partials.append(utterance.feed(piece))
        assert sum(map(len, utterance._recognizer._kept)) <= (LONGEST_S + 1) * RATE
        kept = utterance._recognizer._kept
        assert all(held.base is None or held.base.size <= len(piece) for held in kept)
    text = utterance.finish()
    assert text == " ".join([REPAIRED] * many)
    assert utterance.effort.steps == 3
    seen = [partial for partial in partials if partial is not None]
    assert 1 <= len(seen) <= 2
    assert all(b.startswith(a) for a, b in pairwise([*seen, text]))


def test_the_cut_is_in_the_pause() -> None:
    noise = np.random.default_rng(5).normal(0, 0.1, (LONGEST_S + 5) * RATE).astype(np.float32)
    for pause_s in (5.0, CUT_FROM_S + 3.4, LONGEST_S + 2.0):
        noise[round(pause_s * RATE) :][: RATE // 2] *= 0.01
    assert CUT_FROM_S + 3.4 < quietest(noise) / RATE < CUT_FROM_S + 3.9


# What is taken, and what is refused.


@pytest.mark.parametrize("kind", ["ctc", "telephone"])
def test_a_model_of_a_kind_that_it_cannot_run_is_named(kind: str) -> None:
    made = NemotronEngine(mini_model.settings(model=str(other_models.path(kind))))
    with pytest.raises(EngineError, match={"ctc": "EncDecCTCModelBPE", "telephone": "8000"}[kind]):
        made.load()


def test_features_that_need_the_whole_sound_are_not_streamed() -> None:
    from omegaconf import open_dict

    from dictate.engines.nemotron.load import _contexts

    model = mini_model.engine()._loaded.model
    assert sorted(_contexts(model)) == [80, 160, 560, 1120]
    with open_dict(model.cfg):
        before, model.cfg.preprocessor.normalize = model.cfg.preprocessor.normalize, "per_feature"
        try:
            assert _contexts(model) == {}
        finally:
            model.cfg.preprocessor.normalize = before


def test_a_model_of_ones_own_speaks_what_one_says() -> None:
    made = NemotronEngine(
        mini_model.settings(model=str(other_models.path("whole")), language="de-DE")
    )
    assert made.unavailable_reason() is None
    made.load()
    assert made.languages == ("de",)
    assert made.begin(NONE, "de-AT")
    with pytest.raises(Unavailable, match="knows de, not 'en'"):
        made.begin(NONE, "en")


@pytest.mark.parametrize(
    ("model", "language", "unavailable_reason"),
    [
        ("nemotron", "en-GB", None),
        ("nemotron", "de-DE", "knows en, not 'de-DE'"),
        ("nemotron", "auto", "knows en, not 'auto'"),
        ("nemotron-3.5", "de-DE", None),
        ("nemotron-3.5", "auto", None),
        ("parakeet", "de-DE", None),
        ("parakeet", "auto", None),
        ("parakeet", "ja", "not 'ja'"),
    ],
)
def test_a_downloaded_model_is_known_by_what_it_speaks(
    model: str, language: str, unavailable_reason: str | None
) -> None:
    paths.safe_dir(paths.models_dir())
    known = CATALOGUE[model]
    record = store.InstalledModel(known.repository, known.revision, known.sha256, store.PUBLISHER)
    for path, content in ((known.path, "weights"), (known.record_path, record.text())):
        path.write_text(content)
        path.chmod(0o600)
    found = NemotronEngine(EngineSettings(model=model, language=language)).unavailable_reason()
    assert found is None if unavailable_reason is None else unavailable_reason in (found or "")


def test_another_language_or_model_is_another_engine() -> None:
    one = EngineSettings()
    assert same_engine(one, EngineSettings(chunk_ms=80))
    assert not same_engine(one, EngineSettings(language="de-DE"))
    assert not same_engine(one, EngineSettings(model="nemotron-3.5"))


# In a process of its own.


@pytest.mark.timeout(240)
@pytest.mark.usefixtures("forked_engine_processes")
@pytest.mark.parametrize(
    ("kind", "language", "text"),
    [("prompt", "de-DE", f"{REPAIRED[:-1]}!"), ("tdt", "en", REPAIRED)],
)
def test_the_daemon_hears_it_through_the_engine_process(
    tmp_path: Path, asked: Samples, kind: str, language: str, text: str
) -> None:
    settings = mini_model.settings(
        model=str(other_models.path(kind)), language=language, deadline_s=60.0
    )

    async def main() -> str:
        link = EngineClient(settings, tmp_path / "e")
        async with asyncio.timeout(200):
            await link.start()
            try:
                await ready(link)
                assert link.info.streams == (kind == "prompt")
                assert link.info.languages == other_models.engine(kind).languages
                utterance = link.begin(1, CLAUDE, settings.language)
                for piece in pieces(asked, RATE):
                    utterance.feed(pcm_from_samples(piece))
                final = await utterance.finish(Whole(pcm_from_samples(asked)))
                assert link.info.chunk_ms == (560 if kind == "prompt" else 0)
                return final.text
            finally:
                await link.stop()

    assert asyncio.run(main()) == text
