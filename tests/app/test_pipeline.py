"""The pipeline, with a real journal and session; the other stages are stand-ins.

The stand-ins are only for orders and faults that the real stages do not show at will; the real ones
are tested in tests/desktop and tests/faults.
"""

import asyncio
import gc
import threading
import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dictate.app.dictation import LONG_TEXT, Dictation
from dictate.app.journal_thread import JournalThread
from dictate.app.observer import Timing
from dictate.app.output_writer import OutputWriter
from dictate.app.pipeline import Pipeline
from dictate.app.profiles import Profile, Profiles, ProfileSet
from dictate.app.repair import RepairStore
from dictate.app.replay import Replay
from dictate.app.session import Activity
from dictate.config.schema import OutputSettings, Settings
from dictate.engines.supervisor import EngineStatus
from dictate.errors import (
    DeliveryUnsure,
    DictateError,
    EngineLost,
    FocusMoved,
    JournalError,
    NotDelivered,
)
from dictate.events import RATE, AudioChunk, FinalTranscript, PartialTranscript, Samples
from dictate.hotwords.model import Hotwords, Term
from dictate.journal.entry import EntryState
from dictate.journal.journal import Journal
from dictate.outputs import Focus, Output, Receipt
from dictate.vad.segmenter import Segmenter

PAUSE = 0.02
SETTINGS = replace(Settings(), engine=replace(Settings().engine, tail_ms=40))
NONE = Hotwords()


class Utterance:
    def __init__(self, engine: "Engine", number: int) -> None:
        self.engine, self.number = engine, number
        self.fed = bytearray()
        self.cancelled = False
        self.drafts: list[str] = []
        """What became of drafts."""

    def feed(self, pcm: bytes) -> None:
        self.fed += pcm

    def ask_for_draft(self) -> None:
        self.drafts.append("asked for")

    def drop_draft(self) -> None:
        if self.drafts[-1:] == ["asked for"]:
            self.drafts.append("dropped")

    async def finish(self, whole: Callable[[], Awaitable[bytes]]) -> FinalTranscript:
        await self.engine.may_answer.setdefault(self.number, _open()).wait()
        if isinstance(answer := self.engine.answers.get(self.number, "hello there"), Exception):
            raise answer
        assert await whole() == self.fed
        drafted = self.drafts[-1:] == ["asked for"]
        return FinalTranscript(self.number, answer, len(self.fed) / 2 / RATE, drafted=drafted)

    def cancel(self) -> None:
        self.cancelled = True


def _open() -> asyncio.Event:
    event = asyncio.Event()
    event.set()
    return event


class Engine:
    """An engine that answers what and when the test says."""

    def __init__(self, name: str = "stand-in") -> None:
        self.info = EngineStatus(name)
        self.languages: list[str] = []
        self.on_partial: Callable[[PartialTranscript], None]
        self.answers: dict[int, str | Exception] = {}
        self.may_answer: dict[int, asyncio.Event] = {}
        self.utterances: dict[int, Utterance] = {}

    def begin(
        self,
        number: int,
        _: Hotwords,
        language: str,
        on_partial: Callable[[PartialTranscript], None],
    ) -> Utterance:
        self.languages.append(language)
        self.on_partial = on_partial
        self.utterances[number] = Utterance(self, number)
        return self.utterances[number]


class Screen(Output):
    """An output with windows, of which one has the focus."""

    name = "screen"

    def __init__(self) -> None:
        super().__init__(OutputSettings())
        self.focused = "editor"
        self.windows: dict[str, str] = {}
        self.trouble: Exception | None = None
        self.before_write: Callable[[], Awaitable[None]] | None = None
        self.may_preview = _open()
        self.previews: asyncio.Queue[str] = asyncio.Queue()
        """What was shown, split where it may still change."""

    def unavailable_reason(self) -> str | None:
        return None

    async def open(self) -> None: ...

    async def close(self) -> None: ...

    async def focus(self) -> Focus | None:
        return Focus(self.focused, self.focused)

    async def write(self, text: str, focus: Focus | None) -> Receipt:
        if self.before_write:
            await self.before_write()
        if focus is not None and focus.window != self.focused:
            raise FocusMoved("the window changed")
        if self.trouble:
            raise self.trouble
        self.windows[self.focused] = self.windows.get(self.focused, "") + text
        return Receipt.DELIVERED

    async def preview(self, text: str, stable_chars: int = 0) -> bool:
        await self.may_preview.wait()
        self.previews.put_nowait(f"{text[:stable_chars]}|{text[stable_chars:]}")
        return self.focused == "editor"

    async def undo(self, text: str, focus: Focus | None) -> None:
        if focus is not None and focus.window != self.focused:
            raise FocusMoved("the window changed")
        if self.trouble:
            raise self.trouble
        assert self.windows[self.focused].endswith(text)
        self.windows[self.focused] = self.windows[self.focused].removesuffix(text)


def profile_of(engine: Engine, language: str, output: Output, hotwords: Hotwords = NONE) -> Profile:
    return Profile(engine, language, output, hotwords, SETTINGS.text, "off", RepairStore())  # type: ignore[arg-type]


def segmenter_of(settings: Settings) -> Segmenter:
    """Loud is speech: enough for the marks."""
    return Segmenter(settings.speech, 320, lambda frame: float(np.abs(frame).max() > 0.1))


def sound_of(seconds: float, level: float) -> Samples:
    return np.resize(np.array([level, -level], np.float32), round(RATE * seconds))


class StillMicrophone:
    def __init__(self) -> None:
        self.listening = False

    def listen(self) -> None:
        assert not self.listening
        self.listening = True

    def release(self) -> None:
        assert self.listening
        self.listening = False


class Observer:
    """Remembers what was reported to it."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.partials: list[PartialTranscript] = []
        self.timings: list[Timing] = []

    def changed(self) -> None: ...

    def partial(self, partial: PartialTranscript) -> None:
        self.partials.append(partial)

    def previewed(self, number: int, *, in_field: bool) -> None:
        self.told.append(f"{number} is {'' if in_field else 'not '}in the field")

    def sound(self, samples: Samples) -> None: ...

    def writing(self, number: int) -> None: ...

    def delivered(self, number: int, receipt: Receipt, timing: Timing) -> None:
        assert timing.total_ms > 0
        self.timings.append(timing)
        self.told.append(f"delivered {number} {receipt.value}")

    def carried_out(self, number: int, done: str) -> None:
        self.told.append(f"done {number}: {done}")

    def nothing_heard(self, number: int, level: str, *, continued: bool) -> None:
        why = f": {level}" if level else ""
        self.told.append(f"nothing {number}{' continued' * continued}{why}")

    def cancelled(self, number: int) -> None:
        self.told.append(f"cancelled {number}")

    def held(self, number: int, reason: str) -> None:
        self.told.append(f"held {number}: {reason}")

    def trouble(self, message: str) -> None:
        self.told.append(f"trouble: {message}")


class NoModel:
    """No text is polished."""

    def sound_over(self, dictation: Dictation, focus: Focus | None) -> None: ...

    async def revise(self, dictation: Dictation, application: str) -> None: ...

    async def written(self, dictation: Dictation) -> None: ...

    def cancel(self, dictation: Dictation) -> None: ...


class Rig:
    """A pipeline and everything around it."""

    def __init__(self, folder: Path, settings: Settings) -> None:
        self.journal_executor = ThreadPoolExecutor(1)
        self.observer, self.microphone = Observer(), StillMicrophone()
        self.main_engine, self.screen = Engine(), Screen()
        self.second_engine, self.clipboard = Engine("other"), Screen()
        self.journal = Journal(folder, settings.journal, self.observer.trouble)
        self.left = self.journal_executor.submit(self.journal.open).result()
        self.thread = JournalThread(self.journal, self.journal_executor, self.observer.trouble)
        main = profile_of(self.main_engine, "en", self.screen)
        second = replace(profile_of(self.second_engine, "hi", self.clipboard), name="second")
        self.profiles = Profiles(ProfileSet({"main": main, "second": second}, settings))
        self.writer = OutputWriter(self.thread, self.observer)
        self.pipeline = Pipeline(
            settings=settings,
            profiles=self.profiles,
            segmenter=segmenter_of(settings),
            microphone=self.microphone,
            journal=self.thread,
            writer=self.writer,
            model=NoModel(),  # type: ignore[arg-type]
            observer=self.observer,
        )
        in_flight = self.pipeline.in_flight
        self.replay = Replay(self.profiles, self.thread, self.writer, self.observer, in_flight)

    def put(self, main: Profile, second: Profile | None = None) -> None:
        """These profiles are in force now, as after a reload."""
        second = replace(second or self.profiles.named("second"), name="second")
        self.profiles.apply(ProfileSet({"main": main, "second": second}, self.pipeline.settings))

    def press(self, profile: str = "") -> None:
        self.pipeline.start(held=True, profile=profile)

    def start(self) -> None:
        self.pipeline.start(held=False)

    def release(self) -> None:
        self.pipeline.stop()

    def cancel(self) -> None:
        self.pipeline.cancel()

    async def undo(self) -> int:
        return await self.writer.undo((self.screen, self.clipboard))

    async def speak(self, seconds: float, level: float = 0.5, *, real_time: bool = False) -> None:
        for _ in range(round(seconds / PAUSE)):
            if not self.microphone.listening:
                return
            self.pipeline.hear(AudioChunk(sound_of(PAUSE, level), time.monotonic() - PAUSE))
            await asyncio.sleep(PAUSE if real_time else 0)

    async def dictate(self, profile: str = "") -> None:
        """Press, speak, release, and the tail."""
        self.press(profile)
        await self.speak(0.2)
        self.release()
        await self.speak(0.2, real_time=True)

    async def state(self, number: int) -> EntryState:
        entry = await self.thread.call(Journal.get, number)
        assert entry is not None
        return entry.state

    async def settle(self) -> None:
        await asyncio.wait_for(self.pipeline.idle.wait(), 5)


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., None]:
    """Run a test's coroutine with a rig of its own."""

    def runner(
        scenario: Callable[[Rig], Coroutine[Any, Any, None]], settings: Settings = SETTINGS
    ) -> None:
        async def whole() -> None:
            rig = Rig(tmp_path / "journal", settings)
            try:
                await asyncio.wait_for(scenario(rig), 30)
                await rig.pipeline.drain(1)
            finally:
                rig.journal_executor.submit(rig.journal.close)
                await asyncio.to_thread(rig.journal_executor.shutdown)

        asyncio.run(whole())

    return runner


def test_the_text_is_durable_before_the_first_keystroke(run: Callable[..., None]) -> None:
    async def scenario(rig: Rig) -> None:
        found: list[EntryState] = []

        async def look() -> None:
            entry = await rig.thread.call(Journal.get, 1)
            assert entry is not None
            assert entry.text == "hello there"
            found.append(entry.state)

        rig.screen.before_write = look
        await rig.dictate()
        await rig.settle()
        assert found == [EntryState.TYPING]
        assert rig.screen.windows == {"editor": "hello there"}
        assert await rig.state(1) is EntryState.DELIVERED
        assert not rig.microphone.listening

    run(scenario)


@pytest.mark.fault("B11", "C14")
def test_texts_are_written_in_the_order_in_which_they_were_said(run: Callable[..., None]) -> None:
    async def scenario(rig: Rig) -> None:
        rig.main_engine.answers = {1: "one", 2: "two", 3: "three"}
        rig.main_engine.may_answer[1] = slow = asyncio.Event()
        for _ in range(3):
            await rig.dictate()
        await asyncio.sleep(0.1)
        assert rig.screen.windows == {}
        slow.set()
        await rig.settle()
        assert rig.screen.windows == {"editor": "one two three"}

    run(scenario)


def test_the_second_profile_has_an_engine_a_language_and_an_output_of_its_own(
    run: Callable[..., None],
) -> None:
    async def scenario(rig: Rig) -> None:
        rig.second_engine.answers = {1: "one", 3: EngineLost("the engine died twice")}
        rig.second_engine.may_answer[1] = slow = asyncio.Event()
        await rig.dictate("second")
        await rig.dictate()
        await asyncio.sleep(0.1)
        assert rig.screen.windows == {"editor": "hello there"}  # it does not wait for the second
        slow.set()
        await rig.settle()
        assert rig.clipboard.windows == {"editor": "one"}
        assert (rig.main_engine.languages, rig.second_engine.languages) == (["en"], ["hi"])
        await rig.dictate("second")
        await rig.settle()
        entries = await rig.thread.call(Journal.history, 3)
        assert [(entry.profile, entry.engine) for entry in entries] == [
            *(("second", ""), ("main", "stand-in"), ("second", "other")),
        ]
        # Heard again by its own engine, but written where the user now is.
        rig.second_engine.answers[3] = "heard at last"
        assert await rig.replay.paste(3) is Receipt.DELIVERED
        assert rig.screen.windows == {"editor": "hello thereheard at last"}

    run(scenario)


def test_what_began_before_the_settings_were_saved_ends_as_it_began(
    run: Callable[..., None],
) -> None:
    async def scenario(rig: Rig) -> None:
        rig.press()
        rig.put(rig.profiles.named("second"))
        await rig.speak(0.2)
        rig.release()
        await rig.speak(0.2, real_time=True)
        await rig.settle()
        assert (rig.screen.windows, rig.clipboard.windows) == ({"editor": "hello there"}, {})

    run(scenario)


def test_the_observer_learns_whether_the_words_stand_in_the_field(
    run: Callable[..., None],
) -> None:
    async def scenario(rig: Rig) -> None:
        rig.press()
        for text, focused, shown in (
            ("one", "editor", "one|"),
            ("one two", "image viewer", "one| two"),
            ("", "editor", "|"),
        ):
            rig.screen.focused = focused
            rig.main_engine.on_partial(PartialTranscript(1, text, len("one")))
            assert await rig.screen.previews.get() == shown
        assert rig.observer.told == ["1 is in the field", "1 is not in the field"]
        rig.main_engine.on_partial(PartialTranscript(1, "one"))
        assert await rig.screen.previews.get() == "|one"
        rig.screen.focused = "image viewer"
        rig.pipeline.show_again()
        assert await rig.screen.previews.get() == "|one"
        assert rig.observer.told[2:] == ["1 is in the field", "1 is not in the field"]
        rig.pipeline.settings = replace(SETTINGS, output=OutputSettings(preedit=False))
        rig.main_engine.on_partial(PartialTranscript(1, "one two"))
        assert rig.observer.told[4:] == ["1 is not in the field"]
        rig.cancel()
        assert rig.screen.previews.empty()

    run(scenario)


def test_a_text_field_that_hangs_delays_neither_guesses_nor_text(run: Callable[..., None]) -> None:
    async def scenario(rig: Rig) -> None:
        rig.screen.may_preview = asyncio.Event()
        rig.press()
        for text in ("one", "one two"):
            rig.main_engine.on_partial(PartialTranscript(1, text))
        assert [partial.text for partial in rig.observer.partials] == ["one", "one two"]
        rig.release()
        await rig.speak(0.2, real_time=True)
        await rig.settle()
        assert rig.screen.windows == {"editor": "hello there"}
        assert rig.observer.told == ["delivered 1 delivered"]
        rig.screen.may_preview.set()

    run(scenario)


def test_each_output_takes_its_own_preview_away(run: Callable[..., None]) -> None:
    async def scenario(rig: Rig) -> None:
        rig.main_engine.may_answer[1] = slow = asyncio.Event()
        rig.press()
        rig.main_engine.on_partial(PartialTranscript(1, "one"))
        rig.release()
        await rig.speak(0.2, real_time=True)
        rig.press("second")
        rig.second_engine.on_partial(PartialTranscript(2, "two"))
        slow.set()
        assert [await rig.screen.previews.get() for _ in range(2)] == ["|one", "|"]
        assert await rig.clipboard.previews.get() == "|two"
        rig.cancel()
        assert await rig.clipboard.previews.get() == "|"
        assert rig.screen.previews.empty()

    run(scenario)


def test_during_the_tail_every_key_knows_that_nothing_listens_any_more(
    run: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise a press of the key of another profile would count as the end of this dictation."""

    async def scenario(rig: Rig) -> None:
        told: list[bool] = []
        monkeypatch.setattr(rig.observer, "changed", lambda: told.append(rig.pipeline.listening))
        rig.press()
        await rig.speak(0.1)
        heard = len(told)
        rig.release()
        assert rig.pipeline.activity is Activity.RECORDING
        rig.press("second")
        assert all(told[:heard])
        assert told[heard:] == [False, True]
        rig.release()

    run(scenario)


def test_the_window_changed(run: Callable[..., None]) -> None:
    async def scenario(rig: Rig) -> None:
        rig.main_engine.may_answer[1] = slow = asyncio.Event()
        await rig.dictate()
        rig.screen.focused = "chat"
        slow.set()
        await rig.settle()
        assert rig.screen.windows == {}
        assert rig.observer.told == ["held 1: the window changed"]
        assert await rig.state(1) is EntryState.HELD
        assert await rig.replay.paste(None) is Receipt.DELIVERED
        assert rig.screen.windows == {"chat": "hello there"}
        assert await rig.state(1) is EntryState.DELIVERED

    run(scenario)


def test_the_last_text_is_taken_back_once_and_kept(run: Callable[..., None]) -> None:
    async def scenario(rig: Rig) -> None:
        with pytest.raises(DictateError, match="no text that could"):
            await rig.undo()
        await rig.dictate()
        await rig.settle()
        assert await rig.undo() == 1
        assert rig.screen.windows == {"editor": ""}
        assert await rig.state(1) is EntryState.HELD
        with pytest.raises(DictateError, match="no text that could"):
            await rig.undo()
        assert await rig.replay.paste(None) is Receipt.DELIVERED
        assert rig.screen.windows == {"editor": "hello there"}

    run(scenario)


def test_a_text_that_cannot_be_taken_back_stays_delivered(run: Callable[..., None]) -> None:
    async def scenario(rig: Rig) -> None:
        await rig.dictate()
        await rig.settle()
        rig.screen.focused = "chat"
        with pytest.raises(NotDelivered, match="not taken back: the window changed"):
            await rig.undo()
        assert await rig.state(1) is EntryState.DELIVERED
        rig.screen.focused = "editor"
        assert await rig.undo() == 1

    run(scenario)


def test_nobody_tries_twice_where_nobody_knows_whether_it_was_taken_back(
    run: Callable[..., None],
) -> None:
    async def scenario(rig: Rig) -> None:
        await rig.dictate()
        await rig.settle()
        rig.screen.trouble = DeliveryUnsure("the application says nothing")
        with pytest.raises(DeliveryUnsure):
            await rig.undo()
        assert await rig.state(1) is EntryState.DELIVERED
        rig.screen.trouble = None
        with pytest.raises(DictateError, match="no text that could"):
            await rig.undo()
        assert rig.screen.windows == {"editor": "hello there"}

    run(scenario)


def test_what_was_not_written_is_not_taken_back(run: Callable[..., None]) -> None:
    async def scenario(rig: Rig) -> None:
        await rig.dictate()
        await rig.settle()
        rig.screen.trouble = DeliveryUnsure("the application is gone")
        await rig.dictate()
        await rig.settle()
        with pytest.raises(DictateError, match="no text that could"):
            await rig.undo()
        assert rig.screen.windows == {"editor": "hello there"}

    run(scenario)


@pytest.mark.fault("C13", "C7")
def test_after_the_point_of_no_return_nothing_is_sent_again(run: Callable[..., None]) -> None:
    async def scenario(rig: Rig) -> None:
        tries: list[str] = []

        async def note() -> None:
            tries.append(rig.screen.focused)

        rig.screen.trouble = DeliveryUnsure("the application is gone")
        rig.screen.before_write = note
        await rig.dictate()
        await rig.settle()
        assert await rig.state(1) is EntryState.HELD
        assert tries == ["editor"]
        rig.screen.trouble = None
        await rig.dictate()
        await rig.settle()
        assert rig.screen.windows == {"editor": "hello there"}

    run(scenario)


def test_the_engine_is_lost_and_the_sound_is_not(run: Callable[..., None]) -> None:
    async def scenario(rig: Rig) -> None:
        rig.main_engine.answers[1] = EngineLost("the engine died twice")
        await rig.dictate()
        await rig.settle()
        assert rig.observer.told == ["held 1: the engine died twice"]
        assert await rig.state(1) is EntryState.HELD
        rig.main_engine.answers[1] = "heard at last"
        assert await rig.replay.paste(1) is Receipt.DELIVERED
        assert rig.screen.windows == {"editor": "heard at last"}

    run(scenario)


def test_a_bug_in_an_output_holds_the_text(run: Callable[..., None]) -> None:
    async def scenario(rig: Rig) -> None:
        rig.screen.trouble = ZeroDivisionError("a message that may quote the text")
        await rig.dictate()
        await rig.settle()
        assert rig.observer.told == ["held 1: ZeroDivisionError"]

    run(scenario)


def test_cancelled_while_the_engine_works(run: Callable[..., None]) -> None:
    async def scenario(rig: Rig) -> None:
        rig.main_engine.may_answer[1] = slow = asyncio.Event()
        await rig.dictate()
        rig.cancel()
        assert rig.main_engine.utterances[1].cancelled
        await rig.dictate()
        await rig.settle()
        slow.set()
        await asyncio.sleep(0.1)
        assert rig.screen.windows == {"editor": "hello there"}
        entry = await rig.thread.call(Journal.get, 1)
        assert entry is not None
        assert (entry.state, entry.text) == (EntryState.CANCELLED, "hello there")
        assert await rig.state(2) is EntryState.DELIVERED

    run(scenario)


@pytest.mark.fault("D11", "D7")
def test_nothing_heard_nothing_written(run: Callable[..., None]) -> None:
    async def scenario(rig: Rig) -> None:
        rig.main_engine.answers[1] = ""
        await rig.dictate()
        await rig.settle()
        assert rig.screen.windows == {}
        assert rig.observer.told == ["nothing 1"]
        assert await rig.state(1) is EntryState.EMPTY

    run(scenario)


@pytest.mark.parametrize(
    ("level", "said"),
    [
        (0.0, ": the microphone gave only digital silence: is it muted?"),
        (0.0025, ": very quiet: peak -52 dBFS; raise the microphone's level"),
        (0.1, ""),
    ],
)
def test_nothing_heard_comes_with_the_level_where_that_is_why(
    run: Callable[..., None], level: float, said: str
) -> None:
    async def scenario(rig: Rig) -> None:
        rig.main_engine.answers[1] = ""
        rig.press()
        await rig.speak(0.2, level)
        rig.release()
        await rig.speak(0.2, level, real_time=True)
        await rig.settle()
        assert rig.observer.told == [f"nothing 1{said}"]

    run(scenario)


@pytest.mark.fault("B9")
def test_a_cancel_is_reported_and_a_slip_is_not(run: Callable[..., None]) -> None:
    async def scenario(rig: Rig) -> None:
        rig.press()
        rig.pipeline.discard()
        rig.cancel()
        assert rig.observer.told == []
        rig.press()
        rig.cancel()
        rig.cancel()
        assert rig.observer.told == ["cancelled 2"]

    run(scenario)


def test_a_silence_commits_while_toggled_and_no_sample_is_lost(run: Callable[..., None]) -> None:
    settings = replace(SETTINGS, speech=replace(SETTINGS.speech, end_ms=200))

    async def scenario(rig: Rig) -> None:
        rig.main_engine.answers = {1: "one", 2: "two", 3: ""}
        rig.start()
        for _ in range(2):
            await rig.speak(0.3, 0.5)
            await rig.speak(0.3, 0.0)
        rig.release()
        await rig.speak(0.2, 0.0, real_time=True)
        await rig.settle()
        assert rig.screen.windows == {"editor": "one two"}
        entries = await rig.thread.call(Journal.history, 3)
        assert [entry.text for entry in entries] == ["", "two", "one"]
        fed = sum(len(u.fed) for u in rig.main_engine.utterances.values()) / 2 / RATE
        assert fed >= 1.2

    run(scenario, settings)


@pytest.mark.parametrize(
    ("answers", "written"),
    [
        (("你好。", "世界。", "再见。"), "你好。世界。再见。"),
        (("สวัสดี", "ครับ", ""), "สวัสดีครับ"),
        (("", "two", "three"), "two three"),
        (("one", "", "three"), "one three"),
        (("One.", "(coughs)", "Two."), "One. Two."),
        (("one", "new line two", "three"), "one\ntwo three"),
    ],
)
def test_the_utterances_of_one_dictation_are_joined_as_their_script_wants_it(
    run: Callable[..., None], answers: tuple[str, ...], written: str
) -> None:
    settings = replace(SETTINGS, speech=replace(SETTINGS.speech, end_ms=200))

    async def scenario(rig: Rig) -> None:
        rig.main_engine.answers = dict(enumerate(answers, 1))
        # The last is known first, and written last all the same.
        rig.main_engine.may_answer[1] = slow = asyncio.Event()
        rig.start()
        for _ in range(2):
            await rig.speak(0.3, 0.5)
            await rig.speak(0.3, 0.0)
        await rig.speak(0.3, 0.5)
        rig.release()
        await rig.speak(0.2, 0.0, real_time=True)
        slow.set()
        await rig.settle()
        assert rig.screen.windows == {"editor": written}

    run(scenario, settings)


@pytest.mark.parametrize(
    ("wanted", "detected", "known", "written"),
    [
        ("de", "", (), "im Garten"),
        ("en", "de", (), "im garden"),
        ("auto", "de-AT", (), "im Garten"),
        ("auto", "en", ("de", "en"), "im garden"),
        ("auto", "", ("en",), "im garden"),
        ("auto", "", ("de", "en"), "im Garten"),
    ],
)
def test_the_words_of_a_language_are_those_of_the_utterance(
    wanted: str, detected: str, known: tuple[str, ...], written: str
) -> None:
    engine = Engine()
    engine.info = replace(engine.info, languages=known)
    garden = Hotwords(terms=(Term("Garten", sounds_like=("garden",), language="de"),))
    profile = profile_of(engine, wanted, Screen(), garden)
    final = FinalTranscript(1, "im garden", language=detected)
    assert profile.polish(final, "") == written


@pytest.mark.parametrize(
    ("punctuates", "written"), [(True, "hello comma there"), (False, "hello, there")]
)
def test_the_engine_says_whether_signs_are_spoken(*, punctuates: bool, written: str) -> None:
    profile = profile_of(Engine(), "en", Screen())
    final = FinalTranscript(1, "hello comma there", punctuates=punctuates)
    assert profile.polish(final, "") == written


@pytest.mark.fault("D11")
def test_a_phrase_that_the_engine_repeats_faster_than_speech_is_written_once() -> None:
    profile = profile_of(Engine(), "en", Screen())
    final = FinalTranscript(1, "Thank you. " * 20, audio_s=2.0)
    assert profile.polish(final, "") == "Thank you."


def test_the_keys_of_a_dictation_that_was_cancelled_are_no_text(
    run: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scenario(rig: Rig) -> None:
        acted: list[int] = []

        async def follows(_text: str, acted_at: Sequence[float]) -> bool:
            acted.append(len(acted_at))
            return True

        monkeypatch.setattr(rig.screen, "follows", follows)
        await rig.dictate()
        await rig.settle()
        rig.press()
        rig.cancel()
        await rig.dictate()
        await rig.settle()
        assert rig.screen.windows == {"editor": "hello there hello there"}
        assert acted == [2 * 3]

    run(scenario)


def test_a_silence_cuts_nothing_while_the_key_is_held(run: Callable[..., None]) -> None:
    settings = replace(SETTINGS, speech=replace(SETTINGS.speech, end_ms=100))

    async def scenario(rig: Rig) -> None:
        rig.press()
        for _ in range(3):
            await rig.speak(0.3, 0.5)
            await rig.speak(1.0, 0.0)
        assert list(rig.main_engine.utterances) == [1]
        rig.release()
        await rig.speak(0.2, real_time=True)
        await rig.settle()

    run(scenario, settings)


def test_a_dead_microphone_does_not_hold_up_the_end(run: Callable[..., None]) -> None:
    async def scenario(rig: Rig) -> None:
        rig.press()
        await rig.speak(0.2)
        rig.release()
        await rig.settle()
        assert rig.screen.windows == {"editor": "hello there"}

    run(scenario)


@pytest.mark.fault("B1", "S19")
def test_the_longest_time_ends_a_dictation_and_keeps_it(run: Callable[..., None]) -> None:
    settings = replace(SETTINGS, microphone=replace(SETTINGS.microphone, longest_min=0.1))

    async def scenario(rig: Rig) -> None:
        rig.press()
        await rig.speak(7)
        await rig.settle()
        assert rig.screen.windows == {"editor": "hello there"}
        assert "longest time" in rig.observer.told[0]

    run(scenario, settings)


@pytest.mark.fault("B1")
def test_the_longest_time_ends_one_without_a_microphone_too(run: Callable[..., None]) -> None:
    settings = replace(SETTINGS, microphone=replace(SETTINGS.microphone, longest_min=0.001))

    async def scenario(rig: Rig) -> None:
        rig.press()
        await rig.settle()
        assert "longest time" in rig.observer.told[0]

    run(scenario, settings)


@pytest.mark.fault("E5")
def test_a_full_disk_costs_the_history_not_the_text(
    run: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise JournalError("the disk is full")

    async def scenario(rig: Rig) -> None:
        await rig.dictate()
        await rig.settle()
        monkeypatch.setattr(rig.journal._store, "put", full)
        await rig.dictate()
        await rig.settle()
        assert rig.screen.windows == {"editor": "hello there hello there"}
        assert any("in memory only" in line for line in rig.observer.told)

    run(scenario)


def test_what_a_stop_leaves_unheard_is_held_by_the_next_start(
    run: Callable[..., None], tmp_path: Path
) -> None:
    async def first(rig: Rig) -> None:
        rig.main_engine.may_answer[1] = asyncio.Event()
        await rig.dictate()
        await rig.pipeline.drain(0.1)

    async def second(rig: Rig) -> None:
        assert [entry.number for entry in rig.left] == [1]
        await rig.replay.recover(rig.left)
        assert await rig.state(1) is EntryState.HELD
        assert rig.screen.windows == {}
        assert rig.observer.told == [
            "trouble: recovered 1 dictation; see `dictatectl history`, `dictatectl paste N`"
        ]
        await rig.dictate()
        await rig.settle()
        assert list(rig.main_engine.utterances) == [1, 2]

    run(first)
    run(second)


def test_a_very_long_text_is_polished_off_the_loop(
    run: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: list[bool] = []

    def polish(_profile: Profile, final: FinalTranscript, *_: object) -> str:
        threads.append(threading.current_thread() is threading.main_thread())
        return final.text

    monkeypatch.setattr(Profile, "polish", polish)

    async def scenario(rig: Rig) -> None:
        rig.main_engine.answers = {1: "short", 2: "x" * (LONG_TEXT + 1)}
        for _ in range(2):
            await rig.dictate()
            await rig.settle()
        assert threads == [True, False]
        assert rig.screen.windows["editor"].split() == ["short", "x" * (LONG_TEXT + 1)]

    run(scenario)


def test_no_timer_outlives_its_dictation(run: Callable[..., None]) -> None:
    async def scenario(rig: Rig) -> None:
        loop: Any = asyncio.get_running_loop()
        await rig.dictate()
        await rig.settle()

        def waiting() -> list[asyncio.TimerHandle]:
            return [timer for timer in loop._scheduled if not timer.cancelled()]

        before = len(waiting())
        for _ in range(400):
            rig.press()
            rig.release()
            rig.cancel()
        await rig.settle()
        assert len(waiting()) <= before
        assert len(loop._scheduled) < 300, "asyncio drops those that were cancelled"

    run(scenario)


@pytest.mark.fault("D9", "F9")
def test_three_hundred_dictations_leave_nothing_behind(
    run: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever becomes of them: no task, timer, file, thread or dictation."""
    monkeypatch.setattr("os.fsync", lambda _: None)  # it is not about power cuts

    def left(loop: Any) -> dict[str, int]:
        gc.collect()
        return {
            "tasks": len(asyncio.all_tasks()),
            "timers": sum(not timer.cancelled() for timer in loop._scheduled),
            "files": len(list(Path("/proc/self/fd").iterdir())),
            "threads": threading.active_count(),
            # Not by isinstance: objects of torch warn when they are asked for their class.
            "dictations": sum(type(each) is Dictation for each in gc.get_objects()),
        }

    async def dictate(rig: Rig, number: int) -> None:
        answers: dict[int, str | Exception] = {1: "", 2: EngineLost("it died"), 3: ValueError()}
        if answer := answers.get(number % 6):
            rig.main_engine.answers[number] = answer
        rig.screen.trouble = NotDelivered("no window") if number % 6 == 4 else None
        rig.press("second" if number % 2 else "")
        await rig.speak(PAUSE)
        rig.cancel() if number % 6 == 5 else rig.pipeline.sound_over()
        await rig.settle()
        rig.main_engine.answers.clear()  # an error knows where it was raised
        rig.screen.trouble = None

    async def scenario(rig: Rig) -> None:
        loop = asyncio.get_running_loop()
        for number in range(1, 13):
            await dictate(rig, number)
        before = left(loop)
        for number in range(13, 313):
            await dictate(rig, number)
        assert left(loop) == before
        assert before["dictations"] == 0

    run(scenario)
