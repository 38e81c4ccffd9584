"""What every engine keeps to. A new one is tested unasked: it only has to stand in ENGINES."""

import time
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from dictate.config.schema import EngineSettings
from dictate.engines import ENGINES, Engine, Utterance
from dictate.events import RATE, Samples
from dictate.hotwords.model import Hotwords, Term
from tests.lab import other_models, riva_server, tiny_qwen3
from tests.lab.mini_model import MINI
from tests.lab.openai_server import OpenAIServer, listener
from tests.lab.serving import Serving
from tests.lab.voices import read, word_errors

AUDIO = Path(__file__).parents[1] / "audio"
RECORDINGS = sorted(AUDIO.glob("*.wav"))
WORST = 0.15
"""Word error rate over tests/audio, which is spoken clearly; for engines that listen."""
CLAUDE = Hotwords((Term("Claude Code"),))
RUST = Hotwords((Term("Rust"), Term("Kubernetes", sounds_like=("cuban eighties",))))


OTHERS = [f"nemotron:{kind}" for kind in other_models.KINDS]
"""Kinds of model, each of which makes another engine of it."""


@pytest.fixture(scope="module", params=[*sorted(ENGINES.table), *OTHERS])
def engine(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Engine]:
    use: str = request.param
    if use in OTHERS:
        yield other_models.engine(use.partition(":")[2])
        return
    if use == "wyoming":
        with Serving(tmp_path_factory.mktemp("serving")) as server:
            settings = EngineSettings(use=use, address=str(server.socket))
            engine = ENGINES.make(use, settings)
            assert engine.unavailable_reason() is None
            engine.load()
            yield engine
        return
    if use == "openai":
        with OpenAIServer(hears=listener()) as web:
            engine = ENGINES.make(use, EngineSettings(use=use, base_url=web.url))
            assert engine.unavailable_reason() is None
            engine.load()
            yield engine
        return
    if use == "riva":
        with riva_server.RivaServer(riva_server.listener()) as riva:
            engine = ENGINES.make(use, EngineSettings(use=use, base_url=riva.url))
            assert engine.unavailable_reason() is None
            engine.load()
            yield engine
        return
    if use == "scripted":
        script = tmp_path_factory.mktemp("scripted") / "script"
        script.write_text("the same five words always\n")
        use = f"scripted:{script}"
    settings = EngineSettings(use=use)
    if use == "nemotron":
        settings = replace(settings, model=str(MINI), trust_model=True)
    if use == "qwen3":
        made = tiny_qwen3.make(tmp_path_factory.mktemp("qwen3"), words=tiny_qwen3.SAYS)
        settings = replace(settings, model=str(made), trust_model=True)
    engine = ENGINES.make(request.param, settings)
    if reason := engine.unavailable_reason():
        pytest.skip(f"{request.param}: {reason}")
    engine.load()
    yield engine


@pytest.fixture(scope="module")
def spoken() -> Samples:
    return read(AUDIO / "window.wav")


def pieces(samples: Samples, size: int = 320) -> Iterator[Samples]:
    for start in range(0, len(samples), size):
        yield samples[start : start + size]


def hear(engine: Engine, samples: Samples, size: int = 320, hotwords: Hotwords = CLAUDE) -> str:
    utterance = engine.begin(hotwords, None)
    for piece in pieces(samples, size):
        utterance.feed(piece)
    return utterance.finish()


@pytest.fixture(scope="module")
def expected(engine: Engine, spoken: Samples) -> str:
    """What the engine hears of it, whatever happened before."""
    return hear(engine, spoken)


def test_it_says_what_it_is(engine: Engine) -> None:
    assert engine.languages
    assert ENGINES.table[engine.name]


def test_a_partial_is_the_whole_text_so_far_or_none(engine: Engine, spoken: Samples) -> None:
    utterance = engine.begin(CLAUDE, None)
    partials = [utterance.feed(piece) for piece in pieces(spoken)]
    partials += news(engine, utterance)
    final = utterance.finish()
    texts = [text for text in partials if text is not None]
    assert final
    assert all(isinstance(text, str) for text in texts)
    assert all(one != other for one, other in pairwise(texts))
    assert bool(texts) == engine.streams
    if engine.streams:
        assert max(len(text.split()) for text in texts) >= len(final.split()) - 2


def news(engine: Engine, utterance: Utterance) -> Iterator[str | None]:
    """What an engine elsewhere says of sound that it was given faster than anybody speaks, until it
    has said nothing for a while."""
    until = time.monotonic() + 2.0
    while engine.streams and not engine.local and time.monotonic() < until:
        time.sleep(0.02)
        text = utterance.feed(np.zeros(0, np.float32))
        if text is not None:
            until = time.monotonic() + 2.0
        yield text


@pytest.mark.parametrize(
    "samples",
    [
        np.zeros(0, np.float32),
        np.zeros(160, np.float32),
        np.zeros(3 * RATE, np.float32),
        np.full(RATE, np.nan, np.float32),
        np.random.default_rng(1).normal(0, 0.004, 3 * RATE).astype(np.float32),
    ],
    ids=["empty", "10 ms", "silence", "not a number", "quiet noise"],
)
def test_nothing_said_is_nothing_heard(engine: Engine, samples: Samples) -> None:
    assert hear(engine, samples) == ""


def test_ten_milliseconds_of_something_is_no_error(engine: Engine, spoken: Samples) -> None:
    assert isinstance(hear(engine, spoken[RATE : RATE + 160]), str)


def test_the_sizes_of_the_pieces_do_not_matter(
    engine: Engine, spoken: Samples, expected: str
) -> None:
    assert hear(engine, spoken, size=len(spoken)) == expected
    sizes = np.random.default_rng(3)
    utterance, at = engine.begin(CLAUDE, None), 0
    while at < len(spoken):
        size = int(sizes.integers(1, 4000))
        utterance.feed(spoken[at : at + size])
        at += size
    assert utterance.finish() == expected


def test_two_open_utterances_do_not_mix(engine: Engine) -> None:
    sounds = [read(AUDIO / "window.wav"), read(AUDIO / "train.wav")]
    alone = [hear(engine, sound) for sound in sounds]
    utterances: list[Utterance] = [engine.begin(CLAUDE, None) for _ in sounds]
    for start in range(0, max(map(len, sounds)), 800):
        for utterance, sound in zip(utterances, sounds, strict=True):
            utterance.feed(sound[start : start + 800])
    assert [utterance.finish() for utterance in utterances] == alone


def test_cancelled_then_begun_again(engine: Engine, spoken: Samples, expected: str) -> None:
    utterance = engine.begin(CLAUDE, None)
    utterance.feed(spoken[: len(spoken) // 2])
    utterance.cancel()
    utterance.cancel()
    assert hear(engine, spoken) == expected


def test_one_list_of_hotwords_after_another(engine: Engine, spoken: Samples, expected: str) -> None:
    hear(engine, spoken, hotwords=RUST)
    hear(engine, spoken, hotwords=Hotwords())
    assert hear(engine, spoken) == expected


def test_an_open_utterance_keeps_its_list(engine: Engine, spoken: Samples, expected: str) -> None:
    utterance = engine.begin(CLAUDE, None)
    utterance.feed(spoken[:RATE])
    assert engine.prepare(RUST) == []
    utterance.feed(spoken[RATE:])
    assert utterance.finish() == expected


@pytest.mark.parametrize("recording", RECORDINGS, ids=lambda path: path.stem)
def test_each_recording_has_its_text(recording: Path) -> None:
    assert recording.with_suffix(".txt").read_text().strip()
    assert recording.stat().st_size < 150_000


def test_what_is_said_is_heard(engine: Engine) -> None:
    if engine.name in ("scripted", "qwen3", "wyoming"):
        return  # what they say here is written down; test_qwen3.py hears with random weights
    counts = [
        word_errors(path.with_suffix(".txt").read_text(), hear(engine, read(path)))
        for path in RECORDINGS
    ]
    wrong, said = (sum(column) for column in zip(*counts, strict=True))
    assert wrong / said <= WORST, f"{wrong} of {said} words wrong"
