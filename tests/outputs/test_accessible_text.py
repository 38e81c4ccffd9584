"""What is read through accessibility, and what is not. The application is a stand-in; real ones are
in test_passwords.py."""

import asyncio
from typing import Any, cast

import pytest
from dbus_fast import Variant

from dictate.outputs import FieldText, accessible_text
from dictate.outputs.accessibility import FOCUSED, PASSWORD, FocusedField, Place
from dictate.outputs.accessible_text import AROUND, follow

ENTRY, TERMINAL, EDITABLE = 61, 60, 1 << 7
HERE = (":1.7", "/entry")


class Application:
    """One field, and what is known of it."""

    def __init__(self, text: str = "ask cloud", cursor: int = 3) -> None:
        self.text, self.cursor = text, cursor
        self.place: Place | None = HERE
        self.secret = False
        self.connection = None
        self.role_now: int | None = ENTRY
        self.states_now: int | None = FOCUSED | EDITABLE
        self.asked: list[str] = []
        self.leaves_when_asked = False

    async def role(self, place: Place) -> int | None:
        return self.role_now

    async def states(self, place: Place) -> int | None:
        return self.states_now

    async def call(
        self, connection: Any, place: Place, interface: str, member: str, _: str, *body: Any
    ) -> list[Any] | None:
        assert place == HERE
        self.asked.append(member)
        if member == "GetText":
            if self.leaves_when_asked:
                self.place = (":1.7", "/password")
            return [self.text[body[0] : body[1]]]
        value = self.cursor if body[1] == "CaretOffset" else len(self.text)
        return [Variant("i", value)]


def read(application: Application, monkeypatch: pytest.MonkeyPatch) -> list[FieldText]:
    """What is read until the field has lost the focus, after the first text."""
    monkeypatch.setattr(accessible_text, "call", application.call)
    monkeypatch.setattr(accessible_text, "LOOK_S", 0)
    seen: list[FieldText] = []

    def on_text(text: FieldText) -> None:
        seen.append(text)
        application.states_now = EDITABLE

    field = cast("FocusedField", application)
    could = asyncio.run(asyncio.wait_for(follow(field, on_text), 10))
    assert could == bool(seen)
    return seen


def test_the_text_around_the_cursor(monkeypatch: pytest.MonkeyPatch) -> None:
    assert read(Application(), monkeypatch) == [FieldText("ask cloud", 3)]
    long = Application("x" * AROUND + "ask cloud" + "y" * AROUND, AROUND + 3)
    (seen,) = read(long, monkeypatch)
    assert seen == FieldText(long.text[3 : 3 + 2 * AROUND], AROUND)


@pytest.mark.parametrize("role", [PASSWORD, TERMINAL, None])
def test_a_secret_a_terminal_and_a_hung_application_are_not_read(
    monkeypatch: pytest.MonkeyPatch, role: int | None
) -> None:
    application = Application()
    application.role_now = role
    assert read(application, monkeypatch) == []
    assert application.asked == []


@pytest.mark.parametrize("states", [FOCUSED, EDITABLE, None])
def test_only_an_editable_field_with_the_focus_is_read(
    monkeypatch: pytest.MonkeyPatch, states: int | None
) -> None:
    application = Application()
    application.states_now = states
    assert read(application, monkeypatch) == []
    assert application.asked == []


def test_what_arrives_after_the_focus_left_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    application = Application()
    application.leaves_when_asked = True
    assert read(application, monkeypatch) == []
    application.place = None
    assert read(application, monkeypatch) == []
