"""What the placeholders of a snippet stand for, and where snippets are written."""

import asyncio
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from dictate.app import snippet_values as module
from dictate.app.profiles import Profile
from dictate.app.snippet_values import snippet_values
from dictate.app.take_text import NO_EDITS, find_text
from dictate.errors import Unavailable
from dictate.events import FinalTranscript
from dictate.hotwords.model import Hotwords
from dictate.outputs.clipboard_reader import Chosen
from dictate.platform.terminals import is_terminal
from tests.app.test_pipeline import Engine, Screen, profile_of

MINE = Hotwords(
    snippets=(("card", "Ada\nExample Ltd."), ("quote", "> {clipboard}"), ("day", "{date:%Y}"))
)


class Desk:
    """A desktop whose clipboard can be read, or not."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.reads: list[Chosen] = []
        self.trouble: list[str] = []
        self.broken = False
        self.profile = profile_of(Engine(), "en", Screen(), MINE)
        monkeypatch.setattr(module, "read_text", self.read)

    async def read(self, chosen: Chosen) -> str:
        self.reads.append(chosen)
        if self.broken:
            raise Unavailable("nobody answers")
        return "copied\x07 text"

    def write(self, heard: str, application: str = "editor", profile: Profile | None = None) -> str:
        profile, final = profile or self.profile, FinalTranscript(1, heard)
        values = asyncio.run(snippet_values(profile, final, application, self.trouble.append))
        return profile.polish(final, application, values)


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Desk:
    return Desk(monkeypatch)


def test_the_clipboard_is_read_only_for_a_snippet_that_has_it(desk: Desk) -> None:
    assert desk.write("Insert card.") == "Ada\nExample Ltd."
    assert desk.write("insert day").isdigit()
    assert desk.write("quote me") == "quote me"
    assert desk.reads == []
    assert desk.write("insert quote") == "> copied text"
    assert desk.reads == [Chosen.CLIPBOARD]


def test_a_clipboard_that_cannot_be_read_costs_no_text(desk: Desk) -> None:
    desk.broken = True
    assert desk.write("Look: insert quote please") == "Look: > please"
    assert desk.trouble == ["the clipboard is missing in a snippet: nobody answers"]


def test_a_dictation_knows_whether_a_snippet_is_in_it(desk: Desk) -> None:
    """No language model gets that text, which may hold what was copied."""
    for heard, application, known in (
        ("Look: insert quote", "editor", True),
        ("Look: insert quote", "kitty", False),
        ("Look: quote me", "editor", False),
    ):
        dictation: Any = SimpleNamespace(profile=desk.profile, instructs=False)
        dictation.has_snippet = False
        final = FinalTranscript(1, heard)
        asyncio.run(find_text(dictation, final, application, NO_EDITS, desk.trouble.append))
        assert dictation.has_snippet is known


def test_a_terminal_gets_none_unless_the_user_wants_it(desk: Desk) -> None:
    assert desk.write("insert card", "kitty") == "insert card"
    assert desk.write("insert quote", "org.kde.konsole") == "insert quote"
    assert desk.reads == []
    text = replace(desk.profile.text, snippets_in_terminals=True)
    wanted = replace(desk.profile, text=text)
    assert desk.write("insert card", "XTerm", wanted) == "Ada Example Ltd."
    assert desk.write("insert card", "editor", wanted) == "Ada\nExample Ltd."


@pytest.mark.parametrize(
    ("application", "terminal"),
    [
        ("XTerm", True),
        ("kitty", True),
        ("org.wezfurlong.wezterm", True),
        ("Gnome-terminal", True),
        ("com.mitchellh.ghostty", True),
        ("foot", True),
        ("code", False),
        ("org.gnome.TextEditor", False),
        ("footnotes", False),
        ("", False),
    ],
)
def test_terminals_are_known_by_their_names(application: str, *, terminal: bool) -> None:
    assert is_terminal(application) is terminal
