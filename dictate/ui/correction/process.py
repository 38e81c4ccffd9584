"""The daemon's side of the correction window: one process for one correction.

It may die, hang or never start, and nothing else waits for it: each page is answered at once, so a
hang shows within `ANSWER_S`.
"""

import asyncio
import json
import logging
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from dictate.errors import Unavailable
from dictate.platform.child_process import ChildProcess
from dictate.translation import _
from dictate.ui import gtk

log = logging.getLogger(__name__)

WINDOW: Final = Path(__file__).with_name("window.py")
ANSWER_S: Final = 5.0
"""Seconds until a page without an answer means a hang."""
LEAVE_S: Final = 1.0
"""Seconds for the window to close by itself, so that the focus goes back where it was."""


class Closed(Exception):
    """The user closed the window."""


class WindowLost(Exception):
    """The window died or hung; the message says how."""


class CorrectionWindow:
    """All methods belong on the loop."""

    def __init__(self) -> None:
        command = gtk.command(WINDOW)
        self._process = ChildProcess("the correction window", command, log, answers=True)
        self._shown: asyncio.Queue[None] = asyncio.Queue()
        self._done: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        """What the user did."""
        self._one_page = asyncio.Lock()
        self._reading: asyncio.Task[None] | None = None
        self._end: Exception | None = None
        """Why there will be no further line of it."""

    async def open(self) -> None:
        """Start it. Raises Unavailable, with what to do."""
        try:
            await self._process.start()
            async with asyncio.timeout(gtk.START_S):
                hello = json.loads(await self._process.stdout.readline() or b"{}")
        except TimeoutError as error:
            await self._process.kill()
            raise Unavailable(_("the desktop does not answer")) from error
        except OSError as error:
            raise Unavailable(
                _("{python} cannot be started: {strerror}").format(
                    python=gtk.PYTHON, strerror=error.strerror
                )
            ) from error
        except ValueError as error:
            await self._process.kill()
            raise Unavailable(_("there is no correction window here: invalid answer")) from error
        except BaseException:
            await self._process.kill()
            raise
        if not hello.get("ready"):
            why = hello.get("why_not") or _("its process ended ({status})").format(
                status=await self._process.ended()
            )
            await self._process.kill()
            raise Unavailable(
                _("there is no correction window here: {reason}").format(
                    reason=gtk.with_command(why)
                )
            )
        # untranslated
        self._reading = asyncio.create_task(self._read(), name="the correction window")

    async def show(self, **page: Any) -> None:
        """Show this; see `window.py`. Raises Closed, WindowLost."""
        async with self._one_page:
            if self._end is None:
                self._process.stdin.write(json.dumps(page, ensure_ascii=False).encode() + b"\n")
                try:
                    async with asyncio.timeout(ANSWER_S):
                        await self._shown.get()
                except TimeoutError:
                    self._end = self._end or WindowLost("hung")
                    await self._kill()
            if self._end is not None:
                raise self._end

    async def answer(self) -> dict[str, Any]:
        """What the user does next. Raises Closed, WindowLost."""
        if self._end is None or not self._done.empty():
            found = await self._done.get()
            if found:
                return found
        assert self._end is not None
        raise self._end

    async def close(self) -> None:
        """End it, whatever state it is in. Idempotent."""
        with suppress(OSError):
            self._process.stdin.close()
        with suppress(TimeoutError):
            async with asyncio.timeout(LEAVE_S):
                await self._process.ended()
        await self._kill()

    async def _kill(self) -> None:
        if self._reading is not None:
            self._reading.cancel()  # only one may read at a time
            await asyncio.wait({self._reading})
        await self._process.kill()

    async def _read(self) -> None:
        try:
            while line := await self._process.stdout.readline():
                said = json.loads(line)
                if said.get("closed"):
                    self._end = self._end or Closed()
                elif said:
                    self._done.put_nowait(said)
                else:
                    self._shown.put_nowait(None)
            # Its last words are in the log: usually they are a warning of GTK's.
            how = (await self._process.ended()).partition(":")[0]
            self._end = self._end or WindowLost(how)
        except ValueError:
            self._end = WindowLost(_("invalid answer"))
        finally:
            self._end = self._end or Closed()
            self._shown.put_nowait(None)
            self._done.put_nowait({})
