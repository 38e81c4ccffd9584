"""The steps of the guided setup, without a terminal. In tests/desktop, a window walks them."""

from argparse import Namespace
from collections.abc import Iterator, Sequence

import numpy as np
import pytest

from dictate.cli.guided_setup import engine, words
from dictate.cli.guided_setup.dialogue import Dialogue, Skipped, answer
from dictate.cli.guided_setup.microphone import PATIENCE_S, Hearing
from dictate.errors import DictateError
from dictate.events import RATE, Samples
from dictate.models.catalogue import CATALOGUE

VOICE = (0.3 * np.sin(np.arange(RATE) / 20)).astype(np.float32)


def typing(monkeypatch: pytest.MonkeyPatch, *lines: str) -> Dialogue:
    """A user who types these lines."""
    left: Iterator[str] = iter(lines)
    monkeypatch.setattr("builtins.input", lambda _: next(left))
    return Dialogue(5)


def heard(samples: Samples) -> str:
    """What is said of a sound that goes on for long enough."""
    hearing = Hearing()
    hearing.feed(samples, 0.0)
    hearing.feed(samples, PATIENCE_S)
    return hearing.verdict


@pytest.mark.parametrize(
    ("samples", "verdict"),
    [
        (VOICE, "Dictate hears you"),
        (VOICE / 100, "come closer"),
        (np.zeros(RATE, np.float32), "is it muted"),
    ],
    ids=["a voice", "far away", "muted"],
)
def test_the_meter_says_what_it_hears(samples: Samples, verdict: str) -> None:
    assert verdict in heard(samples)


def test_before_anybody_can_have_spoken_it_says_nothing() -> None:
    hearing = Hearing()
    hearing.feed(np.zeros(RATE, np.float32), 0.0)
    assert hearing.verdict == ""


def test_s_skips_a_step_but_not_a_question_within_it() -> None:
    assert answer(" f9 \n") == "f9"
    with pytest.raises(Skipped):
        answer("S\n")
    assert answer("s", skips=False) == "s"


@pytest.mark.parametrize(
    ("lines", "chosen"),
    [([""], None), (["2"], 1), (["b"], 1), (["3", "0", "c", "1"], 0)],
    ids=["Enter", "a number", "a name", "mistakes"],
)
def test_a_choice(
    monkeypatch: pytest.MonkeyPatch, lines: Sequence[str], chosen: int | None
) -> None:
    assert typing(monkeypatch, *lines).choose("?", ["a", "b"]) == chosen


@pytest.fixture
def tried(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names that were tried; one with "bad" in it cannot be."""
    names: list[str] = []

    def test(wanted: Namespace) -> int:
        names.extend(wanted.spelling)
        if "bad" in wanted.spelling[0]:
            raise DictateError("no voice is installed")
        return 0

    monkeypatch.setattr("dictate.ctl.hotwords.proof.test", test)
    return names


def test_each_name_is_tried(
    monkeypatch: pytest.MonkeyPatch, tried: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    words.step(typing(monkeypatch, "Claude  Code, , Anna,b,c,d,e"))
    assert tried == ["Claude Code", "Anna", "b", "c", "d"]
    assert "Not tried: e." in capsys.readouterr().out


@pytest.mark.parametrize(("typed", "added"), [("a", True), ("", False)])
def test_a_name_that_cannot_be_tried(
    monkeypatch: pytest.MonkeyPatch, tried: list[str], typed: str, added: bool
) -> None:
    names = []
    monkeypatch.setattr(
        "dictate.ctl.hotwords.editing.add", lambda wanted: names.extend(wanted.spelling)
    )
    words.step(typing(monkeypatch, "bad", typed))
    assert names == (["bad"] if added else [])


@pytest.mark.parametrize(
    ("card", "state"), [(False, "needs an NVIDIA card"), (True, "needs packages")]
)
def test_a_model_for_a_card_that_is_not_there(
    monkeypatch: pytest.MonkeyPatch, card: bool, state: str
) -> None:
    monkeypatch.setattr(engine, "lacking", lambda _: ["torch"])
    monkeypatch.setattr(engine, "nvidia_card", lambda: card)
    assert engine._state(CATALOGUE["nemotron"]) == state
    assert engine._state(CATALOGUE["nemotron-onnx"]) == "needs packages"
