"""GNOME Shell with Wayland, as it is: the text arrives exactly, once, only there.

`make gnome` installs GNOME Shell and runs this; `make test` does not.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from pathlib import Path

import pytest

from dictate.config.schema import OutputSettings
from dictate.errors import FocusMoved, NotDelivered
from dictate.outputs import OUTPUTS, Focus, Output, Receipt
from dictate.outputs.ibus import output as ibus_output
from dictate.outputs.ibus import undo as ibus_undo
from tests.lab.at_cursor import strokes
from tests.lab.corpus import TEXTS
from tests.lab.daemon import RealDaemon
from tests.lab.eight import PATIENT
from tests.lab.gnome import (
    Foot,
    Gnome,
    Gtk3OnGnome,
    Gtk4OnGnome,
    Gtk4PasswordOnGnome,
    PasswordOnGnome,
)
from tests.lab.outputs import working
from tests.lab.windows import Window
from tests.lab.xserver import wait_for

# ruff: noqa: RUF001 - the signs are meant

pytestmark = [pytest.mark.gnome, pytest.mark.timeout(180)]

MINE = "xkb:us::eng"
"""What GNOME Shell switches on at its start."""
_PRESS = """
const C = imports.gi.Clutter, kind = C.InputDeviceType.KEYBOARD_DEVICE;
const keys = global.testKeyboard ??=
    C.get_default_backend().get_default_seat().create_virtual_device(kind);
for (const [code, state] of [EVENTS])
    keys.notify_key(C.get_current_event_time(), code, state);
1
"""
KINDS: tuple[type[Window], ...] = (Gtk3OnGnome, Gtk4OnGnome, Foot)


@pytest.fixture(scope="module")
def windows(gnome: Gnome) -> Iterator[dict[str, Window]]:
    opened = {kind.kind: kind(gnome, gnome.folder) for kind in KINDS}
    yield opened
    for window in opened.values():
        window.close()


@pytest.fixture(autouse=True)
def session(gnome: Gnome, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in gnome.more_env.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(ibus_output, "_RECEIPT_S", 5.0)  # this machine may be busy


def press(gnome: Gnome, keys: Sequence[str]) -> None:
    """Keys by their names, maybe with "shift+" before them. Shift goes by itself: the shell takes
    note of it between two events. Any other key goes down and up at once, or it might repeat."""
    events = list(strokes(keys))
    while events:
        code, down = events[0]
        at_once = events[: 2 if down and (code, False) in events[1:2] else 1]
        del events[: len(at_once)]
        gnome.evaluate(
            _PRESS.replace("EVENTS", str([[each, int(on)] for each, on in at_once])[1:-1])
        )


def with_output(work: Callable[[Output], Awaitable[None]]) -> None:
    """Run `work` with the output that "auto" takes."""
    output = OUTPUTS.choose("auto", OutputSettings())
    assert output.name == "ibus"
    working(output, work)


async def focus_on(output: Output, window: Window) -> Focus:
    """Have the window focused, and IBus know it."""
    window.forget()
    await asyncio.to_thread(window.focus)
    for _ in range(50):
        focus = await output.focus()
        await asyncio.sleep(0.1)
        if focus is not None and focus == await output.focus():
            return focus
    raise AssertionError(f"IBus does not know of {window.title}")


@pytest.mark.parametrize("kind", [kind.kind for kind in KINDS])
def test_arrives_exactly(gnome: Gnome, windows: dict[str, Window], kind: str) -> None:
    window = windows[kind]
    texts = list(TEXTS.values())
    proof = Receipt.UNCONFIRMED if kind == "foot" else Receipt.DELIVERED

    async def work(output: Output) -> None:
        focus = await focus_on(output, window)
        for text in texts:
            receipt = await output.write(text, focus)
            assert receipt is proof or len(text) == 10_000  # whose pieces all look alike
        assert await output.focus() == focus

    with_output(work)
    window.wait_text("".join(texts))
    assert gnome.engine() == MINE


@pytest.mark.parametrize("kind", [kind.kind for kind in KINDS])
def test_enter_comes_once_behind_the_text(
    gnome: Gnome, windows: dict[str, Window], kind: str
) -> None:
    window = windows[kind]

    async def work(output: Output) -> None:
        focus = await focus_on(output, window)
        await output.write("one", focus)
        await output.press_enter(focus)
        await output.write("two", focus)

    with_output(work)
    window.wait_text("one\rtwo" if kind == "foot" else "one\ntwo")
    assert gnome.engine() == MINE


@pytest.mark.parametrize("seconds", [0, 0.2, 0.5])
@pytest.mark.fault("C1")
def test_nothing_is_written_into_another_window(
    gnome: Gnome, windows: dict[str, Window], seconds: float
) -> None:
    async def work(output: Output) -> None:
        focus = await focus_on(output, windows["gtk4"])
        windows["foot"].forget()
        await asyncio.to_thread(windows["foot"].focus)
        await asyncio.sleep(seconds)
        with pytest.raises(FocusMoved):
            await output.write("lost?", focus)

    with_output(work)
    time.sleep(0.3)
    assert windows["gtk4"].text() == windows["foot"].text() == ""
    assert gnome.engine() == MINE


@pytest.mark.parametrize("kind", [PasswordOnGnome, Gtk4PasswordOnGnome])
@pytest.mark.fault("C9")
def test_a_field_for_passwords_gets_nothing(
    gnome: Gnome, tmp_path: Path, kind: type[Window]
) -> None:
    secret = kind(gnome, tmp_path)

    async def work(output: Output) -> None:
        focus = await focus_on(output, secret)
        await output.preview("lost?")
        with pytest.raises(NotDelivered, match="password"):
            await output.write("lost?", focus)

    with_output(work)
    assert secret.text() == ""
    assert gnome.engine() == MINE
    secret.close()


@pytest.mark.fault("C8")
def test_no_line_end_reaches_a_terminal(gnome: Gnome, windows: dict[str, Window]) -> None:
    async def work(output: Output) -> None:
        focus = await focus_on(output, windows["foot"])
        with pytest.raises(NotDelivered, match="Enter"):
            await output.write("rm -rf /\n", focus)

    with_output(work)
    assert windows["foot"].text() == ""
    assert gnome.engine() == MINE


def test_what_is_being_said_is_shown(gnome: Gnome, windows: dict[str, Window]) -> None:
    field, other = windows["gtk4"], windows["gtk3"]
    assert isinstance(field, Gtk4OnGnome)

    async def shown(text: str) -> None:
        await asyncio.to_thread(wait_for, lambda: field.preedit() == text, f"{text!r} is shown")

    async def work(output: Output) -> None:
        await focus_on(output, field)
        await output.preview("to be or")
        await shown("to be or")
        await focus_on(output, other)
        await shown("")
        focus = await focus_on(output, field)
        await output.preview("to be or not")
        await shown("to be or not")
        assert await output.write("To be.", focus) is Receipt.DELIVERED
        await shown("")

    with_output(work)
    field.wait_text("To be.")
    assert other.text() == ""
    assert gnome.engine() == MINE


TEXT = "Grüße – “Claude Code” 日本語 שלום 😀 e\u0301. "


@pytest.mark.parametrize("kind", ["gtk3", "gtk4"])
@pytest.mark.parametrize("text", [TEXT, "plain"], ids=["mixed", "ascii"])
def test_it_is_taken_back_and_what_stood_there_is_not(
    gnome: Gnome,
    windows: dict[str, Window],
    kind: str,
    text: str,
) -> None:
    window = windows[kind]

    async def work(output: Output) -> None:
        focus = await focus_on(output, window)
        await output.write("beföre ", focus)
        for _ in range(3):
            await output.write(text, focus)
            await asyncio.to_thread(window.wait_text, "beföre " + text)
            await output.undo(text, focus)
            await asyncio.to_thread(window.wait_text, "beföre ")
            with pytest.raises(NotDelivered):
                await output.undo(text, focus)

    with_output(work)
    assert window.text() == "beföre "
    assert gnome.engine() == MINE


@pytest.mark.parametrize("kind", ["gtk3", "gtk4"])
def test_several_are_taken_back_one_after_the_other(
    gnome: Gnome, windows: dict[str, Window], kind: str
) -> None:
    window, texts = windows[kind], ("One.", f" {TEXT}", " Three.")

    async def work(output: Output) -> None:
        focus = await focus_on(output, window)
        for text in ("mine ", *texts):
            await output.write(text, focus)
        await asyncio.to_thread(window.wait_text, f"mine {''.join(texts)}")
        for count in (2, 1):
            await output.undo(texts[count], focus)
            await asyncio.to_thread(window.wait_text, f"mine {''.join(texts[:count])}")
        await asyncio.to_thread(press, gnome, ["b"])
        await asyncio.to_thread(window.wait_text, "mine One.b")
        with pytest.raises(NotDelivered, match=r"changed|stands there now"):
            await output.undo(texts[0], focus)

    with_output(work)
    assert window.text() == "mine One.b"
    assert gnome.engine() == MINE


@pytest.mark.parametrize("kind", ["gtk3", "gtk4"])
def test_nothing_is_taken_back_after_a_key(
    gnome: Gnome, windows: dict[str, Window], kind: str
) -> None:
    window = windows[kind]

    async def work(output: Output) -> None:
        focus = await focus_on(output, window)
        await output.write(TEXT, focus)
        await asyncio.to_thread(press, gnome, ["b"])
        await asyncio.to_thread(window.wait_text, TEXT + "b")
        with pytest.raises(NotDelivered, match=r"changed|stands there now"):
            await output.undo(TEXT, focus)

    with_output(work)
    assert window.text() == TEXT + "b"
    assert gnome.engine() == MINE


def test_nothing_is_taken_back_where_the_application_hangs(
    gnome: Gnome, windows: dict[str, Window], monkeypatch: pytest.MonkeyPatch
) -> None:
    window = windows["gtk4"]
    monkeypatch.setattr(ibus_undo, "ANSWER_S", 0.3)

    async def work(output: Output) -> None:
        focus = await focus_on(output, window)
        await output.write(TEXT, focus)
        window.hang()
        with pytest.raises(NotDelivered, match="stands there now"):
            await output.undo(TEXT, focus)
        window.wake()
        await asyncio.sleep(0.5)

    with_output(work)
    window.wait_text(TEXT)
    assert gnome.engine() == MINE


def test_what_the_shell_remembers_is_no_confirmation(
    gnome: Gnome, windows: dict[str, Window], monkeypatch: pytest.MonkeyPatch
) -> None:
    window = windows["gtk4"]

    async def work(output: Output) -> None:
        focus = await focus_on(output, window)
        assert await output.write("twice ", focus) is Receipt.DELIVERED
        monkeypatch.setattr(ibus_output, "_RECEIPT_S", 0.5)
        window.hang()
        assert await output.write("twice ", focus) is Receipt.UNCONFIRMED
        window.wake()

    with_output(work)
    window.wait_text("twice twice ")


def test_a_terminal_takes_nothing_back(gnome: Gnome, windows: dict[str, Window]) -> None:
    async def work(output: Output) -> None:
        focus = await focus_on(output, windows["foot"])
        await output.write("stays", focus)
        with pytest.raises(NotDelivered, match="does not say"):
            await output.undo("stays", focus)

    with_output(work)
    windows["foot"].wait_text("stays")
    assert gnome.engine() == MINE


def test_from_the_voice_to_the_window(gnome: Gnome, tmp_path: Path) -> None:
    window = Gtk3OnGnome(gnome, tmp_path)
    samples = Path(__file__).parents[2] / "dictate" / "samples"
    recording = min(samples.glob("*.wav"), key=lambda path: path.stat().st_size)
    config = f'[hotkey]\nuse = "none"\n[microphone]\nuse = "wav:{recording}"\n'
    daemon = RealDaemon(gnome.folder, gnome.more_env, config=config)
    daemon.program = PATIENT
    with daemon:
        status = daemon.status()
        assert status["output"] == "ibus"
        assert "input_method: " in status["output_notes"]
        daemon.ctl("start")
        wait_for(lambda: daemon.history() and daemon.history()[0]["text"], "it is heard", 60)
        wait_for(lambda: daemon.history()[0]["state"] == "delivered", "it is written")
        said = daemon.history()[0]["text"]
        window.wait_text(said[:1].upper() + said[1:])  # in an empty field a sentence begins
    assert gnome.engine() == MINE
    window.close()
