"""The key through KDE's own portal for shortcuts.

`make kde` installs KWin and runs this; `make test` does not.
"""

import asyncio
from pathlib import Path

import pytest

from dictate.config.schema import HotkeySettings
from dictate.errors import Refused
from dictate.hotkeys.listener import KeyListener
from dictate.hotkeys.portal import PortalKeySource
from tests.lab.keys import Listening
from tests.lab.kwin import Gtk3OnKwin, Kwin

pytestmark = [pytest.mark.kde, pytest.mark.timeout(180)]

CTRL, ALT, SPACE, B, F8, F9, F10 = 29, 56, 57, 48, 66, 67, 68
"""As the kernel numbers them."""
QT_F10 = 0x01000039
ACCEL = "org.kde.kglobalaccel", "/kglobalaccel", "org.kde.KGlobalAccel"


@pytest.fixture(scope="module")
def kwin(kwin: Kwin) -> Kwin:
    kwin.start_portal()
    return kwin


@pytest.fixture(autouse=True)
def session(kwin: Kwin, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in kwin.more_env.items():
        monkeypatch.setenv(name, value)


def source(key: str) -> PortalKeySource:
    return PortalKeySource(HotkeySettings(key=key))


def down(kwin: Kwin, *keys: int) -> None:
    kwin.hand(*(f"key {key} 1" for key in keys))


def up(kwin: Kwin, *keys: int) -> None:
    kwin.hand(*(f"key {key} 0" for key in reversed(keys)))


def test_press_and_release_are_heard_and_nobody_else_gets_the_key(
    kwin: Kwin, tmp_path: Path
) -> None:
    chord = CTRL, ALT, SPACE
    window = Gtk3OnKwin(kwin, tmp_path)

    async def main() -> None:
        async with Listening(source("ctrl+alt+space")) as keys:
            for _ in range(2):
                await asyncio.to_thread(down, kwin, *chord)
                await keys.until("KeyDown")
                await asyncio.to_thread(up, kwin, *chord)
                await keys.until("KeyUp")
        await asyncio.to_thread(down, kwin, B)
        await asyncio.to_thread(up, kwin, B)
        await asyncio.to_thread(window.wait_text, "b")

    asyncio.run(main())
    window.close()


def test_what_the_user_chooses_instead_is_kept(kwin: Kwin) -> None:
    component = "dictate_f9" if kwin.plasma == 5 else "token_dictate_f9"
    action = f"['{component}', 'dictate f9', '', '']"

    async def main() -> None:
        async with Listening(source("f9")) as keys:
            await asyncio.to_thread(down, kwin, F9)
            await keys.until("KeyDown")
            await asyncio.to_thread(up, kwin, F9)
            await keys.until("KeyUp")
        name, path, interface = ACCEL
        await asyncio.to_thread(
            kwin.run,
            *("gdbus", "call", "--session", "-d", name, "-o", path),
            *("-m", f"{interface}.setForeignShortcut", action, f"[{QT_F10}]"),
        )
        async with Listening(source("f9")) as keys:
            await asyncio.to_thread(down, kwin, F9)
            await asyncio.to_thread(up, kwin, F9)
            await asyncio.to_thread(down, kwin, F10)
            await keys.until("KeyDown")
            await asyncio.to_thread(up, kwin, F10)
            await keys.until("KeyUp")
            assert keys.kinds.count("KeyUp") == 1

    asyncio.run(main())


def test_a_key_that_another_program_has(kwin: Kwin) -> None:
    async def main() -> None:
        with pytest.raises(Refused, match=r"KDE has given super\+d to another program"):
            async with Listening(source("super+d")):
                pass

    asyncio.run(main())


def test_no_modifier_alone(kwin: Kwin) -> None:
    assert "use several keys together" in (source("ctrl_r").unavailable_reason() or "")
    assert source("ctrl+alt+space").unavailable_reason() is None


@pytest.mark.fault("B4")
def test_it_is_bound_again_when_kwin_comes_back(kwin: Kwin) -> None:
    states: list[str] = []
    heard: list[str] = []

    async def until(state: str) -> None:
        async with asyncio.timeout(60):
            while states[-1:] != [state]:  # noqa: ASYNC110
                await asyncio.sleep(0.05)

    async def main() -> None:
        settings = HotkeySettings(use="portal", key="f8", mode="hold", tap_ms=50)
        listener = KeyListener(
            settings, lambda press: heard.append(press.name), states.append, lambda _: True
        )
        running = asyncio.create_task(listener.run())
        await until("f8")
        await asyncio.to_thread(kwin.kill)
        async with asyncio.timeout(60):
            while not states[-1].startswith("none: "):  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        await asyncio.to_thread(kwin.start_kwin)
        await asyncio.to_thread(kwin.start_kde_portal)
        await until("f8")
        await asyncio.to_thread(down, kwin, F8)
        async with asyncio.timeout(60):
            while heard != ["START_HELD"]:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        await asyncio.to_thread(up, kwin, F8)
        async with asyncio.timeout(60):
            while heard != ["START_HELD", "STOP"]:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        running.cancel()
        await asyncio.wait({running})

    asyncio.run(main())
