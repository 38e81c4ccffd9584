"""Loads a NeMo transducer safely and prepares it: no randomness, and greedy decoding with biasing
per stream.
"""

import logging
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from dictate.engines import device
from dictate.engines.language import is_tag
from dictate.errors import EngineError
from dictate.events import RATE
from dictate.translation import _

UNSAFE_SWITCHES: Final = (
    "TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD",
    "HYDRA_INSTANTIATE_ALLOWLIST_OVERRIDE",
)
"""Variables that switch off the checks that keep a model file from running a program."""
SUBSAMPLING: Final = 8
MS_PER_FRAME: Final = 80
"""Mel frames, and milliseconds of sound, in a frame of an encoder that streams."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """A loaded model."""

    model: Any
    device: str
    """For people."""
    free_before_mb: float
    """Megabytes of main memory that were free before loading."""
    contexts: dict[int, list[int]]
    """Milliseconds of a chunk -> its `att_context_size`; empty if the model does not stream."""
    prompt_indices: dict[str, int]
    """Language -> its index in the prompt; empty if the model has no language prompt."""
    tags: frozenset[int]
    """Tokens by which the model names the language it recognised."""
    graphs: Any = None
    """`graphs.Graphs`, or None if each step is launched kernel by kernel."""


def unsafe_switch() -> str | None:
    """Why the environment forbids loading a model, or None."""
    for name in UNSAFE_SWITCHES:
        if os.environ.get(name):
            return _("{name} is set, which lets a model file run any program: unset it").format(
                name=name
            )
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
            raise EngineError(
                _("the graphics card has too little free memory: {error}").format(error=error)
            ) from error
        except Exception as error:
            raise EngineError(
                _("the model cannot be loaded ({name}): {error}").format(
                    name=type(error).__name__, error=error
                )
            ) from error
        if not isinstance(model, EncDecRNNTBPEModel) or model.tokenizer_type != "bpe":
            raise EngineError(
                _(
                    "this engine cannot run this kind of model ({name}): it takes RNNT and "
                    "TDT models with one SentencePiece tokenizer"
                ).format(name=type(model).__name__)
            )
        if model.cfg.preprocessor.sample_rate != RATE:
            raise EngineError(
                _("the model takes sound at {sample_rate} Hz, not at {rate}").format(
                    sample_rate=model.cfg.preprocessor.sample_rate, rate=RATE
                )
            )
        _decode_greedily(model)
        _freeze(model)
        return Loaded(
            model,
            device.name(torch, chosen),
            before,
            _contexts(model),
            _prompt_indices(model),
            _tags(model),
        )


def release() -> None:
    """Free device memory that only loading needed: torch would keep it."""
    import torch

    torch.cuda.empty_cache()


def _contexts(model: Any) -> dict[int, list[int]]:
    encoder = model.encoder
    streams = (
        getattr(encoder, "att_context_style", "") == "chunked_limited"
        and encoder.subsampling_factor == SUBSAMPLING
        # A mean over the whole sound is not known before its end.
        and model.cfg.preprocessor.get("normalize") in (None, "NA")
    )
    found = [list(context) for context in encoder.att_context_size_all] if streams else []
    return {(right + 1) * MS_PER_FRAME: [left, right] for left, right in found}


def _prompt_indices(model: Any) -> dict[str, int]:
    if not hasattr(model, "prompt_kernel"):
        return {}
    indices = dict(model.cfg.model_defaults.prompt_dictionary)
    if not indices or not all(0 <= index < model.num_prompts for index in indices.values()):
        raise EngineError(_("the model has a language prompt, but no indices for it"))
    return indices


def _tags(model: Any) -> frozenset[int]:
    pieces = model.tokenizer.ids_to_tokens(list(range(model.tokenizer.vocab_size)))
    return frozenset(number for number, piece in enumerate(pieces) if is_tag(piece))


def _freeze(model: Any) -> None:
    """Switch off randomness and gradients, and make frames independent of the length."""
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
