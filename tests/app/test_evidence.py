"""What the terms did: recorded after the text is written, found out when idle, and never in the
way of a dictation. The journal and the pipeline are real, the engine is a stand-in."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar

import pytest

from dictate.app import evidence_recorder, plain_replay, proof
from dictate.app.control_set import Sentence
from dictate.app.evidence_recorder import EvidenceRecorder
from dictate.app.idle_engine import IdleEngine
from dictate.app.output_writer import TAKEN_BACK
from dictate.app.plain_replay import PlainReplay
from dictate.app.proof import Prover
from dictate.app.quarantine import Quarantine
from dictate.engines.protocol import EngineState
from dictate.errors import EngineError, EngineLost, JournalError
from dictate.events import FinalTranscript
from dictate.hotwords import hotwords_file
from dictate.hotwords.corrections import Correction, corrections
from dictate.hotwords.firings import firings
from dictate.hotwords.model import Hotwords, Term
from dictate.hotwords.proposal import Action
from dictate.journal.evidence import EvidenceKind
from dictate.journal.journal import Journal
from tests.app import test_pipeline
from tests.app.test_pipeline import SETTINGS

K = EvidenceKind


class Engine(test_pipeline.Engine):
    """Hears "cloud" for "Claude", unless that is on the list with enough weight; in what it hears
    again, it takes as long as the test wants."""

    state = EngineState.READY

    def __init__(self) -> None:
        super().__init__()
        self.info = replace(self.info, streams=True)
        self.supervisor = SimpleNamespace(local=True, info=self.info)
        self.needs = 1.0
        self.said: dict[bytes, str] = {}
        self.heard_again: list[tuple[str, ...]] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.cancelled = self.taken_in = 0
        self.failure: Exception | None = None
        self.breaks = ""
        """What becomes "Claude", too, if it is on the list."""

    def recognise(self, text: str, hotwords: Hotwords) -> str:
        weights = {term.spelling: term.weight for term in hotwords.terms}
        if weights.get("Claude", 0.0) >= self.needs:
            text = text.replace("cloud", "Claude", 1)
            text = text.replace(self.breaks, "Claude") if self.breaks else text
        return text

    async def hear_once(self, pcm: bytes, hotwords: Hotwords, _: str) -> FinalTranscript:
        self.heard_again.append(tuple(term.spelling for term in hotwords.terms))
        try:
            await self.gate.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        if self.failure is not None:
            raise self.failure
        return FinalTranscript(0, self.recognise(self.said[pcm], hotwords))

    async def prepare(self, _: Hotwords) -> list[str]:
        self.taken_in += 1
        return []


class Rig(test_pipeline.Rig):
    """The pipeline, and all that records evidence."""

    main_engine: Engine
    plains: ClassVar[dict[int, str | None]] = {}

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, SETTINGS)
        self.main_engine = Engine()
        self.put(replace(self.profiles.main, engine=self.main_engine))  # type: ignore[arg-type]
        self.use(Term("Claude"), Term("Claude Code", sounds_like=("clawed code",)))
        self.wrong: list[str] = []
        self.recorder = EvidenceRecorder(self.thread, self.profiles, self._is_wrong)
        self.idle = IdleEngine(self.profiles, self.pipeline)
        self.replay_plain = PlainReplay(self.idle, self.thread, self.profiles, self.recorder.record)
        self.recorder.plain_wanted.connect(self.replay_plain.add)
        self.prover = Prover(self.idle, self.thread, self.profiles)
        self.at_delivery: list[int] = []
        delivered, changed = self.observer.delivered, self.observer.changed

        def on_delivered(number: int, *rest: Any) -> None:
            delivered(number, *rest)
            self.recorder.written(number)

        def on_changed() -> None:
            changed()
            self.idle.session_changed()

        self.observer.delivered = on_delivered  # type: ignore[method-assign, assignment]
        self.observer.changed = on_changed  # type: ignore[method-assign]

    def use(self, *terms: Term) -> None:
        main = replace(self.profiles.main, hotwords=Hotwords(terms))
        self.put(main, main)

    async def _is_wrong(self, terms: Any) -> None:
        self.wrong += terms

    async def say(self, text: str, *, plain: str | None = None, heard: str | None = None) -> int:
        """Dictate it; the engine hears `heard`."""
        number = self.journal.next_number
        heard = (
            self.main_engine.recognise(text, self.profiles.main.hotwords)
            if heard is None
            else heard
        )
        self.main_engine.answers[number] = heard
        self.plains[number] = plain
        level = 0.3 + number / 100  # so that each has a sound of its own
        self.press()
        await self.speak(0.2, level)
        self.release()
        await self.speak(0.2, level, real_time=True)
        await self.settle()
        self.main_engine.said[await self.thread.call(Journal.audio, number)] = text
        await self.recorder.close()
        return number

    async def rows(self, number: int) -> list[tuple[str, K, str, str]]:
        found = await self.thread.call(lambda journal: journal.evidence.of_dictations([number]))
        return [(row.term, row.kind, row.before, row.after) for row in found]


@pytest.fixture(autouse=True)
def plains(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the engine says about each dictation without hotwords, together with its text."""
    known: dict[int, str | None] = {}
    finish = test_pipeline.Utterance.finish

    async def with_plain(self: test_pipeline.Utterance, whole: Any) -> FinalTranscript:
        return replace(await finish(self, whole), plain=known.get(self.number))

    monkeypatch.setattr(test_pipeline.Utterance, "finish", with_plain)
    monkeypatch.setattr(Rig, "plains", known)
    monkeypatch.setattr(plain_replay, "QUIET_S", 0.05)

    async def silent(*_: str) -> tuple[list[Sentence], str]:
        return [], "nobody speaks"

    monkeypatch.setattr(proof, "spoken", silent)


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., None]:
    def runner(scenario: Callable[[Rig], Coroutine[Any, Any, None]]) -> None:
        async def whole() -> None:
            rig = Rig(tmp_path / "journal")
            service = asyncio.create_task(rig.replay_plain.run())
            try:
                await asyncio.wait_for(scenario(rig), 30)
                await rig.pipeline.drain(1)
            finally:
                service.cancel()
                await rig.recorder.close()
                rig.journal_executor.submit(rig.journal.close)
                await asyncio.to_thread(rig.journal_executor.shutdown)

        asyncio.run(whole())

    return runner


async def until(what: Callable[[], Any], why: str) -> None:
    for _ in range(500):
        found = what()
        if await found if asyncio.iscoroutine(found) else found:
            return
        await asyncio.sleep(0.01)
    pytest.fail(why)


def test_firings_are_recorded_once_the_text_is_written(run: Callable[..., None]) -> None:
    async def scenario(rig: Rig) -> None:
        async def look() -> None:
            assert await rig.rows(1) == []

        rig.screen.before_write = look
        number = await rig.say("ask cloud", plain="ask cloud")
        assert await rig.rows(number) == [("Claude", K.FIRED, "cloud", "Claude")]
        assert rig.main_engine.heard_again == []
        rig.screen.before_write = None
        spelled = await rig.say("use clawed code")
        assert await rig.rows(spelled) == [("Claude Code", K.SPELLED, "clawed code", "Claude Code")]
        entry = await rig.thread.call(Journal.get, number)
        assert entry is not None
        assert entry.plain == "ask cloud"

    run(scenario)


def test_an_unknown_plain_text_is_found_out_when_nobody_dictates(
    run: Callable[..., None],
) -> None:
    async def scenario(rig: Rig) -> None:
        number = await rig.say("ask cloud")
        assert await rig.rows(number) == []

        async def known() -> bool:
            return bool(await rig.rows(number))

        await until(known, "the plain text is found out")
        assert await rig.rows(number) == [("Claude", K.FIRED, "cloud", "Claude")]
        assert rig.main_engine.heard_again == [()]
        await until(lambda: rig.main_engine.taken_in, "the list is taken in again")
        assert rig.screen.windows == {"editor": "ask Claude"}
        await rig.say("nothing of it")
        await asyncio.sleep(0.2)
        assert len(rig.main_engine.heard_again) == 1

    run(scenario)


def test_a_dictation_is_not_delayed_by_sound_that_is_heard_again(
    run: Callable[..., None],
) -> None:
    async def scenario(rig: Rig) -> None:
        rig.main_engine.gate.clear()
        number = await rig.say("ask cloud")
        await until(lambda: rig.main_engine.heard_again, "it has begun")
        rig.press()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert rig.main_engine.cancelled == 1  # at once, not when the engine is done
        rig.main_engine.answers[2] = "hello"
        await rig.speak(0.2)
        rig.release()
        await rig.speak(0.2, real_time=True)
        await rig.settle()
        assert rig.screen.windows == {"editor": "ask Claude hello"}
        rig.main_engine.gate.set()

        async def known() -> bool:
            return bool(await rig.rows(number))

        await until(known, "it is done again later")
        assert rig.main_engine.heard_again == [(), ()]

    run(scenario)


def test_an_engine_that_fails_at_it_is_left_alone(run: Callable[..., None]) -> None:
    async def scenario(rig: Rig) -> None:
        rig.main_engine.failure = EngineLost("the engine died")
        first = await rig.say("ask cloud")
        await until(lambda: rig.main_engine.heard_again, "it is tried")
        await asyncio.sleep(0.1)
        second = await rig.say("ask cloud again")
        await asyncio.sleep(0.3)
        assert len(rig.main_engine.heard_again) == 1
        assert await rig.rows(first) == await rig.rows(second) == []
        assert rig.screen.windows == {"editor": "ask Claude ask Claude again"}

    run(scenario)


@pytest.mark.parametrize(
    "limit", ["remote", "fallback", "long sound", "much an hour", "long list", "no stream"]
)
def test_what_is_too_much_is_left_out(
    run: Callable[..., None], limit: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scenario(rig: Rig) -> None:
        match limit:
            case "remote":
                rig.main_engine.supervisor.local = False
            case "fallback":
                rig.main_engine.supervisor.info = replace(rig.main_engine.info, name="broken")
            case "long sound":
                monkeypatch.setattr(plain_replay, "LONGEST_S", 0.1)
            case "much an hour":
                monkeypatch.setattr(plain_replay, "MOST_PER_HOUR_S", 0.1)
            case "long list":
                monkeypatch.setattr(plain_replay, "MOST_TERMS", 1)
            case "no stream":
                rig.main_engine.info = replace(rig.main_engine.info, streams=False, rtf=30.0)
        await rig.say("ask cloud")
        await asyncio.sleep(0.3)
        assert rig.main_engine.heard_again == []

    run(scenario)


def test_a_text_taken_back_counts_against_what_fired_in_it(run: Callable[..., None]) -> None:
    async def scenario(rig: Rig) -> None:
        number = await rig.say("ask cloud and Claude Code", plain="ask cloud and Claude Code")
        assert await rig.undo() == number
        rig.recorder.taken_back(number)
        await rig.recorder.close()
        assert rig.wrong == ["Claude"]
        assert ("Claude", K.UNDONE, "cloud", "Claude") in await rig.rows(number)
        rig.recorder.taken_back(number)
        await rig.recorder.close()
        assert rig.wrong == ["Claude"]  # once
        # Taken back before it is known what fired in it.
        early = await rig.say("ask cloud")
        await rig.undo()
        rig.recorder.taken_back(early)
        await until(lambda: rig.wrong == ["Claude", "Claude"], "it counts once it is known")

    run(scenario)


def test_a_text_that_is_taken_back_while_its_terms_are_looked_for_counts(
    run: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    looking, go_on = threading.Event(), threading.Event()

    def slow(*words: Any) -> Any:
        looking.set()
        assert go_on.wait(10)
        return firings(*words)

    async def scenario(rig: Rig) -> None:
        number = await rig.say("the cloud", plain="the cloud")
        await rig.thread.call(lambda journal: journal.evidence.record_firings(number, []))
        monkeypatch.setattr(evidence_recorder, "firings", slow)
        recording = asyncio.create_task(rig.recorder.record(number))
        await asyncio.to_thread(looking.wait, 10)
        await rig.thread.call(Journal.held, number, TAKEN_BACK)
        await rig.recorder.undone(number)
        go_on.set()
        await recording
        assert [kind for _, kind, _, _ in await rig.rows(number)] == [K.FIRED, K.UNDONE]
        assert rig.wrong == ["Claude"]

    run(scenario)


def test_a_correction_says_which_terms_were_wrong_and_which_were_missed(
    run: Callable[..., None],
) -> None:
    async def scenario(rig: Rig) -> None:
        number = await rig.say(
            "x", heard="the Claude and clod code", plain="the cloud and clod code"
        )
        found = await rig.recorder.corrected(number, "the cloud and Claude Code")
        assert found == [
            Correction("Claude", "cloud", "Claude"),
            Correction("clod code", "Claude Code"),
        ]
        assert [each.teaches for each in found] == [False, True]  # "cloud" is no name
        assert set(await rig.rows(number)) == {
            ("Claude", K.FIRED, "cloud", "Claude"),
            ("Claude Code", K.MISSED, "clod code", "Claude Code"),
            ("Claude", K.FALSE_HIT, "Claude", "cloud"),
        }
        assert rig.wrong == ["Claude"]
        # Once more: the same is found, and counts once.
        assert await rig.recorder.corrected(number, "the cloud and Claude Code") == found
        assert (rig.wrong, len(await rig.rows(number))) == (["Claude"], 3)
        assert (await rig.replay.paste(number)).value == "delivered"
        assert rig.screen.windows["editor"].endswith("the cloud and Claude Code")
        assert await rig.recorder.corrected(number, "the Claude and clod code") == []
        entry = await rig.thread.call(Journal.get, number)
        assert entry is not None
        assert entry.corrected == ""
        # What is written again has no control characters, like every other text.
        await rig.recorder.corrected(number, "Claude\ncalls \x1b[31mred\x07")
        entry = await rig.thread.call(Journal.get, number)
        assert entry is not None
        assert entry.corrected == "Claude\ncalls [31mred"

    run(scenario)


def test_a_correction_is_compared_off_the_loop(
    run: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A text of 100,000 words takes a second."""
    where: list[threading.Thread] = []

    def compared(written: str, corrected: str) -> list[Correction]:
        where.append(threading.current_thread())
        return corrections(written, corrected)

    monkeypatch.setattr(evidence_recorder, "corrections", compared)

    async def scenario(rig: Rig) -> None:
        number = await rig.say("ask cloud", plain="ask cloud")
        await rig.recorder.corrected(number, "ask Cloud")

    run(scenario)
    assert threading.main_thread() not in where
    assert len(where) == 1


def test_evidence_of_a_dictation_that_was_forgotten_meanwhile_is_none(
    run: Callable[..., None],
) -> None:
    async def scenario(rig: Rig) -> None:
        rig.main_engine.gate.clear()
        number = await rig.say("ask cloud")
        await until(lambda: rig.main_engine.heard_again, "it is heard again")
        await rig.thread.call(Journal.forget, number)
        rig.main_engine.gate.set()
        other = await rig.say("ask cloud", plain="ask cloud")
        assert await rig.rows(number) == []
        assert await rig.rows(other) != []

    run(scenario)


def test_a_journal_that_cannot_be_written_costs_the_evidence_only(
    run: Callable[..., None], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def scenario(rig: Rig) -> None:
        def fail(*_: object) -> None:
            raise JournalError("no room: make room on that disk")

        monkeypatch.setattr(rig.journal.evidence, "record_firings", fail)
        await rig.say("ask cloud", plain="ask cloud")
        assert rig.screen.windows == {"editor": "ask Claude"}

    run(scenario)
    assert "what the hotwords did is not recorded: no room" in caplog.text
    assert "cloud" not in caplog.text


def test_a_full_disk_is_no_reason_to_leave_the_engine_alone(
    run: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scenario(rig: Rig) -> None:
        def fail(*_: object) -> None:
            raise JournalError("no room: make room on that disk")

        rig.main_engine.gate.clear()
        first = await rig.say("ask cloud")
        await until(lambda: rig.main_engine.heard_again, "it is heard again")
        with monkeypatch.context() as full:
            full.setattr(rig.journal.evidence, "record_firings", fail)
            rig.main_engine.gate.set()
            await until(lambda: rig.main_engine.taken_in, "it is done")
        assert await rig.rows(first) == []
        second = await rig.say("ask cloud again")

        async def known() -> bool:
            return bool(await rig.rows(second))

        await until(known, "the next one is heard again, too")

    run(scenario)


class StandInReloader:
    """Holds the list of a file, and reads it again."""

    def __init__(self, path: Path) -> None:
        self.hotwords_file = path
        self.configuration = SimpleNamespace(hotwords=hotwords_file.load(path, 1.0))

    async def reload(self) -> None:
        hotwords = await asyncio.to_thread(hotwords_file.load, self.hotwords_file, 1.0)
        self.configuration = SimpleNamespace(hotwords=hotwords)


def test_a_term_that_is_wrong_twice_is_quarantined_and_counts_anew_when_it_is_back(
    run: Callable[..., None], tmp_path: Path
) -> None:
    path = tmp_path / "hotwords.toml"
    path.write_text('# mine\nwords = [\n  "Claude", # a name\n]\n')

    reloader = StandInReloader(path)

    async def scenario(rig: Rig) -> None:
        told: list[str] = []
        quarantine = Quarantine(rig.thread, reloader, told.append)  # type: ignore[arg-type]
        rig.recorder._on_wrong = quarantine.judge

        async def wrong() -> None:
            number = await rig.say("the cloud", plain="the cloud")
            await rig.recorder.corrected(number, "the cloud")

        await wrong()
        assert told == []
        await wrong()
        (line,) = told
        assert '"Claude" was written where it was not said, in 2 dictations' in line
        assert '`dictatectl hotwords restore "Claude"`' in line
        text = await asyncio.to_thread(path.read_text)
        assert "# mine" in text
        assert 'state = "quarantined"' in text
        assert reloader.configuration.hotwords.for_language("en") == ()
        await asyncio.to_thread(hotwords_file.add, path, "Claude")
        await reloader.reload()
        await wrong()
        assert len(told) == 1
        await wrong()
        assert len(told) == 2

    run(scenario)


def test_a_term_that_is_wrong_at_once_in_two_ways_is_quarantined_once(
    run: Callable[..., None], tmp_path: Path
) -> None:
    path = tmp_path / "hotwords.toml"
    path.write_text('words = ["Claude"]\n')
    reloader = StandInReloader(path)

    async def scenario(rig: Rig) -> None:
        told: list[str] = []
        quarantine = Quarantine(rig.thread, reloader, told.append)  # type: ignore[arg-type]
        for _ in range(2):
            await rig.recorder.undone(await rig.say("the cloud", plain="the cloud"))
        await asyncio.gather(quarantine.judge(["Claude"]), quarantine.judge(["Claude"]))
        (line,) = told
        assert "in 2 dictations: it is quarantined" in line

    run(scenario)


def test_a_quarantine_that_cannot_be_recorded_says_what_that_means(
    run: Callable[..., None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "hotwords.toml"
    path.write_text('words = ["Claude"]\n')
    reloader = StandInReloader(path)

    async def scenario(rig: Rig) -> None:
        def fail(*_: object) -> None:
            raise JournalError("no room")

        told: list[str] = []
        quarantine = Quarantine(rig.thread, reloader, told.append)  # type: ignore[arg-type]
        for _ in range(2):
            number = await rig.say("the cloud", plain="the cloud")
            await rig.recorder.corrected(number, "the cloud")
        monkeypatch.setattr(rig.journal.evidence, "record", fail)
        await quarantine.judge(["Claude"])
        (line,) = told
        assert "it is quarantined" in line
        assert "the next false hit quarantines it again: this is not recorded (no room)" in line

    run(scenario)


def test_a_term_works_at_a_weight_and_changes_nothing_else(run: Callable[..., None]) -> None:
    async def scenario(rig: Rig) -> None:
        rig.use()
        rig.main_engine.needs = 2.0
        for text in ("the meeting is on friday", "a sunny day"):
            await rig.say(text)
        number = await rig.say("ask cloud about it")
        entry = await rig.thread.call(Journal.get, number)
        assert entry is not None
        found = await rig.prover.prove(entry, "cloud about", "Claude about")
        assert (found.action, found.term, found.weight) == (Action.ADD, "Claude", 2.5)
        assert [(t.weight, t.right) for t in found.trials] == [
            (1, False),
            (1.5, False),
            (2.5, True),
        ]
        assert (found.checked, found.harms) == (2, [])
        assert (found.controls, found.control_note) == (0, "nobody speaks")
        trials = await rig.rows(number)
        assert [(kind, before) for _, kind, before, _ in trials] == [
            (K.TRIAL, "ask cloud about it")
        ] * 3
        assert rig.main_engine.taken_in

    run(scenario)


def test_a_term_that_harms_another_dictation_is_not_proposed(run: Callable[..., None]) -> None:
    async def scenario(rig: Rig) -> None:
        rig.use()
        rig.main_engine.breaks = "friday"
        other = await rig.say("the meeting is on friday")
        number = await rig.say("ask cloud about it")
        entry = await rig.thread.call(Journal.get, number)
        assert entry is not None
        found = await rig.prover.prove(entry, "cloud", "Claude")
        assert found.action is Action.LEAVE
        assert [(harm.number, harm.before) for harm in found.harms] == [(other, "friday")]
        assert "does more harm than good" in found.why
        found = await rig.prover.prove(entry, "ask cloud", "ask Claude")
        assert (found.action, found.right) == (Action.REPLACE, "ask Claude")

    run(scenario)


def test_what_the_user_corrected_to_the_term_is_no_harm(run: Callable[..., None]) -> None:
    async def scenario(rig: Rig) -> None:
        rig.use()
        rig.main_engine.breaks = "clod"
        other = await rig.say("ask clod about it")
        same = await rig.say("ask cloud now")
        number = await rig.say("ask cloud about it")
        entry = await rig.thread.call(Journal.get, number)
        assert entry is not None
        found = await rig.prover.prove(entry, "cloud", "Claude")
        assert [harm.number for harm in found.harms] == [other]
        assert f"({other}): if that is right there, correct them first" in found.why
        await rig.recorder.corrected(other, "Ask Claude about it")
        found = await rig.prover.prove(entry, "cloud", "Claude")
        assert (found.action, found.harms, found.confirmed) == (Action.ADD, [], [other])
        assert found.alike == [same]
        assert f"dictation {other} comes out as you corrected it, too" in found.why
        # That it was wrong somewhere else says nothing about this.
        await rig.recorder.corrected(other, "Task clod about it")
        found = await rig.prover.prove(entry, "cloud", "Claude")
        assert [harm.number for harm in found.harms] == [other]

    run(scenario)


def test_a_proof_whose_engine_dies_says_to_try_again(run: Callable[..., None]) -> None:
    async def scenario(rig: Rig) -> None:
        number = await rig.say("ask cloud about it", heard="ask cloud about it", plain="")
        entry = await rig.thread.call(Journal.get, number)
        assert entry is not None
        rig.main_engine.failure = EngineLost("the engine died")
        with pytest.raises(EngineError, match="the engine died during the proof: try again"):
            await rig.prover.prove(entry, "cloud", "Claudia")

    run(scenario)


def test_a_proof_waits_for_a_dictation_and_goes_on_after_it(run: Callable[..., None]) -> None:
    async def scenario(rig: Rig) -> None:
        rig.use()
        number = await rig.say("ask cloud")
        entry = await rig.thread.call(Journal.get, number)
        assert entry is not None
        rig.main_engine.gate.clear()
        proving = asyncio.create_task(rig.prover.prove(entry, "cloud", "Claude"))
        await until(lambda: rig.main_engine.heard_again, "it has begun")
        rig.main_engine.gate.set()
        rig.press()
        await rig.speak(0.2)
        rig.release()
        await rig.speak(0.2, real_time=True)
        await rig.settle()
        assert (await proving).action is Action.ADD

    run(scenario)
