"""Voice commands in the pipeline: done in their turn, exactly or not at all, and never typed."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from dictate.app.profiles import ProfileSet
from dictate.config.schema import EditingSettings
from dictate.errors import DeliveryUnsure, NotDelivered
from dictate.hotwords.model import MAIN
from dictate.journal.entry import Entry, EntryState
from dictate.journal.journal import Journal
from dictate.outputs import Focus
from tests.app.test_pipeline import SETTINGS, Rig, Screen, run

__all__ = ["run"]

Run = Callable[..., None]
CANNOT = NotDelivered("something was typed since")


async def say(rig: Rig, *texts: str) -> None:
    """Dictate these, one after the other."""
    for text in texts:
        rig.main_engine.answers[rig.pipeline._session.next_number] = text
        await rig.dictate()
        await rig.settle()


async def entry(rig: Rig, number: int) -> Entry:
    found = await rig.thread.call(Journal.get, number)
    assert found is not None
    return found


def text_of(rig: Rig) -> str:
    return rig.screen.windows.get("editor", "")


def test_scratch_that_takes_back_one_text_after_the_other(run: Run) -> None:
    async def scenario(rig: Rig) -> None:
        gone: list[int] = []
        rig.pipeline.editing.taken_back.connect(gone.append)
        await say(rig, "One.", "Two.", "Three.", "Scratch that.", "Scratch that.")
        assert text_of(rig) == "One."
        assert gone == [3, 2]
        assert [(await entry(rig, number)).state for number in (1, 2, 3)] == [
            EntryState.DELIVERED, EntryState.HELD, EntryState.HELD,
        ]  # fmt: skip
        said = await entry(rig, 4)
        assert (said.command, said.heard, said.text) == ("scratch", "Scratch that.", "")
        assert (said.state, said.reason) == (EntryState.DELIVERED, "dictation 3 is taken back")
        assert said.has_audio
        last = await rig.thread.call(Journal.last)
        assert last is not None
        assert last.number == 3, "the command is no text"
        assert "done 4: dictation 3 is taken back" in rig.observer.told
        await say(rig, "More.")
        assert text_of(rig) == "One. More."

    run(scenario)


def test_undo_that_writes_what_was_scratched_again(run: Run) -> None:
    async def scenario(rig: Rig) -> None:
        await say(rig, "One.", "Two.", "Scratch that.", "Scratch that.", "Undo that.", "Undo that.")
        assert text_of(rig) == "One. Two."
        assert (await entry(rig, 2)).state is EntryState.DELIVERED
        await say(rig, "Undo that.")
        assert (await entry(rig, 7)).state is EntryState.HELD
        assert text_of(rig) == "One. Two."
        await say(rig, "Scratch that.", "Three.", "Undo that.")
        assert text_of(rig) == "One. Three.", "nothing before the last text is undone"

    run(scenario)


def test_what_cannot_be_done_changes_nothing_and_says_why(run: Run) -> None:
    async def scenario(rig: Rig) -> None:
        await say(rig, "Scratch that.")
        assert rig.observer.told[-1] == (
            "held 1: this voice command was not carried out: there is no text that could be taken "
            "back"
        )
        await say(rig, "One.")
        faulty(rig).undo_trouble = CANNOT
        for number, command in enumerate(("Scratch that.", "Capital that.", "Select that."), 3):
            await say(rig, command)
            assert text_of(rig) == "One."
            assert (await entry(rig, number)).state is EntryState.HELD
            assert (await entry(rig, 2)).state is EntryState.DELIVERED
            assert (await entry(rig, 2)).wanted == "One."
        rig.screen.focused = "browser"
        await say(rig, "Scratch that.")
        assert rig.screen.windows == {"editor": "One."}

    screens(run, scenario)


def test_a_command_that_was_meant_as_text_can_be_written(run: Run) -> None:
    async def scenario(rig: Rig) -> None:
        await say(rig, "Undo that.")
        await rig.replay.paste(1)
        assert text_of(rig) == "Undo that."
        said = await entry(rig, 1)
        assert (said.state, said.command, said.text) == (EntryState.DELIVERED, "", "Undo that.")
        await say(rig, "Literal scratch that.")
        assert text_of(rig) == "Undo that. Scratch that."
        assert (await entry(rig, 2)).heard == "Literal scratch that."

    run(scenario)


def test_a_command_that_is_off_is_text(run: Run) -> None:
    async def scenario(rig: Rig) -> None:
        await say(rig, "One.", "Scratch that.")
        assert text_of(rig) == "One. Scratch that."

    run(scenario, replace(SETTINGS, editing=EditingSettings(scratch=False)))


def test_a_command_waits_for_the_text_before_it(run: Run) -> None:
    async def scenario(rig: Rig) -> None:
        rig.main_engine.answers |= {1: "One.", 2: "Scratch that."}
        waiting = rig.main_engine.may_answer[1] = asyncio.Event()
        await rig.dictate()
        await rig.dictate()
        assert rig.screen.windows == {}
        waiting.set()
        await rig.settle()
        assert text_of(rig) == ""
        assert rig.observer.told[-1] == "done 2: dictation 1 is taken back"

    run(scenario)


def test_capital_that_is_one_change_that_can_be_undone(run: Run) -> None:
    async def scenario(rig: Rig) -> None:
        await say(rig, "We say", "two words", "Capital that.")
        assert text_of(rig) == "We say Two words"
        assert ((await entry(rig, 2)).text, (await entry(rig, 2)).wanted) == (
            "two words", "Two words",
        )  # fmt: skip
        await say(rig, "Cap that.")
        assert text_of(rig) == "We say Two Words"
        await say(rig, "Undo that.", "Undo that.")
        assert text_of(rig) == "We say two words"
        assert (await entry(rig, 2)).corrected == ""
        await say(rig, "Capital that.", "Scratch that.", "Undo that.")
        assert text_of(rig) == "We say Two words"
        await say(rig, "Cap that.", "Cap that.")
        assert rig.observer.told[-1].endswith("there is nothing to change in the last text")

    run(scenario)


def test_the_journal_knows_while_a_text_is_in_no_window(run: Run) -> None:
    async def scenario(rig: Rig) -> None:
        found: list[tuple[EntryState, str]] = []

        async def look() -> None:
            found.append(((await entry(rig, 1)).state, text_of(rig)))

        await say(rig, "one")
        rig.screen.before_write = look
        await say(rig, "Capital that.")
        assert found == [(EntryState.TYPING, "")]

    run(scenario)


def test_a_text_that_is_taken_back_and_not_written_again_is_held(run: Run) -> None:
    async def scenario(rig: Rig) -> None:
        for number, trouble in ((1, NotDelivered("it closed")), (3, DeliveryUnsure("it hangs"))):
            await say(rig, "one")
            rig.screen.trouble = trouble
            await say(rig, "Capital that.")
            rig.screen.trouble = None
            assert text_of(rig) == ""
            held = await entry(rig, number)
            assert (held.state, held.wanted) == (EntryState.HELD, "one")
            assert held.reason.endswith(f"then this one not written: {trouble}")
            assert f"dictatectl paste {number}" in rig.observer.told[-1]
            assert (await entry(rig, number + 1)).state is EntryState.HELD

    screens(run, scenario)


def test_nobody_knows_whether_it_was_taken_back(run: Run) -> None:
    async def scenario(rig: Rig) -> None:
        await say(rig, "one")
        faulty(rig).undo_trouble = DeliveryUnsure("it hangs")
        await say(rig, "Capital that.")
        assert (await entry(rig, 1)).state is EntryState.HELD
        faulty(rig).undo_trouble = None
        await say(rig, "Scratch that.")
        assert text_of(rig) == "one", "what is not known is not touched"

    screens(run, scenario)


def test_without_a_journal_entry_nothing_is_rewritten(run: Run) -> None:
    async def scenario(rig: Rig) -> None:
        await say(rig, "one", "Capital that.")
        assert text_of(rig) == "one"
        assert "dictation 1 is not in the journal any more" in rig.observer.told[-1]

    run(scenario, replace(SETTINGS, journal=replace(SETTINGS.journal, keep_days=0.0)))


def test_select_that_and_the_next_text_replaces_it(run: Run) -> None:
    async def scenario(rig: Rig) -> None:
        await say(rig, "One.", "Two.", "Select that.")
        assert faulty(rig).selected == "Two."
        await say(rig, "Three.")
        assert text_of(rig) == "One. Three."
        await say(rig, "Scratch that.", "Scratch that.")
        assert text_of(rig) == "One. ", "what is behind a selection is not known"

    screens(run, scenario)


def test_new_sentence_opens_the_next_text(run: Run) -> None:
    async def scenario(rig: Rig) -> None:
        await say(rig, "we met", "New sentence.", "it was late")
        assert text_of(rig) == "we met. It was late"
        assert (await entry(rig, 3)).text == "it was late"
        await say(rig, "new sentence", "undo that", "and dark")
        assert text_of(rig) == "we met. It was late and dark"
        rig.screen.focused = "browser"
        await say(rig, "new sentence", "here we are")
        assert rig.screen.windows["browser"] == "Here we are"

    run(scenario)


def test_after_a_crash_a_command_is_held_and_not_carried_out(tmp_path: Path) -> None:
    def open_it() -> tuple[Journal, list[Entry]]:
        journal = Journal(tmp_path / "journal", SETTINGS.journal, lambda _: None)
        return journal, journal.open()

    journal, _ = open_it()
    journal.begin(1, 0.0)
    journal.append(1, b"\1\1" * 1600)
    journal.captured(1, "")
    journal.commanded(1, "scratch", "Scratch that.", "engine")
    journal._store.close()  # killed
    journal, left = open_it()
    (found,) = left
    assert (found.state, found.command, found.heard) == (
        EntryState.HELD, "scratch", "Scratch that.",
    )  # fmt: skip
    assert found.reason == "Dictate crashed before writing it"
    journal.close()


class FaultyScreen(Screen):
    """A screen that can select, and whose undo may fail alone."""

    undo_trouble: Exception | None = None
    selected = ""

    async def undo(self, text: str, focus: Focus | None) -> None:
        trouble, self.trouble = self.trouble, self.undo_trouble
        try:
            await super().undo(text, focus)
        finally:
            self.trouble = trouble

    async def select(self, text: str, focus: Focus | None) -> None:
        del focus
        if self.undo_trouble:
            raise self.undo_trouble
        self.selected = text.strip()

    async def write(self, text: str, focus: Focus | None) -> Any:
        if self.selected:
            self.windows[self.focused] = self.windows[self.focused].removesuffix(self.selected)
            self.selected = ""
        return await super().write(text, focus)


def faulty(rig: Rig) -> FaultyScreen:
    assert isinstance(rig.screen, FaultyScreen)
    return rig.screen


def screens(run: Run, scenario: Callable[[Rig], Any]) -> None:
    """Run it with such a screen."""

    async def prepared(rig: Rig) -> None:
        screen = FaultyScreen()
        rig.screen = screen
        main = replace(rig.profiles.main, output=screen)
        rig.profiles.apply(ProfileSet({MAIN: main}, SETTINGS))
        await scenario(rig)

    run(prepared)
