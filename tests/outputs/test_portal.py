"""Pasting by the desktop's portal for remote control, against a portal that allows, denies, closes,
hangs and dies, and that presses its keys in sway."""

import asyncio
import signal
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from dictate.config.schema import OutputSettings
from dictate.errors import DeliveryUnsure, NotDelivered, Refused
from dictate.outputs import Receipt
from dictate.outputs.paste import shift_insert
from dictate.outputs.paste_keys import portal as portal_output
from dictate.outputs.paste_keys import portal_keys
from dictate.outputs.paste_keys.portal import PortalOutput
from tests.lab.bus import Bus, session_bus
from tests.lab.corpus import TEXTS
from tests.lab.pressed import write_all
from tests.lab.remote_desktop import RemoteDesktopPortal
from tests.lab.sway import Blank, Foot, Gtk3, Gtk4, Sway, SwayWindow, copy, need, paste

pytestmark = pytest.mark.desktop

CHORD = ["key 42 1", "key 110 1", "key 110 0", "key 42 0"]


@pytest.fixture(scope="module")
def sway() -> Iterator[Sway]:
    with Sway() as running:
        yield running


@pytest.fixture
def bus(tmp_path: Path, sway: Sway, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bus]:
    need("wl-copy")
    monkeypatch.setenv("WAYLAND_DISPLAY", sway.display)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setattr(PortalOutput, "refused", "")
    monkeypatch.setattr(portal_output, "RETRY_S", 0.1)
    with session_bus(tmp_path) as bus:
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", bus.address)
        yield bus


@pytest.fixture
def portal(bus: Bus, sway: Sway) -> Iterator[RemoteDesktopPortal]:
    with RemoteDesktopPortal(bus.address, sway.display) as portal:
        yield portal


@pytest.fixture
def field(portal: RemoteDesktopPortal, sway: Sway, tmp_path: Path) -> Iterator[Gtk3]:
    opened = Gtk3(sway, tmp_path)
    opened.focus()
    yield opened
    opened.close()


def with_output(
    work: Callable[[PortalOutput], Awaitable[None]], use: str = "portal", timeout_ms: int = 300
) -> list[str]:
    """Run `work` with an open output; what it has reported."""
    output = PortalOutput(OutputSettings(use=use, paste_timeout_ms=timeout_ms))
    assert output.unavailable_reason() is None
    reports: list[str] = []
    output.report = reports.append

    async def main() -> None:
        await output.open()
        try:
            await work(output)
        finally:
            await asyncio.wait_for(output.close(), 1)

    asyncio.run(main())
    return reports


async def held(output: PortalOutput, why: str, within_s: float = 5) -> None:
    """A text is not delivered, for this reason, and soon."""
    async with asyncio.timeout(within_s):
        with pytest.raises(NotDelivered, match=why):
            await output.write("lost?", None)


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not holds():  # noqa: ASYNC110
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("kind", [Foot, Gtk4], ids=lambda kind: kind.kind)
def test_arrives_exactly(
    sway: Sway, portal: RemoteDesktopPortal, tmp_path: Path, kind: type[SwayWindow]
) -> None:
    window = kind(sway, tmp_path)
    window.focus()
    assert with_output(lambda output: write_all(output, window, sway), timeout_ms=5000) == []
    heard = portal.order("allow")
    assert heard == ["wanted persist_mode=2 types=1", "asked", *CHORD * len(TEXTS)]
    window.close()


def test_the_user_is_asked_once_for_all(portal: RemoteDesktopPortal, tmp_path: Path) -> None:
    async def work(output: PortalOutput) -> None:
        await until(output._ready.is_set)

    note = tmp_path / "state" / "dictate" / "portal-token"
    for before, after in (("", "token 1"), ("token 1", "token 2"), ("token 2", "token 3")):
        with_output(work)
        token = f"restore_token={before} " if before else ""
        assert portal.order("allow") == [f"wanted persist_mode=2 {token}types=1", "asked"]
        assert note.read_text() == after
    assert note.parent.stat().st_mode & 0o077 == 0


def test_who_says_no_is_not_asked_again(field: Gtk3, portal: RemoteDesktopPortal) -> None:
    portal.order("deny")

    async def work(output: PortalOutput) -> None:
        for _ in range(2):
            await held(output, "you did not let dictate press keys; to be asked again, restart")
        with pytest.raises(Refused, match="restart dictate"):
            await PortalOutput(output.settings).open()

    reports = with_output(work)
    assert reports == ["you did not let dictate press keys; to be asked again, restart dictate"]
    assert PortalOutput(OutputSettings()).unavailable_reason() == reports[0]
    portal.order("allow")
    time.sleep(0.5)  # times a second try
    assert portal.order("allow") == []
    assert field.text() == ""


def test_who_lets_us_look_only_is_told_what_was_meant(portal: RemoteDesktopPortal) -> None:
    portal.order("watch")

    async def work(output: PortalOutput) -> None:
        await held(output, "allow the remote interaction, too")

    with_output(work)


def test_nobody_answers(
    field: Gtk3, portal: RemoteDesktopPortal, monkeypatch: pytest.MonkeyPatch
) -> None:
    portal.order("wait")
    monkeypatch.setattr(portal_keys, "ASKED_S", 1.5)

    async def work(output: PortalOutput) -> None:
        await held(output, "the desktop asks you", within_s=1.4)
        await held(output, "nobody told the desktop that dictate may press keys")

    assert len(with_output(work)) == 1
    assert "asked" in portal.order("allow")
    assert field.text() == ""


@pytest.mark.parametrize("how", ["close", "kill"])
def test_a_session_that_ends_is_asked_for_once_more(
    field: Gtk3, portal: RemoteDesktopPortal, how: str
) -> None:
    def end() -> None:
        if how == "close":
            portal.order("close")
        else:
            portal.kill()
            portal.start()
        field.focus()

    async def work(output: PortalOutput) -> None:
        await output.write("one", None)
        await asyncio.to_thread(end)
        assert await asyncio.to_thread(portal.heard) == (
            "wanted persist_mode=2 restore_token=token 1 types=1"
        )
        assert await asyncio.to_thread(portal.heard) == "asked"
        await until(output._ready.is_set)
        await output.write("two", None)
        await asyncio.to_thread(field.wait_text, "onetwo")
        await asyncio.to_thread(end)
        await until(lambda: output._keeping is not None and output._keeping.done())
        await held(output, "to be asked again, restart dictate")

    assert len(with_output(work, timeout_ms=3000)) == 1
    assert "asked" not in portal.order("allow")


@pytest.mark.parametrize(
    ("how", "number"),
    [("die", 2), ("die", 3), ("refuse", 1), ("refuse", 2), ("refuse", 3), ("refuse", 4)],
)
def test_trouble_within_the_chord_leaves_no_key_down(
    field: Gtk3, portal: RemoteDesktopPortal, how: str, number: int
) -> None:
    """Whatever the receipt is, it is true."""
    portal.order(f"{how} {number}")
    receipts: list[Receipt] = []

    async def work(output: PortalOutput) -> None:
        try:
            receipts.append(await output.write("all of it", None))
        except NotDelivered as error:
            assert "the keys were not pressed" in str(error)  # noqa: PT017

    with_output(work)
    if receipts:
        field.wait_text("all of it")
    else:
        assert number <= 2
        time.sleep(0.1)
        assert field.text() == ""
    if how == "refuse":
        heard = portal.order("allow")
        assert [line for line in heard if line.startswith("key 42")][-1:] != ["key 42 1"]
        assert [line for line in heard if line.startswith("key 110")][-1:] != ["key 110 1"]


@pytest.mark.fault("C5")
def test_what_was_left_down_is_let_go_at_the_start(portal: RemoteDesktopPortal) -> None:
    async def die(output: PortalOutput) -> None:
        await until(output._ready.is_set)
        assert output._keyboard is not None
        await output._keyboard._notify(shift_insert.SHIFT, shift_insert.DOWN)
        output._keyboard.connection.disconnect()  # as the kernel does for who dies

    async def work(output: PortalOutput) -> None:
        await until(output._ready.is_set)

    with_output(die)
    assert portal.order("allow")[-1] == "key 42 1"
    with_output(work)
    assert portal.order("allow")[-2:] == ["asked", "key 42 0"]


@pytest.mark.fault("C5")
def test_a_portal_that_hangs_within_the_chord(
    field: Gtk3, portal: RemoteDesktopPortal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(portal_keys, "KEY_S", 0.5)
    portal.order("hang 2")

    async def work(output: PortalOutput) -> None:
        await held(output, "the keys were not pressed: the desktop's portal does not answer")
        assert portal.process is not None
        portal.process.send_signal(signal.SIGCONT)
        heard = await asyncio.to_thread(portal.until, "key 42 0")
        assert heard[-4:] == ["key 42 1", "key 110 1", "key 110 0", "key 42 0"]

    with_output(work)
    assert field.text() == ""


@pytest.mark.fault("C10")
def test_where_nothing_takes_the_text_it_is_held(
    sway: Sway, portal: RemoteDesktopPortal, tmp_path: Path
) -> None:
    window = Blank(sway, tmp_path)
    window.focus()
    copy(sway, b"theirs")

    async def work(output: PortalOutput) -> None:
        await held(output, "did not take the text; is a text field active there")
        assert await asyncio.to_thread(paste, sway) == b"theirs"

    with_output(work)
    window.close()


def test_shift_is_held_until_the_application_has_acted(
    sway: Sway,
    portal: RemoteDesktopPortal,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(shift_insert, "HOLD_S", 2)

    def held_s() -> float:
        portal.until("key 110 0")
        since = time.monotonic()
        portal.until("key 42 0")
        return time.monotonic() - since

    async def work(output: PortalOutput) -> None:
        for kind in (Blank, Gtk3):
            window = await asyncio.to_thread(kind, sway, tmp_path)
            await asyncio.to_thread(window.focus)
            writing = asyncio.create_task(output.write("text", None))
            seconds = await asyncio.to_thread(held_s)
            assert (seconds > 1.5) == (kind is Blank)
            await asyncio.wait({writing})
            assert (writing.exception() is None) == (kind is Gtk3)
            await asyncio.to_thread(window.close)

    with_output(work)


@pytest.mark.fault("C9")
def test_a_locked_screen_gets_nothing(field: Gtk3, portal: RemoteDesktopPortal) -> None:
    portal.order("lock")

    async def work(output: PortalOutput) -> None:
        await held(output, "the screen is locked")

    with_output(work)
    assert not any(line.startswith("key") for line in portal.order("allow"))
    assert field.text() == ""


def test_nobody_is_asked_who_did_not_choose_it(portal: RemoteDesktopPortal) -> None:
    """As `dictatectl check --live` tries each output."""

    async def work(output: PortalOutput) -> None:
        await held(output, 'allow it once: put use = "portal"')

    async def chosen(output: PortalOutput) -> None:
        await until(output._ready.is_set)

    with_output(work, use="auto")
    assert portal.order("allow") == []
    with_output(chosen)
    with_output(chosen, use="auto")


@pytest.mark.fault("C7")
def test_the_compositor_dies(bus: Bus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Sway() as sway, RemoteDesktopPortal(bus.address, sway.display) as portal:
        monkeypatch.setenv("WAYLAND_DISPLAY", sway.display)
        window = Blank(sway, tmp_path)
        window.focus()

        async def work(output: PortalOutput) -> None:
            writing = asyncio.create_task(output.write("lost?", None))
            await asyncio.to_thread(portal.until, "key 42 0")
            await asyncio.to_thread(sway.kill)
            with pytest.raises(DeliveryUnsure):
                await writing
            await held(output, "Wayland compositor")

        with_output(work, timeout_ms=3000)
        window.close()


def test_what_an_older_portal_is_asked_for(bus: Bus) -> None:
    async def work(output: PortalOutput) -> None:
        await until(output._ready.is_set)

    with RemoteDesktopPortal(bus.address, PORTAL_VERSION="1") as portal:
        for _ in range(2):
            with_output(work)
            assert portal.order("allow") == ["wanted types=1", "asked"]


def test_why_not(bus: Bus, monkeypatch: pytest.MonkeyPatch) -> None:
    output = PortalOutput(OutputSettings(use="portal"))
    assert "no portal for remote control" in (output.unavailable_reason() or "")
    with RemoteDesktopPortal(bus.address, PORTAL_DEVICES="6"):
        assert "no keyboard" in (output.unavailable_reason() or "")
    with RemoteDesktopPortal(bus.address) as portal:
        assert output.unavailable_reason() is None
        assert portal.order("allow") == []
        monkeypatch.delenv("WAYLAND_DISPLAY")
        assert "no Wayland session" in (output.unavailable_reason() or "")


def test_a_portal_that_comes_later_is_found(bus: Bus, sway: Sway) -> None:
    """As when the user logs in and everything starts at once."""
    output = PortalOutput(OutputSettings(use="portal"))

    async def main() -> None:
        await output.open()
        await held(output, "no portal for remote control")
        with RemoteDesktopPortal(bus.address, sway.display):
            await until(output._ready.is_set)
        await output.close()

    asyncio.run(main())
