"""Texts one after the other in one place: their words do not touch, and nothing else changes."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dictate.app import output_writer
from dictate.app.output_writer import CONSECUTIVE_S
from dictate.errors import DeliveryUnsure, NotDelivered
from dictate.journal.journal import Journal
from dictate.outputs import FieldText
from tests.lab.screen import BROWSER, EDITOR, Rig, Scenario, Screen, Stream, on_screen

Run = Callable[[Scenario], None]


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    with on_screen(tmp_path) as runner:
        yield runner


@pytest.mark.parametrize(
    ("texts", "together"),
    [
        (["One two.", "Three four."], "One two. Three four."),
        (["one", "two", "three"], "one two three"),
        (["你好。", "世界。"], "你好。世界。"),
        (["こんにちは", "元気ですか"], "こんにちは元気ですか"),
        (["สวัสดี", "ครับ"], "สวัสดีครับ"),
        (["one", ", two"], "one, two"),
        (["one (", "two", ")"], "one (two)"),
        (["one\n", "two"], "one\ntwo"),
        (["one ", "two"], "one two"),
        (["one", "\ntwo"], "one\ntwo"),
    ],
)
def test_words_of_consecutive_texts_do_not_touch(run: Run, texts: list[str], together: str) -> None:
    async def scenario(rig: Rig) -> None:
        for text in texts:
            await rig.write(text)
        assert rig.text == together

    run(scenario)


def test_the_space_is_not_part_of_the_text_in_the_journal(run: Run) -> None:
    async def scenario(rig: Rig) -> None:
        for text in ("One two.", "Three four."):
            await rig.write(text)
        entries = await rig.journal.call(Journal.history, 2)
        assert [entry.text for entry in entries] == ["Three four.", "One two."]

    run(scenario)


def test_no_space_where_the_user_did_something_in_between(run: Run) -> None:
    async def scenario(rig: Rig) -> None:
        await rig.write("One.")
        rig.screen.touched = True
        await rig.write("Two.")
        await rig.write("Three.")
        assert rig.text == "One.Two. Three."
        assert [text for text, _ in rig.screen.asked] == ["One.", "Two."]

    run(scenario)


def test_no_space_in_another_window_nor_back_from_it(run: Run) -> None:
    async def scenario(rig: Rig) -> None:
        await rig.write("One.")
        await rig.write("Two.", BROWSER)
        await rig.write("Three.")
        assert rig.screen.windows == {EDITOR: "One.Three.", BROWSER: "Two."}

    run(scenario)


@pytest.mark.parametrize(("later_s", "space"), [(CONSECUTIVE_S - 1, " "), (CONSECUTIVE_S + 1, "")])
def test_no_space_after_a_minute(run: Run, later_s: float, space: str) -> None:
    async def scenario(rig: Rig) -> None:
        await rig.write("One.")
        await rig.write("Two.", later_s=later_s)
        assert rig.text == f"One.{space}Two."

    run(scenario)


def test_no_space_where_the_window_is_unknown_unless_one_dictation_goes_on(run: Run) -> None:
    async def scenario(rig: Rig) -> None:
        for continued in (False, False, True):
            await rig.write("One.", None, continued=continued)
        assert rig.screen.windows == {None: "One.One. One."}

    run(scenario)


def test_no_space_in_another_output_or_in_a_stream(run: Run) -> None:
    async def scenario(rig: Rig) -> None:
        other, stream = Screen(), Stream()
        for output in (other, rig.screen):
            await rig.write("One.", output=output)
        for _ in range(2):
            await rig.write("One.", None, output=stream, continued=True)
        assert (rig.text, other.windows) == ("One.", {EDITOR: "One."})
        assert stream.windows == {None: "One.One."}

    run(scenario)


def test_undo_takes_the_space_back_and_the_next_text_gets_it_again(run: Run) -> None:
    async def scenario(rig: Rig) -> None:
        await rig.write("One two.")
        await rig.write("Three floor.")
        await rig.undo()
        assert rig.text == "One two."
        await rig.write("Three four.")
        assert rig.text == "One two. Three four."
        await rig.undo()
        assert rig.text == "One two."

    run(scenario)


def test_after_undo_of_the_first_text_nothing_is_before_the_next(run: Run) -> None:
    async def scenario(rig: Rig) -> None:
        await rig.write("One.")
        await rig.undo()
        await rig.write("Two.")
        assert rig.text == "Two."

    run(scenario)


def test_a_text_that_was_held_gets_the_space_when_it_is_written(run: Run) -> None:
    async def scenario(rig: Rig) -> None:
        await rig.write("One.")
        rig.screen.trouble = NotDelivered("the focus moved")
        with pytest.raises(NotDelivered):
            await rig.write("Two.")
        rig.screen.trouble = None
        await rig.write("Two.")
        assert rig.text == "One. Two."
        entry = await rig.journal.call(Journal.last)
        assert entry is not None
        assert entry.text == "Two."

    run(scenario)


def test_nothing_is_known_after_a_text_that_may_have_arrived(run: Run) -> None:
    async def scenario(rig: Rig) -> None:
        await rig.write("One.")
        rig.screen.trouble = DeliveryUnsure("the window hangs")
        with pytest.raises(DeliveryUnsure):
            await rig.write("Two.")
        rig.screen.trouble = None
        await rig.write("Three.")
        assert rig.text == "One.Three."

    run(scenario)


def test_what_the_user_has_deleted_is_not_the_last_text(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(output_writer, "SHOWN_S", 0)

    async def scenario(rig: Rig) -> None:
        def stands(text: str, *, after: str = "") -> None:
            rig.screen.windows[EDITOR] = text
            rig.screen.field = FieldText(text + after, len(text), len(text))

        for text in ("One.", "Two.", "Three.", "Four."):
            await rig.write(text)
        stands("Mine. One. Two.", after=" Five.")
        assert await rig.undo() == 2
        assert rig.text == "Mine. One."
        # What cannot be taken back keeps the ones before it only as long as it stands there.
        for text in ("Two.", "Three."):
            await rig.write(text)
        rig.screen.undo_trouble = NotDelivered("it has line ends")
        stands("Mine. One. Two. Three.")
        for _ in range(2):
            with pytest.raises(NotDelivered, match="line ends"):
                await rig.undo()
        rig.screen.undo_trouble = None
        stands("Mine. One. Two.")
        assert await rig.undo() == 5
        # Of texts that stand otherwise, none is taken for the last one.
        rig.screen.undo_trouble = NotDelivered("not there")
        await rig.write("Two.")
        stands("Mine. One. One x")
        with pytest.raises(NotDelivered, match="not there"):
            await rig.undo()

    run(scenario)


def test_a_text_that_is_not_shown_yet_is_still_the_last_one(run: Run) -> None:
    async def scenario(rig: Rig) -> None:
        for text in ("One.", "Two."):
            await rig.write(text)
        rig.screen.field = FieldText("One.", 4, 4)
        assert await rig.undo() == 2

    run(scenario)
