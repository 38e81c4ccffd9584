"""Loads Qwen3-ASR, or its aligner, out of a folder with transformers, safely: safetensors only, no
code of the model's own, and no network."""

import re
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final

from dictate.engines import device
from dictate.engines.packages import why_lacking
from dictate.errors import EngineError, Unavailable
from dictate.installation import install_command
from dictate.translation import _

OLDEST: Final = (5, 15)
"""The oldest usable version of transformers: earlier ones put the language where the context
belongs, or do not have the model."""
RECOGNISER: Final = "Qwen3ASRForConditionalGeneration"
ALIGNER: Final = "Qwen3ASRForTokenClassification"
"""The classes of transformers: Qwen3-ASR, and Qwen3-ForcedAligner."""
_FILES: Final = ("config.json", "model.safetensors", "tokenizer.json")


@dataclass(frozen=True, slots=True)
class Loaded:
    """A loaded model."""

    model: Any
    processor: Any
    device: str
    """For people."""
    precision: str
    free_before_mb: float
    """Megabytes of main memory that were free before loading."""


def unavailable_reason() -> str | None:
    """Why the installed packages cannot be used, or None. Imports nothing heavy."""
    if reason := why_lacking("qwen3"):
        return reason
    try:
        found = version("transformers")
    except PackageNotFoundError:
        return _("transformers has no version: {install_command}").format(
            install_command=install_command("qwen3")
        )
    numbers = re.match(r"(\d+)\.(\d+)", found)
    if numbers is None or tuple(map(int, numbers.groups())) < OLDEST:
        oldest = ".".join(map(str, OLDEST))
        return _(
            "transformers {found} is too old for Qwen3-ASR with your own words; {oldest} "
            "is the oldest that works: {install_command}"
        ).format(found=found, oldest=oldest, install_command=install_command("qwen3"))
    return None


def load(folder: Path, wanted: str, precision: str, kind: str = RECOGNISER) -> Loaded:
    """Load the model in the folder on "auto", "cuda" or "cpu", in "auto", "fp32" or "bf16"; auto is
    bf16, as published, on a graphics card. `kind` is its class. Raises EngineError, Unavailable."""
    if reason := unavailable_reason():
        raise Unavailable(reason)
    if missing := [name for name in _FILES if not (folder / name).is_file()]:
        raise EngineError(
            _("{folder} is no Qwen3-ASR model: it has no {missing}").format(
                folder=folder, missing=_(" and no ").join(missing)
            )
        )
    with device.quiet():
        torch = device.torch_ready()
        chosen = device.choose(torch, wanted)
        before = device.free_mb()
        half = precision == "bf16" or (precision == "auto" and chosen.type == "cuda")
        try:
            model, processor = _read(folder, kind, torch.bfloat16 if half else torch.float32)
            model = model.to(chosen).eval()
        except torch.cuda.OutOfMemoryError as error:
            raise EngineError(
                _("the graphics card has too little free memory: {error}").format(error=error)
            ) from error
        except EngineError:
            raise
        except Exception as error:
            raise EngineError(
                _("the model cannot be loaded ({name}): {error}").format(
                    name=type(error).__name__, error=error
                )
            ) from error
        model.requires_grad_(False)  # noqa: FBT003
    name = device.name(torch, chosen)
    return Loaded(model, processor, name, "bf16" if half else "fp32", before)


def _read(folder: Path, kind: str, dtype: Any) -> tuple[Any, Any]:
    import transformers
    from transformers import Qwen3ASRProcessor
    from transformers.utils import logging as transformers_logging

    transformers_logging.disable_progress_bar()
    safely = {"local_files_only": True, "trust_remote_code": False}
    processor = Qwen3ASRProcessor.from_pretrained(folder, **safely)
    model, info = getattr(transformers, kind).from_pretrained(
        folder,
        dtype=dtype,
        attn_implementation="sdpa",
        use_safetensors=True,
        output_loading_info=True,
        **safely,
    )
    # Missing weights would be random numbers, and so would the text.
    if lacks := [*info["missing_keys"], *info["mismatched_keys"]]:
        raise EngineError(
            _(
                "{folder} lacks {count} weights of {kind} (such as {lacks}): it has to be "
                'one of the repositories whose names end in "-hf"'
            ).format(folder=folder, count=len(lacks), kind=kind, lacks=lacks[0])
        )
    return model, processor
