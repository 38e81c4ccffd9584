"""Whether there is an NVIDIA card, found without loading its driver."""

from pathlib import Path
from typing import Final

_SIGNS: Final = (
    "/proc/driver/nvidia/version",
    "/dev/nvhost-gpu",  # Jetson
    "/usr/lib/wsl/lib/libcuda.so.1",
)


def nvidia_card() -> bool:
    """Whether the kernel has a driver for an NVIDIA card. Whether torch can use the card shows only
    when it is loaded."""
    return any(Path(sign).exists() for sign in _SIGNS)
