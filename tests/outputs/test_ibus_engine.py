"""The user's own input method is back after each text, whatever happens."""

import asyncio
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from dictate.errors import NotDelivered
from dictate.outputs import Receipt
from dictate.outputs.ibus.engine import NAME, IBusEngine
from dictate.outputs.ibus.output import IBusOutput
from dictate.platform import paths
from tests.lab.ibus import IBusDaemon
from tests.lab.ibus_output import ANOTHER, MINE, focus_on, with_output, write
from tests.lab.windows import Gtk4Field, Window
from tests.lab.xserver import XServer, wait_for

pytestmark = pytest.mark.desktop


def test_it_is_back_after_an_error(
    ibus: IBusDaemon, field: Gtk4Field, monkeypatch: pytest.MonkeyPatch
) -> None:
    ibus.use(MINE)

    async def fails(engine: IBusEngine, text: str) -> None:
        raise RuntimeError("no")

    monkeypatch.setattr(IBusEngine, "commit", fails)

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


def test_none_stays_none(ibus_x: XServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fresh = IBusDaemon(ibus_x, tmp_path)
    monkeypatch.setenv("IBUS_ADDRESS", fresh.address)
    monkeypatch.setattr(ibus_x, "more_env", fresh.env)
    fresh.start()
    field = Gtk4Field(ibus_x, tmp_path)
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
from dictate.config.schema import OutputSettings
from dictate.outputs.ibus.output import IBusOutput
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


def test_what_was_to_be_shown_while_ibus_hung_does_not_delay_the_text(
    ibus: IBusDaemon, field: Gtk4Field
) -> None:
    ibus.use(MINE)

    async def work(output: IBusOutput) -> None:
        focus = await focus_on(output, field)
        ibus.send_signal(signal.SIGSTOP)
        try:
            previews = [asyncio.create_task(output.preview(f"guess {n}")) for n in range(60)]
            await asyncio.sleep(0)
            with pytest.raises(NotDelivered):
                await asyncio.wait_for(output.write("lost?", focus), 30)
            assert not any(await asyncio.gather(*previews))
        finally:
            ibus.send_signal(signal.SIGCONT)
        await output.open()

    with_output(work)
    assert field.text() == ""
    wait_for(lambda: ibus.engine() == MINE, "it is back")


@pytest.mark.fault("C11")
def test_it_is_back_after_ibus_was_killed(
    ibus: IBusDaemon, field: Gtk4Field, other: Window
) -> None:
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
        while await output.focus() is None:  # the applications have to find it, too
            await asyncio.to_thread(other.focus)
            await asyncio.to_thread(field.focus)
            await asyncio.sleep(0.2)
        focus = await focus_on(output, field)
        assert await asyncio.to_thread(ibus.engine) == MINE
        assert await output.write("after it", focus) is Receipt.DELIVERED
        assert await asyncio.to_thread(ibus.engine) == MINE

    with_output(work)
    field.wait_text("after it")
