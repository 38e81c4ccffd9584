"""The control set of a proof: spoken by the voices that are installed here, and heard by the engine
of the dictation."""

import asyncio
import sys
from collections.abc import Callable
from dataclasses import replace

import pytest

from dictate.app import control_set, proof
from dictate.app.control_set import MOST_SENTENCES, Sentence
from dictate.hotwords.model import Hotwords
from dictate.hotwords.proposal import Action, ControlHarm, Proof
from dictate.journal.journal import Journal
from tests.app.test_evidence import Engine, Rig, plains, run

__all__ = ["plains", "run"]

SAID = ("the storage is full", "see you on friday", "the keys are here")


def test_the_sentences_are_spoken_and_the_words_that_it_was_taken_for_are_left_out() -> None:
    sentences, why = asyncio.run(control_set.spoken("Claude", "ask cloud", "en"))
    assert why == ""
    assert len(sentences) == MOST_SENTENCES
    assert all(len(one.pcm) > 16_000 for one in sentences)
    said = [one.said for one in sentences]
    assert any(one.startswith("Please ask ") for one in said)  # a word that sounds like it
    assert not any(" cloud " in one and "storage" not in one for one in said)
    assert any("cloud storage" in one for one in said)


@pytest.mark.parametrize(
    ("program", "why"),
    [
        ("", "no speech synthesizer is installed that speaks 'en'"),
        ("import sys; sys.exit('broken')", "broken"),
        ("import time; print('{', flush=True); time.sleep(60)", "no voice spoke in time"),
        ("/nowhere", "nowhere"),
    ],
)
def test_without_voices_there_is_none_and_the_reason_is_given(
    program: str, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    if program:
        command = (program,) if program.startswith("/") else (sys.executable, "-c", program)
        monkeypatch.setattr(control_set, "python_module", lambda *_: command)
        monkeypatch.setattr(control_set, "SPEAK_S", 1.0)
    sentences, reason = asyncio.run(control_set.spoken("Claude", "cloud", "en"))
    assert sentences == []
    assert why in reason


class Weighed(Engine):
    """Hears "Claude" for "friday", too, from some weight of that term on."""

    harms_from = 100.0

    def recognise(self, text: str, hotwords: Hotwords) -> str:
        heard = super().recognise(text, hotwords)
        weights = {term.spelling: term.weight for term in hotwords.terms}
        harms = weights.get("Claude", 0.0) >= self.harms_from
        return heard.replace("friday", "Claude") if harms else heard


@pytest.fixture
def prove(run: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Proof]:
    """The proof of Claude for "ask cloud", with the sentences above as the control set, and an
    engine that needs a weight for the term and does harm from one on."""

    def prove(needs: float, harms_from: float) -> Proof:
        engine, found = Weighed(), list[Proof]()
        engine.needs, engine.harms_from = needs, harms_from
        engine.said = {said.encode(): said for said in SAID}

        async def spoken(*_: str) -> tuple[list[Sentence], str]:
            return [Sentence(said, said.encode()) for said in SAID], ""

        async def scenario(rig: Rig) -> None:
            rig.main_engine = engine
            rig.put(replace(rig.profiles.main, engine=engine))  # type: ignore[arg-type]
            rig.use()
            number = await rig.say("ask cloud")
            entry = await rig.thread.call(Journal.get, number)
            assert entry is not None
            found.append(await rig.prover.prove(entry, "ask cloud", "ask Claude"))

        monkeypatch.setattr(proof, "spoken", spoken)
        run(scenario)
        return found[0]

    return prove


def test_a_control_set_that_stays_speaks_for_the_term(prove: Callable[..., Proof]) -> None:
    found = prove(1.0, harms_from=100.0)
    assert (found.action, found.weight, found.controls) == (Action.ADD, 1.0, 3)
    assert (
        "no other dictation could be checked and 3 control sentences stayed as they were"
        in found.why
    )


def test_harm_leads_to_a_lower_weight(prove: Callable[..., Proof]) -> None:
    found = prove(2.0, harms_from=2.3)
    assert (found.action, found.weight) == (Action.ADD, 2.0)
    assert (found.controls, found.control_harms) == (3, [])
    assert [(trial.weight, trial.right) for trial in found.trials] == [
        (1.0, False),
        (1.5, False),
        (2.5, True),
        (2.0, True),
    ]


@pytest.mark.parametrize(("needs", "weight"), [(1.0, 1.0), (0.4, 0.5)])
def test_harm_at_each_weight_leads_to_something_else(
    prove: Callable[..., Proof], needs: float, weight: float
) -> None:
    found = prove(needs, harms_from=0.1)
    assert (found.action, found.weight) == (Action.REPLACE, weight)
    assert found.control_harms == [ControlHarm(SAID[1], SAID[1], "see you on Claude")]
    assert "it changed 1 of 3 control sentences" in found.why


def test_what_there_is_no_time_for_does_not_count(
    prove: Callable[..., Proof], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proof, "CONTROLS_S", 0.0)
    found = prove(1.0, harms_from=0.1)
    assert (found.action, found.controls) == (Action.ADD, 0)
    assert found.control_note == "there was no time for the other 3"
    assert "control" not in found.why
