"""An application may work on a text in steps, and insert nothing if the clipboard changes before
the last one, as Chromium does. So the clipboard waits for it."""

import asyncio
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from dictate.config.schema import OutputSettings
from dictate.errors import NotDelivered
from dictate.outputs import Receipt
from dictate.outputs.paste.pace import LATE_S, LOOK_S, MOST_S, PATIENCE, Pace, waits
from dictate.outputs.x11.output import X11Output
from dictate.outputs.x11.paste import Paster
from tests.lab.clipboard import copy, paste
from tests.lab.more_windows import Chromium, RichChromium
from tests.lab.outputs import working
from tests.lab.stepwise import Stepwise
from tests.lab.windows import Window
from tests.lab.xserver import XServer, need, wait_for

pytestmark = pytest.mark.desktop

HELD_UP_S = 0.5


class WithoutPings(Stepwise):
    """It answers no pings, so only its pace says how long it may take."""

    pings = False
    before_s = 0.15


class Brief(Stepwise):
    """It is held up for a moment only."""

    held_up_s = 0.1


@pytest.fixture(scope="module")
def x() -> Iterator[XServer]:
    need("xclip")
    with XServer() as server:
        yield server


@pytest.fixture(autouse=True)
def display(x: XServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", x.display)


async def write(output: X11Output, window: Window, *texts: str) -> None:
    await asyncio.to_thread(window.focus)
    focus = await output.focus()
    for text in texts:
        assert await output.write(text, focus) is Receipt.DELIVERED


@pytest.mark.parametrize("kind", [Stepwise, WithoutPings])
@pytest.mark.fault("C4")
def test_the_former_content_and_the_next_text_wait_until_it_has_inserted_this_one(
    x: XServer, tmp_path: Path, kind: type[Stepwise]
) -> None:
    copy(x, b"theirs")
    window = kind(x, tmp_path)

    async def work(output: X11Output) -> None:
        await write(output, window, "One. ", "Two.")
        await asyncio.to_thread(window.wait_text, "One. Two.")
        await asyncio.to_thread(wait_for, lambda: paste(x) == b"theirs", "it is given back")

    working(X11Output(OutputSettings()), work)
    window.close()


@pytest.mark.parametrize("kind", [Chromium, RichChromium], ids=lambda kind: kind.kind)
@pytest.mark.fault("C4")
def test_chromium_is_held_up_just_as_it_takes_a_text(
    x: XServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: type[Chromium]
) -> None:
    copy(x, b"theirs")
    window = kind(x, tmp_path)
    answered = Paster._answered

    def hold_up(paster: Paster, client: int, target: int) -> None:
        answered(paster, client, target)
        window.hang()
        threading.Timer(HELD_UP_S, window.wake).start()

    monkeypatch.setattr(Paster, "_answered", hold_up)

    async def work(output: X11Output) -> None:
        await write(output, window, "One.")
        await asyncio.to_thread(window.wait_text, "One.")
        await write(output, window, "Two.", "Three.")
        await asyncio.to_thread(window.wait_text, "One.Two.Three.")
        await asyncio.to_thread(wait_for, lambda: paste(x) == b"theirs", "it is given back")

    working(X11Output(OutputSettings(paste_timeout_ms=5000)), work)
    window.close()


@pytest.mark.fault("C4")
def test_a_text_for_another_window_waits_too(x: XServer, tmp_path: Path) -> None:
    first, second = Brief(x, tmp_path), Brief(x, tmp_path)

    async def work(output: X11Output) -> None:
        await write(output, first, "One.")
        await write(output, second, "Two.")
        await asyncio.to_thread(first.wait_text, "One.")
        await asyncio.to_thread(second.wait_text, "Two.")

    working(X11Output(OutputSettings()), work)
    first.close()
    second.close()


@pytest.mark.fault("C4")
def test_the_end_of_the_daemon_waits_a_moment(x: XServer, tmp_path: Path) -> None:
    copy(x, b"theirs")
    window = Brief(x, tmp_path)
    working(X11Output(OutputSettings()), lambda output: write(output, window, "One."))
    window.wait_text("One.")
    window.close()


@pytest.mark.fault("C4")
def test_while_it_hangs_it_gets_no_other_text_and_keeps_the_one_it_has_taken(
    x: XServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dictate.outputs.x11.paste.DONE_S", 0.5)
    window = Stepwise(x, tmp_path)

    async def work(output: X11Output) -> None:
        await write(output, window, "One.")
        os.kill(window.child.pid, signal.SIGSTOP)
        with pytest.raises(NotDelivered, match="does not answer"):
            await output.write("Two.", await output.focus())
        os.kill(window.child.pid, signal.SIGCONT)
        await asyncio.to_thread(window.wait_text, "One.")

    working(X11Output(OutputSettings()), work)
    window.close()


def test_how_long_it_may_be_silent_depends_on_its_own_steps(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = [100.0]
    monkeypatch.setattr("dictate.outputs.paste.pace.time.monotonic", lambda: now[0])
    pace = Pace()
    pace.step()
    assert pace.rest_s(0.2) == 0
    pace.begin()
    now[0] += 0.1
    pace.step()
    assert pace.rest_s(0.2) == pytest.approx(PATIENCE * 0.1)
    assert pace.rest_s(1.0) == pytest.approx(1.0)
    now[0] += 10
    assert pace.rest_s(0.2) == 0
    pace.held_up()
    assert pace.rest_s(0.2) == pytest.approx(PATIENCE * 0.1)
    now[0] += 10
    pace.step()
    assert pace.rest_s(0.2) == pytest.approx(MOST_S)


def test_it_is_done_once_its_process_has_come_to_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr("dictate.outputs.paste.pace.time.monotonic", lambda: now[0])
    pace = Pace()
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as reader:
        pace.begin(reader.pid)
        os.kill(reader.pid, signal.SIGSTOP)
        wait_for(lambda: not waits(reader.pid), "it is stopped")
        now[0] += LATE_S - 1
        assert pace.rest_s(0.2) == LOOK_S
        os.kill(reader.pid, signal.SIGCONT)
        wait_for(lambda: waits(reader.pid), "it reads")
        assert pace.rest_s(0.2) == 0
        os.kill(reader.pid, signal.SIGSTOP)
        wait_for(lambda: not waits(reader.pid), "it is stopped again")
        assert pace.rest_s(0.2) == 0
        pace.begin(reader.pid)
        now[0] += LATE_S + 1
        assert pace.rest_s(0.2) == 0
        os.kill(reader.pid, signal.SIGCONT)
    assert waits(reader.pid)
    with subprocess.Popen([sys.executable, "-c", "while True: pass"]) as busy:
        wait_for(lambda: not waits(busy.pid), "it is busy")
        busy.kill()
