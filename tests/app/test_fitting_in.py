"""A text fits in at the cursor, as far as the output can read what stands there. Whatever the
output answers, the text is written, and once."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from dictate.app.around_cursor import ANSWER_S
from dictate.config.schema import TextSettings
from dictate.errors import NotDelivered
from dictate.hotwords.model import Hotwords, Term
from dictate.journal.entry import EntryState
from dictate.journal.journal import Journal
from dictate.outputs import Destination, FieldText, Focus
from dictate.text.fit import Fitting
from tests.app import test_pipeline as pipeline
from tests.lab.screen import Rig, Scenario, on_screen

Run = Callable[[Scenario], None]


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    with on_screen(tmp_path) as runner:
        yield runner


def field(around: str) -> FieldText:
    """A field with its cursor at "|", or with a selection between two of them."""
    before, *selected, after = around.split("|")
    text = before + "".join(selected) + after
    return FieldText(text, len(text) - len(after), len(before))


@pytest.mark.parametrize(
    ("around", "text", "written"),
    [
        ("We met|", "and it was late", ". And it was late"),
        ("We met |", "and it was late", "And it was late"),
        ("We met.|", "and it was late", " And it was late"),
        ("|", "and it was late", "And it was late"),
    ],
)
@pytest.mark.parametrize("spacing", ["auto", "none", "trailing"])
def test_a_text_begins_a_sentence_wherever_it_lands(
    run: Run, around: str, text: str, written: str, spacing: str
) -> None:
    async def scenario(rig: Rig) -> None:
        rig.screen.field = field(around)
        await rig.write(text, fitting=Fitting(spacing, language="en", begins=True))
        wanted = {"auto": written, "none": written.lstrip(), "trailing": f"{written.lstrip()} "}
        assert rig.text == wanted[spacing]

    run(scenario)


def test_all_of_ones_last_texts_stand_before_the_cursor(run: Run) -> None:
    async def scenario(rig: Rig) -> None:
        for text in ("Liebe Anna,", "\n\n", "Vielen Dank."):
            await rig.write(text, fitting=Fitting(language="de"))
        assert rig.text == "Liebe Anna,\n\nvielen Dank."

    run(scenario)


@pytest.mark.parametrize(
    ("around", "text", "written"),
    [
        ("We met |on Monday.", "Yesterday and.", "yesterday and "),
        ("It works.|", "we are done", " We are done"),
        ("the |old| one", "New.", "new"),
        ("One (|).", "Two.", "two"),
        ("|", "One.", "One."),
    ],
)
def test_a_text_fits_in_at_the_cursor(run: Run, around: str, text: str, written: str) -> None:
    async def scenario(rig: Rig) -> None:
        rig.screen.field = field(around)
        await rig.write(text)
        assert rig.text == written
        entry = await rig.journal.call(Journal.last)
        assert entry is not None
        assert entry.text == text

    run(scenario)


def test_a_selection_may_begin_at_either_end(run: Run) -> None:
    async def scenario(rig: Rig) -> None:
        rig.screen.field = FieldText("the old one", 4, 7)
        await rig.write("New.")
        assert rig.text == "new"

    run(scenario)


def test_what_can_be_read_counts_more_than_the_last_text(run: Run) -> None:
    async def scenario(rig: Rig) -> None:
        await rig.write("One two.")
        rig.screen.field = field("1. |")
        await rig.write("And three.")
        assert rig.text == "One two.And three."

    run(scenario)


def test_a_text_goes_on_where_the_last_one_ended(run: Run) -> None:
    async def scenario(rig: Rig) -> None:
        for text in ("We met at three", "And then.", "we left"):
            await rig.write(text)
        assert rig.text == "We met at three and then. We left"

    run(scenario)


def test_undo_takes_back_what_was_written_and_the_next_text_fits_anew(run: Run) -> None:
    async def scenario(rig: Rig) -> None:
        await rig.write("We met")
        await rig.write("And left.")
        assert rig.text == "We met and left."
        await rig.undo()
        assert rig.text == "We met"
        rig.screen.field = field("We met. |")
        await rig.write("And left.")
        assert rig.text == "We metAnd left."

    run(scenario)


@pytest.mark.parametrize("destination", [d for d in Destination if d is not Destination.WINDOW])
def test_only_windows_are_read(run: Run, destination: Destination) -> None:
    async def scenario(rig: Rig) -> None:
        rig.screen.destination = destination  # type: ignore[misc]
        rig.screen.field = field("one |two")
        await rig.write("And.")
        await rig.write("And.", fitting=Fitting("trailing"))
        assert rig.text == "And.And. "
        assert rig.screen.read == 0

    run(scenario)


async def never() -> FieldText | None:
    await asyncio.Event().wait()
    raise AssertionError


async def late() -> FieldText | None:
    await asyncio.sleep(4 * ANSWER_S)
    return field("one |two")


async def deaf() -> FieldText | None:
    """It does not even end when it is told to."""
    for _ in range(3):
        with suppress(asyncio.CancelledError):
            await asyncio.sleep(4 * ANSWER_S)
    return field("one |two")


async def broken() -> FieldText | None:
    raise OSError("the secret of the field")


async def cancelled() -> FieldText | None:
    raise asyncio.CancelledError


async def lost() -> FieldText | None:
    raise NotDelivered("the desktop is gone")


@pytest.mark.parametrize("says", [never, late, deaf, broken, cancelled, lost])
def test_an_output_that_cannot_say_what_is_there_costs_no_text(
    run: Run, caplog: pytest.LogCaptureFixture, says: Callable[[], Awaitable[FieldText | None]]
) -> None:
    async def scenario(rig: Rig) -> None:
        await rig.write("One.")
        rig.screen.says = says
        await rig.write("Two.")
        rig.screen.touched = True
        await rig.write("Three.")
        assert rig.text == "One. Two.Three."
        entries = await rig.journal.call(Journal.history, 3)
        assert [entry.state for entry in entries] == [EntryState.DELIVERED] * 3
        await asyncio.sleep(13 * ANSWER_S if says is deaf else 0)
        assert rig.text == "One. Two.Three."

    run(scenario)
    assert "secret" not in caplog.text


@pytest.mark.parametrize(
    ("cursor", "anchor"), [(-1, -1), (8, 8), (0, 8), (3, -5), (10**9, 0), (0, 10**9)]
)
def test_a_cursor_outside_of_the_text_is_not_believed(run: Run, cursor: int, anchor: int) -> None:
    async def scenario(rig: Rig) -> None:
        rig.screen.field = FieldText("one two", cursor, anchor)
        await rig.write("And then.")
        assert rig.text == "And then."

    run(scenario)


def test_a_wrong_report_costs_at_most_spaces_a_letter_and_a_stop(run: Run) -> None:
    async def scenario(rig: Rig) -> None:
        rig.screen.field = field("something else |entirely")
        await rig.write("And then we left.")
        assert rig.text == "and then we left "

    run(scenario)


def test_a_field_of_any_size_is_read(run: Run) -> None:
    async def scenario(rig: Rig) -> None:
        rig.screen.field = field(f"{'word ' * 200_000}|{' word' * 200_000}")
        await rig.write("And then.")
        assert rig.text == "and then"

    run(scenario)


class ReadableScreen(pipeline.Screen):
    """It can read its windows."""

    async def surrounding(self, focus: Focus | None) -> FieldText | None:
        before = self.windows.get(self.focused, "")
        return FieldText(f"{before} by now.", len(before), len(before))


@pytest.mark.parametrize(
    ("language", "text", "written"),
    [
        ("en", TextSettings(), "I know that the rest The Hague and The Times"),
        ("en", TextSettings(capitals="keep"), "I know that The rest The Hague And The Times"),
        ("en", TextSettings(spacing="none"), "I know thatthe rest.The Hague.AndThe Times."),
        ("sv", TextSettings(), "I know that The rest The Hague And The Times"),
    ],
)
def test_a_dictation_fits_in_by_its_language_its_words_and_the_settings(
    tmp_path: Path, language: str, text: TextSettings, written: str
) -> None:
    words = Hotwords((Term("The Hague"),), replacements=(("times", "The Times"),))

    async def scenario() -> None:
        rig = pipeline.Rig(tmp_path / "journal", pipeline.SETTINGS)
        screen = ReadableScreen()
        main = pipeline.profile_of(rig.main_engine, language, screen, words)
        rig.put(replace(main, text=text))
        screen.windows["editor"] = "I know that"
        for number, said in enumerate(("The rest.", "the hague.", "And", "times."), 1):
            rig.main_engine.answers[number] = said
            await rig.dictate()
            await rig.settle()
        assert screen.windows["editor"] == written
        kept = [entry.text for entry in await rig.thread.call(Journal.history, 9)]
        assert kept == ["The Times.", "And", "The Hague.", "The rest."]
        screen.windows["editor"] = "I know that"
        await rig.replay.paste(1)
        assert screen.windows["editor"] == written.partition("rest")[0] + "rest" + "." * (
            text.spacing == "none"
        )
        rig.journal_executor.submit(rig.journal.close)
        await asyncio.to_thread(rig.journal_executor.shutdown)

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("style", "capitals"),
    [("full", "auto"), ("short", "keep"), ("none", "keep"), ("lower", "keep")],
)
def test_where_full_stops_are_left_out_none_tells_of_the_next_letter(
    tmp_path: Path, style: str, capitals: str
) -> None:
    async def scenario() -> None:
        rig = pipeline.Rig(tmp_path / "journal", pipeline.SETTINGS)
        profile = replace(rig.profiles.main, text=TextSettings(punctuation=style))
        assert profile.fitting("", "editor").capitals == capitals
        rig.journal_executor.submit(rig.journal.close)
        await asyncio.to_thread(rig.journal_executor.shutdown)

    asyncio.run(scenario())
