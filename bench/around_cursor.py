"""How long an output takes to say what stands around the cursor, in a real window, and what is
added by that and by fitting the text in.

On X11 applications are asked through accessibility, in sway by the input method: with a preview
shown, whose report is there already, and without one.
"""

import argparse
import asyncio
import os
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

import numpy as np

from bench.figures import machine, table
from dictate.config.schema import OutputSettings
from dictate.outputs import FieldText, Output
from dictate.outputs.wayland.input_method import InputMethodOutput
from dictate.outputs.x11.output import X11Output
from dictate.text.fit import Around, Fitting
from tests.lab.accessibility import AccessibilityBus, AccessibleChromium, AccessibleQt6
from tests.lab.bus import session_bus
from tests.lab.sway import Gtk3, Gtk4, Sway, SwayWindow
from tests.lab.windows import Gtk4Field, GtkField, Window
from tests.lab.xserver import XServer

HEAD: Final = ("output", "application", "preview", "known", "p50, ms", "p95, ms")
BEFORE: Final = "The numbers of last month are in the folder. " * 20 + "Now we need "
SAID: Final = "The ones of this month."
PREVIEW: Final = "The ones of"
SETTLED_S: Final = 0.1
X11: Final[Sequence[type[Window]]] = (GtkField, Gtk4Field, AccessibleQt6, AccessibleChromium)
SWAY: Final[Sequence[type[SwayWindow]]] = (Gtk3, Gtk4)


async def measured(output: Output, window: Window, runs: int, preview: str) -> list[str]:
    """A row of the table."""
    await asyncio.to_thread(window.focus)
    await output.open()
    times, known = [], 0
    try:
        await asyncio.sleep(3)  # the application tells of its field
        focus = await output.focus()
        await output.write(BEFORE, focus)
        await asyncio.to_thread(window.wait_text, BEFORE)
        for number in range(runs):
            if preview:
                await output.preview(f"{preview} {number}")
            await asyncio.sleep(SETTLED_S)
            began = time.perf_counter()
            there = await output.surrounding(focus)
            _fitted(there)
            times.append((time.perf_counter() - began) * 1000)
            known += there is not None
        await output.preview("")
    finally:
        await output.close()
    at = [f"{np.percentile(times, percent):.1f}" for percent in (50, 95)]
    shown = "yes" if preview else "no"
    return [output.name, window.kind, shown, f"{known} of {runs}", *at]


def _fitted(there: FieldText | None) -> str:
    around = Around(there.before, there.after) if there is not None else None
    return Fitting(language="en").fit(SAID, around)


@contextmanager
def _x11(folder: Path) -> Iterator[XServer]:
    with (
        session_bus(folder) as bus,
        XServer() as x,
        AccessibilityBus(bus.address, folder, x.display) as accessibility,
    ):
        x.more_env = accessibility.env
        os.environ |= {"DISPLAY": x.display, "DBUS_SESSION_BUS_ADDRESS": bus.address}
        yield x


@contextmanager
def _sway() -> Iterator[Sway]:
    with Sway() as sway, sway.keyboard():
        os.environ["WAYLAND_DISPLAY"] = sway.display
        yield sway


def rows(runs: int) -> Iterator[list[str]]:
    """Of the table."""
    settings = OutputSettings(paste_timeout_ms=5000)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="dictate-bench-")))
        x = stack.enter_context(_x11(folder))
        for kind in X11:
            window = kind(x, folder)
            yield asyncio.run(measured(X11Output(settings), window, runs, ""))
            window.close()
        sway = stack.enter_context(_sway())
        for in_sway in SWAY:
            for preview in (PREVIEW, ""):
                field = in_sway(sway, folder)
                yield asyncio.run(measured(InputMethodOutput(settings), field, runs, preview))
                field.close()


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="bench.around_cursor", description=__doc__)
    parser.add_argument("--runs", type=int, default=100)
    arguments = parser.parse_args()
    print(f"{machine()}, {len(BEFORE)} characters in the field, {arguments.runs} runs each\n")
    print(table(HEAD, list(rows(arguments.runs))))


if __name__ == "__main__":
    main()
