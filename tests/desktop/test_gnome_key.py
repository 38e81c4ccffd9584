"""The key through the portal of GNOME 48 for shortcuts: asked, given, refused, given again.

`make desktops` runs it on Debian 13; `make gnome` skips it where GNOME is older.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from dictate.config.schema import HotkeySettings
from dictate.errors import Refused, Unavailable
from dictate.hotkeys.portal import PortalKeySource
from dictate.install import service
from tests.lab.gnome import Gnome, Gtk3OnGnome
from tests.lab.keys import Listening
from tests.lab.xserver import wait_for

pytestmark = [pytest.mark.gnome, pytest.mark.timeout(180)]

CTRL, ALT, SPACE, B, F6, F9 = 29, 56, 57, 48, 64, 67
"""As the kernel numbers them."""
ADD, CANCEL = (439, 23), (50, 23)
"""Where they are in GNOME 48's question."""
TITLE = "Add Keyboard Shortcuts"
QUESTION = f"""
const at = global.get_window_actors().map(a => a.meta_window).find(w => w.title == '{TITLE}')
    .get_frame_rect();
`${{at.x}},${{at.y}}`
"""
PRESS = """
const C = imports.gi.Clutter, kind = C.InputDeviceType.KEYBOARD_DEVICE;
const keys = global.testKeyboard ??=
    C.get_default_backend().get_default_seat().create_virtual_device(kind);
keys.notify_key(C.get_current_event_time(), CODE, STATE); 1
"""


@pytest.fixture(scope="module")
def gnome(gnome: Gnome) -> Gnome:
    gnome.start_portal()
    gnome.start_shortcuts()
    return gnome


@pytest.fixture(autouse=True)
def session(gnome: Gnome, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in gnome.more_env.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def window(gnome: Gnome, tmp_path: Path) -> Iterator[Gtk3OnGnome]:
    window = Gtk3OnGnome(gnome, tmp_path)
    yield window
    window.close()


def source(key: str) -> PortalKeySource:
    return PortalKeySource(HotkeySettings(key=key))


def press(gnome: Gnome, *keys: int) -> None:
    for key in keys:
        gnome.evaluate(PRESS.replace("CODE", str(key)).replace("STATE", "1"))


def release(gnome: Gnome, *keys: int) -> None:
    for key in reversed(keys):
        gnome.evaluate(PRESS.replace("CODE", str(key)).replace("STATE", "0"))


def asks(gnome: Gnome) -> bool:
    titles = gnome.evaluate("global.get_window_actors().map(a => a.meta_window.title)")
    return TITLE in str(titles)


async def answer(gnome: Gnome, place: tuple[int, int]) -> None:
    await asyncio.to_thread(wait_for, lambda: asks(gnome), "GNOME asks", 20)
    await asyncio.sleep(1)  # it slides in
    x, y = map(int, str(await asyncio.to_thread(gnome.evaluate, QUESTION)).split(","))
    await asyncio.to_thread(gnome.click, x + place[0], y + place[1])
    await asyncio.to_thread(wait_for, lambda: not asks(gnome), "the question is gone")


@asynccontextmanager
async def listening(
    gnome: Gnome, key: str, place: tuple[int, int] | None = None
) -> AsyncIterator[Listening]:
    """Listen, once the user has clicked there in GNOME's question."""
    answering = asyncio.create_task(answer(gnome, place)) if place else None
    async with Listening(source(key), ready_s=30) as keys:
        if answering:
            await answering
        yield keys


@pytest.mark.parametrize(
    ("key", "codes"), [("ctrl+alt+space", (CTRL, ALT, SPACE)), ("f9", (F9,))], ids=["keys", "f9"]
)
def test_press_and_release_are_heard_and_nobody_else_gets_the_key(
    gnome: Gnome, window: Gtk3OnGnome, key: str, codes: tuple[int, ...]
) -> None:
    async def hold(keys: Listening) -> None:
        await asyncio.to_thread(window.focus)
        await asyncio.to_thread(press, gnome, *codes)
        await keys.until("KeyDown")
        await asyncio.sleep(1)  # it repeats itself
        assert "KeyUp" not in keys.kinds
        await asyncio.to_thread(release, gnome, *codes)
        await keys.until("KeyUp")
        keys.heard.clear()

    async def main() -> None:
        async with listening(gnome, key, ADD) as keys:
            await hold(keys)
            await hold(keys)
        # What was given once is given again, without a question.
        async with listening(gnome, key) as keys:
            assert not await asyncio.to_thread(asks, gnome)
            await hold(keys)
        await asyncio.to_thread(press, gnome, B)
        await asyncio.to_thread(release, gnome, B)
        await asyncio.to_thread(window.wait_text, "b")

    asyncio.run(main())


def test_all_keys_are_asked_for_at_once(gnome: Gnome, window: Gtk3OnGnome) -> None:
    async def main() -> None:
        for place in (ADD, None):
            both = listening(gnome, "f9", place), listening(gnome, "f6")
            one, other = await asyncio.gather(*(each.__aenter__() for each in both))
            await asyncio.to_thread(window.focus)
            for code, hears, silent in ((F9, one, other), (F6, other, one)):
                await asyncio.to_thread(press, gnome, code)
                await hears.until("KeyDown")
                await asyncio.to_thread(release, gnome, code)
                await hears.until("KeyUp")
                hears.heard.clear()
                assert silent.kinds == []
            await asyncio.gather(*(each.__aexit__(None, None, None) for each in both))

    asyncio.run(main())


def test_who_says_no_is_understood(gnome: Gnome) -> None:
    async def main() -> None:
        with pytest.raises(Refused, match=r"did not let dictate have f8"):
            async with listening(gnome, "f8", CANCEL):
                pass

    asyncio.run(main())


def test_who_did_not_run_setup_is_told_to(gnome: Gnome) -> None:
    file = gnome.folder / "data/applications" / service.DESKTOP_FILE
    text = file.read_text()
    file.unlink()

    async def main() -> None:
        with pytest.raises(Unavailable, match="run `dictate setup`"):
            async with Listening(source("f7")):
                pass

    try:
        asyncio.run(main())
    finally:
        file.write_text(text)


def test_no_modifier_alone(gnome: Gnome) -> None:
    """GNOME would report its press, and never its release."""
    assert "use several keys together" in (source("ctrl_r").unavailable_reason() or "")
    assert source("ctrl+alt+space").unavailable_reason() is None
