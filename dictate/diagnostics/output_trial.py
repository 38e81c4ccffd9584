"""Tries the outputs for real: a small window of our own, a text into it, and what arrived.

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
from dictate.outputs import OUTPUTS, Focus, Output, Receipt

WINDOW: Final = Path(__file__).with_name("trial_window.py")
OPEN_S: Final = 15.0
"""Time for the user to click into a window that the desktop did not give the focus."""
FOCUS_TRIES: Final = 20
ARRIVE_S: Final = 3.0
Row: TypeAlias = dict[str, str | bool | float]
_WITHOUT_A_WINDOW: Final = ("stdout",)
_NO_TOOLKIT: Final = (
    "no window can be opened: apt install python3-gi gir1.2-gtk-3.0 (or python3-tk), and start "
    "this within a desktop"
)


async def rows(settings: OutputSettings, used: Output | None) -> list[Row]:
    """What came of each output that can work here; `used` is the daemon's own, open.

    A row has output, used, verdict (exact, different, copied, failed), found (what came instead,
    or why it failed), receipt, ms (from the writing to the text in the window).
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
        if name in _WITHOUT_A_WINDOW or (used is not None and name == used.name):
            continue
        if not OUTPUTS.why_not(name, settings):
            yield OUTPUTS.make(name, settings)


async def _try(output: Output) -> dict[str, Any]:
    nonce = f"“Dictate” {secrets.randbelow(10**6):06} – Grüße, 日本 ✓"  # noqa: RUF001
    async with _window(output.name) as window:
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
    """What has the focus: the desktop may tell the output a moment later than the window."""
    for _ in range(FOCUS_TRIES):
        if (focus := await output.focus()) is not None:
            return focus
        await asyncio.sleep(0.05)
    return None


class _Window:
    """What the window says of itself."""

    def __init__(self, child: asyncio.subprocess.Process) -> None:
        self._child = child
        self._text, self._at = "", 0.0

    async def wait_focus(self) -> bool:
        """Whether it has the focus; False if it could not be opened, or nobody clicked."""
        try:
            async with asyncio.timeout(OPEN_S):
                while said := await self._next():
                    if "focus" in said:
                        return True
        except TimeoutError:
            raise Unavailable("the small window did not get the focus: click into it") from None
        return False

    async def wait_text(self, expected: str) -> tuple[str, float]:
        """The text in the field once it is this one, or what it is at last; and since when."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(ARRIVE_S):
                while self._text != expected and (said := await self._next()):
                    if "text" in said:
                        self._text, self._at = said["text"], time.monotonic()
        return self._text, self._at or time.monotonic()

    async def _next(self) -> dict[str, Any]:
        assert self._child.stdout is not None
        line = await self._child.stdout.readline()
        said: dict[str, Any] = json.loads(line) if line else {}
        return said


@asynccontextmanager
async def _window(output: str) -> AsyncIterator[_Window]:
    """The window, with the focus. Raises Unavailable."""
    environment = dict(os.environ)
    if output == "x11":
        environment["GDK_BACKEND"] = "x11"
    for python in dict.fromkeys((sys.executable, "/usr/bin/python3")):
        child = await asyncio.create_subprocess_exec(
            *(python, str(WINDOW)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env=environment,
        )
        try:
            window = _Window(child)
            if await window.wait_focus():
                yield window
                return
        finally:
            with contextlib.suppress(ProcessLookupError):
                child.kill()
            await child.wait()
    raise Unavailable(_NO_TOOLKIT)


def main() -> None:
    """Print the rows as JSON, for the settings in the user's file: where no daemon runs."""
    from dictate.config import config_file
    from dictate.platform import paths

    settings = config_file.load(paths.config_file()).output
    json.dump(asyncio.run(rows(settings, None)), sys.stdout)


if __name__ == "__main__":
    main()
