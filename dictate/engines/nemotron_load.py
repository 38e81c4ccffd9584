"""Loads a NeMo transducer safely, and makes it ready: nothing random in it, greedy decoding with a
biasing per stream, and no step that is slow because it is the first of its size.
"""

import logging
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from typing import Final as Const

from dictate.engines import device
from dictate.errors import EngineError, Unavailable

log = logging.getLogger(__name__)

UNSAFE_SWITCHES: Const = (
    "TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD",
    "HYDRA_INSTANTIATE_ALLOWLIST_OVERRIDE",
)
"""Variables that switch off the checks which keep a model file from running a program."""
MS_PER_FRAME: Const = 80
"""Milliseconds of sound in a frame of the encoder."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """A model that is ready."""

    model: Any
    device: str
    """For people."""
    memory_mb: float
    """Of the device; 0 where it has none of its own and the process is to be asked."""
    contexts: dict[int, list[int]]
    """Milliseconds of a chunk -> the `att_context_size` for it."""


def unsafe_switch() -> str | None:
    """Why the environment forbids loading a model, or None."""
    for name in UNSAFE_SWITCHES:
        if os.environ.get(name):
            return f"{name} is set, which lets a model file run any program: unset it"
    return None


def load(path: Path, wanted: str) -> Loaded:
    """Load the .nemo file on "auto", "cuda" or "cpu". Raises EngineError, Unavailable."""
    with device.quiet():
        torch = device.torch_ready()
        chosen = device.choose(torch, wanted)
        before = device.free_mb()
        from nemo.collections.asr.models import EncDecRNNTBPEModel

        # Not its own setLevel, which also sets the level of handlers that are not its own.
        logging.getLogger("nemo_logger").setLevel(logging.ERROR)
        try:
            model = EncDecRNNTBPEModel.restore_from(str(path), map_location=chosen)
        except torch.cuda.OutOfMemoryError as error:
            raise EngineError(f"the graphics card has too little free memory: {error}") from error
        except Exception as error:
            raise EngineError(
                f"the model cannot be loaded ({type(error).__name__}): {error}"
            ) from error
        if hasattr(model, "prompt_kernel"):
            raise Unavailable(
                "this model wants to be told the language, which this engine cannot do yet: set "
                'engine.model to "nemotron"'
            )
        contexts = _contexts(model)
        _decode_greedily(model)
        _still(model)
    memory_mb = device.memory_mb(torch, chosen, before)
    return Loaded(model, device.name(torch, chosen), memory_mb, contexts)


def _contexts(model: Any) -> dict[int, list[int]]:
    encoder = model.encoder
    if getattr(encoder, "att_context_style", "") != "chunked_limited":
        raise EngineError("this model does not stream: it hears the whole sound or nothing")
    found = [list(context) for context in encoder.att_context_size_all]
    return {(right + 1) * MS_PER_FRAME: [left, right] for left, right in found}


def _still(model: Any) -> None:
    """Nothing random, nothing to learn, and frames that do not depend on the length."""
    model.eval()
    model.requires_grad_(False)  # noqa: FBT003
    model.preprocessor.featurizer.dither = 0.0
    model.preprocessor.featurizer.pad_to = 0


def _decode_greedily(model: Any) -> None:
    from omegaconf import open_dict

    decoding = model.cfg.decoding.copy()
    with open_dict(decoding):
        decoding.strategy = "greedy_batch"
        decoding.greedy.loop_labels = True
        # NVIDIA's own streaming recipes switch it off "due to issues with decoding", and a tree
        # per stream is incompatible with it where triton is missing.
        decoding.greedy.use_cuda_graph_decoder = False
        decoding.greedy.enable_per_stream_biasing = True
    model.change_decoding_strategy(decoding, verbose=False)
