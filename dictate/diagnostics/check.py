"""What works here and what does not: asks every backend of every stage.

`python -m dictate.diagnostics.check` prints the rows as JSON. It may take some seconds.
"""

import asyncio
import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from dictate import inverse_normalization
from dictate.backends import Backends
from dictate.chat.address import uses_model, where
from dictate.chat.state import unavailable_reason
from dictate.config import config_file
from dictate.config.profiles import engines_of, names_of, text_of
from dictate.config.schema import (
    HotkeySettings,
    MicrophoneSettings,
    Settings,
)
from dictate.engines import ENGINES
from dictate.errors import ConfigError, DictateError, Unavailable
from dictate.hotkeys import KEY_SOURCES
from dictate.hotkeys.advice import MEANWHILE, how_to_press, without_key
from dictate.hotkeys.chord import AUTO
from dictate.hotkeys.desktop_keys import ShortcutBackend, bound_in
from dictate.hotwords import hotwords_file
from dictate.hotwords.model import MAIN
from dictate.labels import label
from dictate.microphone import MICROPHONES
from dictate.outputs import OUTPUTS
from dictate.platform import bus, paths
from dictate.translation import _
from dictate.ui.overlay.process import unavailable_reason as overlay_reason
from dictate.ui.sounds import unavailable_reason as sounds_reason
from dictate.vad import DETECTORS

VERDICT: Final = "verdict"
"""The stage of the last row: one sentence about all others."""
ESSENTIAL: Final = ("microphone", "speech", "engine", "output", "hotkey")
"""The stages without which there is no dictation."""
NONE_SLOW: Final[Mapping[str, str]] = MappingProxyType({})
_NAMES: Final = {"speech": "speech detector"}  # untranslated
MIN_FREE_MB: Final = 100
"""Megabytes that must be free on the journal's disk: with less, a long dictation may fill it."""


@dataclass(frozen=True, slots=True)
class CheckRow:
    """One line of the check."""

    stage: str
    name: str
    reason: str = ""
    """Why it cannot work and what to do; empty if it works."""
    chosen: bool = True
    """Whether dictate uses it."""
    needed: bool = False
    """Whether dictate cannot work if this does not."""

    def as_dict(self) -> dict[str, str | bool]:
        """The row for JSON and D-Bus."""
        return {
            "stage": self.stage,
            "name": self.name,
            "chosen": self.chosen,
            "why_not": self.reason,
            "needed": self.needed,
        }


def rows(settings: Settings, slow_engines: Mapping[str, str] = NONE_SLOW) -> list[CheckRow]:
    """All rows, in the order in which sound travels, and last the verdict. `slow_engines` is what a
    running daemon says about its engines that cannot keep up. Blocks: call it off the loop."""
    found = [
        *_files(),
        *_backends("microphone", MICROPHONES, settings.microphone.use, settings.microphone),
        *_backends("speech", DETECTORS, settings.speech.use, settings.speech),
        *_backends("engine", ENGINES, settings.engine.use, settings.engine),
        *_backends("output", OUTPUTS, settings.output.use, settings.output),
        *_keys("hotkey", settings.hotkey),
        *_profiles(settings),
        CheckRow("desktop", "display", _display_reason()),
        CheckRow("desktop", "session bus", _bus_reason()),  # untranslated
        *_extras(settings),
        CheckRow("journal", str(paths.state_dir()), _journal_reason(paths.state_dir())),
    ]
    # untranslated
    speed = (CheckRow("engine speed", name, reason) for name, reason in slow_engines.items())
    return [*found, *speed, verdict(settings, found)]


def verdict(settings: Settings, found: Sequence[CheckRow]) -> CheckRow:
    """Whether dictate works here, in one sentence; the reason is that of the first stage that does
    not."""
    for stage in ESSENTIAL:
        of_stage = [row for row in found if row.stage == stage]
        if broken := [row for row in of_stage if row.needed and row.reason]:
            one = next((row for row in broken if row.chosen), broken[0])
            if stage == "hotkey":
                advice = without_key(settings.hotkey.key, f"{one.name}: {one.reason}")
                return CheckRow(
                    VERDICT,
                    _("Dictate works here, but {advice}").format(advice=advice),
                    advice,
                    needed=True,
                )
            reason = _("no {stage} works; {name}: {reason}").format(
                stage=label(_NAMES.get(stage, stage)), name=one.name, reason=one.reason
            )
            return CheckRow(
                VERDICT,
                _("Dictate cannot work here yet: {reason}").format(reason=reason),
                reason,
                needed=True,
            )
    sentence = _("Dictate works here: {how_to_dictate}").format(
        how_to_dictate=_how_to_dictate(settings)
    )
    better = [
        f"{label(row.stage)} {label(row.name)} ({row.reason})" for row in _better(settings, found)
    ]
    if better:
        sentence += _("; it would be better with {better}").format(better=", ".join(better))
    return CheckRow(VERDICT, sentence)


def _better(settings: Settings, found: Sequence[CheckRow]) -> Iterator[CheckRow]:
    """What does not work here, although it is used or better than what is used."""
    engines = {row.name: row for row in found if row.stage == "engine"}
    used = next((name for name, row in engines.items() if row.chosen), "")
    if settings.engine.use == "auto" and used in ENGINES.auto:
        order = ENGINES.order(settings.engine)
        # The best of all; the others would be no more than a step on the way to it.
        yield from (engines[name] for name in order[: order.index(used)][:1])
    yield from (row for row in found if row.reason and row.chosen and not row.needed)


def _how_to_dictate(settings: Settings) -> str:
    hotkey, bound = settings.hotkey, _bound(settings.hotkey)
    if hotkey.use == "none" and bound is None:
        return MEANWHILE
    return how_to_press(hotkey.key, hotkey.mode, holds=bound is None or bound.holds)


def _extras(settings: Settings) -> Iterator[CheckRow]:
    """Parts that a dictation does not need."""
    if settings.overlay.use != "none":
        yield CheckRow("desktop", "overlay", overlay_reason())
    if settings.sounds.enabled:
        yield CheckRow("desktop", "sounds", sounds_reason())
    if any(text_of(settings, name).numbers for name in names_of(settings)):
        yield CheckRow("text", "numbers", inverse_normalization.unavailable_reason() or "")
    if uses_model(settings):
        model = settings.polish.model or _("the server's only model")
        name = f"{model} ({where(settings.polish)})"
        yield CheckRow("language model", name, unavailable_reason(settings.polish))  # untranslated


def _files() -> Iterator[CheckRow]:
    readers: dict[Path, Callable[[Path], object]] = {
        paths.config_file(): config_file.load,
        paths.hotwords_file(): lambda path: hotwords_file.load(path, 1.0),
    }
    for path, load in readers.items():
        try:
            load(path)
        except ConfigError as error:
            yield CheckRow("files", str(path), "; ".join(error.problems))
        else:
            yield CheckRow(
                "files",
                str(path)
                if path.exists()
                else _("{path} (missing: defaults are used)").format(path=path),
            )


def _backends(stage: str, backends: Backends[Any], use: str, settings: Any) -> Iterator[CheckRow]:
    if use == "none":
        yield CheckRow(stage, "none")
        return
    chosen = use.partition(":")[0]
    reasons = {name: backends.why_not(name, settings) for name in backends.names}
    essential = stage in ESSENTIAL
    candidates: tuple[str, ...] = (chosen,)
    if chosen == "auto":
        order = backends.order(settings)
        chosen = next((name for name in order if not reasons[name]), "")
        # If none works, any of them would do.
        candidates = (chosen,) if chosen else order
    elif chosen not in reasons:
        known = ", ".join(["auto", *reasons])
        reason = _("there is no such {stage}: choose from {known}").format(
            stage=label(backends.stage), known=known
        )
        yield CheckRow(stage, use, reason, needed=essential)
    for name, reason in reasons.items():
        needed = essential and name in candidates
        yield CheckRow(stage, name, reason, chosen=name == chosen, needed=needed)


def _keys(stage: str, settings: HotkeySettings) -> Iterator[CheckRow]:
    if _bound(settings) is not None:
        yield CheckRow(stage, _("the desktop's own shortcut"))
    else:
        yield from _backends(stage, KEY_SOURCES, settings.use, settings)


def _bound(settings: HotkeySettings) -> ShortcutBackend | None:
    """The desktop, if it runs our command at the key."""
    return bound_in(settings.key) if settings.use in ("none", "auto") else None


def _profiles(settings: Settings) -> Iterator[CheckRow]:
    """What the profiles use, where they differ from the main one, and the other keys."""
    stages: list[tuple[str, Backends[Any], str, Any]] = []
    engines = engines_of(settings)
    main = engines.pop(MAIN)
    for name, engine in engines.items():
        if engine is not main:
            stages.append((_("{name} engine").format(name=name), ENGINES, engine.use, engine))
    stages += [
        (_("{name} output").format(name=each.name), OUTPUTS, each.output, settings.output)
        for each in settings.profile
        if each.output
    ]
    found = [list(_backends(*stage)) for stage in stages]
    keys = settings.hotkey
    # untranslated
    for stage, key in (
        *((_("{name} key").format(name=each.profile), each.key) for each in settings.key),
        ("cancel key", "" if keys.cancel_key == AUTO else keys.cancel_key),
        ("paste key", keys.paste_key),
        ("undo key", keys.undo_key),
        ("correct key", keys.correct_key),
        ("edit key", keys.edit_key),
    ):
        if key:
            found.append(list(_keys(stage, replace(settings.hotkey, key=key))))
    for rows in found:
        yield from [row for row in rows if row.chosen] or rows


def _display_reason() -> str:
    if os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"):
        return ""
    return _(
        "neither DISPLAY nor WAYLAND_DISPLAY is set: start dictate inside a desktop; for "
        "the service, run `systemctl --user import-environment DISPLAY XAUTHORITY`"
    )


def _bus_reason() -> str:
    async def reach() -> None:
        await bus.leave(await bus.connect())

    try:
        asyncio.run(reach())
    except Unavailable as error:
        return str(error)
    return ""


def _journal_reason(folder: Path) -> str:
    """Why opening the journal would fail or be of little use. Creates nothing."""
    if reason := paths.unsafe_reason(folder):
        return _("{reason}; until then, dictations are kept in memory only").format(reason=reason)
    there = next(path for path in (folder, *folder.parents) if path.exists())
    free_mb = shutil.disk_usage(there).free / 1e6
    if free_mb < MIN_FREE_MB:
        return _("only {free_mb:.0f} MB are free on its disk: make room").format(free_mb=free_mb)
    return ""


def _wayland_answers() -> bool:
    name = os.environ.get("WAYLAND_DISPLAY", "")
    return name != "" and Path(os.environ.get("XDG_RUNTIME_DIR", ""), name).is_socket()


def missing_devices() -> list[str]:
    """One line for each of microphone and display that is missing; empty if both are there."""
    microphone = MICROPHONES.make("portaudio", MicrophoneSettings()).unavailable_reason()
    display = None
    if not _wayland_answers():
        display = KEY_SOURCES.make("x11", HotkeySettings()).unavailable_reason()
    lines = (
        []
        if microphone is None
        else [_("No microphone: {microphone}").format(microphone=microphone)]
    )
    return (
        lines if display is None else [*lines, _("No display: {display}").format(display=display)]
    )


def main() -> None:
    """Print the rows as JSON, for the settings in the user's file."""
    try:
        settings = config_file.load(paths.config_file())
    except DictateError:
        settings = Settings()  # one of the rows says what is wrong with the file
    json.dump([row.as_dict() for row in rows(settings)], sys.stdout)


if __name__ == "__main__":
    main()
