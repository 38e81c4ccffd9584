"""Tries the outputs for real: opens a small window, writes a text into it, and reads what arrived.

`check.py` asks whether an output could work; this shows that it does.
"""

import asyncio
import contextlib
import json
import os
import secrets
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final, TypeAlias

from dictate.config.schema import OutputSettings
from dictate.errors import DictateError, Unavailable
from dictate.installation import system_command
from dictate.outputs import OUTPUTS, Destination, Focus, Output, Receipt
from dictate.translation import _
from dictate.ui import gtk

WINDOW: Final = Path(__file__).with_name("trial_window.py")
OPEN_S: Final = 15.0
"""Seconds for the user to click into a window that the desktop did not give the focus."""
FOCUS_TRIES: Final = 20
ARRIVE_S: Final = 3.0
Row: TypeAlias = dict[str, str | bool | float]
_SHOWN: Final = (Destination.WINDOW, Destination.CLIPBOARD)
"""Where a text can be looked for. One in a stream is not: standard output carries the result."""
_NO_TOOLKIT: Final = _(
    "no window can be opened: {system_command} (or python3-tk), and start this within a desktop"
).format(system_command=system_command("python3-gi", "gir1.2-gtk-3.0"))


async def rows(settings: OutputSettings, used: Output | None) -> list[Row]:
    """The result of each output that can work here; `used` is the daemon's own, which is open.

    A row has output, used, verdict (exact, different, copied, failed), found (what arrived instead,
    or why it failed), receipt, ms (from writing until the text is in the window).
    """
    found: list[Row] = []
    for output in await asyncio.to_thread(lambda: list(_working(settings, used))):
        row: Row = {"output": output.name, "used": output is used}
        try:
            if output is not used:
                await output.open()
            found.append(row | await _try(output))
        except DictateError as error:
            found.append(row | {"verdict": "failed", "found": str(error), "receipt": "", "ms": 0.0})
        finally:
            if output is not used:
                await output.close()
    return found


def _working(settings: OutputSettings, used: Output | None) -> Iterator[Output]:
    if used is not None and used.name in OUTPUTS.names:
        yield used
    for name in OUTPUTS.names:
        if used is not None and name == used.name:
            continue
        if OUTPUTS.why_not(name, settings):
            continue
        output = OUTPUTS.make(name, settings)
        if output.destination in _SHOWN:
            yield output


async def _try(output: Output) -> dict[str, Any]:
    # untranslated
    nonce = f"“Dictate” {secrets.randbelow(10**6):06} – Grüße, 日本 ✓"  # noqa: RUF001
    async with _window(x11=output.x11_windows_only) as window:
        focus = await _focus(output)
        began = time.monotonic()
        receipt = await output.write(nonce, focus)
        if receipt is Receipt.COPIED:
            return {"verdict": "copied", "found": "", "receipt": receipt.value, "ms": 0.0}
        arrived, at = await window.wait_text(nonce)
        return {
            "verdict": "exact" if arrived == nonce else "different",
            "found": "" if arrived == nonce else arrived,
            "receipt": receipt.value,
            "ms": (at - began) * 1000,
        }


async def _focus(output: Output) -> Focus | None:
    """What has the focus: the output may learn of it a moment after the window does."""
    for __ in range(FOCUS_TRIES):
        if (focus := await output.focus()) is not None:
            return focus
        await asyncio.sleep(0.05)
    return None


class _TrialWindow:
    """The window's reports."""

    def __init__(self, child: asyncio.subprocess.Process) -> None:
        self._child = child
        self._text, self._at = "", 0.0

    async def wait_focus(self) -> bool:
        """Whether it has the focus; False if it could not be opened. Raises Unavailable if it never
        gets the focus."""
        try:
            async with asyncio.timeout(OPEN_S):
                while report := await self._next():
                    if "focus" in report:
                        return True
        except TimeoutError:
            raise Unavailable(_("the small window did not get the focus: click into it")) from None
        return False

    async def wait_text(self, expected: str) -> tuple[str, float]:
        """Wait for this text. Returns the last text in the field, and since when it is there."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(ARRIVE_S):
                while self._text != expected and (report := await self._next()):
                    if "text" in report:
                        self._text, self._at = report["text"], time.monotonic()
        return self._text, self._at or time.monotonic()

    async def _next(self) -> dict[str, Any]:
        assert self._child.stdout is not None
        line = await self._child.stdout.readline()
        report: dict[str, Any] = json.loads(line) if line else {}
        return report


@asynccontextmanager
async def _window(*, x11: bool) -> AsyncIterator[_TrialWindow]:
    """The window, with the focus; through Xwayland if `x11`. Raises Unavailable."""
    environment = dict(os.environ)
    if x11:
        environment["GDK_BACKEND"] = "x11"
    for python in dict.fromkeys((sys.executable, "/usr/bin/python3")):
        child = await asyncio.create_subprocess_exec(
            *gtk.command(WINDOW, python=python),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env=environment,
        )
        try:
            window = _TrialWindow(child)
            if await window.wait_focus():
                yield window
                return
        finally:
            with contextlib.suppress(ProcessLookupError):
                child.kill()
            await child.wait()
    raise Unavailable(_NO_TOOLKIT)


def main() -> None:
    """Print the rows as JSON, for the settings in the user's file. It is run if no daemon runs."""
    from dictate.config import config_file
    from dictate.platform import paths

    settings = config_file.load(paths.config_file()).output
    json.dump(asyncio.run(rows(settings, None)), sys.stdout)


if __name__ == "__main__":
    main()
