"""The contract of every engine. A new engine in ENGINES is tested without further ado; if it needs
anything to be tried, see `engines/__init__.py` beside this file.
"""

import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from dictate.engines import ENGINES, Draft, Engine, Utterance
from dictate.events import RATE, Samples
from dictate.hotwords.model import Hotwords, Term
from tests.contract.engines import Trial, trials
from tests.lab.voices import read, word_errors

AUDIO = Path(__file__).parents[1] / "audio"
RECORDINGS = sorted(AUDIO.glob("*.wav"))
MAX_WORD_ERROR_RATE = 0.15
"""Highest word error rate over the recordings in tests/audio, which are spoken clearly."""
CLAUDE = Hotwords((Term("Claude Code"),))
RUST = Hotwords((Term("Rust"), Term("Kubernetes", sounds_like=("cuban eighties",))))
LONG = Hotwords(
    (Term("Claude Code"), *(Term(f"Window{ending}") for ending in "abcdefghijklmnopqrstuvwxyz"))
)
"""Enough terms for a second pass, which finds some that resemble what is said."""


@pytest.fixture(scope="module", params=trials(), ids=str)
def trial(request: pytest.FixtureRequest) -> Trial:
    found: Trial = request.param
    return found


@pytest.fixture(scope="module")
def engine(trial: Trial, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    with trial.engine(tmp_path_factory.mktemp("engine")) as made:
        yield made


@pytest.fixture(scope="module")
def spoken() -> Samples:
    return read(AUDIO / "window.wav")


def pieces(samples: Samples, size: int = 320) -> Iterator[Samples]:
    for start in range(0, len(samples), size):
        yield samples[start : start + size]


def recognise(
    engine: Engine, samples: Samples, size: int = 320, hotwords: Hotwords = CLAUDE
) -> str:
    utterance = engine.begin(hotwords, None)
    for piece in pieces(samples, size):
        utterance.feed(piece)
    return utterance.finish()


@pytest.fixture(scope="module")
def expected(engine: Engine, spoken: Samples) -> str:
    """What the engine returns for it, whatever happened before."""
    return recognise(engine, spoken)


def test_it_has_a_name_and_languages(engine: Engine) -> None:
    assert engine.languages
    assert engine.name in ENGINES.names


def test_a_partial_is_the_whole_text_so_far_or_none(
    engine: Engine, spoken: Samples, expected: str
) -> None:
    utterance = engine.begin(CLAUDE, None)
    partials = [utterance.feed(piece) for piece in pieces(spoken)]
    if engine.streams and not engine.local:
        partials += late_partials(utterance, len(expected.split()) - 2)
    final = utterance.finish()
    texts = [text for text in partials if text is not None]
    assert final
    assert all(isinstance(text, str) for text in texts)
    assert all(one != other for one, other in pairwise(texts))
    assert bool(texts) == engine.streams
    if engine.streams:
        assert max(len(text.split()) for text in texts) >= len(final.split()) - 2


def late_partials(utterance: Utterance, words: int) -> Iterator[str | None]:
    """The partials of a remote engine that arrive after the sound, which was fed faster than real
    time; until one has so many words, or none has come for ten seconds."""
    until = time.monotonic() + 10.0
    while time.monotonic() < until:
        time.sleep(0.02)
        text = utterance.feed(np.zeros(0, np.float32))
        yield text
        if text is not None:
            if len(text.split()) >= words:
                return
            until = time.monotonic() + 10.0


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
def test_without_speech_the_text_is_empty(engine: Engine, samples: Samples) -> None:
    assert recognise(engine, samples) == ""


def test_ten_milliseconds_of_something_is_no_error(engine: Engine, spoken: Samples) -> None:
    assert isinstance(recognise(engine, spoken[RATE : RATE + 160]), str)


def test_the_sizes_of_the_pieces_do_not_matter(
    engine: Engine, spoken: Samples, expected: str
) -> None:
    assert recognise(engine, spoken, size=len(spoken)) == expected
    sizes = np.random.default_rng(3)
    utterance, at = engine.begin(CLAUDE, None), 0
    while at < len(spoken):
        size = int(sizes.integers(1, 4000))
        utterance.feed(spoken[at : at + size])
        at += size
    assert utterance.finish() == expected


@pytest.mark.fault("A14")
def test_two_open_utterances_do_not_mix(engine: Engine) -> None:
    sounds = [read(AUDIO / "window.wav"), read(AUDIO / "train.wav")]
    alone = [recognise(engine, sound) for sound in sounds]
    utterances: list[Utterance] = [engine.begin(CLAUDE, None) for _ in sounds]
    for start in range(0, max(map(len, sounds)), 800):
        for utterance, sound in zip(utterances, sounds, strict=True):
            utterance.feed(sound[start : start + 800])
    assert [utterance.finish() for utterance in utterances] == alone


def test_a_draft_is_the_final_text_of_the_sound_so_far(engine: Engine, spoken: Samples) -> None:
    if not engine.can_draft:
        pytest.skip(f"{engine.name} makes no drafts here")
    sizes = np.random.default_rng(5)
    for hotwords in (CLAUDE, LONG):
        cuts = sorted(sizes.integers(0, len(spoken), 2).tolist())
        asked, unasked = engine.begin(hotwords, None), engine.begin(hotwords, None)
        for begin, end in pairwise([0, *cuts, len(spoken)]):
            assert asked.feed(spoken[begin:end]) == unasked.feed(spoken[begin:end])
            alone = engine.begin(hotwords, None)
            alone.feed(spoken[:end])
            assert asked.draft() == final(alone)
        assert asked.effort.steps == unasked.effort.steps
        assert final(asked) == final(unasked)


def final(utterance: Utterance) -> Draft:
    """What it ends in."""
    text = utterance.finish()
    return Draft(text, utterance.plain, utterance.language, utterance.effort.note)


@pytest.mark.fault("A14")
def test_cancelled_then_begun_again(engine: Engine, spoken: Samples, expected: str) -> None:
    utterance = engine.begin(CLAUDE, None)
    utterance.feed(spoken[: len(spoken) // 2])
    utterance.cancel()
    utterance.cancel()
    assert recognise(engine, spoken) == expected


def test_one_list_of_hotwords_after_another(engine: Engine, spoken: Samples, expected: str) -> None:
    recognise(engine, spoken, hotwords=RUST)
    recognise(engine, spoken, hotwords=Hotwords())
    assert recognise(engine, spoken) == expected


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


def test_what_is_said_is_returned(trial: Trial, engine: Engine) -> None:
    if trial.not_compared:
        pytest.skip(f"{trial}: {trial.not_compared}")
    # What a remote engine hears is its server's doing: some of it shows that it comes back.
    counts = [
        word_errors(path.with_suffix(".txt").read_text(), recognise(engine, read(path)))
        for path in (RECORDINGS if engine.local else RECORDINGS[:2])
    ]
    wrong, said = (sum(column) for column in zip(*counts, strict=True))
    assert wrong / said <= MAX_WORD_ERROR_RATE, f"{wrong} of {said} words wrong"
