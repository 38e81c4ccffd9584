"""Supervises the overlay's process: starts it, feeds it, and works without it.

It may die, hang or never start: no dictation waits for it. The next picture is sent only after the
last one was answered, so the pipe never fills and a hang shows within `ANSWER_S`. Between
dictations the process may be gone.
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
from dictate.translation import _
from dictate.ui import gtk
from dictate.ui.overlay.picture import Picture

log = logging.getLogger(__name__)

WINDOW: Final = Path(__file__).with_name("window.py")
ANSWER_S: Final = 5.0
"""Seconds until a picture without an answer means a hang."""
PAUSE_S: Final = 0.05
"""Minimum pause between two pictures, in seconds: twenty a second."""
IDLE_S: Final = 600.0
"""Seconds without anything to show after which the process ends. It starts again when needed: the
memory is worth more than the moment of a start."""
STEADY_S: Final = 60.0
"""A process that survives this many seconds resets the count of early deaths."""
FIRST_BACKOFF_S, LONGEST_BACKOFF_S = 0.25, 15.0
MOST_DEATHS: Final = 4
"""Restarts after early deaths in a row; the next one ends the attempts."""
LOOK_S: Final = 5.0
"""Seconds between two looks for a desktop while there is none."""


class _Unsupported(Exception):
    """This desktop cannot show an overlay; the message says why."""


class _Idle(Exception):
    """There was nothing to show for a while."""


class Overlay:
    """Shows `picture`. `on_state` gets the method (x11, xwayland, layer shell), or "none: " and the
    reason."""

    def __init__(
        self, settings: OverlaySettings, picture: Picture, on_state: Callable[[str], None]
    ) -> None:
        self._settings = settings
        self._picture = picture
        self._on_state = on_state
        self._changed = asyncio.Event()
        self._again = asyncio.Event()
        self._given_up = False
        self._seen = False
        """Whether the window is visible."""
        picture.on_change = self._changed.set

    def apply(self, settings: OverlaySettings) -> None:
        """Use these settings from now on."""
        if settings != self._settings:
            self._settings = settings
            self._again.set()

    def try_again(self) -> None:
        """Start again after giving up: the desktop may have changed."""
        if self._given_up:
            self._again.set()

    async def run(self) -> None:
        """Run until cancelled; then the process ends."""
        while True:
            self._again.clear()
            self._given_up = False
            again = asyncio.create_task(self._again.wait())
            keeping = asyncio.create_task(self._keep())
            try:
                await asyncio.wait({again, keeping}, return_when=asyncio.FIRST_COMPLETED)
                if keeping.done():
                    keeping.result()  # a bug of ours is not an overlay that died
                    await _desktop_or(again)
            finally:
                again.cancel()
                keeping.cancel()
                await asyncio.gather(again, keeping, return_exceptions=True)

    async def _keep(self) -> None:
        """Restart it until it is given up or unsupported."""
        if self._settings.use == "none":
            self._on_state("none")
            return
        if not _there_is_a_desktop():
            self._give_up(_("there is no desktop"))
            return
        loop = asyncio.get_running_loop()
        backoff = Backoff(FIRST_BACKOFF_S, LONGEST_BACKOFF_S, STEADY_S, factor=4.0)
        while True:
            began = loop.time()
            try:
                why = await self._one_run()
            except _Unsupported as reason:
                log.info("overlay: none: %s", reason)
                self._give_up(str(reason))
                return
            except _Idle:
                backoff.reset()
                await self._changed.wait()
                continue
            wait_s = backoff.after(loop.time() - began)
            if backoff.failures > MOST_DEATHS:
                log.warning("overlay: given up, it ended %d times (%s)", backoff.failures, why)
                self._give_up(_("{why}, repeatedly; dictatectl reload tries again").format(why=why))
                return
            log.info("overlay: restarted: %s", why)
            await asyncio.sleep(wait_s)

    def _give_up(self, why: str) -> None:
        self._given_up = True
        self._on_state(f"none: {why}")

    async def _one_run(self) -> str:
        """Run one process to its end; why it ended. Raises _Unsupported, _Idle."""
        command = gtk.command(WINDOW, "--position", self._settings.position)
        process = ChildProcess("the overlay", command, log, answers=True)
        try:
            await process.start()
        except OSError as error:
            raise _Unsupported(
                _("{python} cannot be started: {strerror}").format(
                    python=gtk.PYTHON, strerror=error.strerror
                )
            ) from error
        try:
            await self._feed(process)
            async with asyncio.timeout(1):
                return await process.ended()
        except TimeoutError:
            return _("it hung")
        except ValueError:
            return _("it sent an invalid answer")
        finally:
            await process.kill()

    async def _feed(self, process: ChildProcess) -> None:
        """Send pictures until it ends. Raises TimeoutError, ValueError, _Unsupported, _Idle."""
        # Not wait_for, here and below: in Python 3.11 it may lose a cancellation.
        async with asyncio.timeout(gtk.START_S):
            line = await process.stdout.readline()
        if not line:
            return
        hello = json.loads(line)
        if "why_not" in hello:
            raise _Unsupported(gtk.with_command(hello["why_not"]))
        self._on_state(hello["by"])
        self._changed.set()
        self._seen = False
        while await self._show(process):
            pass

    async def _show(self, process: ChildProcess) -> bool:
        """Wait for a change, send the picture, wait for the answer; False when the process has
        ended. Raises TimeoutError, _Idle."""
        answer = asyncio.create_task(process.stdout.readline())
        change = asyncio.create_task(self._changed.wait())
        try:
            patience_s = None if self._seen else IDLE_S
            ready, __ = await asyncio.wait(
                {answer, change}, timeout=patience_s, return_when=asyncio.FIRST_COMPLETED
            )
            if not ready:
                raise _Idle
            if answer.done():
                return False  # no picture was sent, so this is the end of its output
            self._changed.clear()
            picture = self._picture.take()
            self._seen = bool(picture["state"])
            process.stdin.write(json.dumps(picture).encode() + b"\n")
            async with asyncio.timeout(ANSWER_S):
                lives = bool(await answer)
            await asyncio.sleep(PAUSE_S)
        finally:
            for task in (answer, change):
                task.cancel()
            await asyncio.gather(answer, change, return_exceptions=True)
        return lives


def unavailable_reason() -> str:
    """Why there can be no overlay here and what to do, or an empty text. Blocks on a process."""
    if not _there_is_a_desktop():
        return _("there is no desktop")
    try:
        done = subprocess.run(
            gtk.command(WINDOW, "--check"),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=gtk.START_S,
            check=False,
        )
        hello = json.loads(done.stdout)
    except OSError as error:
        return _("{python} cannot be started: {strerror}").format(
            python=gtk.PYTHON, strerror=error.strerror
        )
    except subprocess.TimeoutExpired:
        return _("the desktop does not answer")
    except ValueError:
        return _("it ends with status {status}: {command}").format(
            status=done.returncode, command=" ".join(gtk.command(WINDOW, "--check"))
        )
    return gtk.with_command(str(hello.get("why_not", "")))


async def _desktop_or(again: "asyncio.Task[bool]") -> None:
    """Wait for `again`, or until the desktop changes."""
    before = await asyncio.to_thread(_desktop)
    while not again.done() and await asyncio.to_thread(_desktop) == before:
        await asyncio.wait({again}, timeout=LOOK_S)


def _there_is_a_desktop() -> bool:
    return any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))


def _desktop() -> list[object]:
    """A value that changes with the desktop, also when the same one restarts: its socket is new."""
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
