"""Applications that hang or die, clipboards that hang, servers that hang or die: nothing lost,
nothing twice, nothing foreign, and the next text arrives."""

import asyncio
import gc
import signal
import subprocess
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from dictate.config.schema import OutputSettings
from dictate.errors import DeliveryUnsure, NotDelivered
from dictate.outputs import Focus, Receipt
from dictate.outputs.paste import window_output
from dictate.outputs.x11 import paste as paste_module
from dictate.outputs.x11.output import X11Output
from tests.lab.clipboard import copy, offer, paste
from tests.lab.corpus import TEXTS
from tests.lab.outputs import working
from tests.lab.windows import PYTHON, GtkField, TkField, Window, Xterm
from tests.lab.xserver import XServer, need, wait_for

pytestmark = pytest.mark.desktop


@pytest.fixture
def x(monkeypatch: pytest.MonkeyPatch) -> Iterator[XServer]:
    need("xclip")
    with XServer() as server:
        monkeypatch.setenv("DISPLAY", server.display)
        yield server


def with_output(work: Callable[[X11Output], Awaitable[None]], timeout_ms: int = 300) -> None:
    working(X11Output(OutputSettings(paste_timeout_ms=timeout_ms)), work)
    wait_for(lambda: not threads(), "the thread ends")


def threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if "dictate-x11" in thread.name]


async def focus_on(output: X11Output, window: Window) -> Focus:
    await asyncio.to_thread(window.focus)
    focus = await output.focus()
    assert focus is not None
    return focus


async def underway(x: XServer) -> None:
    """Wait until a text is offered; its chord follows within the time after that."""

    def offered() -> bool:
        return paste(x, "clipboard", "x-kde-passwordManagerHint") == b"secret"

    await asyncio.to_thread(wait_for, offered, "the text is offered")
    await asyncio.sleep(0.3)


@pytest.mark.parametrize("kind", [GtkField, Xterm], ids=lambda kind: kind.kind)
@pytest.mark.fault("C12", "C6")
def test_hung_application_gets_the_text_once_when_it_wakes(
    x: XServer, tmp_path: Path, kind: type[Window]
) -> None:
    hung, other = kind(x, tmp_path), TkField(x, tmp_path)

    async def work(output: X11Output) -> None:
        await asyncio.to_thread(copy, x, b"mine")
        focus = await focus_on(output, hung)
        hung.hang()
        with pytest.raises(DeliveryUnsure):
            await output.write("first ", focus)
        # For everybody else the clipboard is as it was.
        assert await asyncio.to_thread(paste, x) == b"mine"
        # A second chord would wait behind the first: it is not sent.
        with pytest.raises(NotDelivered, match="does not answer"):
            await output.write("second ", focus)
        # Other windows are no worse off.
        x.run("xdotool", "windowfocus", "--sync", other.xid())
        elsewhere = await output.focus()
        assert elsewhere is not None
        assert await output.write("elsewhere", elsewhere) is Receipt.DELIVERED
        assert hung.text() == ""
        hung.wake()
        await asyncio.to_thread(hung.wait_text, "first ")
        assert await output.write("third", await focus_on(output, hung)) is Receipt.DELIVERED
        await asyncio.sleep(0.5)
        assert await asyncio.to_thread(paste, x) == b"mine"
        assert await asyncio.to_thread(x.keys_down) == set()

    with_output(work)
    hung.wait_text("first third")
    other.wait_text("elsewhere")


def test_a_window_that_hung_and_takes_no_text_is_free_again(
    x: XServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It woke up and ignored the chord: the old promise must not meet the user's next paste."""
    from tests.lab.windows import Blank

    monkeypatch.setattr(paste_module, "RECHECK_S", 0.2)
    blank = Blank(x, tmp_path)

    async def work(output: X11Output) -> None:
        await asyncio.to_thread(copy, x, b"mine")
        focus = await focus_on(output, blank)
        blank.hang()
        with pytest.raises(DeliveryUnsure):
            await output.write("first", focus)
        blank.wake()
        await asyncio.sleep(1.0)
        with pytest.raises(NotDelivered, match="text field"):
            await output.write("second", focus)
        assert await asyncio.to_thread(paste, x) == b"mine"

    with_output(work)


@pytest.mark.fault("S5")
def test_others_get_what_they_know_while_one_hangs(x: XServer, tmp_path: Path) -> None:
    hung, other = GtkField(x, tmp_path), TkField(x, tmp_path)

    async def work(output: X11Output) -> None:
        await asyncio.to_thread(copy, x, b"mine")
        focus = await focus_on(output, hung)
        hung.hang()
        writing = asyncio.create_task(output.write("spoken", focus))
        await underway(x)
        # A program without a window, as clipboard managers are, is asked not to keep the text.
        hint = await asyncio.to_thread(paste, x, "clipboard", "x-kde-passwordManagerHint")
        assert hint == b"secret"
        # The user goes elsewhere and pastes there.
        await asyncio.to_thread(x.run, "xdotool", "windowfocus", "--sync", other.xid())
        await asyncio.to_thread(x.run, "xdotool", "key", "ctrl+v")
        await asyncio.to_thread(other.wait_text, "mine")
        with pytest.raises(DeliveryUnsure):
            await writing
        hung.wake()
        await asyncio.to_thread(hung.wait_text, "spoken")

    with_output(work, timeout_ms=5000)


class SlowXterm(Xterm):
    """It takes 64 bytes, and then looks away."""

    kind = "slow"

    def launch(self) -> subprocess.Popen[bytes]:
        need("xterm")
        self.file.touch()
        code = (
            "import os, time\n"
            f"out = os.open({str(self.file)!r}, os.O_WRONLY)\n"
            "while data := os.read(0, 64): os.write(out, data); time.sleep(0.002)\n"
        )
        reader = f'stty raw -echo; exec {PYTHON} -c "$0"'
        return self.x.spawn(
            "xterm", "-u8", "-T", self.title, "-e", "sh", "-c", reader, code
        )  # fmt: skip


@pytest.mark.fault("C12", "C4")
def test_a_slow_application_gets_each_character_of_a_long_text(x: XServer, tmp_path: Path) -> None:
    window = SlowXterm(x, tmp_path)

    async def work(output: X11Output) -> None:
        await asyncio.to_thread(copy, x, b"mine")
        focus = await focus_on(output, window)
        assert await output.write(TEXTS["10000"], focus) is Receipt.DELIVERED
        assert await output.write("and on", focus) is Receipt.DELIVERED
        assert await asyncio.to_thread(paste, x) == b"mine"

    with_output(work, timeout_ms=5000)
    window.wait_text(TEXTS["10000"] + "and on")


@pytest.mark.fault("C5")
def test_application_killed_between_chord_and_request(
    x: XServer, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    window, other = GtkField(x, tmp_path), TkField(x, tmp_path)

    async def work(output: X11Output) -> None:
        await asyncio.to_thread(copy, x, b"mine")
        focus = await focus_on(output, window)
        window.hang()
        writing = asyncio.create_task(output.write("for the dead", focus))
        await underway(x)
        await asyncio.to_thread(window.close)
        killed = time.monotonic()
        with pytest.raises(NotDelivered, match="closed"):
            await asyncio.wait_for(writing, 2)  # not at the end of the timeout
        record_property("detected_s", time.monotonic() - killed)
        assert await asyncio.to_thread(paste, x) == b"mine"
        await output.write("for the living", await focus_on(output, other))
        record_property("recovered_s", time.monotonic() - killed)

    with_output(work, timeout_ms=10_000)
    other.wait_text("for the living")


def test_hung_owner_of_the_clipboard_delays_but_does_not_block(x: XServer, tmp_path: Path) -> None:
    window = TkField(x, tmp_path)

    async def work(output: X11Output) -> None:
        focus = await focus_on(output, window)
        owner = await asyncio.to_thread(offer, x, "CLIPBOARD", {"UTF8_STRING": (8, b"mine")})
        owner.send_signal(signal.SIGSTOP)
        assert await output.write("spoken", focus) is Receipt.DELIVERED
        owner.send_signal(signal.SIGCONT)

    with_output(work)
    window.wait_text("spoken")


def test_the_hung_application_owns_the_clipboard_itself(x: XServer, tmp_path: Path) -> None:
    """It is known to hang before anything has been sent."""
    window = GtkField(x, tmp_path)

    async def work(output: X11Output) -> None:
        focus = await focus_on(output, window)
        await output.write("own", focus)
        await asyncio.to_thread(x.run, "xdotool", "key", "ctrl+a", "key", "ctrl+c")
        await asyncio.to_thread(wait_for, lambda: paste(x) == b"own", "copied")
        window.hang()
        with pytest.raises(NotDelivered, match="does not answer"):
            await output.write("lost?", focus)
        window.wake()
        await asyncio.sleep(0.5)
        assert window.text() == "own"

    with_output(work)


@pytest.mark.fault("C11", "C7")
def test_server_killed_in_the_middle_and_back(
    x: XServer, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    async def work(output: X11Output) -> None:
        for _ in range(3):
            window = await asyncio.to_thread(GtkField, x, tmp_path)
            focus = await focus_on(output, window)
            window.hang()
            writing = asyncio.create_task(output.write("unsure", focus))
            await underway(x)
            await asyncio.to_thread(x.kill)
            killed = time.monotonic()
            with pytest.raises(DeliveryUnsure):
                await asyncio.wait_for(writing, 2)
            record_property("detected_s", time.monotonic() - killed)
            assert await output.focus() is None
            with pytest.raises(NotDelivered, match="X server"):
                await output.write("nowhere", focus)
            await asyncio.to_thread(x.start, x.display)
            other = await asyncio.to_thread(TkField, x, tmp_path)
            focus, back = await focus_on(output, other), time.monotonic()
            assert await output.write("back", focus) is Receipt.DELIVERED
            record_property("recovered_s", time.monotonic() - back)
            await asyncio.to_thread(other.wait_text, "back")
            assert len(threads()) == 1
        record_property("runs", 3)

    with_output(work, timeout_ms=10_000)


@pytest.mark.fault("C5")
def test_hung_server(
    x: XServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    window = TkField(x, tmp_path)
    assert x.server is not None
    server = x.server

    async def work(output: X11Output) -> None:
        focus = await focus_on(output, window)
        server.send_signal(signal.SIGSTOP)
        try:
            # Only for the server that hangs: one that is merely slow may take the time it needs.
            with monkeypatch.context() as patch:
                patch.setattr(window_output, "FOCUS_LIMIT_S", 0.3)
                patch.setattr(window_output, "WRITE_LIMIT_S", 0.3)
                assert await asyncio.wait_for(output.focus(), 3) is None
                with pytest.raises(NotDelivered, match="does not answer"):
                    await asyncio.wait_for(output.write("nowhere", focus), 3)
            reason = await asyncio.to_thread(output.unavailable_reason)
            assert "does not answer" in (reason or "")
        finally:
            server.send_signal(signal.SIGCONT)
        assert await output.write("again", await focus_on(output, window)) is Receipt.DELIVERED

    with_output(work)
    window.wait_text("again")
    gc.collect()  # asyncio complains when it frees what nobody asked about
    assert "never retrieved" not in caplog.text


@pytest.mark.fault("C5")
def test_a_caller_that_goes_away_leaves_no_key_down(x: XServer, tmp_path: Path) -> None:
    window = TkField(x, tmp_path)

    async def work(output: X11Output) -> None:
        focus = await focus_on(output, window)
        for _ in range(10):
            writing = asyncio.create_task(output.write("x", focus))
            await asyncio.sleep(0)
            writing.cancel()
        assert await output.write("!", focus) is Receipt.DELIVERED
        assert await asyncio.to_thread(x.keys_down) == set()

    with_output(work, timeout_ms=5000)
    wait_for(lambda: window.text().endswith("!"), "the last text")
    assert set(window.text()) <= {"x", "!"}
