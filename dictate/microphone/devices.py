"""The microphones of this machine, by the names people know them by.

PortAudio sees a sound server as one device called "pulse"; the microphones behind it are asked of
`pactl`, where that is installed, and chosen with the variable PULSE_SOURCE.
"""

import json
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

PACTL_TIMEOUT_S: Final = 2.0
"""A hung sound server answers nobody; a living one answers within 50 ms."""


@dataclass(frozen=True, slots=True)
class Device:
    """One microphone."""

    name: str
    """What `microphone.device` takes; a part of it or of the description will do."""
    description: str
    rate: int
    channels: int
    default: bool
    pulse: bool = False
    """Whether a sound server owns it, so that `name` is a source of the server."""


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
    """The device meant by `wanted`: exactly its name or description, else a part of one."""
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
    """What the speakers play is no microphone."""
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
