"""Keeps the overlay's process: starts it, feeds it, and does without it.

It may die, hang or never come: nothing of a dictation waits for it. At most one picture is on the
way at a time, and the next is sent when that one was answered: so its pipe is never full, and a
process that hangs shows within `ANSWER_S`. While nobody dictates it need not be there.
"""

import asyncio
import json
import logging
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Final

from dictate.config.schema import OverlaySettings
from dictate.platform.backoff import Backoff
from dictate.platform.child_process import ChildProcess
from dictate.platform.desktop import NAMES
from dictate.ui.overlay.picture import Picture

log = logging.getLogger(__name__)

PYTHON: Final = "/usr/bin/python3"
"""The system's own: GTK comes with the system, and no package index has it for every machine."""
WINDOW: Final = Path(__file__).with_name("window.py")
START_S: Final = 15.0
"""A cold disk, and all libraries of GTK."""
ANSWER_S: Final = 5.0
PAUSE_S: Final = 0.05
"""Between two pictures at least: twenty a second."""
IDLE_S: Final = 600.0
"""With nothing to show for so long it ends, until there is: its memory is worth more than the
moment in which it starts."""
STEADY_S: Final = 60.0
"""A process that lived for so long did not die of what the ones before it died of."""
FIRST_BACKOFF_S, LONGEST_BACKOFF_S = 0.25, 15.0
MOST_DEATHS: Final = 4
"""After one more early death in a row it is given up."""
LOOK_S: Final = 5.0
"""How often we look for a desktop where there was none."""


class _CannotBe(Exception):
    """There is no overlay on this desktop: why."""


class _Idle(Exception):
    """There has been nothing to show for a while."""


class Overlay:
    """Shows `picture`. `on_state` gets how (x11, xwayland, layer shell), or "none: " and why."""

    def __init__(
        self, settings: OverlaySettings, picture: Picture, on_state: Callable[[str], None]
    ) -> None:
        self._settings = settings
        self._picture = picture
        self._on_state = on_state
        self._news = asyncio.Event()
        self._again = asyncio.Event()
        self._given_up = False
        self._seen = False
        """Whether the window is there."""
        picture.on_news = self._news.set

    def apply(self, settings: OverlaySettings) -> None:
        """Use these settings from now on."""
        if settings != self._settings:
            self._settings = settings
            self._again.set()

    def try_again(self) -> None:
        """If there is none: the desktop may have changed, or what it died of."""
        if self._given_up:
            self._again.set()

    async def run(self) -> None:
        """Until cancelled; the process ends then."""
        while True:
            self._again.clear()
            self._given_up = False
            again = asyncio.create_task(self._again.wait())
            keeping = asyncio.create_task(self._keep())
            try:
                await asyncio.wait({again, keeping}, return_when=asyncio.FIRST_COMPLETED)
                if keeping.done():
                    keeping.result()  # a bug of ours is no overlay's death
                    await _desktop_or(again)
            finally:
                again.cancel()
                keeping.cancel()
                await asyncio.gather(again, keeping, return_exceptions=True)

    async def _keep(self) -> None:
        """Run it again and again; returns when it is given up, or cannot be here."""
        if self._settings.use == "none":
            self._on_state("none")
            return
        if not _there_is_a_desktop():
            self._give_up("there is no desktop")
            return
        loop = asyncio.get_running_loop()
        backoff = Backoff(FIRST_BACKOFF_S, LONGEST_BACKOFF_S, STEADY_S, factor=4.0)
        while True:
            began = loop.time()
            try:
                why = await self._one_run()
            except _CannotBe as reason:
                log.info("no overlay: %s", reason)
                self._give_up(str(reason))
                return
            except _Idle:
                backoff.reset()
                await self._news.wait()
                continue
            wait_s = backoff.after(loop.time() - began)
            if backoff.failures > MOST_DEATHS:
                log.warning("no overlay any more: it ended %d times (%s)", backoff.failures, why)
                self._give_up(f"{why}, again and again; dictatectl reload tries once more")
                return
            log.info("the overlay is restarted: %s", why)
            await asyncio.sleep(wait_s)

    def _give_up(self, why: str) -> None:
        self._given_up = True
        self._on_state(f"none: {why}")

    async def _one_run(self) -> str:
        """One process, from its start to its end; why it ended. Raises _CannotBe, _Idle."""
        command = (PYTHON, "-I", str(WINDOW), "--position", self._settings.position)
        process = ChildProcess("the overlay", command, log, answers=True)
        try:
            await process.start()
        except OSError as error:
            raise _CannotBe(f"{PYTHON} cannot be started: {error.strerror}") from error
        try:
            await self._feed(process)
            async with asyncio.timeout(1):
                return await process.ended()
        except TimeoutError:
            return "it hung"
        except ValueError:
            return "it talks nonsense"
        finally:
            await process.kill()

    async def _feed(self, process: ChildProcess) -> None:
        """Show all news until it ends. Raises TimeoutError, ValueError, _CannotBe, _Idle."""
        # Not wait_for, here and below: in Python 3.11 it may lose that we are cancelled.
        async with asyncio.timeout(START_S):
            line = await process.stdout.readline()
        if not line:
            return
        hello = json.loads(line)
        if "why_not" in hello:
            raise _CannotBe(hello["why_not"])
        self._on_state(hello["by"])
        self._news.set()
        self._seen = False
        while await self._show(process):
            pass

    async def _show(self, process: ChildProcess) -> bool:
        """Wait for news, show them, wait for the answer; False when there is none any more. Raises
        TimeoutError, _Idle."""
        answer = asyncio.create_task(process.stdout.readline())
        news = asyncio.create_task(self._news.wait())
        try:
            patience_s = None if self._seen else IDLE_S
            ready, _ = await asyncio.wait(
                {answer, news}, timeout=patience_s, return_when=asyncio.FIRST_COMPLETED
            )
            if not ready:
                raise _Idle
            if answer.done():
                return False  # nobody asked: it is the end of its output
            self._news.clear()
            picture = self._picture.take()
            self._seen = bool(picture["state"])
            process.stdin.write(json.dumps(picture).encode() + b"\n")
            async with asyncio.timeout(ANSWER_S):
                lives = bool(await answer)
            await asyncio.sleep(PAUSE_S)
        finally:
            for task in (answer, news):
                task.cancel()
            await asyncio.gather(answer, news, return_exceptions=True)
        return lives


def unavailable_reason() -> str:
    """Why there can be no overlay here and what to do, or nothing. Blocks: it asks a process."""
    if not _there_is_a_desktop():
        return "there is no desktop"
    try:
        done = subprocess.run(
            [PYTHON, "-I", str(WINDOW), "--check"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=START_S,
            check=False,
        )
        hello = json.loads(done.stdout)
    except OSError as error:
        return f"{PYTHON} cannot be started: {error.strerror}"
    except subprocess.TimeoutExpired:
        return "the desktop does not answer"
    except ValueError:
        return f"it ends with status {done.returncode}: {PYTHON} {WINDOW} --check"
    return str(hello.get("why_not", ""))


async def _desktop_or(again: "asyncio.Task[bool]") -> None:
    """Wait for `again`, or for another desktop than there is now."""
    before = await asyncio.to_thread(_desktop)
    while not again.done() and await asyncio.to_thread(_desktop) == before:
        await asyncio.wait({again}, timeout=LOOK_S)


def _there_is_a_desktop() -> bool:
    return any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))


def _desktop() -> list[object]:
    """What differs once it is another one, or the same come again: its socket is a new one."""
    number = os.environ.get("DISPLAY", "").rpartition(":")[2].partition(".")[0]
    wayland = Path(os.environ.get("XDG_RUNTIME_DIR", ""), os.environ.get("WAYLAND_DISPLAY", ""))
    found: list[object] = [os.environ.get(name) for name in NAMES]
    for path in (Path(f"/tmp/.X11-unix/X{number}"), wayland):
        try:
            status = path.stat()
        except OSError:
            found.append(None)
        else:
            found.append((status.st_ino, status.st_ctime_ns) if path.is_socket() else None)
    return found
