"""Loads a NeMo transducer safely, and makes it ready: nothing random in it, greedy decoding with a
biasing per stream, and no step that is slow because it is the first of its size.
"""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from typing import Final as Const

from dictate.errors import EngineError, Unavailable

log = logging.getLogger(__name__)

UNSAFE_SWITCHES: Const = (
    "TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD",
    "HYDRA_INSTANTIATE_ALLOWLIST_OVERRIDE",
)
"""Variables that switch off the checks which keep a model file from running a program."""
MS_PER_FRAME: Const = 80
"""Milliseconds of sound in a frame of the encoder."""
MOST_THREADS: Const = 4


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
    graphs: Any = None
    """`nemotron_graphs.Graphs`, or None: each step is launched kernel by kernel."""


def unsafe_switch() -> str | None:
    """Why the environment forbids loading a model, or None."""
    for name in UNSAFE_SWITCHES:
        if os.environ.get(name):
            return f"{name} is set, which lets a model file run any program: unset it"
    return None


def load(path: Path, device: str) -> Loaded:
    """Load the .nemo file on "auto", "cuda" or "cpu". Raises EngineError, Unavailable."""
    # Threads that spin while they wait starve everything else on a small machine.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    # Nothing is fetched while a model is loaded, and nothing is reported anywhere.
    os.environ.update(HF_HUB_OFFLINE="1", WANDB_MODE="disabled")
    with _quiet():
        import torch

        torch.set_num_threads(min(MOST_THREADS, os.cpu_count() or 1))
        chosen = _device(torch, device)
        before = _free_mb()
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
    return Loaded(model, _name(torch, chosen), _memory_mb(torch, chosen, before), contexts)


def _device(torch: Any, wanted: str) -> Any:
    if wanted == "cpu" or (wanted == "auto" and not torch.cuda.is_available()):
        return torch.device("cpu")
    if not torch.cuda.is_available():
        raise Unavailable(
            "no NVIDIA card can be used: see that nvidia-smi shows one and that "
            f"torch was built for CUDA (this one: {torch.version.cuda or 'without'})"
        )
    return torch.device("cuda")


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


def _name(torch: Any, device: Any) -> str:
    return torch.cuda.get_device_name() if device.type == "cuda" else "cpu"


def _memory_mb(torch: Any, device: Any, before_mb: float) -> float:
    if device.type != "cuda":
        return 0.0
    if getattr(torch.cuda.get_device_properties(device), "is_integrated", 0):
        # Unified memory: the driver counts what the kernel could reclaim as used.
        return round(max(0.0, before_mb - _free_mb()), 1)
    return round(float(torch.cuda.memory_reserved()) / 1e6, 1)


def _free_mb() -> float:
    for line in Path("/proc/meminfo").read_text().splitlines():
        if line.startswith("MemAvailable:"):
            return float(line.split()[1]) / 1000
    return 0.0


@contextmanager
def _quiet() -> Iterator[None]:
    """NeMo and what it imports speak at length on standard error, whose last line is what the
    daemon takes for the reason of a death."""
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        before = logging.root.manager.disable
        logging.disable(logging.WARNING)
        try:
            yield
        finally:
            logging.disable(before)
