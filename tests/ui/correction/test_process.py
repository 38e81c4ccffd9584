"""Whatever the window's process does, the daemon gets an answer or a reason; no process is left.

The process is a stand-in that does as the test says; `tests/desktop/test_correction_window.py` has
the real one.
"""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from dictate.errors import Unavailable
from dictate.ui import gtk
from dictate.ui.correction import process as module
from dictate.ui.correction.process import Closed, CorrectionWindow, WindowLost
from tests.lab.processes import children

HELLO = """
import json, os, sys, time
def say(what):
    print(json.dumps(what), flush=True)
"""
READY = 'say({"ready": True})\n'
ANSWERS = f"""{READY}
for line in sys.stdin:
    say({{}})
    say({{"text": json.loads(line)["text"] + "!"}})
"""
CLOSED_BY_USER = f'{READY}say({{"closed": True}})\n'
DIES = f"{READY}sys.stdin.readline()\nos._exit(7)\n"
HANGS = f"{READY}time.sleep(60)\n"
CHATTERS = f'{READY}print("hello", flush=True)\ntime.sleep(60)\n'
STAYS = f"{READY}sys.stdin.read()\ntime.sleep(60)\n"

Play = Callable[[str, Callable[[CorrectionWindow], Awaitable[None]]], None]


@pytest.fixture
def play(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Play:
    monkeypatch.setattr(module, "WINDOW", tmp_path / "window.py")
    monkeypatch.setattr(module, "ANSWER_S", 0.3)
    monkeypatch.setattr(module, "LEAVE_S", 0.1)

    def run(what: str, work: Callable[[CorrectionWindow], Awaitable[None]]) -> None:
        async def main() -> None:
            window = CorrectionWindow()
            async with asyncio.timeout(15):
                await window.open()
                try:
                    await work(window)
                finally:
                    await window.close()

        (tmp_path / "window.py").write_text(HELLO + what)
        try:
            asyncio.run(main())
        finally:
            assert not children(), "a process is left"

    return run


def test_what_the_user_writes_comes_back(play: Play) -> None:
    async def work(window: CorrectionWindow) -> None:
        await window.show(text="Zoë \U0001f600\nnext")
        assert await window.answer() == {"text": "Zoë \U0001f600\nnext!"}

    play(ANSWERS, work)


def test_a_window_that_the_user_closes_says_so_to_everyone(play: Play) -> None:
    async def work(window: CorrectionWindow) -> None:
        for _ in range(2):
            with pytest.raises(Closed):
                await window.answer()
        with pytest.raises(Closed):
            await window.show(text="x")

    play(CLOSED_BY_USER, work)


@pytest.mark.parametrize(
    ("what", "how"), [(DIES, "exit status 7"), (HANGS, "hung"), (CHATTERS, "invalid answer")]
)
def test_a_window_that_is_lost_says_how(play: Play, what: str, how: str) -> None:
    async def work(window: CorrectionWindow) -> None:
        waiting = asyncio.create_task(window.answer())
        with pytest.raises(WindowLost, match=how):
            await window.show(text="x")
        with pytest.raises(WindowLost, match=how):
            await waiting

    play(what, work)


def test_a_window_that_does_not_leave_is_ended(play: Play) -> None:
    async def work(_: CorrectionWindow) -> None:
        return

    play(STAYS, work)


@pytest.mark.parametrize(
    ("what", "why"),
    [
        ('say({"why_not": "there is no desktop"})\n', "there is no desktop"),
        ("os._exit(1)\n", "exit status 1"),
        ('print("hello")\n', "invalid answer"),
        ("time.sleep(60)\n", "the desktop does not answer"),
    ],
)
def test_a_desktop_without_windows(
    play: Play, what: str, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if "sleep" in what:
        monkeypatch.setattr(gtk, "START_S", 0.5)

    async def work(_: CorrectionWindow) -> None:
        pytest.fail("there is no window")

    with pytest.raises(Unavailable, match=why):
        play(what, work)
