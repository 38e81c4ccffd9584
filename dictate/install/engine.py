"""`dictate setup --engine NAME`: installs the packages of an engine into this installation."""

import importlib
import subprocess
from typing import Final

from dictate import console, installation
from dictate.config.schema import EngineSettings
from dictate.engines import ENGINES
from dictate.errors import DictateError
from dictate.platform.generated_files import Out

_NOTES: Final = {
    "nemotron": "some gigabytes: torch and NeMo",
    "qwen3": "some gigabytes: torch and transformers",
}
_TORCH: Final = (
    "note: on x86-64, pip takes torch for an NVIDIA card, which runs on the processor, too; for a"
    " smaller one, first install torch as https://pytorch.org/get-started says"
)


def install(name: str, *, out: Out = console.step) -> int:
    """Install what this engine needs, and print what is still to do. 0, or 1 if that failed."""
    try:
        ENGINES.load(name)
    except DictateError as error:
        out(f"failed: {error}")
        return 1
    if name not in installation.extras():
        out(f"unchanged: the engine {name} needs no further packages")
        return _report(name, out)
    steps = installation.install_steps(name)
    out(f"installing what {name} needs{f' ({_NOTES[name]})' if name in _NOTES else ''}:")
    out(f"  {installation.as_shell(steps)}")
    if name in _NOTES:
        out(_TORCH)
    for step in steps:
        try:
            status = subprocess.run(step, check=False).returncode
        except OSError as error:
            out(f"failed: {step[0]} cannot be started: {error.strerror}")
            return 1
        if status:
            out(f"failed: {step[0]} ended with status {status}; its own words stand above")
            return 1
    out(f"done: the packages of {name} are installed")
    return _report(name, out)


def _report(name: str, out: Out) -> int:
    """Print what the engine still lacks; 0, because its packages are there."""
    importlib.invalidate_caches()
    if reason := ENGINES.why_not(name, EngineSettings(use=name)):
        out(f"to do: {reason}")
    out(f"to use it: dictatectl engine {name}")
    return 0
