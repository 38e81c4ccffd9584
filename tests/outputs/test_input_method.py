"""Committing into real text fields in sway: exactly, once, only there, and nothing else touched."""

import asyncio
import signal
import subprocess
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from dictate.config.schema import OutputSettings
from dictate.errors import DeliveryUnsure, FocusMoved, NotDelivered, Unavailable
from dictate.outputs import OUTPUTS, FieldText, Focus, Receipt
from dictate.outputs.paste import window_output
from dictate.outputs.wayland.field import Field, InputMethod
from dictate.outputs.wayland.input_method import CHUNK_BYTES, SETTLE_S, InputMethodOutput, _chunks
from dictate.outputs.wayland.keys import KeyChord
from tests.lab.corpus import TEXTS
from tests.lab.outputs import working
from tests.lab.sway import (
    Blank,
    Foot,
    Gtk3,
    Gtk4,
    Keyboard,
    Password,
    Sway,
    SwayWindow,
    copy,
    need,
    only,
    paste,
)
from tests.lab.xserver import wait_for

pytestmark = pytest.mark.desktop

KINDS: tuple[type[SwayWindow], ...] = (Foot, Gtk3, Gtk4)
LONG = TEXTS["10000"]


@pytest.fixture(autouse=True)
def display(sway: Sway, seat: Keyboard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WAYLAND_DISPLAY", sway.display)


@pytest.fixture(scope="module", params=KINDS, ids=lambda kind: kind.kind)
def window(
    request: pytest.FixtureRequest,
    sway: Sway,
    seat: Keyboard,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[SwayWindow]:
    opened = request.param(sway, tmp_path_factory.mktemp("windows"))
    yield opened
    opened.close()


@pytest.fixture
def field(sway: Sway, tmp_path: Path) -> Iterator[Gtk3]:
    opened = Gtk3(sway, tmp_path)
    yield opened
    opened.close()


def with_output(
    work: Callable[[InputMethodOutput], Awaitable[None]], timeout_ms: int = 5000
) -> None:
    """Run `work` with an open output."""
    working(InputMethodOutput(OutputSettings(paste_timeout_ms=timeout_ms)), work)


async def focus_on(output: InputMethodOutput, window: SwayWindow) -> Focus:
    """Give it the focus, and wait until its text field has told that it is there, for good: to an
    input method that comes, applications show it twice."""
    await asyncio.to_thread(window.focus)
    seen: list[Focus | None] = []
    while len(seen) < 100:
        seen.append(await output.focus())
        last = seen[-1]
        if last is not None and not last.window.endswith("/0") and seen[-5:] == 5 * [last]:
            return last
        await asyncio.sleep(0.04)
    raise AssertionError(f"{window.title} shows no text field")


def write(window: SwayWindow, *texts: str) -> list[Receipt]:
    receipts: list[Receipt] = []

    async def work(output: InputMethodOutput) -> None:
        await focus_on(output, window)
        receipts.extend([await output.write(text, await output.focus()) for text in texts])

    with_output(work)
    return receipts


@pytest.mark.fault("C12", "C3", "C4")
def test_arrives_exactly(window: SwayWindow) -> None:
    async def work(output: InputMethodOutput) -> None:
        focus = await focus_on(output, window)
        said = window.text()
        for text in TEXTS.values():
            assert await output.write(text, focus) is Receipt.DELIVERED
            said += text
            await asyncio.to_thread(window.wait_text, said)

    with_output(work)


def test_no_character_is_cut_in_two() -> None:
    for before in range(5):
        text = "x" * before + "日é😀" * 2_000
        pieces = list(_chunks(text))
        assert "".join(pieces) == text
        assert all(len(piece.encode()) <= CHUNK_BYTES for piece in pieces)


@only(Gtk3)
@pytest.mark.fault("C4")
def test_many_in_a_row_stay_in_order(window: SwayWindow) -> None:
    before = window.text()
    texts = [f"<{n} ünï 日>" for n in range(30)]
    write(window, *texts)
    window.wait_text(before + "".join(texts))


@pytest.mark.parametrize("kind", [Foot, Gtk3], ids=lambda kind: kind.kind)
@pytest.mark.fault("C12")
def test_very_long_text(sway: Sway, tmp_path: Path, kind: type[SwayWindow]) -> None:
    opened = kind(sway, tmp_path)
    text = "0123456789abcdé" * 4_000
    write(opened, text)
    opened.wait_text(text, 60)
    opened.close()


@pytest.mark.fault("C8")
def test_line_ends(sway: Sway, field: Gtk3, tmp_path: Path) -> None:
    """A terminal gets them by a paste, so that a shell knows that it must not run them."""
    write(field, "one\ntwo\n\nthree")
    field.wait_text("one\ntwo\n\nthree")
    shell = BashPrompt(sway, tmp_path)
    assert write(shell, "touch one\ntouch two\n") == [Receipt.DELIVERED]
    time.sleep(0.3)
    assert not list(shell.folder.iterdir())
    shell.close()


@pytest.mark.fault("C10")
def test_a_compositor_that_lets_nobody_paste(
    sway: Sway, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise Unavailable("no keyboard for you")

    monkeypatch.setattr(KeyChord, "__init__", refuse)
    terminal, blank = Foot(sway, tmp_path), Blank(sway, tmp_path)

    async def work(output: InputMethodOutput) -> None:
        focus = await focus_on(output, terminal)
        assert await output.write("Grüße", focus) is Receipt.UNCONFIRMED
        with pytest.raises(NotDelivered, match="too long"):
            await output.write(LONG, focus)
        with pytest.raises(NotDelivered, match="line end"):
            await output.write("rm everything\n", focus)
        await asyncio.to_thread(blank.focus)
        with pytest.raises(NotDelivered, match="does not allow pasting"):
            await output.write("lost?", await output.focus())

    with_output(work)
    terminal.wait_text("Grüße")
    terminal.close()
    blank.close()


def test_a_field_that_tells_nothing_gets_no_pieces(
    sway: Sway, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Field, "terminal", False)  # foot, as if it were something else
    opened = Foot(sway, tmp_path)

    async def work(output: InputMethodOutput) -> None:
        focus = await focus_on(output, opened)
        assert await output.write("short ", focus) is Receipt.UNCONFIRMED
        assert await output.write(LONG, focus) is Receipt.DELIVERED

    with_output(work)
    opened.wait_text("short " + LONG)
    opened.close()


class BashPrompt(SwayWindow):
    """A shell that waits for a command, in a folder of its own."""

    kind = "bash"

    def launch(self) -> subprocess.Popen[bytes]:
        need("foot", "bash")
        self.folder = self.file.with_suffix(".d")
        self.folder.mkdir()
        self.file.touch()
        start = f"cd '{self.folder}' && exec bash --norc -i"
        return self.x.spawn("foot", "-T", self.title, "bash", "-c", start)


# What the user's fingers do


@only(Foot, Gtk3)
@pytest.mark.fault("C2")
def test_held_modifiers_do_no_harm(window: SwayWindow, seat: Keyboard) -> None:
    async def work(output: InputMethodOutput) -> None:
        focus = await focus_on(output, window)
        said = window.text()
        for held in (Keyboard.CTRL, Keyboard.ALT, Keyboard.SHIFT, Keyboard.SUPER):
            await asyncio.to_thread(seat.down, held)
            try:
                await output.write(f"with {held}, ", focus)
                await output.write("still.", focus)
            finally:
                await asyncio.to_thread(seat.up, held)
            said += f"with {held}, still."
            await asyncio.to_thread(window.wait_text, said)

    with_output(work)


@pytest.mark.fault("C2")
def test_caps_lock_stays_as_it_is(field: Gtk3, seat: Keyboard) -> None:
    seat.tap(Keyboard.CAPS_LOCK)
    try:
        write(field, "Mixed Case 123")
        field.wait_text("Mixed Case 123")
        seat.tap(Keyboard.B)
        field.wait_text("Mixed Case 123B")
    finally:
        seat.tap(Keyboard.CAPS_LOCK)


@pytest.mark.fault("C6")
def test_the_clipboard_is_not_touched(sway: Sway, field: Gtk3) -> None:
    need("wl-copy")
    copy(sway, b"mine")
    write(field, "spoken")
    field.wait_text("spoken")
    assert paste(sway) == b"mine"


# Only there


@only(Foot, Gtk3)
@pytest.mark.fault("C1")
def test_focus_moved_before_writing(sway: Sway, window: SwayWindow, field: Gtk3) -> None:
    before = window.text()

    async def work(output: InputMethodOutput) -> None:
        focus = await focus_on(output, window)
        await asyncio.to_thread(field.focus)
        with pytest.raises(FocusMoved):
            await output.write("not for you", focus)
        # Back again is another time; perhaps another field of that window.
        await focus_on(output, window)
        with pytest.raises(FocusMoved):
            await output.write("not for you", focus)
        await focus_on(output, field)
        await output.write("x", await output.focus())

    with_output(work)
    field.wait_text("x")
    assert window.text() == before


@only(Gtk3)
@pytest.mark.fault("C1")
def test_focus_moved_during(
    sway: Sway, window: SwayWindow, field: Gtk3, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = window.text()
    commits = []

    def commit(method: InputMethod, text: str) -> None:
        commits.append(text)
        if len(commits) == 2:
            field.focus()
        original(method, text)

    original = InputMethod.commit
    monkeypatch.setattr(InputMethod, "commit", commit)

    async def work(output: InputMethodOutput) -> None:
        focus = await focus_on(output, window)
        with pytest.raises(DeliveryUnsure, match="character"):
            await output.write(LONG, focus)
        assert len(commits) == 2
        monkeypatch.undo()

    with_output(work)
    window.wait_text(before + commits[0])
    assert field.text() in ("", commits[1])  # it came in the very moment of the commit


@only(Foot, Gtk3)
@pytest.mark.fault("C1")
def test_focus_moves_while_it_is_finished(sway: Sway, window: SwayWindow, field: Gtk3) -> None:
    """Not one character in the wrong window; where the focus moved in the very moment, it is said
    that nobody knows."""
    elsewhere = 0

    async def work(output: InputMethodOutput) -> None:
        nonlocal elsewhere
        for delay_s in (0.0, 0.2, 0.5):
            before = window.text()
            focus = await focus_on(output, window)
            moving = asyncio.create_task(move(delay_s))
            written, unsure = 0, False
            try:
                while True:
                    await output.write("text ", focus)
                    written += 1
                    await asyncio.sleep(0.03)
            except FocusMoved:
                pass
            except DeliveryUnsure:
                unsure = True
            await moving
            sure = before + "text " * written
            await asyncio.sleep(0.5 if unsure else 0)
            if not unsure:
                await asyncio.to_thread(window.wait_text, sure)
            assert window.text() in (sure, sure + "text " * unsure)
            elsewhere += unsure
            assert field.text() in [n * "text " for n in range(elsewhere + 1)]

    async def move(delay_s: float) -> None:
        await asyncio.sleep(delay_s)
        await asyncio.to_thread(field.focus)

    with_output(work)


@pytest.mark.fault("C9")
def test_a_password_field_gets_nothing(
    sway: Sway, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = Password(sway, tmp_path)
    shown: list[str] = []
    monkeypatch.setattr(InputMethod, "preedit", lambda _, text: shown.append(text))

    async def work(output: InputMethodOutput) -> None:
        focus = await focus_on(output, opened)
        await output.preview("nor this")
        with pytest.raises(NotDelivered, match="password"):
            await output.write("secret?", focus)
        async with asyncio.timeout(20):
            await output.follow_field(focus, lambda text: shown.append(str(text)))

    with_output(work)
    time.sleep(0.2)
    assert (opened.text(), shown) == ("", [])
    opened.close()


@pytest.mark.fault("C10")
def test_a_window_without_a_text_field(sway: Sway, tmp_path: Path) -> None:
    opened = Blank(sway, tmp_path)

    async def work(output: InputMethodOutput) -> None:
        await asyncio.to_thread(opened.focus)
        focus = await output.focus()
        with pytest.raises(NotDelivered, match="text field"):
            await output.write("lost?", focus)
        with pytest.raises(NotDelivered):
            await output.write("nowhere", None)

    with_output(work, timeout_ms=300)
    opened.close()


@pytest.mark.fault("C10")
def test_the_window_is_gone(sway: Sway, tmp_path: Path) -> None:
    async def work(output: InputMethodOutput) -> None:
        opened = await asyncio.to_thread(Gtk3, sway, tmp_path)
        focus = await focus_on(output, opened)
        await asyncio.to_thread(opened.close)
        with pytest.raises(NotDelivered):
            await output.write("too late", focus)

    with_output(work)


def test_a_hung_application_gets_the_text_once_when_it_wakes(sway: Sway, field: Gtk3) -> None:
    async def work(output: InputMethodOutput) -> None:
        focus = await focus_on(output, field)
        field.hang()
        assert await output.write(LONG, focus) is Receipt.UNCONFIRMED
        assert field.text() == ""
        field.wake()

    with_output(work, timeout_ms=300)
    field.wait_text(LONG)


@pytest.mark.fault("C4")
def test_the_answer_to_a_preview_is_no_receipt_for_the_same_words_again(
    sway: Sway, field: Gtk3, monkeypatch: pytest.MonkeyPatch
) -> None:
    """GTK 3.24.49 drops a text that crosses its answer to the preview."""
    commit = InputMethod.commit
    owed: list[int] = []

    def dropped(method: InputMethod, _text: str) -> None:
        field.wake()

    def seen(method: InputMethod, text: str) -> None:
        owed.append(method.field.unanswered if method.field is not None else -1)
        commit(method, text)

    async def work(output: InputMethodOutput) -> None:
        focus = await focus_on(output, field)
        assert await output.write("one two ", focus) is Receipt.DELIVERED
        field.hang()
        assert await output.preview("one")
        monkeypatch.setattr(InputMethod, "commit", dropped)
        assert await output.write("one two ", focus) is Receipt.UNCONFIRMED
        monkeypatch.setattr(InputMethod, "commit", seen)
        assert not await output.preview("")
        field.hang()
        assert await output.preview("one")
        asyncio.get_running_loop().call_later(SETTLE_S / 4, field.wake)
        assert await output.write("one two ", focus) is Receipt.DELIVERED
        assert owed == [0]
        await asyncio.to_thread(field.wait_text, "one two one two ")

    with_output(work, timeout_ms=1000)


def test_an_application_killed_in_the_middle(
    sway: Sway, field: Gtk3, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = Gtk3(sway, tmp_path)

    async def work(output: InputMethodOutput) -> None:
        focus = await focus_on(output, field)
        field.hang()
        writing = asyncio.create_task(output.write(LONG, focus))
        await asyncio.sleep(0.3)
        await asyncio.to_thread(field.close)
        with pytest.raises(DeliveryUnsure):
            await asyncio.wait_for(writing, 10)
        await focus_on(output, other)
        await output.write("for the living", await output.focus())

    with_output(work, timeout_ms=2000)
    other.wait_text("for the living")
    other.close()


# Preedit


@only(Gtk3, Gtk4)
def test_what_is_understood_so_far_is_shown_and_is_not_the_text(window: Gtk3) -> None:
    before = window.text()

    async def shows(text: str) -> None:
        await asyncio.to_thread(wait_for, lambda: window.preedit() == text, f"it shows {text!r}")

    async def work(output: InputMethodOutput) -> None:
        focus = await focus_on(output, window)
        for text in ("Grü", "Grüße an", "Grüße an alle 😀"):
            assert await output.preview(text)
            await shows(text)
            assert window.text() == before
        await output.preview("")
        await shows("")
        assert window.text() == before
        await output.preview("once more")
        await shows("once more")
        assert await output.write("written", focus) is Receipt.DELIVERED
        await shows("")
        await output.preview("")

    with_output(work)
    window.wait_text(before + "written")


def test_a_preview_in_a_terminal_is_gone_when_the_text_is_pasted(
    sway: Sway, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It tells nobody what it shows, so what it was told to show has to do."""
    shown: list[str] = []
    preedit = InputMethod.preedit

    def and_remember(method: InputMethod, text: str) -> None:
        shown.append(text)
        preedit(method, text)

    monkeypatch.setattr(InputMethod, "preedit", and_remember)
    terminal = Foot(sway, tmp_path)

    async def work(output: InputMethodOutput) -> None:
        focus = await focus_on(output, terminal)
        assert await output.preview("so far")
        await output.write("written", focus)
        assert shown == ["so far", ""]

    with_output(work)
    terminal.wait_text("written")
    terminal.close()


@only(Gtk3)
def test_a_preview_does_not_follow_the_user(sway: Sway, window: SwayWindow, field: Gtk3) -> None:
    before = window.text()

    async def work(output: InputMethodOutput) -> None:
        await focus_on(output, window)
        assert await output.preview("here")
        await focus_on(output, field)
        assert not await output.preview("here and there")
        await output.focus()
        await asyncio.sleep(0.2)
        assert field.preedit() == ""
        assert not await output.preview("")
        assert await output.preview("the next dictation")
        await asyncio.to_thread(
            wait_for, lambda: field.preedit() == "the next dictation", "it shows the next one"
        )

    with_output(work)
    assert (window.text(), field.text()) == (before, "")


# Another input method, another sway


def test_steps_aside_for_another_input_method(sway: Sway, field: Gtk3) -> None:
    async def work(output: InputMethodOutput) -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(InputMethod, "held", set())  # as another program sees it
            second = InputMethodOutput(OutputSettings())
            assert "another input method" in (
                await asyncio.to_thread(second.unavailable_reason) or ""
            )
            chosen = await asyncio.to_thread(OUTPUTS.choose, "auto", OutputSettings())
            assert chosen.name == "virtual_keyboard"
            with pytest.raises(Unavailable, match="another input method"):
                await second.open()
            with pytest.raises(NotDelivered, match="another input method"):
                await second.write("x", Focus("1/1", ""))
        assert await output.write("first", await focus_on(output, field)) is Receipt.DELIVERED

    with_output(work)
    field.wait_text("first")
    with_output(lambda _: asyncio.sleep(0))  # the seat is free again


def test_idle_costs_nothing(sway: Sway) -> None:
    async def work(output: InputMethodOutput) -> None:
        await output.focus()
        before = time.process_time()
        await asyncio.sleep(1.0)
        assert time.process_time() - before < 0.05  # a loop that polls would burn far more

    with_output(work)


@pytest.mark.fault("C11", "C7")
def test_sway_killed_and_started_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, record_property: Callable[[str, object], None]
) -> None:
    with Sway() as sway:
        monkeypatch.setenv("WAYLAND_DISPLAY", sway.display)

        async def work(output: InputMethodOutput) -> None:
            keyboard = await asyncio.to_thread(Keyboard)
            field = await asyncio.to_thread(Gtk3, sway, tmp_path)
            focus = await focus_on(output, field)
            await output.write("before", focus)
            field.hang()
            writing = asyncio.create_task(output.write("unsure", focus))
            await asyncio.sleep(0.3)
            await asyncio.to_thread(sway.kill)
            killed = time.monotonic()
            with pytest.raises(DeliveryUnsure, match="gone"):
                await asyncio.wait_for(writing, 2)
            record_property("detected_s", time.monotonic() - killed)
            assert await output.focus() is None
            assert not await output.preview("nobody is there")
            with pytest.raises(NotDelivered, match="compositor"):
                await output.write("nowhere", focus)
            keyboard.close()
            await asyncio.to_thread(sway.start)
            keyboard = await asyncio.to_thread(Keyboard)
            other = await asyncio.to_thread(Gtk3, sway, tmp_path)
            again = await focus_on(output, other)
            assert again != focus
            with pytest.raises(FocusMoved):
                await output.write("for the former one", focus)
            back = time.monotonic()
            assert await output.write("back", again) is Receipt.DELIVERED
            record_property("recovered_s", time.monotonic() - back)
            await asyncio.to_thread(other.wait_text, "back")
            keyboard.close()

        with_output(work, timeout_ms=10_000)


@pytest.mark.fault("C5")
def test_sway_hangs(sway: Sway, field: Gtk3, monkeypatch: pytest.MonkeyPatch) -> None:
    assert sway.process is not None
    server = sway.process

    async def work(output: InputMethodOutput) -> None:
        focus = await focus_on(output, field)
        server.send_signal(signal.SIGSTOP)
        try:
            with monkeypatch.context() as patch:
                patch.setattr(window_output, "FOCUS_LIMIT_S", 0.3)
                assert await asyncio.wait_for(output.focus(), 3) is None
                with pytest.raises(NotDelivered, match="does not answer"):
                    await asyncio.wait_for(output.write("nowhere", focus), 3)
            reason = await asyncio.to_thread(output.unavailable_reason)
            assert "does not answer" in (reason or "")
        finally:
            server.send_signal(signal.SIGCONT)
        await output.write("again", await focus_on(output, field))

    with_output(work)
    field.wait_text("again")


# Read back


@only(Gtk3, Gtk4)
def test_what_is_typed_is_read_back_until_the_focus_moves(
    sway: Sway, seat: Keyboard, window: SwayWindow, field: Gtk3
) -> None:
    async def work(output: InputMethodOutput) -> None:
        focus = await focus_on(output, window)
        await output.write(" ask clou", focus)
        seen: list[FieldText] = []
        following = asyncio.create_task(output.follow_field(focus, seen.append))
        async with asyncio.timeout(20):
            while not (seen and seen[-1].text.endswith(" ask clou")):  # noqa: ASYNC110
                await asyncio.sleep(0.01)
            await asyncio.to_thread(seat.tap, Keyboard.B)
            while not seen[-1].text.endswith(" ask cloub"):  # noqa: ASYNC110
                await asyncio.sleep(0.01)
            assert seen[-1].cursor == len(seen[-1].text)
            await asyncio.to_thread(field.focus)
            await following
        known = len(seen)
        await output.write("something else", await focus_on(output, field))
        await output.follow_field(focus, seen.append)
        assert len(seen) == known

    with_output(work)
