"""What is read through accessibility, and what is not. The application is a stand-in; real ones are
in test_surrounding.py and test_passwords.py."""

import asyncio
import time
from collections.abc import Callable
from typing import Any, cast

import pytest
from dbus_fast import Variant

from dictate.outputs import FieldText, accessible_text
from dictate.outputs.accessibility import FOCUSED, PASSWORD, FocusedField, Place
from dictate.outputs.accessible_text import AROUND, MOST_SELECTED, follow, read

ENTRY, TERMINAL, EDITABLE = 61, 60, 1 << 7
HERE = (":1.7", "/entry")
WINDOW = (":1.7", "/window")


class Application:
    """One field, and what is known of it."""

    def __init__(self, text: str = "ask cloud", cursor: int = 3, anchor: int | None = None) -> None:
        self.text, self.cursor = text, cursor
        self.anchor = cursor if anchor is None else anchor
        self.place: Place | None = HERE
        self.secret = False
        self.connection = None
        self.role_now: int | None = ENTRY
        self.states_now: int | None = FOCUSED | EDITABLE
        self.active = True
        self.asked: list[str] = []
        self.on_text: Callable[[], object] = lambda: None
        """Called when the text is asked for."""
        self.utf16 = False
        """Whether it counts as Qt does."""
        self.lies: dict[str, list[Any] | None] = {}
        """Answers that are not true."""

    async def role(self, place: Place) -> int | None:
        return self.role_now

    async def states(self, place: Place) -> int | None:
        return self.states_now

    async def windows(self, place: Place) -> list[Place]:
        return [WINDOW]

    async def is_active(self, window: Place) -> bool:
        assert window == WINDOW
        return self.active

    async def call(
        self, connection: Any, place: Place, interface: str, member: str, _: str, *body: Any
    ) -> list[Any] | None:
        assert place == HERE
        name = str(body[1]) if member == "Get" else member
        self.asked.append(name)
        if name == "GetText":
            self.on_text()
        if name in self.lies:
            return self.lies[name]
        match name:
            case "GetText":
                return [self._cut(*body)]
            case "GetSelection":
                return sorted((self._units(self.cursor), self._units(self.anchor)))
            case "CaretOffset":
                return [Variant("i", self._units(self.cursor))]
        return [Variant("i", self._units(len(self.text)))]

    def _units(self, characters: int) -> int:
        before = self.text[:characters]
        return len(before.encode("utf-16-le")) // 2 if self.utf16 else len(before)

    def _cut(self, start: int, end: int) -> str:
        if not self.utf16:
            return self.text[start:end]
        return self.text.encode("utf-16-le")[2 * start : 2 * end].decode("utf-16-le")


def looked(application: Application, monkeypatch: pytest.MonkeyPatch) -> FieldText | None:
    """What one look finds."""
    monkeypatch.setattr(accessible_text, "call", application.call)
    return asyncio.run(read(cast("FocusedField", application)))


def followed(application: Application, monkeypatch: pytest.MonkeyPatch) -> list[FieldText]:
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
    assert followed(Application(), monkeypatch) == [FieldText("ask cloud", 3, 3)]
    long = Application("x" * AROUND + "ask cloud" + "y" * AROUND, AROUND + 3)
    wanted = FieldText(long.text[3 : 3 + 2 * AROUND], AROUND, AROUND)
    assert followed(long, monkeypatch) == [wanted]
    long.states_now = FOCUSED | EDITABLE
    assert looked(long, monkeypatch) == wanted


@pytest.mark.parametrize("utf16", [False, True])
@pytest.mark.parametrize(("cursor", "anchor"), [(8, 8), (9, 2), (2, 8), (7, 8), (0, 11), (11, 11)])
def test_both_ends_of_a_selection_in_either_unit(
    monkeypatch: pytest.MonkeyPatch, utf16: bool, cursor: int, anchor: int
) -> None:
    application = Application("Grüße 😀 zwei"[:11], cursor, anchor)
    application.utf16 = utf16
    found = looked(application, monkeypatch)
    assert found == FieldText(application.text, cursor, anchor)
    first, last = sorted((cursor, anchor))
    assert (found.before, found.selected, found.after) == (
        application.text[:first],
        application.text[first:last],
        application.text[last:],
    )


def test_a_selection_that_chromium_may_have_moved(monkeypatch: pytest.MonkeyPatch) -> None:
    """It stands before the cursor, and is as long as there are emoji up to there."""
    assert looked(Application("😀😀 one two", 6, 4), monkeypatch) is None
    assert looked(Application("😀😀 one two", 6, 3), monkeypatch) is not None
    assert looked(Application("😀😀 one two", 4, 6), monkeypatch) is not None


def test_an_empty_field(monkeypatch: pytest.MonkeyPatch) -> None:
    assert looked(Application("", 0), monkeypatch) == FieldText("", 0, 0)


@pytest.mark.parametrize("selection", [None, [0, 0], [-1, -1], [9, 9]])
def test_nothing_selected_is_said_in_several_ways(
    monkeypatch: pytest.MonkeyPatch, selection: list[int] | None
) -> None:
    application = Application()
    application.lies["GetSelection"] = selection
    assert looked(application, monkeypatch) == FieldText("ask cloud", 3, 3)


@pytest.mark.parametrize("role", [PASSWORD, TERMINAL, None])
def test_a_secret_a_terminal_and_a_hung_application_are_not_read(
    monkeypatch: pytest.MonkeyPatch, role: int | None
) -> None:
    application = Application()
    application.role_now = role
    assert followed(application, monkeypatch) == []
    assert looked(application, monkeypatch) is None
    assert "GetText" not in application.asked


@pytest.mark.parametrize("states", [FOCUSED, EDITABLE, None])
def test_only_an_editable_field_with_the_focus_is_read(
    monkeypatch: pytest.MonkeyPatch, states: int | None
) -> None:
    application = Application()
    application.states_now = states
    assert followed(application, monkeypatch) == []
    assert looked(application, monkeypatch) is None
    assert "GetText" not in application.asked


def test_a_field_that_calls_itself_focused_in_a_window_that_is_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    application = Application()
    application.active = False
    assert followed(application, monkeypatch) == []
    assert looked(application, monkeypatch) is None


def test_what_arrives_after_the_focus_left_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    application = Application()
    application.on_text = lambda: setattr(application, "place", (":1.7", "/password"))
    assert followed(application, monkeypatch) == []
    application.place = HERE
    assert looked(application, monkeypatch) is None
    application.place = None
    assert followed(application, monkeypatch) == []
    assert looked(application, monkeypatch) is None


def test_what_changes_while_it_is_read_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    application = Application()
    application.on_text = lambda: setattr(application, "cursor", 5)
    assert looked(application, monkeypatch) is None


@pytest.mark.parametrize(
    "lies",
    [
        {"CaretOffset": [Variant("i", -1)]},
        {"CaretOffset": [Variant("i", 10)]},
        {"CaretOffset": [Variant("i", 2**31 - 1)]},
        {"CaretOffset": [Variant("s", "three")]},
        {"CaretOffset": None},
        {"CharacterCount": [Variant("i", 2)]},
        {"CharacterCount": [Variant("i", 90)]},
        {"CharacterCount": []},
        {"GetSelection": [5, 7]},
        {"GetSelection": [1, 5]},
        {"GetSelection": [5, 3]},
        {"GetSelection": [3, 90]},
        {"GetSelection": [3]},
        {"GetSelection": ["three", 5]},
        {"GetText": [""]},
        {"GetText": ["ask cloud"]},
        {"GetText": None},
    ],
    ids=str,
)
def test_answers_that_do_not_fit_together_do_not_count(
    monkeypatch: pytest.MonkeyPatch, lies: dict[str, list[Any] | None]
) -> None:
    application = Application()
    application.lies = lies
    assert looked(application, monkeypatch) is None


@pytest.mark.parametrize(
    ("text", "cursor", "known"),
    [("one \ufffctwo", 4, False), ("one \ufffctwo", 5, False), ("one \ufffctwo", 8, True)],
)
def test_a_cursor_that_may_be_within_another_object(
    monkeypatch: pytest.MonkeyPatch, text: str, cursor: int, known: bool
) -> None:
    assert (looked(Application(text, cursor), monkeypatch) is not None) == known


def test_of_a_huge_field_only_the_surroundings_are_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    huge = Application("x" * 1_000_000, 500_000, 500_010)
    found = looked(huge, monkeypatch)
    assert found == FieldText("x" * (2 * AROUND + 10), AROUND, AROUND + 10)
    huge.anchor = huge.cursor + MOST_SELECTED + 1
    huge.asked.clear()
    assert looked(huge, monkeypatch) is None
    assert "GetText" not in huge.asked


def test_an_application_that_does_not_answer_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    application = Application()

    async def hangs(*_: Any) -> list[Any]:
        await asyncio.sleep(600)
        return []

    application.call = hangs  # type: ignore[method-assign, assignment]
    began = time.monotonic()
    assert looked(application, monkeypatch) is None
    assert time.monotonic() < began + 60
