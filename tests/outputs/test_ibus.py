"""Writing through IBus into real windows: exactly, once, only there."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import cast
from unittest.mock import MagicMock

import pytest
from dbus_fast import Message, Variant

from dictate.config.schema import OutputSettings
from dictate.errors import DeliveryUnsure, FocusMoved, NotDelivered, Unavailable
from dictate.outputs import OUTPUTS, FieldText, Focus, Receipt
from dictate.outputs.ibus import bus as ibus_bus
from dictate.outputs.ibus import desktop as ibus_desktop
from dictate.outputs.ibus.desktop import IBusDesktop
from dictate.outputs.ibus.engine import IBusEngine
from dictate.outputs.ibus.output import IBusOutput
from tests.lab.corpus import TEXTS
from tests.lab.ibus import IBusDaemon
from tests.lab.ibus_output import MINE, focus_on, with_output, write
from tests.lab.windows import Blank, Gtk4Field, Gtk4PasswordField, GtkField, Window, Xterm
from tests.lab.xserver import XServer, need, wait_for

pytestmark = pytest.mark.desktop


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.fault("C12", "C3", "C4")
def test_arrives_exactly(ibus: IBusDaemon, window: Window, name: str) -> None:
    ibus.use(MINE)
    write(window, TEXTS[name])
    window.wait_text(TEXTS[name])
    assert ibus.engine() == MINE


def test_reaches_older_programs_by_xim(ibus_x: XServer, ibus: IBusDaemon, tmp_path: Path) -> None:
    """They tell nothing, and take no more than a few hundred characters at a time."""
    ibus.use(MINE)
    xterm = Xterm(ibus_x, tmp_path)

    async def work(output: IBusOutput) -> None:
        focus = await focus_on(output, xterm)
        assert not await output.preview("it has no place for this")
        for name in ("accents", "cjk", "2000"):
            assert await output.write(TEXTS[name], focus) is Receipt.UNCONFIRMED

    with_output(work)
    xterm.wait_text(TEXTS["accents"] + TEXTS["cjk"] + TEXTS["2000"])
    assert ibus.engine() == MINE
    xterm.close()


@pytest.mark.fault("C4")
def test_fifty_in_a_row_stay_in_order(ibus: IBusDaemon, window: Window) -> None:
    ibus.use(MINE)
    texts = [f"<{n} ünï 日>" for n in range(50)]
    write(window, *texts)
    window.wait_text("".join(texts))
    assert ibus.engine() == MINE


def test_enter_comes_behind_the_text(ibus: IBusDaemon, other: Window) -> None:
    """Into GTK 3: GTK 4 takes no keys from IBus on X11, but from GNOME Shell."""
    ibus.use(MINE)

    async def work(output: IBusOutput) -> None:
        focus = await focus_on(output, other)
        for text in ("one", "two"):
            await output.write(text, focus)
            await output.press_enter(focus)
        with pytest.raises(NotDelivered):
            await output.undo("two", focus)

    with_output(work)
    other.wait_text("one\ntwo\n")
    assert ibus.engine() == MINE


# Only there.


@pytest.mark.parametrize("seconds", [0, 0.2, 0.5])
@pytest.mark.fault("C1")
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


@pytest.mark.fault("C1")
def test_the_focus_moves_in_the_very_moment(
    ibus: IBusDaemon, field: Gtk4Field, other: Window, monkeypatch: pytest.MonkeyPatch
) -> None:
    ibus.use(MINE)
    switch_on = IBusEngine.switch_on

    async def and_the_user_moves(engine: IBusEngine) -> None:
        await switch_on(engine)
        await asyncio.to_thread(other.focus)
        await asyncio.sleep(0.3)

    async def work(output: IBusOutput) -> None:
        focus = await focus_on(output, field)
        monkeypatch.setattr(IBusEngine, "switch_on", and_the_user_moves)
        with pytest.raises(FocusMoved):
            await output.write("lost?", focus)

    with_output(work)
    assert field.text() == other.text() == ""
    assert ibus.engine() == MINE


@pytest.mark.fault("C1")
def test_the_focus_moves_between_two_pieces(
    ibus: IBusDaemon, field: Gtk4Field, other: Window, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = IBusEngine.commit

    async def and_the_user_moves(engine: IBusEngine, text: str) -> None:
        await commit(engine, text)
        await asyncio.to_thread(field.wait_text, text)
        await asyncio.to_thread(other.focus)
        await asyncio.sleep(0.3)

    async def work(output: IBusOutput) -> None:
        focus = await focus_on(output, field)
        monkeypatch.setattr(IBusEngine, "commit", and_the_user_moves)
        with pytest.raises(DeliveryUnsure):
            await output.write(TEXTS["10000"], focus)

    with_output(work)
    assert TEXTS["10000"].startswith(field.text())
    assert other.text() == ""


@pytest.mark.parametrize("late_s", [0, 1.5])
def test_coming_back_counts_as_having_moved(
    ibus_x: XServer,
    ibus: IBusDaemon,
    field: Gtk4Field,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    late_s: float,
) -> None:
    """Also where IBus tells it so much later than it answers."""
    blank = Blank(ibus_x, tmp_path)
    answer = IBusDesktop.answer

    def late(desktop: IBusDesktop, call: Message) -> bool:
        asyncio.get_running_loop().call_later(late_s, answer, desktop, call)
        return True

    async def work(output: IBusOutput) -> None:
        focus = await focus_on(output, field)
        monkeypatch.setattr(IBusDesktop, "answer", late)
        await asyncio.to_thread(blank.focus)
        await asyncio.sleep(0.2)
        await asyncio.to_thread(field.focus)
        await asyncio.sleep(0.2)
        with pytest.raises(FocusMoved):
            await output.write("lost?", focus)

    monkeypatch.setattr(ibus_desktop, "_FORWARD_S", 5)
    with_output(work)
    assert field.text() == ""
    blank.close()


@pytest.mark.parametrize(
    ("purpose", "hints", "secret", "terminal"),
    [
        (0, 0, False, False),
        (10, 1 << 11, False, True),
        (8, 0, True, False),
        (9, 0, True, False),
        (0, 1 << 12, True, False),
    ],
    ids=["free", "private terminal", "password", "pin", "hidden"],
)
def test_what_the_field_is_for(purpose: int, hints: int, secret: bool, terminal: bool) -> None:
    engine = IBusEngine(MagicMock())
    engine.answer(
        Message(
            path="/org/freedesktop/IBus/Engine/Dictate",
            interface="org.freedesktop.DBus.Properties",
            member="Set",
            signature="ssv",
            body=["", "ContentType", Variant("(uu)", (purpose, hints))],
            serial=1,
        )
    )
    assert (engine.secret, engine.terminal) == (secret, terminal)


def test_what_applications_report_after_a_text_is_read_back_until_the_focus_moves() -> None:
    output = IBusOutput(OutputSettings(use="ibus"))
    desktop = output._switch.desktop = IBusDesktop(MagicMock())

    def says(member: str, field: int, text: str = "") -> None:
        body = [SimpleNamespace(value=["IBusText", {}, text]), len(text), len(text)]
        path = f"/org/freedesktop/IBus/InputContext_{field}"
        said = SimpleNamespace(
            sender=":1.7", interface=ibus_desktop._CONTEXT, member=member, path=path, body=body
        )
        desktop.answer(cast("Message", said))

    async def main() -> list[FieldText]:
        says("FocusIn", 7)
        says("SetSurroundingText", 7, "ask clou")
        focus = Focus(desktop.seen or "", "")
        seen: list[FieldText] = []
        following = asyncio.create_task(output.follow_field(focus, seen.append))
        await asyncio.sleep(0)
        says("SetSurroundingText", 7, "ask cloud")
        says("FocusOut", 7)
        says("FocusIn", 8)
        says("SetSurroundingText", 8, "elsewhere")
        async with asyncio.timeout(10):
            await following
            await output.follow_field(focus, seen.append)
        assert desktop.on_report is None
        return seen

    assert asyncio.run(main()) == [FieldText("ask clou", 8, 8), FieldText("ask cloud", 9, 9)]


@pytest.mark.fault("C9")
def test_a_field_for_passwords_gets_nothing(
    ibus_x: XServer, ibus: IBusDaemon, tmp_path: Path
) -> None:
    ibus.use(MINE)
    secret = Gtk4PasswordField(ibus_x, tmp_path)

    async def work(output: IBusOutput) -> None:
        focus = await focus_on(output, secret)
        assert not await output.preview("lost?")
        assert await asyncio.to_thread(ibus.engine) == MINE
        with pytest.raises(NotDelivered, match="password"):
            await output.write("lost?", focus)

    with_output(work)
    assert secret.text() == ""
    assert ibus.engine() == MINE
    secret.close()


@pytest.mark.fault("C10")
def test_where_no_text_can_be_written_nothing_has_the_focus(
    ibus_x: XServer, ibus: IBusDaemon, field: Gtk4Field, tmp_path: Path
) -> None:
    async def work(output: IBusOutput) -> None:
        await focus_on(output, field)
        blank = Blank(ibus_x, tmp_path)
        await asyncio.to_thread(blank.focus)
        await asyncio.sleep(0.3)
        assert await output.focus() is None
        assert not await output.preview("nowhere")
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
        assert await output.preview("to be or")
        await shown("to be or")
        assert await output.preview("to be or not")
        await shown("to be or not")
        assert await output.focus() == focus
        await output.preview("to be " * 100)
        await asyncio.to_thread(wait_for, lambda: 100 < len(field.preedit()) < 200, "its end")
        assert field.text() == ""
        assert not await output.preview("")
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


@pytest.mark.parametrize("kind", [GtkField, Gtk4Field], ids=lambda kind: kind.kind)
def test_what_may_change_is_dim(
    ibus_x: XServer, ibus: IBusDaemon, tmp_path: Path, kind: type[Window]
) -> None:
    need("import", "convert")
    opened = kind(ibus_x, tmp_path)

    def darkest() -> float:
        """Of the first letters, far from the cursor."""
        picture = tmp_path / "field.png"
        ibus_x.run("import", "-window", opened.xid(), str(picture))
        words = ("-crop", "40x14+2+1", "-colorspace", "Gray", "-format", "%[fx:minima]", "info:")
        return float(ibus_x.run("convert", str(picture), *words))

    async def until(condition: Callable[[], bool], what: str) -> None:
        await asyncio.to_thread(wait_for, condition, what)

    async def work(output: IBusOutput) -> None:
        await focus_on(output, opened)
        assert await output.preview("MMMMMMMM")
        await until(lambda: 0.3 < darkest() < 0.7, "all of it is dim")
        assert await output.preview("MMMMMMMM", 6)
        await until(lambda: darkest() < 0.1, "its beginning is not")

    with_output(work)
    opened.close()


def test_of_a_long_text_too_only_the_settled_part_is_not_dim(
    ibus: IBusDaemon, field: Gtk4Field, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[tuple[str, str]] = []

    async def note(engine: IBusEngine, text: str, settled: int = 0) -> None:
        shown.append((text[:settled], text[settled:]))

    monkeypatch.setattr(IBusEngine, "preedit", note)

    async def work(output: IBusOutput) -> None:
        await focus_on(output, field)
        for new in ("and this is new", "long " * 100):
            said = "so we meet " * 30
            assert await output.preview(said + new, len(said))
            solid, dim = shown[-1]
            assert (said + new).endswith(solid[1:] + dim)
            assert solid == "…" or new == dim

    with_output(work)


def test_it_vanishes_when_the_output_is_closed(ibus: IBusDaemon, field: Gtk4Field) -> None:
    ibus.use(MINE)

    async def work(output: IBusOutput) -> None:
        await focus_on(output, field)
        await output.preview("to be or")

    with_output(work)
    wait_for(lambda: field.preedit() == "", "it is gone")
    assert ibus.engine() == MINE
    assert field.text() == ""


def test_an_application_that_cannot_be_asked_what_stands_there_takes_nothing_back(
    ibus: IBusDaemon, window: Window
) -> None:
    """Those that speak to IBus themselves say it when a key is pressed, and not of a click."""
    ibus.use(MINE)

    async def work(output: IBusOutput) -> None:
        focus = await focus_on(output, window)
        await output.write("stays", focus)
        with pytest.raises(NotDelivered, match="does not say"):
            await output.undo("stays", focus)
        with pytest.raises(NotDelivered):
            await output.undo("stays", None)

    with_output(work)
    window.wait_text("stays")
    assert ibus.engine() == MINE


# Where it works.


def test_without_ibus_it_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    output = IBusOutput(OutputSettings(use="ibus"))
    assert "does not run" in (output.unavailable_reason() or "")
    monkeypatch.setenv("IBUS_ADDRESS", f"unix:path={tmp_path}/nowhere")
    assert "cannot be reached" in (output.unavailable_reason() or "")

    async def main() -> None:
        with pytest.raises(Unavailable):
            await output.open()
        assert await output.focus() is None
        assert not await output.preview("nowhere")
        with pytest.raises(NotDelivered):
            await output.write("nowhere", Focus("x", ""))
        await output.close()

    asyncio.run(main())


def test_an_ibus_that_does_not_tell_of_the_focus_is_not_used(
    ibus: IBusDaemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(IBusDesktop, "answer", lambda *_: True)
    output = IBusOutput(OutputSettings(use="ibus"))
    assert "IBus does not report where the focus is" in (output.unavailable_reason() or "")


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
            assert IBusOutput(OutputSettings(use="ibus")).unavailable_reason() is not None
            (folder / file).write_text(where)
            assert IBusOutput(OutputSettings(use="ibus")).unavailable_reason() is None
            (folder / file).unlink()


def test_auto_takes_it_on_gnome_with_wayland(
    ibus: IBusDaemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    auto = OUTPUTS.make("ibus", OutputSettings())
    assert "GNOME" in (auto.unavailable_reason() or "")
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-0")
    monkeypatch.setenv("XDG_CURRENT_DESKTOP", "ubuntu:GNOME")
    assert auto.unavailable_reason() is None
    assert OUTPUTS.choose("auto", OutputSettings()).name == "ibus"
