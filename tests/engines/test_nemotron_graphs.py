"""CUDA graphs of the encoder's steps, without a card: what is recorded, what goes in and out, and
what becomes of graphs that cannot be made or hear something else. A "replay" here runs the step
again, on the memory of the recording, which is all that a card would do."""

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest

from dictate.engines import cuda_graph
from dictate.engines.cuda_graph import Replay
from dictate.engines.nemotron import streaming as nemotron_stream
from dictate.engines.nemotron.engine import NemotronEngine
from dictate.engines.nemotron.graphs import Graphs
from dictate.engines.nemotron.streaming import Encoded
from dictate.events import Samples
from tests.engines.test_nemotron import AUDIO, SAMPLES
from tests.engines.test_transducers import CHUNKS_MS, CLAUDE, hear
from tests.lab import mini_model
from tests.lab.voices import read

Run = Callable[[], Encoded]


def imitated(run: Run) -> tuple[Encoded, Replay]:
    outputs = run()

    def replay() -> None:
        for kept, new in zip(outputs, run(), strict=True):
            kept.copy_(new)

    return outputs, replay


def stale(run: Run) -> tuple[Encoded, Replay]:
    return run(), lambda: None


def impossible(run: Run) -> tuple[Encoded, Replay]:
    raise RuntimeError("operation not permitted when stream is capturing")


@pytest.fixture(scope="module")
def asked() -> Samples:
    return read(SAMPLES / "2-claude-code.wav")


def a_card(monkeypatch: pytest.MonkeyPatch, record: Callable[[Run], Any]) -> NemotronEngine:
    """An engine that believes itself on a card where `record` makes the graphs."""
    from dictate.engines.nemotron.load import load

    monkeypatch.setattr(
        "dictate.engines.nemotron.engine.load",
        lambda path, device: dataclasses.replace(load(path, device), device="a card"),
    )
    monkeypatch.setattr(cuda_graph, "record", record)
    # Every size that gets a graph, and no more: on a processor the warm-up is long.
    monkeypatch.setattr(nemotron_stream, "AT_ONCE", (2, 1))
    made = NemotronEngine(mini_model.settings(cuda_graphs=True))
    made.load()
    return made


@pytest.fixture(scope="module")
def made() -> NemotronEngine:
    with pytest.MonkeyPatch.context() as monkeypatch:
        return a_card(monkeypatch, imitated)


def test_what_is_heard_is_the_same_and_few_sizes_are_recorded(
    made: NemotronEngine, asked: Samples
) -> None:
    assert made.facts.notes == ()
    graphs = made._loaded.graphs
    before, plain = len(graphs._graphs), mini_model.engine()
    assert len(CHUNKS_MS) <= before <= 4 * len(CHUNKS_MS), "one or two chunks, first or later"
    for chunk_ms in CHUNKS_MS:
        for size in (700, 40_000):
            assert hear(made, asked, CLAUDE, chunk_ms, size) == hear(
                plain, asked, CLAUDE, chunk_ms, size
            )
    assert len(graphs._graphs) == before, "nothing is recorded during a dictation"


def test_two_dictations_at_once_do_not_meet_in_a_graph(
    made: NemotronEngine, asked: Samples
) -> None:
    sounds = asked, read(AUDIO / "plan.wav")
    both = [made.begin(CLAUDE, None, 560) for _ in sounds]
    for at in range(0, max(map(len, sounds)), 3000):
        for utterance, sound in zip(both, sounds, strict=True):
            utterance.feed(sound[at : at + 3000])
    texts = [utterance.finish() for utterance in both]
    assert texts == [hear(mini_model.engine(), sound, CLAUDE) for sound in sounds]
    assert texts[0] != texts[1]


def test_a_draft_leaves_the_memory_of_a_graph_to_its_utterance(
    made: NemotronEngine, asked: Samples
) -> None:
    by_graph, plain = (engine.begin(CLAUDE, None, 560) for engine in (made, mini_model.engine()))
    for at in range(0, len(asked), 18_000):
        for utterance in (by_graph, plain):
            utterance.feed(asked[at : at + 18_000])
        assert by_graph.draft() == plain.draft()
    assert by_graph.finish() == plain.finish()


@pytest.mark.parametrize(
    ("record", "why"), [(stale, "gave a different text"), (impossible, "capturing")]
)
def test_graphs_that_hear_something_else_or_cannot_be_made_are_not_used(
    monkeypatch: pytest.MonkeyPatch, asked: Samples, record: Callable[[Run], Any], why: str
) -> None:
    made = a_card(monkeypatch, record)
    assert made._loaded.graphs is None
    assert why in made.facts.notes[0]
    assert hear(made, asked) == hear(mini_model.engine(), asked)


def test_without_a_card_it_says_that_there_are_none() -> None:
    made = NemotronEngine(mini_model.settings(cuda_graphs=True))
    made.load()
    assert "has no effect here" in made.facts.notes[0]


def test_unused_graphs_record_nothing(asked: Samples) -> None:
    graphs = Graphs(impossible)
    graphs.recording = False
    plain = mini_model.engine()
    made = NemotronEngine(mini_model.settings())
    made._loaded = dataclasses.replace(plain._loaded, graphs=graphs)
    made._trees, made._lists = plain._trees, plain._lists
    made._languages = plain._languages
    assert hear(made, asked) == hear(plain, asked)
