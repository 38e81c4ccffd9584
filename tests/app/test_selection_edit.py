"""A selection is replaced only if it is the same, in the same place, to the letter."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from types import SimpleNamespace
from typing import Any

import pytest

from dictate.app import selection_edit
from dictate.app.selection_edit import NotEdited, SelectionEdit
from dictate.errors import ChatError
from dictate.hotwords.model import Hotwords
from dictate.outputs import FieldText, Focus
from dictate.text.fit import Fitting
from tests.lab.screen import BROWSER, EDITOR, Screen

FIELD = FieldText("It is a long text here.", 6, 17)


class Window(Screen):
    """It says what has the focus."""

    has_focus: Focus | None = EDITOR

    async def focus(self) -> Focus | None:
        return self.has_focus


class Desk:
    def __init__(self) -> None:
        self.screen = Window()
        self.screen.field = FIELD
        self.asked: list[tuple[str, str]] = []
        self.kept: list[str] = []
        editor: Any = SimpleNamespace(edit=self.edit)
        journal: Any = SimpleNamespace(submit=lambda _step, _number, text: self.kept.append(text))
        self.edits = SelectionEdit(editor, journal)
        profile = SimpleNamespace(output=self.screen, hotwords_in=lambda _: Hotwords())
        self.dictation: Any = SimpleNamespace(
            number=1, text="make it short", polished="", selection=None, waits_for=None,
            profile=profile, fitting=Fitting(language="en"),
        )  # fmt: skip

    async def edit(self, selection: str, said: str, words: Hotwords, language: str | None) -> str:
        self.asked.append((selection, said))
        return "a text"

    async def change(self) -> None:
        self.edits.look(self.dictation, EDITOR)
        await self.edits.change(self.dictation, "Editor")


def model(edit: Callable[..., Awaitable[str]]) -> Any:
    return SimpleNamespace(edit=edit)


def play(scene: Callable[[Desk], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(scene(Desk()))


def test_the_model_gets_what_is_selected_and_what_was_said() -> None:
    async def scene(desk: Desk) -> None:
        await desk.change()
        assert desk.asked == [("a long text", "make it short")]
        assert desk.kept == [desk.dictation.polished] == ["a text"]
        assert await desk.edits.check(desk.dictation) == "a long text"

    play(scene)


def gone(desk: Desk) -> None:
    desk.screen.has_focus = BROWSER


def changed(field: FieldText | None) -> Callable[[Desk], None]:
    def change(desk: Desk) -> None:
        desk.screen.field = field

    return change


def hung(desk: Desk) -> None:
    async def says() -> FieldText | None:
        await asyncio.sleep(60)
        return FIELD

    desk.screen.says = says


CHANGES: dict[str, tuple[Callable[[Desk], None], str]] = {
    "another window": (gone, "Editor does not have the focus any more"),
    "another letter": (changed(FieldText("It is a Long text here.", 6, 17)), "has changed"),
    "the same words elsewhere": (changed(FieldText("a long text", 0, 11)), "has changed"),
    "around it": (changed(FieldText("It is a long text here!", 6, 17)), "has changed"),
    "nothing selected": (
        changed(FieldText("It is a long text here.", 6, 6)),
        "nothing is selected",
    ),
    "not told any more": (changed(None), "does not say that anything"),
    "hung": (hung, "did not say what is selected"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_has_changed_meanwhile_is_not_replaced(
    change: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(selection_edit, "READ_S", 0.2)

    async def scene(desk: Desk) -> None:
        await desk.change()
        CHANGES[change][0](desk)
        with pytest.raises(NotEdited, match=CHANGES[change][1]):
            await desk.edits.check(desk.dictation)

    play(scene)


@pytest.mark.parametrize("change", ["another window", "nothing selected", "not told any more"])
def test_what_cannot_be_read_is_not_sent(change: str) -> None:
    async def scene(desk: Desk) -> None:
        CHANGES[change][0](desk)
        with pytest.raises(NotEdited, match=CHANGES[change][1]):
            await desk.change()
        assert desk.asked == []
        desk.edits.look(desk.dictation, None)
        with pytest.raises(NotEdited, match="does not know what has the focus"):
            await desk.edits.change(desk.dictation, "")

    play(scene)


def test_an_old_selection_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selection_edit, "EXPIRES_S", -1.0)

    async def scene(desk: Desk) -> None:
        await desk.change()
        with pytest.raises(NotEdited, match="minutes old"):
            await desk.edits.check(desk.dictation)

    play(scene)


def test_a_model_that_fails_and_one_that_is_not_waited_for() -> None:
    async def scene(desk: Desk) -> None:
        async def refuse(*_: object) -> str:
            raise ChatError("no")

        desk.edits._editor = model(refuse)
        with pytest.raises(ChatError):
            await desk.change()

        async def hang(*_: object) -> str:
            await asyncio.sleep(60)
            return ""

        desk.edits._editor = model(hang)
        changing = asyncio.create_task(desk.change())
        while desk.dictation.waits_for is None or desk.dictation.waits_for.done():  # noqa: ASYNC110
            await asyncio.sleep(0)
        desk.dictation.waits_for.cancel()
        with pytest.raises(NotEdited, match="cancelled"):
            await changing
        assert desk.kept == []

    play(scene)
