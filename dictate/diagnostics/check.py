"""What works here and what does not: every backend of every stage is asked why not.

`python -m dictate.diagnostics.check` prints the rows as JSON. It may take some seconds.
"""

import asyncio
import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, TypeAlias

from dictate.backends import Backends
from dictate.config import config_file
from dictate.config.schema import Settings, one_engine, second_engine
from dictate.engines import ENGINES
from dictate.errors import ConfigError, DictateError, Unavailable
from dictate.hotkeys import KEY_SOURCES
from dictate.hotwords import hotwords_file
from dictate.microphone import MICROPHONES
from dictate.outputs import OUTPUTS
from dictate.platform import bus, paths
from dictate.ui.overlay.process import unavailable_reason as overlay_why_not
from dictate.ui.sounds import unavailable_reason as sounds_why_not
from dictate.vad import DETECTORS

Row: TypeAlias = dict[str, str | bool]
"""stage, name, chosen (whether dictate uses it), why_not (empty: it works)."""

LEAST_FREE_MB: Final = 100
"""With less room than this, a long dictation may fill the disk."""


def rows(settings: Settings) -> list[Row]:
    """All rows, in the order sound travels. It blocks: call it off the loop."""
    return [
        *_files(),
        *_backends("microphone", MICROPHONES, settings.microphone.use, settings.microphone),
        *_backends("speech", DETECTORS, settings.speech.use, settings.speech),
        *_backends("engine", ENGINES, settings.engine.use, settings.engine),
        *_backends("output", OUTPUTS, settings.output.use, settings.output),
        *_backends("hotkey", KEY_SOURCES, settings.hotkey.use, settings.hotkey),
        *_second(settings),
        _row("desktop", "display", _display()),
        _row("desktop", "session bus", _bus()),
        *_beside(settings),
        _row("journal", str(paths.state_dir()), _journal(paths.state_dir())),
    ]


def _beside(settings: Settings) -> Iterator[Row]:
    """What a dictation can do without."""
    if settings.overlay.use != "none":
        yield _row("desktop", "overlay", overlay_why_not())
    if settings.sounds.enabled:
        yield _row("desktop", "sounds", sounds_why_not())


def _files() -> Iterator[Row]:
    readers: dict[Path, Callable[[Path], object]] = {
        paths.config_file(): config_file.load,
        paths.hotwords_file(): lambda path: hotwords_file.load(path, 1.0),
    }
    for path, load in readers.items():
        try:
            load(path)
        except ConfigError as error:
            yield _row("files", str(path), "; ".join(error.problems))
        else:
            yield _row("files", str(path) if path.exists() else f"{path} (not there: defaults)")


def _backends(stage: str, door: Backends[Any], use: str, settings: Any) -> Iterator[Row]:
    if use == "none":
        yield _row(stage, "none")
        return
    asked = use.partition(":")[0]
    answers = {name: door.why_not(name, settings) for name in door.names}
    if asked == "auto":
        asked = next((name for name in door.auto if not answers[name]), "")
    elif asked not in answers:
        known = ", ".join(["auto", *answers])
        yield _row(stage, use, f"there is no such {door.stage}: choose from {known}")
    for name, unavailable_reason in answers.items():
        yield {
            "stage": stage,
            "name": name,
            "chosen": name == asked,
            "why_not": unavailable_reason,
        }


def _second(settings: Settings) -> Iterator[Row]:
    """What the second way uses, where that is not what the main one uses."""
    stages: list[tuple[str, Backends[Any], str, Any]] = []
    if not one_engine(settings):
        engine = second_engine(settings)
        stages.append(("second engine", ENGINES, engine.use, engine))
    if use := settings.second.output:
        stages.append(("second output", OUTPUTS, use, settings.output))
    for name, key in (("second", settings.second.key), ("cancel", settings.hotkey.cancel_key)):
        hotkey = replace(settings.hotkey, key=key)
        if key:
            stages.append((f"{name} key", KEY_SOURCES, hotkey.use, hotkey))
    for stage in stages:
        rows = list(_backends(*stage))
        yield from [row for row in rows if row["chosen"]] or rows


def _display() -> str:
    if os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"):
        return ""
    return (
        "neither DISPLAY nor WAYLAND_DISPLAY is set: start dictate within a desktop; for the "
        "service, systemctl --user import-environment DISPLAY XAUTHORITY"
    )


def _bus() -> str:
    async def reach() -> None:
        await bus.leave(await bus.connect())

    try:
        asyncio.run(reach())
    except Unavailable as error:
        return str(error)
    return ""


def _journal(folder: Path) -> str:
    """Why opening the journal would fail or be of little use. It makes nothing."""
    if reason := paths.unsafe_reason(folder):
        return f"{reason}; until then everything is kept in memory only"
    there = next(path for path in (folder, *folder.parents) if path.exists())
    free_mb = shutil.disk_usage(there).free / 1e6
    if free_mb < LEAST_FREE_MB:
        return f"only {free_mb:.0f} MB are free on that disk: make room"
    return ""


def _row(stage: str, name: str, unavailable_reason: str = "") -> Row:
    return {"stage": stage, "name": name, "chosen": True, "why_not": unavailable_reason}


def main() -> None:
    """Print the rows as JSON, for the settings in the user's file."""
    try:
        settings = config_file.load(paths.config_file())
    except DictateError:
        settings = Settings()  # what is wrong with the file is one of the rows
    json.dump(rows(settings), sys.stdout)


if __name__ == "__main__":
    main()
