"""Writing through IBus into real windows: exactly, once, only there.

And the user's own input method is back each time, whatever happens."""

import asyncio
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from dictate import paths
from dictate.config import OutputSettings
from dictate.errors import DeliveryUnsure, FocusMoved, NotDelivered, Unavailable
from dictate.outputs import OUTPUTS, Focus, Receipt, ibus_bus
from dictate.outputs.ibus import IBusOutput
from dictate.outputs.ibus_engine import NAME, Engine
from tests.lab.corpus import TEXTS
from tests.lab.ibus import IBusDaemon
from tests.lab.windows import (
    Blank,
    Gtk4Field,
    Gtk4PasswordField,
    GtkField,
    Window,
)
from tests.lab.xserver import XServer, wait_for

pytestmark = pytest.mark.desktop

MINE = "xkb:fr::fra"
"""The input method of the user."""
ANOTHER = "xkb:al::sqi"


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[XServer, IBusDaemon]]:
    with XServer() as x:
        ibus = IBusDaemon(x, tmp_path_factory.mktemp("ibus"))
        x.more_env = ibus.env
        ibus.start()
        yield x, ibus


@pytest.fixture
def x(desk: tuple[XServer, IBusDaemon]) -> XServer:
    return desk[0]


@pytest.fixture
def ibus(desk: tuple[XServer, IBusDaemon], monkeypatch: pytest.MonkeyPatch) -> IBusDaemon:
    monkeypatch.setenv("IBUS_ADDRESS", desk[1].address)
    return desk[1]


@pytest.fixture(scope="module")
def windows(
    desk: tuple[XServer, IBusDaemon], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Window]]:
    folder = tmp_path_factory.mktemp("windows")
    kinds: tuple[type[Window], ...] = (GtkField, Gtk4Field)
    opened = {kind.kind: kind(desk[0], folder) for kind in kinds}
    yield opened
    for window in opened.values():
        window.close()


@pytest.fixture(params=["gtk3", "gtk4"])
def window(request: pytest.FixtureRequest, windows: dict[str, Window]) -> Window:
    windows[request.param].forget()
    return windows[request.param]


@pytest.fixture
def field(windows: dict[str, Window], ibus: IBusDaemon) -> Gtk4Field:
    windows["gtk4"].forget()
    assert isinstance(windows["gtk4"], Gtk4Field)
    return windows["gtk4"]


@pytest.fixture
def other(windows: dict[str, Window]) -> Window:
    windows["gtk3"].forget()
    return windows["gtk3"]


def with_output(work: Callable[[IBusOutput], Awaitable[None]]) -> None:
    """Run `work` with an open output."""
    output = IBusOutput(OutputSettings(use="ibus"))
    assert output.why_not() is None

    async def main() -> None:
        await output.open()
        try:
            await work(output)
        finally:
            await output.close()

    asyncio.run(main())


async def focus_on(output: IBusOutput, window: Window) -> Focus:
    """Have the window focused, and IBus know it."""
    await asyncio.to_thread(window.focus)
    focus = None
    until = time.monotonic() + 10
    while focus is None or focus != await output.focus():
        focus = await output.focus()
        await asyncio.sleep(0.1)
        assert time.monotonic() < until, f"IBus does not know of {window.title}"
    return focus


def write(window: Window, *texts: str) -> None:
    async def work(output: IBusOutput) -> None:
        focus = await focus_on(output, window)
        for text in texts:
            assert await output.write(text, focus) is Receipt.DELIVERED

    with_output(work)


@pytest.mark.parametrize("name", TEXTS)
def test_arrives_exactly(ibus: IBusDaemon, window: Window, name: str) -> None:
    ibus.use(MINE)
    write(window, TEXTS[name])
    window.wait_text(TEXTS[name])
    assert ibus.engine() == MINE


def test_fifty_in_a_row_stay_in_order(ibus: IBusDaemon, window: Window) -> None:
    texts = [f"<{n} ünï 日>" for n in range(50)]
    write(window, *texts)
    window.wait_text("".join(texts))


# The user's own input method comes back.


def test_it_is_back_after_an_error(
    ibus: IBusDaemon, field: Gtk4Field, monkeypatch: pytest.MonkeyPatch
) -> None:
    ibus.use(MINE)

    async def fails(engine: Engine, text: str) -> None:
        raise RuntimeError("no")

    monkeypatch.setattr(Engine, "commit", fails)

    async def work(output: IBusOutput) -> None:
        focus = await focus_on(output, field)
        with pytest.raises(RuntimeError):
            await output.write("lost?", focus)
        assert await asyncio.to_thread(ibus.engine) == MINE

    with_output(work)
    assert field.text() == ""


def test_it_is_back_after_a_cancelled_write(ibus: IBusDaemon, field: Gtk4Field) -> None:
    ibus.use(MINE)

    async def work(output: IBusOutput) -> None:
        focus = await focus_on(output, field)
        writing = asyncio.create_task(output.write("all or nothing", focus))
        await asyncio.sleep(0.003)
        writing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await writing
        await asyncio.to_thread(wait_for, lambda: ibus.engine() == MINE, "it is back")

    with_output(work)
    assert field.text() in ("", "all or nothing")


def test_none_stays_none(x: XServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fresh = IBusDaemon(x, tmp_path)
    monkeypatch.setenv("IBUS_ADDRESS", fresh.address)
    monkeypatch.setattr(x, "more_env", fresh.env)
    fresh.start()
    field = Gtk4Field(x, tmp_path)
    try:
        assert fresh.engine() == ""
        write(field, "words", " and more")
        field.wait_text("words and more")
        assert fresh.engine() == ""
        assert not kept_name().exists()
    finally:
        field.close()
        fresh.kill()


def test_it_is_back_at_the_next_start_after_sigkill(
    ibus: IBusDaemon, field: Gtk4Field, tmp_path: Path
) -> None:
    ibus.use(MINE)
    field.focus()
    killed = subprocess.Popen(
        [sys.executable, "-c", _SHOWS_AND_WAITS], stdout=subprocess.PIPE, text=True
    )
    assert killed.stdout is not None
    assert killed.stdout.readline() == "shown\n"
    wait_for(lambda: field.preedit() == "half a sent", "it is shown")
    assert ibus.engine() == NAME
    assert kept_name().read_text() == MINE
    killed.kill()
    killed.wait()
    killed.stdout.close()
    wait_for(lambda: ibus.engine() != NAME, "IBus notices")
    wait_for(lambda: field.preedit() == "", "it is shown no more")
    field.x.run("xdotool", "key", "a")  # IBus then takes an engine of its own choice
    field.wait_text("a")
    assert ibus.engine() != MINE

    async def work(output: IBusOutput) -> None:
        assert await asyncio.to_thread(ibus.engine) == MINE

    with_output(work)
    assert ibus.engine() == MINE
    assert not kept_name().exists()


_SHOWS_AND_WAITS = """
import asyncio
from dictate.config import OutputSettings
from dictate.outputs.ibus import IBusOutput
async def main():
    output = IBusOutput(OutputSettings(use="ibus"))
    while await output.focus() is None:
        await asyncio.sleep(0.05)
    await output.preview("half a sent")
    print("shown", flush=True)
    await asyncio.sleep(60)
asyncio.run(main())
"""


def kept_name() -> Path:
    """Where the user's input method is written down while ours is on."""
    return paths.state_dir() / "ibus-engine"


def test_what_the_user_switches_to_while_he_speaks_stays(
    ibus: IBusDaemon, field: Gtk4Field
) -> None:
    ibus.use(MINE)

    async def work(output: IBusOutput) -> None:
        focus = await focus_on(output, field)
        await output.preview("one")
        await asyncio.to_thread(ibus.use, ANOTHER)
        await output.preview("one two")
        assert await asyncio.to_thread(ibus.engine) == ANOTHER
        assert await output.write("One, two.", focus) is Receipt.DELIVERED
        await output.preview("")
        assert await asyncio.to_thread(ibus.engine) == ANOTHER

    with_output(work)
    field.wait_text("One, two.")
    assert ibus.engine() == ANOTHER


def test_ibus_that_hangs_delays_only_this(ibus: IBusDaemon, field: Gtk4Field) -> None:
    ibus.use(MINE)

    async def work(output: IBusOutput) -> None:
        focus = await focus_on(output, field)
        ibus.send_signal(signal.SIGSTOP)
        try:
            with pytest.raises(NotDelivered):
                await asyncio.wait_for(output.write("lost?", focus), 10)
            await asyncio.wait_for(output.close(), 2)
        finally:
            ibus.send_signal(signal.SIGCONT)
        await output.open()
        assert await asyncio.to_thread(ibus.engine) == MINE

    with_output(work)
    assert field.text() == ""


# Only there.


@pytest.mark.parametrize("seconds", [0, 0.2, 0.5])
def test_nothing_is_written_into_another_window(
    ibus: IBusDaemon, field: Gtk4Field, other: Window, seconds: float
) -> None:
    ibus.use(MINE)

    async def work(output: IBusOutput) -> None:
        focus = await focus_on(output, field)
        await asyncio.to_thread(other.focus)
        await asyncio.sleep(seconds)
        with pytest.raises(FocusMoved):
            await output.write("lost?", focus)
        assert await output.focus() != focus
        with pytest.raises(NotDelivered):
            await output.write("lost?", None)

    with_output(work)
    time.sleep(0.2)
    assert field.text() == other.text() == ""
    assert ibus.engine() == MINE


def test_the_focus_moves_in_the_very_moment(
    ibus: IBusDaemon, field: Gtk4Field, other: Window, monkeypatch: pytest.MonkeyPatch
) -> None:
    ibus.use(MINE)
    switch_on = Engine.switch_on

    async def and_the_user_moves(engine: Engine) -> None:
        await switch_on(engine)
        await asyncio.to_thread(other.focus)
        await asyncio.sleep(0.3)

    async def work(output: IBusOutput) -> None:
        focus = await focus_on(output, field)
        monkeypatch.setattr(Engine, "switch_on", and_the_user_moves)
        with pytest.raises(FocusMoved):
            await output.write("lost?", focus)

    with_output(work)
    assert field.text() == other.text() == ""
    assert ibus.engine() == MINE


def test_the_focus_moves_between_two_pieces(
    ibus: IBusDaemon, field: Gtk4Field, other: Window, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = Engine.commit

    async def and_the_user_moves(engine: Engine, text: str) -> None:
        await commit(engine, text)
        await asyncio.to_thread(field.wait_text, text)
        await asyncio.to_thread(other.focus)
        await asyncio.sleep(0.3)

    async def work(output: IBusOutput) -> None:
        focus = await focus_on(output, field)
        monkeypatch.setattr(Engine, "commit", and_the_user_moves)
        with pytest.raises(DeliveryUnsure):
            await output.write(TEXTS["10000"], focus)

    with_output(work)
    assert TEXTS["10000"].startswith(field.text())
    assert other.text() == ""


def test_a_field_for_passwords_gets_nothing(x: XServer, ibus: IBusDaemon, tmp_path: Path) -> None:
    ibus.use(MINE)
    secret = Gtk4PasswordField(x, tmp_path)

    async def work(output: IBusOutput) -> None:
        focus = await focus_on(output, secret)
        await output.preview("lost?")
        assert await asyncio.to_thread(ibus.engine) == MINE
        with pytest.raises(NotDelivered, match="password"):
            await output.write("lost?", focus)

    with_output(work)
    assert secret.text() == ""
    assert ibus.engine() == MINE
    secret.close()


def test_where_no_text_can_be_written_nothing_has_the_focus(
    x: XServer, ibus: IBusDaemon, field: Gtk4Field, tmp_path: Path
) -> None:
    async def work(output: IBusOutput) -> None:
        await focus_on(output, field)
        blank = Blank(x, tmp_path)
        await asyncio.to_thread(blank.focus)
        await asyncio.sleep(0.3)
        assert await output.focus() is None
        await output.preview("nowhere")
        await asyncio.to_thread(blank.close)

    with_output(work)


# What is shown while somebody speaks.


def test_what_is_being_said_is_shown_and_is_no_part_of_the_text(
    ibus: IBusDaemon, field: Gtk4Field
) -> None:
    ibus.use(MINE)

    async def shown(text: str) -> None:
        await asyncio.to_thread(wait_for, lambda: field.preedit() == text, f"{text!r} is shown")

    async def work(output: IBusOutput) -> None:
        focus = await focus_on(output, field)
        await output.preview("to be or")
        await shown("to be or")
        await output.preview("to be or not")
        await shown("to be or not")
        assert await output.focus() == focus
        await output.preview("to be " * 100)
        await asyncio.to_thread(wait_for, lambda: 100 < len(field.preedit()) < 200, "its end")
        assert field.text() == ""
        await output.preview("")
        await shown("")
        assert await asyncio.to_thread(ibus.engine) == MINE
        await output.preview("to be")
        await shown("to be")
        assert await output.write("To be.", focus) is Receipt.DELIVERED
        await shown("")
        await output.preview("")

    with_output(work)
    field.wait_text("To be.")
    assert ibus.engine() == MINE


def test_it_vanishes_when_the_output_is_closed(ibus: IBusDaemon, field: Gtk4Field) -> None:
    ibus.use(MINE)

    async def work(output: IBusOutput) -> None:
        await focus_on(output, field)
        await output.preview("to be or")

    with_output(work)
    wait_for(lambda: field.preedit() == "", "it is gone")
    assert ibus.engine() == MINE
    assert field.text() == ""


# Where it works.


def test_without_ibus_it_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    output = IBusOutput(OutputSettings(use="ibus"))
    assert "does not run" in (output.why_not() or "")
    monkeypatch.setenv("IBUS_ADDRESS", f"unix:path={tmp_path}/nowhere")
    assert "cannot be reached" in (output.why_not() or "")

    async def main() -> None:
        with pytest.raises(Unavailable):
            await output.open()
        assert await output.focus() is None
        await output.preview("nowhere")
        with pytest.raises(NotDelivered):
            await output.write("nowhere", Focus("x", ""))
        await output.close()

    asyncio.run(main())


def test_it_finds_ibus_by_its_file(
    ibus: IBusDaemon, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("IBUS_ADDRESS")
    folder = tmp_path / "config" / "ibus" / "bus"
    folder.mkdir(parents=True)
    machine = ibus_bus._machine()
    where = f"# a comment\nIBUS_ADDRESS={ibus.address}\nIBUS_DAEMON_PID=1\n"
    for display, file in [
        ({"WAYLAND_DISPLAY": "wayland-7", "DISPLAY": ":3"}, f"{machine}-unix-wayland-7"),
        ({"DISPLAY": ":3.0"}, f"{machine}-unix-3"),
    ]:
        with monkeypatch.context() as patched:
            for name, value in display.items():
                patched.setenv(name, value)
            assert IBusOutput(OutputSettings(use="ibus")).why_not() is not None
            (folder / file).write_text(where)
            assert IBusOutput(OutputSettings(use="ibus")).why_not() is None
            (folder / file).unlink()


def test_auto_takes_it_on_gnome_with_wayland(
    ibus: IBusDaemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    auto = OUTPUTS.make("ibus", OutputSettings())
    assert "GNOME" in (auto.why_not() or "")
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-0")
    monkeypatch.setenv("XDG_CURRENT_DESKTOP", "ubuntu:GNOME")
    assert auto.why_not() is None
    assert OUTPUTS.choose("auto", OutputSettings()).name == "ibus"


def test_it_is_back_after_ibus_was_killed(ibus: IBusDaemon, field: Gtk4Field) -> None:
    ibus.use(MINE)

    async def work(output: IBusOutput) -> None:
        focus = await focus_on(output, field)
        await output.preview("half a sent")
        assert await asyncio.to_thread(ibus.engine) == NAME
        await asyncio.to_thread(ibus.kill)
        with pytest.raises(NotDelivered):
            await output.write("nowhere", focus)
        ibus.start()
        await output.preview("")
        focus = await focus_on(output, field)
        assert await asyncio.to_thread(ibus.engine) == MINE
        assert await output.write("after it", focus) is Receipt.DELIVERED
        assert await asyncio.to_thread(ibus.engine) == MINE

    with_output(work)
    field.wait_text("after it")
