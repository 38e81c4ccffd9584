"""Which list of words a dictation has: one from its press to its end, that of its profile and
application."""

import asyncio
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from dictate.events import FinalTranscript, PartialTranscript
from dictate.hotwords.model import Group, Hotwords, Term
from dictate.outputs import Focus
from tests.app.test_pipeline import SETTINGS, Engine, Rig, Screen, Utterance, profile_of

MOMENTS = st.sampled_from(["before", "pressed", "speaking", "released", "engine at work", "never"])


class ListeningEngine(Engine):
    """It says which list it got."""

    def __init__(self) -> None:
        super().__init__()
        self.lists: list[Hotwords] = []

    def begin(
        self,
        number: int,
        hotwords: Hotwords | asyncio.Task[Hotwords],
        language: str,
        on_partial: Callable[[PartialTranscript], None],
    ) -> Utterance:
        super().begin(number, Hotwords(), language, on_partial)
        self.utterances[number] = utterance = ListeningUtterance(self, number, hotwords)
        return utterance


class ListeningUtterance(Utterance):
    def __init__(
        self, engine: ListeningEngine, number: int, hotwords: Hotwords | asyncio.Task[Hotwords]
    ) -> None:
        super().__init__(engine, number)
        self.listener = engine
        self.hotwords = hotwords

    async def finish(self, whole: Callable[[], Awaitable[bytes]]) -> FinalTranscript:
        words = self.hotwords if isinstance(self.hotwords, Hotwords) else await self.hotwords
        self.listener.lists.append(words)
        final = await super().finish(whole)
        return replace(final, text=f"{words.context} and hello; ")


class SlowScreen(Screen):
    """It says what has the focus after a while."""

    delay_s = 0.0

    async def focus(self) -> Focus | None:
        await asyncio.sleep(self.delay_s)
        return await super().focus()


def numbered(number: int) -> Hotwords:
    """A list that shows where it was used: by the engine in the context, by the text steps in a
    replacement."""
    return Hotwords(
        (Term("Zed"), Term("pytest", group="code")),
        replacements=(("hello", f"list {number}"),),
        context=f"list {number}",
        groups=(Group("code", applications=("editor",)),),
    )


def use(rig: Rig, hotwords: Hotwords, engine: Engine, screen: Screen) -> None:
    """Put this list in force, as a reload does."""
    main = replace(profile_of(engine, "en", screen), hotwords=hotwords)
    rig.put(main, main)


async def in_rig(scenario: Callable[[Rig], Awaitable[None]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        quick = replace(SETTINGS, engine=replace(SETTINGS.engine, tail_ms=0))
        rig = Rig(Path(folder) / "journal", quick)
        try:
            await asyncio.wait_for(scenario(rig), 30)
            await rig.pipeline.drain(1)
        finally:
            rig.journal_executor.submit(rig.journal.close)
            await asyncio.to_thread(rig.journal_executor.shutdown)


@settings(max_examples=12, deadline=None)
@given(st.lists(MOMENTS, min_size=3, max_size=3))
def test_no_utterance_mixes_two_lists_whenever_they_are_swapped(moments: list[str]) -> None:
    async def scenario(rig: Rig) -> None:
        engine, current = ListeningEngine(), 0
        use(rig, numbered(0), engine, rig.screen)

        def swap_at(here: str, moment: str) -> None:
            nonlocal current
            if here == moment:
                current += 1
                use(rig, numbered(current), engine, rig.screen)

        expected = ""
        for turn, moment in enumerate(moments, 1):
            engine.may_answer[turn] = answers = asyncio.Event()
            swap_at("before", moment)
            expected += f"list {current} and list {current}; "
            rig.press()
            swap_at("pressed", moment)
            await rig.speak(0.1)
            swap_at("speaking", moment)
            rig.release()
            swap_at("released", moment)
            await rig.speak(0.1, real_time=True)
            swap_at("engine at work", moment)
            answers.set()
            await rig.settle()
        assert "".join(rig.screen.windows.values()).split() == expected.split()

    asyncio.run(in_rig(scenario))


def dictated(screen: SlowScreen, profile: str = "") -> Hotwords:
    """The list that the engine got for a dictation into this screen."""
    engine = ListeningEngine()

    async def scenario(rig: Rig) -> None:
        use(rig, numbered(0), engine, screen)
        rig.press(profile)
        await rig.speak(0.1)
        rig.release()
        await rig.speak(0.1, real_time=True)
        await rig.settle()

    asyncio.run(in_rig(scenario))
    (found,) = engine.lists
    return found


def test_the_engine_hears_with_the_terms_of_the_application_at_the_press() -> None:
    screen = SlowScreen()
    assert [term.spelling for term in dictated(screen).terms] == ["Zed", "pytest"]
    assert [term.spelling for term in dictated(screen, "second").terms] == ["Zed", "pytest"]
    screen.focused = "browser"
    assert [term.spelling for term in dictated(screen).terms] == ["Zed"]


def test_an_output_that_is_late_costs_the_terms_of_the_application_and_no_time() -> None:
    screen = SlowScreen()
    screen.delay_s = 0.3
    assert [term.spelling for term in dictated(screen).terms] == ["Zed"]
    assert screen.windows == {"editor": "list 0 and list 0;"}


def test_the_text_steps_use_the_application_at_the_release() -> None:
    code = Hotwords(
        (Term("PyTest", group="code"),), groups=(Group("code", ("main",), ("org.x.Editor",)),)
    )
    final = FinalTranscript(1, "run pytest")
    main = profile_of(Engine(), "en", Screen(), code)
    assert main.polish(final, "org.x.editor") == "run PyTest"
    assert main.polish(final, "editor") == "run pytest"
    assert main.polish(final, "") == "run pytest"
    assert replace(main, name="second").polish(final, "org.x.editor") == "run pytest"
