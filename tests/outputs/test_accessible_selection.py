"""Selecting through accessibility: exactly the text, or nothing and the reason why. The application
is a stand-in; real ones are in test_selecting.py."""

import asyncio
from collections.abc import Callable
from typing import Any, cast

import pytest

from dictate.errors import DeliveryUnsure, NotDelivered
from dictate.outputs import accessible_selection, accessible_text
from dictate.outputs.accessibility import FocusedField, Place
from dictate.outputs.accessible_selection import select
from tests.outputs.test_accessible_text import HERE, Application

TEXT = "two \U0001f600\nthree"


class Selecting(Application):
    """It selects as it is told."""

    def __init__(self, text: str = f"one {TEXT} four", cursor: int = 15) -> None:
        super().__init__(text, cursor)
        self.on_select: Callable[[], object] = lambda: None
        """Called before it selects."""
        self.answer: list[Any] | None = [True]
        self.refuses = False
        self.selections = 0

    async def call(
        self, connection: Any, place: Place, interface: str, member: str, signature: str, *body: Any
    ) -> list[Any] | None:
        if member == "RemoveSelection":
            self.anchor = self.cursor
            return [True]
        if member != "AddSelection":
            return await super().call(connection, place, interface, member, signature, *body)
        self.on_select()
        self.selections += 1
        if not self.refuses:
            self.anchor, self.cursor = map(self._characters, body)
        return self.answer

    def _characters(self, units: int) -> int:
        if not self.utf16:
            return units
        return len(self.text.encode("utf-16-le")[: 2 * units].decode("utf-16-le"))

    @property
    def chosen(self) -> str:
        return self.text[min(self.cursor, self.anchor) : max(self.cursor, self.anchor)]


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(accessible_selection, "CONFIRM_S", 0.1)


def selected(application: Selecting, monkeypatch: pytest.MonkeyPatch, text: str = TEXT) -> bool:
    for module in (accessible_text, accessible_selection):
        monkeypatch.setattr(module, "call", application.call)
    return asyncio.run(select(cast("FocusedField", application), HERE, text))


@pytest.mark.parametrize("utf16", [False, True])
@pytest.mark.parametrize("cursor", [15, len(TEXT)])
def test_the_text_before_the_cursor(
    monkeypatch: pytest.MonkeyPatch, utf16: bool, cursor: int
) -> None:
    application = Selecting()
    if cursor == len(TEXT):  # it is all that stands there
        application = Selecting(TEXT, cursor)
    application.utf16 = utf16
    assert selected(application, monkeypatch)
    assert application.chosen == TEXT


@pytest.mark.parametrize(
    ("text", "cursor", "anchor"),
    [
        (f"one {TEXT}", 13, 13),  # the cursor was moved
        (f"one {TEXT}s", 16, 16),  # something was typed
        (f"one {TEXT[:-1]}", 14, 14),  # or deleted
        (f"one {TEXT} four", 15, 17),  # something is selected
        (f"one {TEXT} four", 0, 20),
        ("", 0, 0),
    ],
)
def test_not_what_stands_elsewhere(
    monkeypatch: pytest.MonkeyPatch, text: str, cursor: int, anchor: int
) -> None:
    application = Selecting(text, cursor)
    application.anchor = anchor
    with pytest.raises(NotDelivered, match="right before the cursor"):
        selected(application, monkeypatch)
    assert application.selections == 0


@pytest.mark.parametrize("what", ["hangs", "left", "moved"])
def test_where_nothing_can_be_read_nothing_is_done(
    monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    application = Selecting()
    if what == "hangs":
        application.states_now = None
    elif what == "left":
        application.active = False
    else:
        application.place = (":1.7", "/other")
    assert not selected(application, monkeypatch)
    assert application.selections == 0


@pytest.mark.parametrize("answer", [[False], None])
def test_an_application_that_does_not_select(
    monkeypatch: pytest.MonkeyPatch, answer: list[Any] | None
) -> None:
    application = Selecting()
    application.refuses, application.answer = True, answer
    assert not selected(application, monkeypatch)
    assert application.selections == 1


@pytest.mark.parametrize(
    ("text", "cursor"), [(f"four one {TEXT}", 20), (f"one {TEXT}", 12), (f"ne {TEXT} four", 14)]
)
def test_who_types_in_that_moment_finds_nothing_else_selected(
    monkeypatch: pytest.MonkeyPatch, text: str, cursor: int
) -> None:
    application = Selecting()

    def types() -> None:
        application.text, application.cursor = text, cursor

    application.on_select = types
    with pytest.raises(NotDelivered, match="nothing is selected"):
        selected(application, monkeypatch)
    assert application.chosen == ""
    assert application.text == text


def test_one_that_hangs_or_goes_in_that_moment_is_unsure(monkeypatch: pytest.MonkeyPatch) -> None:
    application = Selecting()
    application.refuses, application.answer = True, None
    application.on_select = lambda: setattr(application, "states_now", None)
    with pytest.raises(DeliveryUnsure, match="look there"):
        selected(application, monkeypatch)


def test_what_is_typed_over_it_at_once_is_not_taken_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    application = Selecting()
    application.refuses = True

    def types() -> None:
        application.text, application.cursor, application.anchor = "one x four", 5, 5

    application.on_select = types
    with pytest.raises(DeliveryUnsure, match="look there"):
        selected(application, monkeypatch)
