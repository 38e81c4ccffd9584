"""The microphones of this machine, by the names that users know.

PortAudio sees a sound server as one device called "pulse". `pactl`, where installed, lists the
microphones behind it; the variable PULSE_SOURCE selects one.
"""

import json
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

PACTL_TIMEOUT_S: Final = 2.0
"""Seconds until a sound server counts as hung; a healthy one answers within 0.05."""


@dataclass(frozen=True, slots=True)
class Device:
    """One microphone."""

    name: str
    """The value for `microphone.device`; a part of it or of the description is enough."""
    description: str
    rate: int
    channels: int
    default: bool
    pulse: bool = False
    """Whether a sound server owns it; `name` is then a source of that server."""


def pulse_sources() -> list[Device]:
    """The microphones of the sound server; none if there is no `pactl` or no server."""
    if shutil.which("pactl") is None:
        return []
    try:
        chosen = _pactl("get-default-source").strip()
        listed = json.loads(_pactl("--format=json", "list", "sources"))
        return [_device(source, chosen) for source in listed if not _is_monitor(source)]
    except (OSError, subprocess.SubprocessError, ValueError, LookupError):
        return []


def find(devices: Sequence[Device], wanted: str) -> Device | None:
    """The device whose name or description is `wanted`, or else contains it."""
    folded = wanted.casefold()
    for device in devices:
        if wanted in (device.name, device.description):
            return device
    for device in devices:
        if folded in device.name.casefold() or folded in device.description.casefold():
            return device
    return None


def _pactl(*words: str) -> str:
    command = ["pactl", *words]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=PACTL_TIMEOUT_S, check=True
    ).stdout


def _is_monitor(source: dict[str, object]) -> bool:
    """Whether the source records what the speakers play."""
    return source.get("monitor_source") not in ("", None, "n/a")


def _device(source: dict[str, str], chosen: str) -> Device:
    # "s16le 2ch 48000Hz"
    _, channels, rate = source["sample_specification"].split()
    name, description = source["name"], source.get("description") or ""
    return Device(
        name=name,
        description=name if description in ("", "(null)") else description,
        rate=int(rate.removesuffix("Hz")),
        channels=int(channels.removesuffix("ch")),
        default=name == chosen,
        pulse=True,
    )
