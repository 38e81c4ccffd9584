"""`dictate setup --engine NAME`: installs what an engine needs, and offers its model."""

import importlib
import subprocess
import sys
from typing import Final

from dictate import console, installation
from dictate.config.schema import EngineSettings
from dictate.engines import ENGINES
from dictate.errors import DictateError
from dictate.install import model
from dictate.models import store
from dictate.models.catalogue import CATALOGUE, DEFAULT
from dictate.platform.generated_files import Out
from dictate.translation import _

_NOTES: Final = {
    "nemotron": _("some gigabytes: torch and NeMo"),
    "onnx": _("some 100 MB: onnxruntime"),
    "qwen3": _("some gigabytes: torch and transformers"),
}
_WITH_TORCH: Final = ("nemotron", "qwen3")
_TORCH: Final = _(
    "note: on x86-64, pip takes torch for an NVIDIA card, which runs on the processor, "
    "too; for a smaller one, first install torch as https://pytorch.org/get-started says"
)


def install(name: str, *, sure: bool = False, out: Out = console.step) -> int:
    """Install what this engine needs, and print what is still to do. The engine's default model is
    downloaded if `sure`, or if the user says so when asked. 0, or 1 if a part failed."""
    try:
        ENGINES.load(name)
    except DictateError as error:
        out(_("failed: {error}").format(error=error))
        return 1
    if name not in installation.extras():
        out(_("unchanged: the engine {name} needs no further packages").format(name=name))
        return _report(name, out, sure=sure)
    steps = installation.install_steps(name)
    if note := _NOTES.get(name):
        out(_("installing what {name} needs ({note}):").format(name=name, note=note))
    else:
        out(_("installing what {name} needs:").format(name=name))
    out(f"  {installation.as_shell(steps)}")
    if name in _WITH_TORCH:
        out(_TORCH)
    for step in steps:
        try:
            status = subprocess.run(step, check=False).returncode
        except OSError as error:
            out(
                _("failed: {step} cannot be started: {strerror}").format(
                    step=step[0], strerror=error.strerror
                )
            )
            return 1
        if status:
            out(
                _("failed: {step} ended with status {status}; its own words stand above").format(
                    step=step[0], status=status
                )
            )
            return 1
    out(_("done: the packages of {name} are installed").format(name=name))
    return _report(name, out, sure=sure)


def _report(name: str, out: Out, *, sure: bool) -> int:
    """Offer the model, and print what the engine still lacks. 0, or 1 if the download failed."""
    importlib.invalidate_caches()
    if status := _offer_model(name, sure=sure):
        return status
    if reason := ENGINES.why_not(name, EngineSettings(use=name)):
        out(_("to do: {reason}").format(reason=reason))
    out(_("to use it: dictatectl engine {name}").format(name=name))
    return 0


def _offer_model(name: str, *, sure: bool) -> int:
    """Download the engine's default model if the user wants it; the exit status."""
    wanted = CATALOGUE.get(DEFAULT.get(name, ""))
    try:
        if wanted is None or store.installed(wanted) is not None:
            return 0
        if not sure:
            if not sys.stdin.isatty():
                return 0
            size = f"{wanted.size / 1e9:.2f} GB"
            question = _("Download its model {name} ({size}, {licence}) now? [y/N] ").format(
                name=wanted.name, size=size, licence=wanted.licence
            )
            if input(question).strip().lower() not in ("y", "yes"):
                return 0
        return model.download(wanted.name)
    except EOFError:
        return 0
