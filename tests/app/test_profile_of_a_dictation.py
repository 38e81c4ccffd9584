"""Which profile a dictation has: through the whole pipeline, with stand-ins for engines and
screens."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from dictate.app import profile_choice
from dictate.app.profiles import Profile, ProfileSet
from dictate.config import config_file
from dictate.config.profiles import text_of
from dictate.config.schema import Settings
from dictate.engines.supervisor import EngineStatus
from dictate.errors import DeliveryUnsure, NotDelivered, NotFound
from dictate.events import PartialTranscript
from dictate.hotwords.model import Group, Hotwords, Term
from dictate.journal.journal import Journal
from dictate.outputs import Focus, Receipt
from tests.app.test_pipeline import SETTINGS, Engine, Rig, Screen, profile_of, run

__all__ = ["run"]

OFF = '[text]\nspoken_punctuation = "off"\n'
CONFIG = config_file.parse(
    OFF
    + """
[[profile]]
name = "chat"
applications = ["chat"]
spoken_punctuation = "on"
replacements = { "hello" = "hi" }
[[profile]]
name = "german"
applications = ["brief"]
language = "de"
engine = "qwen3"
[[profile]]
name = "copied"
titles = ["* secret *"]
output = "clipboard"
[[profile]]
name = "sent"
applications = ["messenger"]
send = "enter"
[[profile]]
name = "by layout"
language = "layout"
"""
)
TERMS = Hotwords(
    (Term("Zed"), Term("Ann", group="friends")),
    replacements=(("hello", "good day"), ("now", "at once")),
    groups=(Group("friends", ("chat",)),),
)


class Titled(Screen):
    """A screen that knows the titles of its windows, and may be late or fail to say what is in
    front."""

    def __init__(self) -> None:
        super().__init__()
        self.title = ""
        self.delay_s = 0.0
        self.blind = False
        self.typed = False
        """Whether the user has typed something behind the last text."""
        self.enter_fails: Exception | None = None

    async def press_enter(self, focus: Focus | None) -> None:
        if self.enter_fails:
            raise self.enter_fails
        assert focus == Focus(self.focused, self.focused)
        self.windows[self.focused] += "\u21b5"

    async def follows(self, text: str, asked_at: Sequence[float]) -> bool:
        return not self.typed

    async def focus(self) -> Focus | None:
        await asyncio.sleep(self.delay_s)
        if self.blind:
            raise NotDelivered("the desktop hangs")
        return Focus(self.focused, self.focused, self.title)


class Desk:
    """The rig with these profiles: two engines, a screen and a clipboard."""

    def __init__(self, rig: Rig, config: Settings = CONFIG) -> None:
        self.rig = rig
        self.screen, self.clipboard = Titled(), Screen()
        self.main, self.other = Engine(), Engine("other")
        self.use(config)

    def use(self, config: Settings) -> None:
        """Put these settings in force, as a reload does."""

        def made(name: str) -> Profile:
            own = next((each for each in config.profile if each.name == name), None)
            engine = self.other if own and own.engine else self.main
            output = self.clipboard if own and own.output else self.screen
            return replace(
                profile_of(engine, (own and own.language) or "en", output, TERMS),
                name=name,
                text=text_of(config, name),
                replacements=own.replacements if own else (),
                sends=bool(own and own.send == "enter"),
                follows_layout=bool(own and own.language == "layout"),
            )

        names = ("main", *(each.name for each in config.profile))
        self.rig.profiles.apply(ProfileSet({name: made(name) for name in names}, config))

    async def say(self, asked: str = "", *, then_to: str = "") -> None:
        """One dictation; the user may go to another window while speaking."""
        self.rig.press(asked)
        await self.rig.speak(0.2, real_time=True)
        self.screen.focused = then_to or self.screen.focused
        self.rig.release()
        await self.rig.speak(0.2, real_time=True)
        await self.rig.settle()

    async def profiles(self) -> list[str]:
        """Of all dictations, the oldest first, as the journal has them."""
        entries = await self.rig.thread.call(Journal.history, 20)
        return [entry.profile for entry in reversed(entries)]


Scenario = Callable[..., None]


def test_two_windows_get_two_styles(run: Scenario) -> None:
    async def scenario(rig: Rig) -> None:
        desk = Desk(rig)
        desk.main.answers = dict.fromkeys(range(1, 9), "hello comma now")
        await desk.say()
        desk.screen.focused = "Chat"
        await desk.say()
        desk.screen.focused = "terminal"
        await desk.say()
        assert desk.screen.windows == {
            "editor": "good day comma at once",
            "Chat": "hi, at once",
            "terminal": "good day comma at once",
        }
        assert await desk.profiles() == ["main", "chat", "main"]

    run(scenario)


def test_the_place_at_the_press_hears_and_the_place_at_the_release_writes(run: Scenario) -> None:
    async def scenario(rig: Rig) -> None:
        desk = Desk(rig)
        desk.other.answers, desk.main.answers = {1: "hello Komma now"}, {2: "hello comma now"}
        desk.screen.focused = "brief"
        await desk.say(then_to="chat")
        assert (desk.main.languages, desk.other.languages) == ([], ["de"])
        assert desk.screen.windows == {"chat": "hi, at once"}
        await desk.say(then_to="brief")
        assert (desk.main.languages, desk.other.languages) == (["en"], ["de"])
        assert desk.screen.windows["brief"] == "good day comma at once"
        assert await desk.profiles() == ["german", "chat"]
        entries = await rig.thread.call(Journal.history, 2)
        assert [(entry.engine, entry.application) for entry in entries] == [
            *(("stand-in", "brief"), ("other", "chat")),
        ]

    run(scenario)


@pytest.mark.parametrize("asked", ["chat", "main", "copied", "no such profile"])
def test_a_key_that_names_a_profile_decides_whatever_is_in_front(run: Scenario, asked: str) -> None:
    async def scenario(rig: Rig) -> None:
        desk = Desk(rig)
        desk.main.answers = {1: "hello comma now"}
        desk.screen.focused = "brief"
        await desk.say(asked)
        where = desk.clipboard if asked == "copied" else desk.screen
        said = "hi, at once" if asked == "chat" else "good day comma at once"
        assert list(where.windows.values()) == [said]
        assert desk.main.languages == ["en"]
        assert await desk.profiles() == [asked if asked in ("chat", "copied") else "main"]

    run(scenario)


def test_a_title_chooses_another_output_and_is_forgotten(
    run: Scenario, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")

    async def scenario(rig: Rig) -> None:
        desk = Desk(rig)
        desk.screen.title = "A secret letter"
        await desk.say()
        assert desk.screen.windows == {}
        assert desk.clipboard.windows == {"editor": "good day there"}
        assert rig.writer.last is not None
        assert "secret" not in f"{rig.writer.last} {rig.writer.last.focus} {caplog.text}"
        desk.screen.title = "My secret garden"
        desk.use(config_file.parse('[[profile]]\nname = "chat"\ntitles = ["my *"]\n'))
        await desk.say()
        assert rig.writer.last.focus is not None
        assert rig.writer.last.focus.title == ""
        entry = (await rig.thread.call(Journal.history, 1))[0]
        assert entry.profile == "chat"
        assert "secret" not in f"{entry} {caplog.text}"

    run(scenario)


def test_words_shown_in_a_field_vanish_if_the_text_goes_elsewhere(run: Scenario) -> None:
    async def scenario(rig: Rig) -> None:
        desk = Desk(rig)
        rig.press()
        await rig.speak(0.2, real_time=True)
        desk.main.on_partial(PartialTranscript(1, "hello"))
        assert await desk.screen.previews.get() == "|hello"
        desk.screen.title = "A secret letter"
        rig.release()
        await rig.speak(0.2, real_time=True)
        await rig.settle()
        assert await asyncio.wait_for(desk.screen.previews.get(), 5) == "|"
        assert desk.clipboard.windows == {"editor": "good day there"}

    run(scenario)


def test_an_output_that_is_late_or_fails_costs_the_profile_and_no_sound(run: Scenario) -> None:
    async def scenario(rig: Rig) -> None:
        desk = Desk(rig)
        desk.screen.focused, desk.screen.delay_s = "brief", 0.2
        await desk.say()  # asserts that the engine got every sample
        assert (desk.main.languages, desk.other.languages) == (["en"], [])
        assert desk.screen.windows == {"brief": "good day there"}
        desk.screen.blind = True
        rig.press()
        await rig.speak(0.2, real_time=True)
        rig.release()
        await rig.speak(0.2, real_time=True)
        await rig.settle()
        assert desk.main.languages == ["en", "en"]
        assert len(await desk.profiles()) == 2

    run(scenario)


def test_a_cancel_before_the_profile_is_known_begins_nothing(run: Scenario) -> None:
    async def scenario(rig: Rig) -> None:
        desk = Desk(rig)
        desk.screen.delay_s = 0.02
        rig.press()
        await rig.speak(0.1)
        rig.cancel()
        await asyncio.sleep(0.1)
        assert desk.main.utterances == desk.other.utterances == {}
        desk.screen.delay_s = 0.0
        await desk.say()
        assert desk.screen.windows == {"editor": "good day there"}

    run(scenario)


def test_a_reload_in_the_middle_changes_nothing_of_this_dictation(run: Scenario) -> None:
    async def scenario(rig: Rig) -> None:
        desk = Desk(rig)
        desk.main.answers = dict.fromkeys((1, 2), "hello comma now")
        desk.screen.focused = "chat"
        rig.press()
        await rig.speak(0.2, real_time=True)
        desk.use(config_file.parse(OFF))
        rig.release()
        await rig.speak(0.2, real_time=True)
        await rig.settle()
        assert desk.screen.windows == {"chat": "hi, at once"}
        await desk.say()
        assert desk.screen.windows["chat"] == "hi, at once good day comma at once"
        assert await desk.profiles() == ["chat", "main"]

    run(scenario)


def test_what_goes_on_after_a_silence_is_heard_as_it_began(run: Scenario) -> None:
    quick = replace(SETTINGS, speech=replace(SETTINGS.speech, end_ms=200))

    async def scenario(rig: Rig) -> None:
        desk = Desk(rig)
        desk.screen.focused = "brief"
        rig.start()
        await rig.speak(0.3, real_time=True)
        desk.screen.focused = "chat"
        await rig.speak(0.4, level=0.0, real_time=True)
        await rig.speak(0.2, real_time=True)
        rig.release()
        await rig.speak(0.2, real_time=True)
        await rig.settle()
        assert desk.other.languages == ["de", "de"]
        assert desk.screen.windows == {"chat": "hi there hi there"}
        assert await desk.profiles() == ["german", "german"]

    run(scenario, quick)


def test_neither_engine_waits_for_the_other_but_for_the_main_one(run: Scenario) -> None:
    config = config_file.parse(
        "".join(f'[[profile]]\nname = "{name}"\nengine = "qwen3"\n' for name in "ab")
    )

    async def scenario(rig: Rig) -> None:
        desk = Desk(rig, config)
        a, main = asyncio.Event(), asyncio.Event()
        desk.other.may_answer[1], desk.main.may_answer[3] = a, main
        desk.other.answers = {1: "one", 2: "two", 4: "four"}
        for asked in ("a", "b", "", "b"):
            await rig.dictate(asked)
        assert desk.screen.windows == {}
        main.set()
        await asyncio.sleep(0.1)
        assert desk.screen.windows == {"editor": "good day there"}
        a.set()
        await rig.settle()
        assert desk.screen.windows == {"editor": "good day there one two four"}

    run(scenario)


@pytest.mark.parametrize(
    ("layout", "known", "heard"),
    [
        ("de", (), "de"),
        ("fr", ("en", "fr-FR", "de"), "fr"),
        ("pl", ("en", "fr-FR"), "layout"),
        (None, (), "layout"),
        ("a mistake", (), "layout"),
    ],
)
def test_the_layout_of_the_keyboard_decides_the_language_if_the_engine_knows_it(
    monkeypatch: pytest.MonkeyPatch,
    run: Scenario,
    layout: str | None,
    known: tuple[str, ...],
    heard: str,
) -> None:
    async def language() -> str | None:
        await asyncio.sleep(0.01)
        if layout == "a mistake":
            raise ValueError(layout)
        return layout

    monkeypatch.setattr(profile_choice, "layout_language", language)

    async def scenario(rig: Rig) -> None:
        desk = Desk(rig)
        desk.main.info = EngineStatus("stand-in", languages=known)
        await desk.say("by layout")
        await desk.say()
        # The stand-in's profile has "layout" where a real one has the language of [engine].
        assert desk.main.languages == [heard, "en"]

    run(scenario)


# Enter -------------------------------------------------------------------------------------------


def test_enter_comes_once_behind_each_text_and_before_the_next(run: Scenario) -> None:
    async def scenario(rig: Rig) -> None:
        desk = Desk(rig)
        desk.screen.focused = "messenger"
        for _ in range(2):
            rig.press()
            await rig.speak(0.1, real_time=True)
            rig.release()
        await rig.speak(0.2, real_time=True)
        await rig.settle()
        assert desk.screen.windows == {"messenger": "good day there\u21b5good day there\u21b5"}
        with pytest.raises(NotFound, match="no text that could be taken back"):
            await rig.writer.undo((desk.screen,))
        desk.screen.focused = "editor"
        await desk.say()
        await desk.say("sent")
        assert desk.screen.windows["editor"] == "good day there good day there\u21b5"
        assert await rig.replay.paste(None) is Receipt.DELIVERED
        assert desk.screen.windows["editor"].count("\u21b5") == 1
        assert [told for told in rig.observer.told if "trouble" in told] == []

    run(scenario)


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        ("not delivered", ""),
        ("unsure", ""),
        ("typed", "something was typed or clicked there meanwhile"),
        ("gone", "another window has the focus"),
        ("hung", "the desktop hangs"),
        ("unable", "screen cannot press Enter"),
        ("lost", "the screen is gone"),
        ("mistaken", "a mistake of ours"),
    ],
)
def test_no_enter_comes_where_the_text_may_not_be(run: Scenario, fault: str, why: str) -> None:
    async def scenario(rig: Rig) -> None:
        screen = (desk := Desk(rig)).screen
        screen.focused = "messenger"
        if fault in ("not delivered", "unsure"):
            screen.trouble = (NotDelivered if fault == "not delivered" else DeliveryUnsure)("x")
        screen.typed = fault == "typed"
        screen.enter_fails = {
            "unable": NotDelivered("screen cannot press Enter"),
            "lost": DeliveryUnsure("the screen is gone"),
            "mistaken": ValueError("a mistake of ours"),
        }.get(fault)

        def written(number: int) -> None:
            async def leave() -> None:
                await asyncio.sleep(0.05)
                screen.focused = "elsewhere" if fault == "gone" else screen.focused
                screen.blind = fault == "hung"

            rig.pipeline._tasks.start(leave())

        rig.observer.writing = written  # type: ignore[method-assign]
        await desk.say()
        assert "\u21b5" not in "".join(screen.windows.values())
        said = f"trouble: Enter was not pressed behind the text: {why}"
        assert (said in rig.observer.told) is bool(why)
        entry = (await rig.thread.call(Journal.history, 1))[0]
        assert entry.state.value == ("delivered" if why else "held")

    run(scenario)
