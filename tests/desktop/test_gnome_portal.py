"""GNOME's own portal for remote control: asked, allowed, denied, left alone, stopped.

`make gnome` installs GNOME Shell and runs this; `make test` does not.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from dictate.config.schema import OutputSettings
from dictate.errors import NotDelivered
from dictate.outputs import Receipt
from dictate.outputs.paste import shift_insert
from dictate.outputs.paste_keys import portal_keys
from dictate.outputs.paste_keys.portal import PortalOutput
from tests.lab.corpus import TEXTS
from tests.lab.gnome import Foot, Gnome, Gtk3OnGnome, Gtk4OnGnome
from tests.lab.outputs import working
from tests.lab.windows import Window
from tests.lab.xserver import wait_for

pytestmark = [pytest.mark.gnome, pytest.mark.timeout(180)]

DIALOG = "remote desktop"
Place = tuple[int, int]


@dataclass(frozen=True)
class Places:
    """Where they are on the screen of these tests."""

    allow: tuple[Place, ...]
    """To be clicked one after the other."""
    cancel: Place
    stop: Place
    """The mark in the panel that ends it."""


GNOME_43 = Places(((692, 324), (715, 273)), (312, 273), (919, 16))
GNOME_48 = Places(((512, 242), (757, 307), (794, 173)), (232, 173), (928, 16))
"""The first click has it forget the answer, so that it asks again."""


@pytest.fixture(scope="module")
def places(gnome: Gnome) -> Places:
    return GNOME_43 if gnome.version < 48 else GNOME_48


@pytest.fixture(scope="module")
def gnome(gnome: Gnome) -> Gnome:
    gnome.start_portal()
    return gnome


@pytest.fixture(autouse=True)
def session(gnome: Gnome, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in gnome.more_env.items():
        monkeypatch.setenv(name, value)
    for name in ("DISPLAY", "XAUTHORITY"):
        monkeypatch.setenv(name, str(gnome.evaluate(f"imports.gi.GLib.getenv('{name}')") or ""))
    monkeypatch.setattr(PortalOutput, "refused", "")


def with_output(work: Callable[[PortalOutput], Awaitable[None]]) -> list[str]:
    """Run `work` with an open output; what it has reported."""
    output = PortalOutput(OutputSettings(use="portal", paste_timeout_ms=3000))
    reports: list[str] = []
    output.report = reports.append
    working(output, work)
    return reports


async def answer(gnome: Gnome, *clicks: Place) -> None:
    """Click there in the dialog, once it has come."""
    await asyncio.to_thread(wait_for, lambda: asks(gnome), "GNOME asks", 20)
    await asyncio.sleep(1)  # it slides in
    for place in clicks:
        await asyncio.to_thread(gnome.click, *place)


def asks(gnome: Gnome) -> bool:
    titles = gnome.evaluate("global.get_window_actors().map(a => a.meta_window.title)")
    return DIALOG in str(titles).lower()


def test_allowed_the_text_arrives_exactly(gnome: Gnome, places: Places, tmp_path: Path) -> None:
    kinds: tuple[type[Window], ...] = (Gtk3OnGnome, Gtk4OnGnome, Foot)

    async def work(output: PortalOutput) -> None:
        await answer(gnome, *places.allow)
        async with asyncio.timeout(10):
            await output._ready.wait()
        for kind in kinds:
            window = await asyncio.to_thread(kind, gnome, tmp_path)
            await asyncio.to_thread(window.focus)
            said = ""
            for text in TEXTS.values():
                assert await output.write(text, await output.focus()) is Receipt.DELIVERED
                said += text
                await asyncio.to_thread(window.wait_text, said)
            await asyncio.to_thread(window.close)
        await asyncio.to_thread(gnome.click, *places.stop)
        await answer(gnome, places.cancel)
        async with asyncio.timeout(10):
            while not PortalOutput.refused:  # noqa: ASYNC110
                await asyncio.sleep(0.1)
        with pytest.raises(NotDelivered, match="restart dictate"):
            await output.write("lost?", None)

    assert len(with_output(work)) == 1
    assert not asks(gnome)


@pytest.mark.fault("C5")
def test_who_dies_within_the_chord_leaves_no_key_down(gnome: Gnome, places: Places) -> None:
    def shift_is_down() -> bool:
        return gnome.evaluate("global.get_pointer()[2] & 1") == 1

    async def work(output: PortalOutput) -> None:
        await answer(gnome, *places.allow)
        async with asyncio.timeout(10):
            await output._ready.wait()
        assert output._keyboard is not None
        await output._keyboard._notify(shift_insert.SHIFT, shift_insert.DOWN)
        await asyncio.to_thread(wait_for, shift_is_down, "Shift is down")
        output._keyboard.connection.disconnect()  # as the kernel does for who dies
        await asyncio.to_thread(wait_for, lambda: not shift_is_down(), "Shift is up")

    with_output(work)
    wait_for(lambda: not asks(gnome), "the question is gone")


def test_nobody_answers(gnome: Gnome, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(portal_keys, "ASKED_S", 4)

    async def work(output: PortalOutput) -> None:
        await answer(gnome)
        with pytest.raises(NotDelivered, match="the desktop asks you"):
            await output.write("lost?", None)
        async with asyncio.timeout(6):
            while not PortalOutput.refused:  # noqa: ASYNC110
                await asyncio.sleep(0.1)
        with pytest.raises(NotDelivered, match="nobody told the desktop"):
            await output.write("lost?", None)

    assert len(with_output(work)) == 1
    wait_for(lambda: not asks(gnome), "the question is gone")
