"""A correction in the field is noticed, offered and not learned. The pipeline and the journal are
real; the field, the notification and the window are stand-ins."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any

import pytest

from dictate.app import correction_watch
from dictate.app.correction_watch import CorrectionWatch
from dictate.config.schema import HotwordSettings, NotificationSettings
from dictate.hotwords.corrections import Correction
from dictate.journal.journal import Journal
from dictate.outputs import FieldText, Focus
from dictate.ui.correction.process import Closed
from tests.app.test_corrections import Desk, Reloader, Window, reloader
from tests.app.test_evidence import Rig, plains, run, until
from tests.app.test_pipeline import SETTINGS

__all__ = ["plains", "reloader", "run"]

ON = replace(SETTINGS, hotwords=HotwordSettings(notice_corrections=True))
TEXT = "please ask cloud about it"
CORRECTED = "please ask Claude about it"
NOTICED = [Correction("cloud", "Claude")]
Scenario = Callable[["Field"], Coroutine[Any, Any, None]]


class Field:
    """What the application reports, and what the user is told."""

    def __init__(self, rig: Rig, reloader: Reloader) -> None:
        self.rig = rig
        self.desk = Desk(rig, reloader)
        self.told: list[list[Correction]] = []
        self.followed = 0
        self.followed_now = False
        self._reports: asyncio.Queue[str | None] = asyncio.Queue()
        self.watch = CorrectionWatch(
            ON,
            writer=rig.writer,
            pipeline=rig.pipeline,
            recorder=rig.recorder,
            dialog=self.desk.dialog,
            on_noticed=self._on_noticed,
            on_trouble=self.desk.troubles.append,
        )
        rig.screen.follow_field = self._follow  # type: ignore[method-assign]

    async def _follow(self, focus: Focus | None, on_text: Callable[[FieldText], None]) -> None:
        assert focus is not None
        self.followed += 1
        self.followed_now = True
        try:
            while (text := await self._reports.get()) is not None:
                on_text(FieldText(text, len(text), len(text)))
        finally:
            self.followed_now = False

    def _on_noticed(self, found: list[Correction], click: Callable[[], None]) -> None:
        self.told.append(found)
        self.click = click

    async def dictate(self, text: str = TEXT) -> int:
        number = await self.rig.say(text, heard=text)
        self.watch.written(number)
        await asyncio.sleep(0)
        return number

    def shows(self, *texts: str) -> None:
        for text in texts:
            self._reports.put_nowait(text)

    def leave(self) -> None:
        self._reports.put_nowait(None)

    async def over(self) -> None:
        await until(lambda: not self.watch._background, "the watch is over")
        assert not self.followed_now


@pytest.fixture
def in_field(
    run: Callable[..., None], reloader: Reloader, monkeypatch: pytest.MonkeyPatch
) -> Callable[[Scenario], None]:
    def runner(scenario: Scenario) -> None:
        async def whole(rig: Rig) -> None:
            rig.use()
            field = Field(rig, reloader)
            rig.observer.changed = field.watch.session_changed  # type: ignore[method-assign]
            await scenario(field)
            await field.watch.close()
            await field.desk.dialog.close()
            assert not field.followed_now

        run(whole)

    return runner


@pytest.mark.parametrize(
    ("reports", "told"),
    [
        ([TEXT, CORRECTED], [NOTICED]),
        ([f"Hello. {TEXT}", f"Hello. {CORRECTED} now"], [NOTICED]),
        (["", TEXT, CORRECTED], [NOTICED]),  # it was not there yet
        ([TEXT, CORRECTED, ""], [NOTICED]),  # sent
        ([TEXT, CORRECTED, TEXT], []),
        ([TEXT, f"{TEXT} and more", f"so {TEXT}"], []),
        ([TEXT, "", CORRECTED], []),
        ([TEXT, "please ask about it"], []),  # teaches nothing
        ([CORRECTED], []),
        ([], []),
    ],
)
def test_what_is_noticed_when_the_field_is_left(
    in_field: Callable[[Scenario], None], reports: list[str], told: list[list[Correction]]
) -> None:
    async def scenario(field: Field) -> None:
        await field.dictate()
        field.shows(*reports)
        field.leave()
        await field.over()
        assert field.told == told

    in_field(scenario)


def test_it_is_offered_once_and_learned_only_by_the_user(
    in_field: Callable[[Scenario], None],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    monkeypatch.setattr(correction_watch, "SETTLED_S", 0.05)

    async def scenario(field: Field) -> None:
        number = await field.dictate()
        field.shows(f"MINE {TEXT}", f"MINE {CORRECTED}")
        await field.over()  # although the user is still in the field
        assert field.told == [NOTICED]
        assert await field.rig.rows(number) == []
        entry = await field.rig.thread.call(Journal.get, number)
        assert entry is not None
        assert not entry.corrected
        Window.does[:] = [{"text": CORRECTED}, {"answer": "add"}, Closed()]
        field.click()
        await until(lambda: Window.closed, "the window is closed")
        assert Window.shown[0] == {"page": "text", "number": number, "text": CORRECTED}
        assert field.desk.listed == {"Claude": 1.0}
        assert field.desk.troubles == []

    in_field(scenario)
    assert "a correction was noticed" in caplog.text
    assert "MINE" not in caplog.text
    assert "Claude about" not in caplog.text


def test_nothing_is_read_unless_the_user_wants_it(in_field: Callable[[Scenario], None]) -> None:
    async def scenario(field: Field) -> None:
        for settings in (SETTINGS, replace(ON, notifications=NotificationSettings(enabled=False))):
            field.watch.apply(settings)
            await field.dictate()
        assert field.followed == 0
        field.watch.apply(ON)
        await field.dictate()
        await until(lambda: field.followed_now, "it is read")
        field.shows(TEXT, CORRECTED)
        field.watch.apply(SETTINGS)
        await field.over()
        assert field.told == []

    in_field(scenario)


def test_the_next_dictation_ends_it(in_field: Callable[[Scenario], None]) -> None:
    async def scenario(field: Field) -> None:
        await field.dictate()
        field.shows(TEXT, CORRECTED)
        await until(lambda: field._reports.empty(), "it is read")
        field.rig.press()
        await field.over()
        assert field.told == [NOTICED]
        field.rig.cancel()

    in_field(scenario)


@pytest.mark.parametrize("all_of_it", [False, True])
def test_what_is_forgotten_is_not_offered(
    in_field: Callable[[Scenario], None], all_of_it: bool
) -> None:
    async def scenario(field: Field) -> None:
        number = await field.dictate()
        field.watch.forgotten(number + 1)
        field.shows(TEXT, CORRECTED)
        field.leave()
        await field.over()
        assert field.told == [NOTICED]
        forgotten = None if all_of_it else number
        field.watch.forgotten(forgotten)
        field.click()
        assert not field.watch._background
        again = await field.dictate()
        field.shows(TEXT, CORRECTED)
        await until(lambda: field._reports.empty(), "it is read")
        field.watch.forgotten(None if all_of_it else again)
        await field.over()
        assert field.told == [NOTICED]

    in_field(scenario)


@pytest.mark.parametrize("how", ["forgotten", "switched off"])
def test_one_that_is_still_looked_up_is_not_offered_either(
    in_field: Callable[[Scenario], None], monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    async def scenario(field: Field) -> None:
        may_look, looks = asyncio.Event(), asyncio.Event()
        would_teach = field.rig.recorder.would_teach

        async def slow(number: int, text: str) -> list[Correction]:
            looks.set()
            await may_look.wait()
            return await would_teach(number, text)

        monkeypatch.setattr(field.rig.recorder, "would_teach", slow)
        number = await field.dictate()
        field.shows(TEXT, CORRECTED)
        field.leave()
        await looks.wait()
        await field.dictate()  # a newer watch
        if how == "forgotten":
            field.watch.forgotten(number)
        else:
            field.watch.apply(SETTINGS)
        may_look.set()
        field.leave()
        await field.over()
        assert field.told == []

    in_field(scenario)


def test_a_click_while_a_dictation_records_is_answered(
    in_field: Callable[[Scenario], None],
) -> None:
    async def scenario(field: Field) -> None:
        await field.dictate()
        field.shows(TEXT, CORRECTED)
        field.leave()
        await field.over()
        field.rig.press()
        field.click()
        await until(lambda: field.desk.troubles, "it is said")
        assert Window.shown == []
        field.rig.cancel()

    in_field(scenario)


def test_an_output_that_fails_is_logged_without_what_stands_there(
    in_field: Callable[[Scenario], None], caplog: pytest.LogCaptureFixture
) -> None:
    async def fails(*_: object) -> None:
        raise ValueError(TEXT)

    async def scenario(field: Field) -> None:
        field.rig.screen.follow_field = fails  # type: ignore[method-assign, assignment]
        await field.dictate()
        await field.over()

    in_field(scenario)
    assert "output screen: no field is read: ValueError" in caplog.text
    assert TEXT not in caplog.text


def test_it_ends_after_a_minute(
    in_field: Callable[[Scenario], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(correction_watch, "WATCH_S", 0.05)

    async def scenario(field: Field) -> None:
        await field.dictate()
        field.shows(TEXT, CORRECTED)
        await field.over()
        assert field.told == []  # it may be half a word

    in_field(scenario)
