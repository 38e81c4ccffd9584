"""Whatever the overlay's process does, the daemon goes on, and says what it made of it.

The process is a stand-in that does as the test says; `test_window.py` and `tests/desktop` have the
real one.
"""

import asyncio
import logging
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from dictate.config.schema import OverlaySettings
from dictate.events import PartialTranscript
from dictate.platform.child_process import ChildProcess
from dictate.ui import gtk
from dictate.ui.overlay import process as module
from dictate.ui.overlay.picture import Picture
from dictate.ui.overlay.process import Overlay, unavailable_reason
from tests.lab.processes import children

HELLO = """
import json, os, sys, time
seen = open({seen!r}, "a")
def say(what):
    print(json.dumps(what), flush=True)
def look():
    line = sys.stdin.readline()
    if line:
        print(line, end="", file=seen, flush=True)
    return line
"""
SHOWS = 'say({"by": "x11"})\nwhile look(): say({})\n'
HANGS = 'say({"by": "x11"})\nlook()\ntime.sleep(60)\n'
NEVER_READS = 'say({"by": "x11"})\ntime.sleep(60)\n'
DIES = 'say({"by": "x11"})\nlook()\nos._exit(7)\n'
DIES_NOW_AND_THEN = """
print("begun", file=seen, flush=True)
begun = open(seen.name).read().count("begun")
if begun in (1, 2):
    os._exit(7)
say({"by": "x11"})
while look():
    if begun in (4, 5):
        os._exit(7)
    say({})
"""
DIES_AT_ONCE = "os._exit(1)\n"
CHATTERS = 'print("hello", flush=True)\ntime.sleep(60)\n'
CANNOT = 'say({"why_not": "no layers here"})\nsys.exit(3)\n'


@dataclass
class Rig:
    """An overlay whose process runs what `plays` was told last."""

    folder: Path
    picture: Picture = field(default_factory=Picture)
    states: list[str] = field(default_factory=list)

    @property
    def seen_file(self) -> Path:
        return self.folder / "seen"

    @property
    def seen(self) -> str:
        return self.seen_file.read_text() if self.seen_file.exists() else ""

    def guess(self, text: str, stable_chars: int = 0) -> None:
        """The engine's; it stands nowhere else."""
        self.picture.partial(PartialTranscript(1, text, stable_chars))
        self.picture.previewed(1, in_field=False)

    def plays(self, what: str) -> None:
        text = HELLO.format(seen=str(self.seen_file)) + what
        (self.folder / "window.py").write_text(text)

    def run(
        self, work: Callable[[Overlay], Awaitable[None]], settings: OverlaySettings | None = None
    ) -> None:
        async def main() -> None:
            overlay = Overlay(settings or OverlaySettings(), self.picture, self.states.append)
            running = asyncio.create_task(overlay.run())
            try:
                await work(overlay)
            finally:
                running.cancel()
                await asyncio.gather(running, return_exceptions=True)

        asyncio.run(main())
        assert not children(), "a process is left"


@pytest.fixture
def rig(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Rig:
    monkeypatch.setattr(module, "WINDOW", tmp_path / "window.py")
    monkeypatch.setattr(module, "ANSWER_S", 0.3)
    monkeypatch.setattr(module, "FIRST_BACKOFF_S", 0.01)
    monkeypatch.setattr(module, "LONGEST_BACKOFF_S", 0.01)
    monkeypatch.setattr(module, "MOST_DEATHS", 2)
    monkeypatch.setenv("DISPLAY", ":4711")
    return Rig(tmp_path)


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(15):
        while not condition():  # noqa: ASYNC110 - no event comes from another process
            await asyncio.sleep(0.01)


def test_it_shows_the_news(rig: Rig) -> None:
    rig.plays(SHOWS)

    async def work(overlay: Overlay) -> None:
        await until(lambda: rig.states == ["x11"])
        rig.picture.session("recording", 1.0)
        rig.guess("hello there")
        await until(lambda: '"dim": "hello there"' in rig.seen)
        rig.picture.session("ready", 1.0)
        await until(lambda: '"state": ""' in rig.seen.splitlines()[-1])
        lines = rig.seen.splitlines()
        await asyncio.sleep(0.2)
        assert rig.seen.splitlines() == lines, "nothing new, nothing sent"

    rig.run(work)


def test_many_news_are_one_picture(rig: Rig) -> None:
    rig.plays(SHOWS)

    async def work(overlay: Overlay) -> None:
        await until(lambda: rig.seen)
        rig.picture.session("recording", 1.0)
        for number in range(1000):
            rig.guess(f"guess {number}")
        await until(lambda: '"dim": "guess 999"' in rig.seen)
        assert len(rig.seen.splitlines()) <= 3

    rig.run(work)


def test_it_ends_while_nobody_dictates(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "IDLE_S", 0.2)
    rig.plays(SHOWS)

    async def work(overlay: Overlay) -> None:
        for times in range(1, 4):
            await until(lambda: rig.states and not children())
            rig.seen_file.write_text("")
            rig.picture.session("recording", 1.0)
            await until(lambda: '"recording"' in rig.seen)
            (shows,) = children()
            await asyncio.sleep(0.5)
            assert list(children()) == [shows], "the window is there"
            rig.picture.session("ready", 1.0)
            assert rig.states == ["x11"] * (1 + times)

    rig.run(work)


def test_deaths_before_it_ended_by_itself_are_forgotten(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "IDLE_S", 0.2)
    rig.plays(DIES_NOW_AND_THEN)

    async def work(overlay: Overlay) -> None:
        await until(lambda: rig.seen.count("begun") == 3 and not children())
        rig.picture.session("recording", 1.0)
        await until(lambda: rig.seen.count("begun") == 6 and '"recording"' in rig.seen)
        assert set(rig.states) == {"x11"}

    rig.run(work)


@pytest.mark.parametrize("bad", ["HANGS", "NEVER_READS", "DIES", "DIES_AT_ONCE", "CHATTERS"])
@pytest.mark.fault("F11")
def test_a_bad_process_is_replaced(rig: Rig, bad: str) -> None:
    rig.plays(globals()[bad])

    async def work(overlay: Overlay) -> None:
        rig.picture.session("recording", 1.0)
        await until(rig.seen_file.exists)  # a process that is only starting would read the next one
        rig.plays(SHOWS)
        # It gets more than its pipe holds, and nobody waits for it.
        began = asyncio.get_running_loop().time()
        for _ in range(1000):
            rig.guess("word " * 200)
            await asyncio.sleep(0)
        assert asyncio.get_running_loop().time() - began < 2
        await until(lambda: '"solid": "\\u2026' in rig.seen)
        assert rig.states[-1] == "x11"

    rig.run(work)


@pytest.mark.parametrize("bad", ["HANGS", "DIES", "DIES_AT_ONCE", "CHATTERS"])
@pytest.mark.fault("F11")
def test_what_is_always_bad_is_given_up(
    rig: Rig, bad: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    rig.plays(globals()[bad])

    async def work(overlay: Overlay) -> None:
        rig.picture.session("recording", 1.0)
        rig.guess("xylophone")
        await until(lambda: rig.states and rig.states[-1].startswith("none: "))
        assert not children()
        assert "overlay: given up, it ended 3 times" in caplog.text
        assert "xylophone" not in caplog.text
        # Until somebody asks.
        rig.plays(SHOWS)
        overlay.try_again()
        await until(lambda: rig.states[-1] == "x11")

    rig.run(work)


def test_a_desktop_without_layers_says_so(rig: Rig) -> None:
    rig.plays(CANNOT)

    async def work(overlay: Overlay) -> None:
        await until(lambda: rig.states)
        assert rig.states == ["none: no layers here"]
        assert await asyncio.to_thread(unavailable_reason) == "no layers here"
        await asyncio.sleep(0.2)
        assert rig.states == ["none: no layers here"], "asked once"

    rig.run(work)


def test_a_compositor_that_comes_again_is_found(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LOOK_S", 0.02)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(rig.folder))
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-7")
    rig.plays(CANNOT)

    async def work(overlay: Overlay) -> None:
        await until(lambda: rig.states == ["none: no layers here"])
        (rig.folder / "nothing of interest").touch()
        await asyncio.sleep(0.2)
        assert len(rig.states) == 1
        rig.plays(SHOWS)
        with socket.socket(socket.AF_UNIX) as compositor:
            compositor.bind(str(rig.folder / "wayland-7"))
            await until(lambda: rig.states[-1] == "x11")

    rig.run(work)


def test_without_a_desktop_nothing_is_started(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LOOK_S", 0.02)
    monkeypatch.delenv("DISPLAY")
    rig.plays(SHOWS)

    async def work(overlay: Overlay) -> None:
        await until(lambda: rig.states == ["none: there is no desktop"])
        assert not children()
        assert await asyncio.to_thread(unavailable_reason) == "there is no desktop"
        monkeypatch.setenv("DISPLAY", ":4711")
        await until(lambda: rig.states[-1] == "x11")

    rig.run(work)


def test_without_the_systems_python_it_says_so(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gtk, "PYTHON", "/nowhere/python3")

    async def work(overlay: Overlay) -> None:
        await until(lambda: rig.states)
        assert rig.states == ["none: /nowhere/python3 cannot be started: No such file or directory"]
        assert "none: " + await asyncio.to_thread(unavailable_reason) == rig.states[0]

    rig.run(work)


def test_settings_count_at_once(rig: Rig) -> None:
    rig.plays('say({"by": sys.argv[-1]})\nwhile look(): say({})\n')

    async def work(overlay: Overlay) -> None:
        await until(lambda: rig.states == ["none"])
        overlay.apply(OverlaySettings(position="top"))
        await until(lambda: rig.states[-1] == "top")
        (first,) = children()
        overlay.apply(OverlaySettings(position="top"))
        overlay.try_again()
        await asyncio.sleep(0.1)
        assert list(children()) == [first], "nothing changed"
        overlay.apply(OverlaySettings(position="bottom"))
        await until(lambda: rig.states[-1] == "bottom")
        overlay.apply(OverlaySettings(use="none"))
        await until(lambda: rig.states[-1] == "none")
        assert not children()

    rig.run(work, OverlaySettings(use="none"))


def test_it_can_be_ended_at_the_very_moment_of_an_answer(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    rig.plays(SHOWS)
    stdout = ChildProcess.stdout.__get__

    class Reader:
        def __init__(self, process: ChildProcess) -> None:
            self.reader: asyncio.StreamReader = stdout(process, ChildProcess)

        async def read(self) -> bytes:
            return await self.reader.read()

        async def readline(self) -> bytes:
            line = await self.reader.readline()
            if line == b"{}\n":
                (keeping,) = (t for t in asyncio.all_tasks() if "_keep" in repr(t.get_coro()))
                asyncio.get_running_loop().call_soon(keeping.cancel)
            return line

    monkeypatch.setattr(ChildProcess, "stdout", property(Reader))

    async def main() -> None:
        running = asyncio.create_task(
            Overlay(OverlaySettings(), rig.picture, rig.states.append).run()
        )
        done, _ = await asyncio.wait({running}, timeout=10)
        assert done, "it goes on"

    asyncio.run(main())
    assert not children()
