"""The time from start to ready, and the memory then, each in its own process.

Ready means that the next utterance is as fast as any later one: the model is loaded and has
processed one. Ours does that itself; NeMo's variants get the same recording. On a graphics card
ours warms up all step sizes; NeMo's variants meet them when they occur.
"""

import dataclasses
import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from bench.figures import memory_mb
from bench.nemotron_rivals import SUBJECTS, Setup
from dictate.microphone.sound_file import read_sound_file
from dictate.platform.resources import samples


def start(name: str, setup: Setup) -> dict[str, float]:
    """How one subject starts: `ready_s`, and memory as `_at_ready` has it. Raises
    CalledProcessError."""
    told = json.dumps(dataclasses.asdict(setup) | {"model": str(setup.model)})
    began = time.perf_counter()
    with subprocess.Popen(
        [sys.executable, "-m", "bench.nemotron_start", name, told],
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        # NeMo may print lines before it.
        line = next((line for line in process.stdout if line.startswith("{")), None)
        ready_s = time.perf_counter() - began
    if line is None:
        raise subprocess.CalledProcessError(process.returncode, process.args)
    found: dict[str, float] = json.loads(line)
    return {"ready_s": ready_s, **found}


def main() -> None:
    """Be that process."""
    name, told = sys.argv[1:]
    setup = Setup(**json.loads(told))
    setup = dataclasses.replace(setup, model=Path(setup.model))
    subject = SUBJECTS[name](setup)
    subject.load()
    *_, way = subject.ways.values()
    way(read_sound_file(samples()[1]), ())
    print(json.dumps(_at_ready(setup)), flush=True)


def _at_ready(setup: Setup) -> dict[str, Any]:
    """Resident memory, present and peak; on the card, memory allocated and reserved."""
    found = {
        "memory_mb": memory_mb(os.getpid()),
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
    if setup.device == "cuda":
        import torch

        found["card_held_mb"] = torch.cuda.memory_allocated() / 1e6
        found["card_kept_mb"] = torch.cuda.memory_reserved() / 1e6
    return found


if __name__ == "__main__":
    main()
