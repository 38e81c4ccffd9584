"""ONNX files from a .nemo file: `dictate models convert`. Needs the extra `nemotron`.

The files are those of sherpa-onnx's export scripts (scripts/nemo/ in its repository): the same
names, inputs, metadata and quantisation. In addition, the folder has the tokenizer's own model.
"""

import json
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from dictate.engines import device
from dictate.engines.nemotron.load import Loaded
from dictate.errors import EngineError, Unavailable
from dictate.models.store import CONVERTING
from dictate.translation import _

PARTS: Final = ("encoder", "decoder", "joiner")
OPSET: Final = 17


def export(
    loaded: Loaded,
    folder: Path,
    chunk_ms: int,
    on_step: Callable[[str], None] = lambda __: None,
    *,
    quantise: bool = True,
) -> None:
    """Write the files for chunks of `chunk_ms` into a new folder; 0 is for a model that does not
    stream. `on_step` gets a line for each part of the work.

    Raises EngineError (the model has no such chunk), Unavailable (no room on the disk).
    """
    if chunk_ms not in (loaded.contexts or (0,)):
        known = ", ".join(map(str, sorted(loaded.contexts))) or _("none, as it does not stream")
        raise EngineError(
            _("this model has no chunk of {chunk_ms} ms; it has {known}").format(
                chunk_ms=chunk_ms, known=known
            )
        )
    folder.parent.mkdir(parents=True, exist_ok=True)
    # Beside the folder, so that it appears there whole.
    with (
        device.quiet(),
        tempfile.TemporaryDirectory(dir=folder.parent, prefix=CONVERTING) as work,
    ):
        made = Path(work)
        try:
            _export(loaded, made / "fp32", chunk_ms, on_step)
            if quantise:
                _quantise(made, on_step)
            (made / "int8" if quantise else made / "fp32").replace(folder)
        except OSError as error:
            raise Unavailable(
                _("{folder} cannot be written: {reason}").format(
                    folder=folder, reason=error.strerror or error
                )
            ) from error
        except Exception as error:  # PyTorch and ONNX raise errors of many kinds
            reason = " ".join(str(error).split())
            raise EngineError(
                _("this model cannot be converted: {reason}").format(reason=reason)
            ) from error


def _export(loaded: Loaded, made: Path, chunk_ms: int, on_step: Callable[[str], None]) -> None:
    import torch

    model, encoder = loaded.model, loaded.model.encoder
    made.mkdir()
    if chunk_ms:
        encoder.set_default_att_context_size(loaded.contexts[chunk_ms])
        model.set_export_config({"cache_support": True})
    on_step(_("exporting the encoder"))
    with torch.no_grad():
        if loaded.prompt_indices:
            _export_prompted(model, made / "encoder.onnx")
        else:
            encoder.export(str(made / "encoder.onnx"))
        on_step(_("exporting the decoder"))
        model.decoder.export(str(made / "decoder.onnx"))
        model.joint.export(str(made / "joiner.onnx"))
    _add_metadata(made, _metadata(loaded, chunk_ms))
    pieces = [*model.joint.vocabulary, "<blk>"]
    lines = (f"{piece} {number}\n" for number, piece in enumerate(pieces))
    (made / "tokens.txt").write_text("".join(lines), "utf-8")
    tokenizer = model.tokenizer.tokenizer.serialized_model_proto()
    (made / "tokenizer.model").write_bytes(tokenizer)


def _metadata(loaded: Loaded, chunk_ms: int) -> dict[str, Any]:
    model, encoder = loaded.model, loaded.model.encoder
    normalize = model.cfg.preprocessor.get("normalize")
    facts: dict[str, Any] = {
        "vocab_size": model.decoder.vocab_size,
        "normalize_type": "" if normalize in (None, "NA") else normalize,
        "pred_rnn_layers": model.decoder.pred_rnn_layers,
        "pred_hidden": model.decoder.pred_hidden,
        "subsampling_factor": encoder.subsampling_factor,
        "feat_dim": model.cfg.preprocessor.features,
        "model_type": type(model).__name__,
        "version": "1",
        "model_author": "NeMo",
    }
    if loaded.prompt_indices:
        facts["prompt_dictionary"] = json.dumps(loaded.prompt_indices, sort_keys=True)
        facts["auto_prompt_id"] = loaded.prompt_indices.get("auto", 0)
    if not chunk_ms:
        return facts
    streaming = encoder.streaming_cfg
    shift = _last(streaming.chunk_size)
    return facts | {
        "window_size": shift + _last(streaming.pre_encode_cache_size),
        "chunk_size_ms": chunk_ms,
        "chunk_shift": shift,
        "cache_last_channel_dim1": len(encoder.layers),
        "cache_last_channel_dim2": streaming.last_channel_cache_size,
        "cache_last_channel_dim3": encoder.d_model,
        "cache_last_time_dim1": len(encoder.layers),
        "cache_last_time_dim2": encoder.d_model,
        "cache_last_time_dim3": encoder.conv_context_size[0],
    }


def _last(size: Any) -> int:
    """NeMo gives one size for all steps, or one for the first step and one for the others."""
    return int(size[1] if isinstance(size, list | tuple) else size)


def _add_metadata(made: Path, facts: dict[str, Any]) -> None:
    import onnx

    encoder = onnx.load(str(made / "encoder.onnx"))
    del encoder.metadata_props[:]
    onnx.helper.set_model_props(encoder, {key: str(value) for key, value in facts.items()})
    # What the exporter left beside it: a model of more than 2 GB has a file for each tensor.
    for left in made.iterdir():
        if left.name not in {f"{part}.onnx" for part in PARTS}:
            left.unlink()
    onnx.save(
        encoder,
        str(made / "encoder.onnx"),
        save_as_external_data=True,
        all_tensors_to_one_file=True,
        location="encoder.data",
    )


def _quantise(made: Path, on_step: Callable[[str], None]) -> None:
    from onnxruntime.quantization import QuantType, quantize_dynamic

    (made / "int8").mkdir()
    for part in PARTS:
        on_step(_("quantising the {part} to 8 bits").format(part=part))
        source, target = made / "fp32" / f"{part}.onnx", made / "int8" / f"{part}.int8.onnx"
        quantize_dynamic(source, target, weight_type=QuantType.QUInt8)
    for name in ("tokens.txt", "tokenizer.model"):
        shutil.copy(made / "fp32" / name, made / "int8" / name)


def _export_prompted(model: Any, path: Path) -> None:
    """An encoder whose last input is the index of the language in the model's prompt."""
    import torch

    class Prompted(torch.nn.Module):  # type: ignore[misc] # torch is Any here
        def __init__(self) -> None:
            super().__init__()
            self.encoder, self.prompt_kernel = model.encoder, model.prompt_kernel

        def forward(self, frames: Any, length: Any, *rest: Any) -> tuple[Any, ...]:
            *caches, prompt_index = rest
            encoded, *after = self.encoder.forward_for_export(frames, length, *caches)
            encoded = encoded.transpose(1, 2)
            prompt = torch.zeros(*encoded.shape[:2], model.num_prompts, dtype=encoded.dtype)
            prompt.scatter_(2, prompt_index.view(-1, 1, 1).expand(-1, encoded.shape[1], -1), 1.0)
            encoded = self.prompt_kernel(torch.cat((encoded, prompt), -1)).transpose(1, 2)
            return encoded, *after

    encoder = model.encoder
    size = _last(encoder.streaming_cfg.chunk_size) + _last(
        encoder.streaming_cfg.pre_encode_cache_size
    )
    frames = torch.zeros(1, encoder._feat_in, size)  # noqa: SLF001 - it has no public name
    caches = encoder.get_initial_cache_state(batch_size=1)
    names = ["audio_signal", "length", "cache_last_channel", "cache_last_time"]
    names += ["cache_last_channel_len", "prompt_index"]
    torch.onnx.export(
        Prompted().eval(),
        (
            frames,
            torch.tensor([size]),
            caches[0].transpose(0, 1),
            caches[1].transpose(0, 1),
            caches[2],
            torch.zeros(1, dtype=torch.int64),
        ),
        str(path),
        input_names=names,
        output_names=["outputs", "encoded_lengths", *(f"{name}_next" for name in names[2:5])],
        dynamic_axes={"audio_signal": {2: "time"}, "outputs": {2: "time"}},
        opset_version=OPSET,
        dynamo=False,
    )
