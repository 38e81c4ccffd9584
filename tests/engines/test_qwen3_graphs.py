"""CUDA graphs of Qwen3-ASR's decoding, without a card: where keys and values lie, what a recorded
step sees, and what becomes of graphs that cannot be made or hear something else. A "replay" here
runs the step again, on the memory of the recording, which is all that a card would do."""

import dataclasses
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest

from dictate.engines import cuda_graph, device, prompt_guard
from dictate.engines.cuda_graph import Replay
from dictate.engines.qwen3 import load as qwen3_load
from dictate.engines.qwen3.engine import Qwen3Engine
from dictate.events import RATE, Samples
from dictate.hotwords.model import Hotwords, Term
from tests.lab import tiny_qwen3
from tests.lab.voices import read

AUDIO = Path(__file__).parents[1] / "audio"
TERMS = Hotwords((Term("Claude Code"), Term("Nemotron")))

Run = Callable[[], Any]


def imitated(run: Run) -> tuple[Any, Replay]:
    from dictate.engines.qwen3.decode import _Room

    def frozen() -> Any:
        # What Python knew at the recording is what a card repeats: that the room was empty.
        with patch.object(_Room, "get_seq_length", lambda _: 0):
            return run()

    said = frozen()
    return said, lambda: said.copy_(frozen())


def stale(run: Run) -> tuple[Any, Replay]:
    return run(), lambda: None


def impossible(run: Run) -> tuple[Any, Replay]:
    raise RuntimeError("operation not permitted when stream is capturing")


@pytest.fixture(autouse=True)
def long_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    """Texts that go over the border of a stretch, of which there are many."""
    monkeypatch.setattr("dictate.engines.qwen3.decode.STRETCH", 64)
    monkeypatch.setattr("dictate.engines.qwen3.graphs.STRETCH", 64)
    monkeypatch.setattr("dictate.engines.qwen3.decode.MOST_BEFORE", 256)
    monkeypatch.setattr("dictate.engines.qwen3.utterance.LONGEST_S", 8)
    monkeypatch.setattr(prompt_guard, "TOKENS_PER_S", 4)
    monkeypatch.setattr(prompt_guard, "FREE_TOKENS", 32)
    # What random weights say is what the guards are there for.
    monkeypatch.setattr("dictate.engines.qwen3.decode.unlooped", lambda tokens, _: len(tokens))
    monkeypatch.setattr("dictate.engines.qwen3.utterance.echoes", lambda *_: False)
    monkeypatch.setattr("dictate.engines.qwen3.utterance.too_long", lambda *_: False)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_qwen3.make(tmp_path_factory.mktemp("random"))


@pytest.fixture
def plain(folder: Path) -> Qwen3Engine:
    made = tiny_qwen3.engine(folder)
    made.load()
    return made


def a_card(
    folder: Path, monkeypatch: pytest.MonkeyPatch, record: Callable[[Run], Any]
) -> Qwen3Engine:
    """An engine that believes itself on a card where `record` makes the graphs."""
    load = qwen3_load.load
    monkeypatch.setattr(
        qwen3_load, "load", lambda *asked: dataclasses.replace(load(*asked), device="a card")
    )
    monkeypatch.setattr(cuda_graph, "record", record)
    made = tiny_qwen3.engine(folder, cuda_graphs=True)
    made.load()
    return made


def hear(engine: Qwen3Engine, sound: Samples, hotwords: Hotwords = TERMS, size: int = 8000) -> str:
    utterance = engine.begin(hotwords, None)
    for start in range(0, len(sound), size):
        utterance.feed(sound[start : start + size])
    return utterance.finish()


def sounds() -> list[Samples]:
    found = [read(path) for path in sorted(AUDIO.glob("*.wav"))[:3]]
    return [found[0], np.concatenate(found)[: 8 * RATE]]


def test_what_is_heard_is_the_same_on_every_stretch(
    folder: Path, plain: Qwen3Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = a_card(folder, monkeypatch, imitated)
    assert made.facts.notes == ()
    graphs = made._decoder.graphs
    assert graphs is not None
    used: list[int] = []
    step = graphs.step

    def noted(token: int, at: int) -> int:
        used.append(at)
        return step(token, at)

    monkeypatch.setattr(graphs, "step", noted)
    for sound, hotwords in product(sounds(), (TERMS, Hotwords())):
        assert hear(made, sound, hotwords) == hear(plain, sound, hotwords) != ""
    assert len(used) > 100, "the graphs were used"
    assert len({at // 64 for at in used}) > 3, "on several stretches"


def test_a_step_takes_the_shortest_stretch_that_its_token_is_in() -> None:
    torch = pytest.importorskip("torch", reason="torch is not installed")
    from dictate.engines.qwen3.graphs import Graphs

    used: list[tuple[int, int, int]] = []

    def step(token: Any, at: Any, stretch: int) -> Any:
        used.append((int(token), int(at), stretch))
        return token + 1

    def again(run: Run) -> tuple[Any, Replay]:
        said = run()
        return said, lambda: said.copy_(run())

    graphs = Graphs(step, (64, 128), torch.device("cpu"), again)
    used.clear()
    assert [graphs.step(7, at) for at in (0, 63, 64, 127)] == [8] * 4
    assert used == [(7, 0, 64), (7, 63, 64), (7, 64, 128), (7, 127, 128)]


def test_keys_and_values_lie_where_they_lay(
    folder: Path, plain: Qwen3Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    for made in (plain, a_card(folder, monkeypatch, imitated)):
        rooms = made._decoder._rooms

        def places(rooms: Any = rooms) -> list[int]:
            return [part.data_ptr() for room in rooms for part in (room.keys, room.values)]

        before, shape = places(), rooms[0].keys.shape
        made.prepare(TERMS)
        front = rooms[0].keys[:, :, : made._decoder.length].clone()
        for sound in sounds():
            hear(made, sound)
        assert places() == before
        assert rooms[0].keys.shape == shape
        assert (rooms[0].keys[:, :, : front.shape[2]] == front).all(), "the context is kept"


@pytest.mark.parametrize(
    ("record", "why"), [(stale, "gave a different text"), (impossible, "capturing")]
)
def test_graphs_that_hear_something_else_or_cannot_be_made_are_not_used(
    folder: Path,
    plain: Qwen3Engine,
    monkeypatch: pytest.MonkeyPatch,
    record: Callable[[Run], Any],
    why: str,
) -> None:
    made = a_card(folder, monkeypatch, record)
    assert made._decoder.graphs is None
    assert why in made.facts.notes[0]
    for sound in sounds():
        assert hear(made, sound) == hear(plain, sound)


def test_one_stretch_that_hears_something_else_is_enough(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[int] = []

    def spoiled(run: Run) -> tuple[Any, Replay]:
        made.append(1)
        return (stale if len(made) == 5 else imitated)(run)

    engine = a_card(folder, monkeypatch, spoiled)
    assert len(made) > 5
    assert engine._decoder.graphs is None
    assert "gave a different text" in engine.facts.notes[0]


def test_without_a_card_it_says_that_there_are_none(folder: Path) -> None:
    made = tiny_qwen3.engine(folder, cuda_graphs=True)
    made.load()
    assert made._decoder.graphs is None
    assert "has no effect here" in made.facts.notes[-1]


def test_the_memory_is_measured_when_all_that_takes_some_has_taken_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    happened: list[str] = []

    def recorded(run: Run) -> tuple[Any, Replay]:
        happened.append("recorded")
        return imitated(run)

    def measured(_: Any, before_mb: float) -> float:
        happened.append("measured")
        assert before_mb > 0
        return 1234.5

    monkeypatch.setattr(device, "memory_mb", measured)
    made = a_card(folder, monkeypatch, recorded)
    assert happened[-1] == "measured"
    assert happened.count("measured") == 1
    assert made.facts.device_memory_mb == 1234.5
