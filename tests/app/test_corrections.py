"""What is learned from a correction, and only if the user says so. The journal and the file are
real; the engine and the window are stand-ins."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import pytest

from dictate.app import correction_dialog
from dictate.app.correction_dialog import CorrectionDialog
from dictate.app.corrections import Corrections
from dictate.errors import DictateError, JournalError, NotFound
from dictate.hotwords.proposal import Action, Proof
from dictate.journal.journal import Journal
from dictate.ui.correction.process import Closed, WindowLost
from tests.app.test_evidence import Rig, StandInReloader, plains, run, until

__all__ = ["plains", "run"]

CLAUDE = Proof("Claude", "cloud", "Claude", Action.ADD, 2.5)


class Reloader(StandInReloader):
    async def reload_or_report(self) -> None:
        await self.reload()


class Window:
    """Shows what it is told; the user does what `does` says, one after the other."""

    does: ClassVar[list[Any]] = []
    shown: ClassVar[list[dict[str, Any]]] = []
    closed: ClassVar[int] = 0

    async def open(self) -> None:
        pass

    async def show(self, **page: Any) -> None:
        self.shown.append(page)

    async def answer(self) -> dict[str, Any]:
        while not self.does:  # noqa: ASYNC110 - the test writes it
            await asyncio.sleep(0.01)
        found = self.does[0]
        if isinstance(found, Exception):
            raise found
        if "answer" in found and self.shown[-1]["page"] != "proposal":
            await asyncio.Event().wait()
        self.does.pop(0)
        return dict(found)

    async def close(self) -> None:
        type(self).closed += 1


class Desk:
    """All that a correction needs."""

    def __init__(self, rig: Rig, reloader: Reloader) -> None:
        self.reloader = reloader
        self.troubles: list[str] = []
        self.corrections = Corrections(rig.thread, rig.recorder, rig.prover, self.reloader)  # type: ignore[arg-type]
        self.dialog = CorrectionDialog(self.corrections, rig.pipeline, self.troubles.append)

    @property
    def listed(self) -> dict[str, float]:
        terms = self.reloader.configuration.hotwords.terms
        return {term.spelling: term.weight for term in terms}


@pytest.fixture
def reloader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Reloader:
    monkeypatch.setattr(correction_dialog, "CorrectionWindow", Window)
    for name, empty in (("does", []), ("shown", []), ("closed", 0)):
        monkeypatch.setattr(Window, name, empty)
    path = tmp_path / "hotwords.toml"
    path.write_text("# mine\nwords = []\n")
    return Reloader(path)


def test_what_is_accepted_is_written_and_can_be_taken_back(
    run: Callable[..., None], reloader: Reloader
) -> None:
    async def scenario(rig: Rig) -> None:
        desk = Desk(rig, reloader)
        number = await rig.say("ask cloud", heard="ask cloud")
        assert await desk.corrections.accept(number, CLAUDE) == ["+ Claude"]
        assert desk.listed == {"Claude": 2.5}
        assert await desk.corrections.accept(number, replace(CLAUDE, weight=4.0)) == [
            "~ Claude: weight 2.5 -> 4"
        ]
        assert await desk.corrections.unlearn("claude") == ["~ Claude: weight 4 -> 2.5"]
        with pytest.raises(NotFound, match="nothing is known to be learned"):
            await desk.corrections.unlearn("claude")
        swap = Proof("Claude", "ask cloud", "ask Claude", Action.REPLACE)
        assert await desk.corrections.accept(number, swap) == [
            "+ replacement ask cloud -> ask Claude"
        ]
        assert await desk.corrections.unlearn("ask Claude") == ["- replacement ask cloud"]
        assert await desk.corrections.accept(number, replace(CLAUDE, action=Action.LEAVE)) == []

    run(scenario)
    assert reloader.hotwords_file.read_text().startswith("# mine")


def test_what_a_full_disk_keeps_from_being_recorded_is_told_as_it_is(
    run: Callable[..., None], reloader: Reloader, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scenario(rig: Rig) -> None:
        def fail(*_: object) -> None:
            raise JournalError("no room: make room on that disk")

        desk = Desk(rig, reloader)
        number = await rig.say("ask cloud", heard="ask cloud")
        with monkeypatch.context() as full:
            full.setattr(rig.journal.evidence, "record", fail)
            with pytest.raises(JournalError, match=r"^\+ Claude: done, but .* no room"):
                await desk.corrections.accept(number, CLAUDE)
        assert desk.listed == {"Claude": 2.5}
        with pytest.raises(NotFound):
            await desk.corrections.unlearn("Claude")
        await desk.corrections.accept(number, replace(CLAUDE, weight=4.0))
        with monkeypatch.context() as full:
            full.setattr(rig.journal.evidence, "unlearn", fail)
            with pytest.raises(JournalError, match=r"4 -> 2.5: done, but .* still says"):
                await desk.corrections.unlearn("Claude")
        assert desk.listed == {"Claude": 2.5}
        assert await desk.corrections.unlearn("Claude") == []
        with pytest.raises(NotFound):
            await desk.corrections.unlearn("Claude")

    run(scenario)


def test_a_forgotten_dictation_teaches_nothing(
    run: Callable[..., None], reloader: Reloader
) -> None:
    async def scenario(rig: Rig) -> None:
        desk = Desk(rig, reloader)
        number = await rig.say("ask cloud", heard="ask cloud")
        with pytest.raises(DictateError, match="at least one wrong word"):
            await desk.corrections.prove(number, "cloud", " !")
        await rig.thread.call(Journal.forget, number)
        with pytest.raises(NotFound, match="there is no dictation 1"):
            await desk.corrections.accept(number, CLAUDE)
        with pytest.raises(NotFound, match="there is no text yet"):
            await desk.dialog.open(0)

    run(scenario)
    assert reloader.hotwords_file.read_text() == "# mine\nwords = []\n"


@pytest.mark.parametrize(
    ("does", "pages", "listed"),
    [
        ([{"text": "ask cloud"}], ["text"], {}),
        ([{"text": "ask cloud now"}, Closed()], ["text", "end"], {}),
        (
            [{"text": "ask Claude"}, {"answer": "leave"}],
            ["text", "wait", "proposal"],
            {},
        ),
        (
            [{"text": "ask Claude"}, {"answer": "add"}, Closed()],
            ["text", "wait", "proposal", "end"],
            {"Claude": 1.0},
        ),
        ([{"text": "ask Claude"}, Closed()], ["text", "wait"], {}),
        ([Closed()], ["text"], {}),
    ],
)
def test_the_window_learns_what_the_user_says(
    run: Callable[..., None],
    reloader: Reloader,
    does: list[Any],
    pages: list[str],
    listed: dict[str, float],
) -> None:
    async def scenario(rig: Rig) -> None:
        rig.use()
        desk = Desk(rig, reloader)
        await rig.say("ask cloud", heard="ask cloud")
        Window.does[:] = does
        await desk.dialog.open(0)
        await until(lambda: Window.closed, "the window is closed")
        assert [page["page"] for page in Window.shown] == pages
        assert desk.listed == listed
        assert desk.troubles == []
        await desk.dialog.close()

    run(scenario)


def test_a_proof_ends_with_the_window(run: Callable[..., None], reloader: Reloader) -> None:
    async def scenario(rig: Rig) -> None:
        rig.use()
        desk = Desk(rig, reloader)
        await rig.say("ask cloud", heard="ask cloud")
        rig.main_engine.gate.clear()
        Window.does[:] = [{"text": "ask Claude"}]
        await desk.dialog.open(0)
        await until(lambda: rig.main_engine.heard_again, "the proof has begun")
        Window.does.append(WindowLost("hung"))
        await until(lambda: Window.closed, "the window is closed")
        assert rig.main_engine.cancelled == 1
        (line,) = desk.troubles
        assert "the correction window is gone (hung)" in line
        assert "Claude" not in line  # it is logged

    run(scenario)


def test_one_window_at_a_time_and_none_while_a_dictation_records(
    run: Callable[..., None], reloader: Reloader
) -> None:
    async def scenario(rig: Rig) -> None:
        desk = Desk(rig, reloader)
        number = await rig.say("ask cloud", heard="ask cloud")
        await asyncio.gather(desk.dialog.open(0), desk.dialog.open(number))
        await until(lambda: len(Window.shown) == 2, "both were asked")
        assert {"front": True} in Window.shown
        desk.dialog.forgotten(number + 1)
        await asyncio.sleep(0)
        assert Window.closed == 0
        desk.dialog.forgotten(number)
        await until(lambda: Window.closed == 1, "what is forgotten leaves the screen")
        rig.press()
        with pytest.raises(DictateError, match="is being recorded"):
            await desk.dialog.open(0)
        desk.dialog.key()
        await until(lambda: desk.troubles, "it is said")
        rig.release()
        await rig.settle()

    run(scenario)
