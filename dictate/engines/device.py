"""The device that torch computes on: its name, and how much of its memory is used."""

import logging
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from dictate.errors import Unavailable
from dictate.translation import _

MOST_THREADS: Final = 4


def torch_ready() -> Any:
    """torch, imported with few threads, which do not spin. Loading a model downloads nothing and
    reports nothing to anyone."""
    # Threads that spin while they wait starve everything else on a small machine.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    os.environ.update(HF_HUB_OFFLINE="1", WANDB_MODE="disabled")
    import torch

    torch.set_num_threads(min(MOST_THREADS, os.cpu_count() or 1))
    return torch


def choose(torch: Any, wanted: str) -> Any:
    """The device for "auto", "cuda" or "cpu". Raises Unavailable."""
    if wanted == "cpu" or (wanted == "auto" and not torch.cuda.is_available()):
        return torch.device("cpu")
    if not torch.cuda.is_available():
        raise Unavailable(
            _(
                "no NVIDIA card can be used: check that nvidia-smi shows one and that torch "
                "was built for CUDA (this one: {version})"
            ).format(version=torch.version.cuda or _("without"))
        )
    return torch.device("cuda")


def name(torch: Any, device: Any) -> str:
    """For people."""
    return torch.cuda.get_device_name() if device.type == "cuda" else "cpu"


def memory_mb(device: Any, before_mb: float) -> float:
    """Megabytes of the device's memory in use, 0 for a processor; `before_mb` of main memory were
    free at the start."""
    import torch

    if device.type != "cuda":
        return 0.0
    if getattr(torch.cuda.get_device_properties(device), "is_integrated", 0):
        # Unified memory: the driver counts what the kernel could reclaim as used.
        return round(max(0.0, before_mb - free_mb()), 1)
    return round(float(torch.cuda.memory_reserved()) / 1e6, 1)


def free_mb() -> float:
    """Megabytes of main memory that are free or can be reclaimed."""
    for line in Path("/proc/meminfo").read_text().splitlines():
        if line.startswith("MemAvailable:"):
            return float(line.split()[1]) / 1000
    return 0.0


@contextmanager
def quiet() -> Iterator[None]:
    """Silence model libraries, which write much to standard error: the daemon reports its last line
    as the reason why the process died."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        before = logging.root.manager.disable
        logging.disable(logging.WARNING)
        try:
            yield
        finally:
            logging.disable(before)
