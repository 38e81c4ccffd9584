"""Polished texts: the raw one is safe, one of both is in the window, one undo between them."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from dictate.app import voice_editing
from dictate.app.observer import Timing
from dictate.app.output_writer import Asked, Instead
from dictate.app.polishing import SOURCE, Polishing
from dictate.chat.guards import Guard, Rejected
from dictate.config.schema import PolishSettings, TextSettings
from dictate.errors import (
    ChatError,
    DeliveryUnsure,
    DictateError,
    FocusMoved,
    NotDelivered,
    NotFound,
)
from dictate.hotwords.model import Hotwords, Term
from dictate.journal.entry import Entry, EntryState
from dictate.journal.journal import Journal
from dictate.outputs import Focus, Output
from dictate.text.edit_phrases import Edit
from dictate.text.fit import Fitting
from tests.lab.screen import EDITOR, Rig, Screen, on_screen

RAW, POLISHED = "um so the plan is good", "So, the plan is good."


@dataclass
class Model:
    """In place of the editor: answers when it is let."""

    settings: PolishSettings
    answer: str | Exception = POLISHED
    may: asyncio.Event = field(default_factory=asyncio.Event)
    asked: list[str] = field(default_factory=list)
    cancelled: int = 0

    async def polish(self, raw: str, hotwords: Hotwords, language: str | None) -> str:
        self.asked.append(raw)
        try:
            await self.may.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@dataclass
class Place:
    """In place of the profile."""

    output: Output
    sends: bool = False
    text: TextSettings = field(default_factory=lambda: TextSettings(polish=True))

    def hotwords_in(self, application: str) -> Hotwords:
        return Hotwords(terms=(Term("C++"),), replacements=(("good", "better"),))


class NoUndo(Screen):
    """It cannot take a text back, as the clipboard."""

    undo = Output.undo


class Desk:
    """A rig with a model: each text goes the way that the pipeline takes it."""

    def __init__(self, rig: Rig, when: str = "after") -> None:
        self.rig = rig
        self.model = Model(PolishSettings(when=when))
        self.place = Place(rig.screen)
        self.was_held: list[str] = []
        self.troubles: dict[str, str] = {}
        self.told = 0
        self.replaced: list[int] = []
        self.has_snippet = False
        self.polishing = Polishing(
            self.model,  # type: ignore[arg-type]
            rig.journal,
            rig.writer,
            self,
            lambda: (),
        )
        self.polishing.replacing.connect(self.replaced.append)

    def trouble(self, message: str, source: str = "") -> None:
        self.told += 1
        self.troubles[source] = message

    def mended(self, source: str) -> None:
        self.troubles.pop(source, None)

    def has_trouble(self, source: str) -> bool:
        return source in self.troubles

    def held(self, number: int, reason: str) -> None:
        self.was_held.append(reason)

    async def say(self, raw: str = RAW, focus: Focus = EDITOR) -> int:
        self.rig.number += 1
        number, journal, output = self.rig.number, self.rig.journal, self.place.output
        await journal.call(Journal.begin, number, 0.0)
        await journal.call(Journal.captured, number, "")
        await journal.keep(Journal.transcribed, number, raw, raw, "engine")
        dictation: Any = SimpleNamespace(
            number=number,
            text=raw,
            profile=self.place,
            fitting=Fitting(language="en"),
            has_snippet=self.has_snippet,
        )
        polished = await self.polishing.before(dictation, "")
        instead = Instead(raw) if polished else None
        await self.rig.writer.write(
            *(number, polished or raw, output, focus, Asked.now(), Timing()),
            dictation.fitting,
            instead,
        )
        self.polishing.written(number)
        return number

    async def settled(self) -> None:
        self.model.may.set()
        async with asyncio.timeout(20):
            await self.polishing._background.wait()

    async def entry(self, number: int) -> Entry:
        entry = await self.rig.journal.call(Journal.get, number)
        assert entry is not None
        return entry

    @property
    def text(self) -> str:
        return self.rig.text


Scene = Callable[[Desk], Awaitable[None]]
Play = Callable[..., None]


@pytest.fixture
def play(tmp_path: Path) -> Iterator[Play]:
    with on_screen(tmp_path) as run:

        def player(scene: Scene, when: str = "after") -> None:
            async def whole(rig: Rig) -> None:
                desk = Desk(rig, when)
                try:
                    await scene(desk)
                finally:
                    await desk.polishing.close()

            run(whole)

        yield player


def test_after_the_raw_text_the_polished_one_and_two_undos(play: Play) -> None:
    async def scene(desk: Desk) -> None:
        desk.place.text = TextSettings()
        await desk.say("the first text is here.")
        desk.place.text = TextSettings(polish=True)
        number = await desk.say()
        assert desk.text == "the first text is here. Um so the plan is good"
        await desk.settled()
        assert desk.text == f"the first text is here. {POLISHED}"
        entry = await desk.entry(number)
        assert (entry.text, entry.polished, entry.state) == (RAW, POLISHED, EntryState.DELIVERED)
        assert desk.replaced == [number]
        assert await desk.rig.undo() == number
        assert desk.rig.writer.restored == Instead(RAW)
        assert desk.text == "the first text is here. Um so the plan is good"
        entry = await desk.entry(number)
        assert (entry.wanted, entry.polished, entry.state) == (RAW, "", EntryState.DELIVERED)
        assert await desk.rig.undo() == number
        assert desk.rig.writer.restored is None
        assert desk.text == "the first text is here."
        assert (await desk.entry(number)).state is EntryState.HELD

    play(scene)


def test_before_it_is_written_once_and_the_raw_text_is_one_undo_away(play: Play) -> None:
    async def scene(desk: Desk) -> None:
        desk.model.may.set()
        number = await desk.say()
        assert desk.text == POLISHED
        entry = await desk.entry(number)
        assert (entry.text, entry.polished, entry.wanted) == (RAW, POLISHED, POLISHED)
        await desk.rig.undo()
        assert desk.text == RAW
        assert (await desk.entry(number)).wanted == RAW
        await desk.rig.undo()
        assert desk.text == ""
        # At once altogether, as "scratch that" means it.
        await desk.say()
        await desk.rig.writer.undo([desk.rig.screen], altogether=True)
        assert desk.text == ""

    play(scene, "before")


@pytest.mark.parametrize("when", ["before", "after"])
def test_scratched_and_written_again_it_still_has_its_raw_text(play: Play, when: str) -> None:
    async def scene(desk: Desk) -> None:
        screen = desk.rig.screen
        editing = voice_editing.VoiceEditing(desk.rig.journal, desk.rig.writer, lambda: [screen])

        def place() -> voice_editing.Place:
            return voice_editing.Place(screen, EDITOR, Asked.now(), Fitting(language="en"))

        async def said(edit: Edit) -> str:
            return await editing._carry_out(edit, place())

        desk.model.may.set()
        number = await desk.say()
        await desk.settled()
        assert desk.text == POLISHED
        for undo in (partial(said, Edit.UNDO), desk.rig.undo):
            await said(Edit.SCRATCH)
            assert desk.text == ""
            await said(Edit.UNDO)
            assert desk.text == POLISHED
            assert (await desk.entry(number)).wanted == POLISHED
            await undo()
            assert desk.text == RAW
            entry = await desk.entry(number)
            assert (entry.wanted, entry.state) == (RAW, EntryState.DELIVERED)
            with pytest.raises(NotFound, match="no voice command since"):
                await said(Edit.UNDO)
            await said(Edit.SCRATCH)
            editing.fitting_of_text(place())  # as the pipeline does before each text
            number = await desk.say()
            await desk.settled()
        # What is changed by voice and taken back is still a text of the model's.
        await said(Edit.CAPITAL)
        for edit in (Edit.SCRATCH, Edit.UNDO, Edit.UNDO, Edit.UNDO):
            changed = desk.text
            await said(edit)
        assert changed == POLISHED
        entry = await desk.entry(number)
        assert (entry.wanted, entry.corrected) == (RAW, "")

    play(scene, when)


@pytest.mark.parametrize(
    ("style", "text"),
    [
        ("full", "So, the plan for C++ is good."),
        ("short", "So, the plan for C++ is good"),
        ("none", "So the plan for C++ is good"),
        ("lower", "so the plan for C++ is good"),
    ],
)
def test_the_style_of_the_profile_holds_for_the_polished_text(
    play: Play, style: str, text: str
) -> None:
    async def scene(desk: Desk) -> None:
        desk.model.may.set()
        desk.model.answer = "So, the plan for C++ is good."
        desk.place.text = TextSettings(polish=True, punctuation=style)
        await desk.say("um so the plan for C++ is good")
        assert desk.text == text

    play(scene, "before")


def test_what_is_sent_with_enter_waits(play: Play) -> None:
    async def scene(desk: Desk) -> None:
        desk.model.may.set()
        desk.place.sends = True
        await desk.say()
        assert desk.text == POLISHED

    play(scene)


def test_an_output_that_cannot_take_back_waits(play: Play) -> None:
    async def scene(desk: Desk) -> None:
        desk.model.may.set()
        desk.place.output = screen = NoUndo()
        await desk.say()
        assert screen.windows == {EDITOR: POLISHED}
        with pytest.raises(NotDelivered, match="cannot take a text back"):
            await desk.rig.writer.undo([screen])
        assert screen.windows == {EDITOR: POLISHED}

    play(scene)


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(
    ("answer", "troubles"),
    [
        (Rejected(Guard.NUMBERS, "a number is gone"), []),
        (ChatError("the server at 127.0.0.1 cannot be reached"), [SOURCE]),
        (RuntimeError("a bug"), []),
    ],
)
def test_what_fails_leaves_the_raw_text_and_says_why(
    play: Play, when: str, answer: Exception, troubles: list[str]
) -> None:
    async def scene(desk: Desk) -> None:
        desk.model.answer = answer
        desk.model.may.set()
        for _ in range(2):
            number = await desk.say()
            await desk.settled()
            entry = await desk.entry(number)
            why = "RuntimeError, see the log" if isinstance(answer, RuntimeError) else answer
            assert (entry.reason, entry.polished) == (f"delivered; not polished: {why}", "")
        assert desk.text == "um so the plan is good um so the plan is good"
        assert list(desk.troubles) == troubles
        assert desk.told == len(troubles)  # once
        desk.model.answer = POLISHED
        await desk.say()
        await desk.settled()
        assert not desk.troubles

    play(scene, when)


def test_what_is_not_wanted_is_not_asked(play: Play) -> None:
    async def scene(desk: Desk) -> None:
        desk.model.may.set()
        await desk.say("see you tomorrow")
        desk.place.text = TextSettings()
        await desk.say("see you tomorrow in the evening")
        desk.place.text = TextSettings(polish=True, code=True)
        await desk.say("see you tomorrow in the evening")
        desk.place.text, desk.has_snippet = TextSettings(polish=True), True
        await desk.say("My Street 7\nMy Town and my land")
        assert desk.model.asked == []

    play(scene)


def touched(desk: Desk) -> None:
    desk.rig.screen.touched = True


def moved(desk: Desk) -> None:
    desk.rig.screen.undo_trouble = FocusMoved("Editor has the focus no longer")


TROUBLES: dict[str, tuple[Callable[[Desk], Any], str]] = {
    "typed": (touched, "something was typed or clicked since"),
    "moved": (moved, "Editor has the focus no longer"),
}


@pytest.mark.parametrize("trouble", TROUBLES)
def test_who_has_typed_or_gone_keeps_the_raw_text(play: Play, trouble: str) -> None:
    async def scene(desk: Desk) -> None:
        number = await desk.say()
        TROUBLES[trouble][0](desk)
        await desk.settled()
        assert desk.text == RAW
        entry = await desk.entry(number)
        assert entry.reason == f"delivered; not polished: {TROUBLES[trouble][1]}"
        assert (entry.polished, entry.state) == ("", EntryState.DELIVERED)

    play(scene)


def test_a_text_behind_it_or_an_undo_keeps_the_raw_text(play: Play) -> None:
    async def scene(desk: Desk) -> None:
        first = await desk.say()
        desk.place.text = TextSettings()
        await desk.say("then more")
        await desk.settled()
        assert desk.text == f"{RAW} then more"
        assert "it is not the last text any more" in (await desk.entry(first)).reason
        desk.model.may.clear()
        desk.place.text = TextSettings(polish=True)
        await desk.say()
        await desk.rig.undo()
        await desk.settled()
        assert desk.text == f"{RAW} then more"

    play(scene)


def test_the_next_text_does_not_wait_for_a_model_that_works_in_vain(play: Play) -> None:
    async def scene(desk: Desk) -> None:
        first = await desk.say()
        second = await desk.say()
        while not desk.model.cancelled:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        assert desk.text == f"{RAW} {RAW}"
        await desk.settled()
        assert desk.text == f"{RAW} so, the plan is good."
        assert (desk.model.cancelled, desk.replaced) == (1, [second])
        assert "it is not the last text any more" in (await desk.entry(first)).reason

    play(scene)


def test_what_the_user_has_changed_by_voice_stays(play: Play) -> None:
    async def scene(desk: Desk) -> None:
        number, screen = await desk.say(), [desk.rig.screen]
        await desk.rig.writer.rewrite(str.capitalize, screen, ())
        await desk.settled()
        assert desk.text == RAW.capitalize()
        entry = await desk.entry(number)
        assert entry.wanted == RAW.capitalize()
        assert "it was changed by voice since" in entry.reason
        # Polished, changed and then as it was said: that is what the user wants.
        desk.place.output.windows.clear()  # type: ignore[attr-defined]
        number = await desk.say()
        await desk.settled()
        await desk.rig.writer.rewrite(str.upper, screen, ())
        assert (await desk.entry(number)).wanted == POLISHED.upper()
        await desk.rig.undo()
        assert desk.text == RAW
        assert (await desk.entry(number)).wanted == RAW

    play(scene)


def test_a_cancelled_one_frees_the_model(play: Play) -> None:
    async def scene(desk: Desk) -> None:
        waiting = asyncio.create_task(desk.say())
        while not desk.model.asked:  # noqa: ASYNC110
            await asyncio.sleep(0)
        desk.polishing.cancel(1)
        await waiting
        assert desk.model.cancelled == 1
        assert desk.text == RAW

    play(scene, "before")

    async def forgotten(desk: Desk) -> None:
        desk.rig.number = 1
        await desk.say()
        desk.polishing.forgotten(None)
        await desk.settled()
        assert desk.model.cancelled == 1
        assert desk.text == RAW

    play(forgotten)


@pytest.mark.parametrize(
    ("undo", "write", "window", "reason"),
    [
        (DeliveryUnsure("it hung"), None, RAW, "it hung"),
        (None, FocusMoved("it moved"), "", "taken back, and then this one not written: it moved"),
        (None, DeliveryUnsure("it died"), "", "taken back, and then this one not written: it died"),
    ],
)
def test_trouble_between_undo_and_write_holds_both_texts(
    play: Play,
    undo: DictateError | None,
    write: DictateError | None,
    window: str,
    reason: str,
) -> None:
    async def scene(desk: Desk) -> None:
        number = await desk.say()
        desk.rig.screen.undo_trouble, desk.rig.screen.trouble = undo, write
        await desk.settled()
        assert desk.text == window
        entry = await desk.entry(number)
        assert entry.state is EntryState.HELD
        assert entry.reason.endswith(reason)
        assert (entry.text, entry.polished) == (RAW, POLISHED)
        assert len(desk.was_held) == 1
        # Nothing is written by itself, and nothing twice.
        desk.rig.screen.undo_trouble = desk.rig.screen.trouble = None
        with pytest.raises(DictateError):
            await desk.rig.undo()
        assert desk.text == window

    play(scene)


def test_without_a_journal_the_raw_text_stays(play: Play) -> None:
    async def scene(desk: Desk) -> None:
        number = await desk.say()
        await desk.rig.journal.call(Journal.forget, number)
        await desk.settled()
        assert desk.text == RAW

    play(scene)


def test_what_was_selected_comes_back_as_it_was(play: Play) -> None:
    async def scene(desk: Desk) -> None:
        rig, selected = desk.rig, Instead("  a long Text ", was_selected=True)
        rig.screen.windows[EDITOR] = "It is "  # and behind it what is replaced
        rig.number += 1
        await rig.journal.call(Journal.begin, 1, 0.0)
        await rig.journal.call(Journal.captured, 1, "")
        await rig.journal.keep(Journal.transcribed, 1, "make it short", "", "engine")
        rig.journal.submit(Journal.polished, 1, "  short ")
        await rig.writer.write(
            *(1, "  short ", rig.screen, EDITOR, Asked.now(), Timing()), None, selected
        )
        assert desk.text == "It is   short "
        await rig.undo()
        assert desk.text == "It is   a long Text "
        entry = await desk.entry(1)
        assert (entry.state, entry.wanted) == (EntryState.HELD, "  short ")
        with pytest.raises(NotFound):
            await rig.undo()
        assert desk.text == "It is   a long Text "

    play(scene)
