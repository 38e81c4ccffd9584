"""The ONNX files of a transducer, in onnxruntime: encoder, prediction network and joint.

The files are those of sherpa-onnx's export scripts (scripts/nemo/ in its repository), which
`dictate models convert` makes as well: a folder with an encoder, a decoder, a joiner and
`tokens.txt`. The encoder's metadata say whether it streams, and by which window.
"""

import json
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from dictate.engines.language import is_tag
from dictate.engines.onnx.tokens import Tokens
from dictate.errors import EngineError, Unavailable
from dictate.translation import _

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

SUBSAMPLING: Final = 8
"""Mel frames in a frame of the encoder."""
MOST_FRAMES: Final = 6000
"""Maximum number of mel frames in a step, a minute of sound: more is nonsense."""

_CARD: Final = "CUDAExecutionProvider"

Array = NDArray[Any]
Float = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Window:
    """How a streaming encoder takes its frames."""

    size: int
    """Mel frames of one step, those of the history included."""
    shift: int
    """Mel frames from one step to the next."""
    caches: tuple[Array, ...]
    """Those of a new sound."""

    @property
    def chunk_ms(self) -> int:
        """Milliseconds of new sound in a step."""
        return self.shift * 10


class Model:
    """One loaded model. Its methods may be called from one thread at a time."""

    def __init__(self, folder: Path, threads: int, *, on_card: bool = False) -> None:
        """Load the files of `folder`; `on_card` runs the encoder on the graphics card. Raises
        EngineError, Unavailable."""
        self._encoder = _session(folder, "encoder", threads, on_card=on_card)
        # Small matrices: a second thread would only wait.
        self._decoder = _session(folder, "decoder", 1)
        self._joiner = _session(folder, "joiner", 1)
        self.threads = threads
        self.tokens = Tokens.read(folder)
        self.precision = "int8" if _is_int8(folder) else "fp32"
        facts = self._encoder.get_modelmeta().custom_metadata_map
        try:
            self.mels = int(facts.get("feat_dim", 80))
            self.normalises = facts.get("normalize_type") == "per_feature"
            self.window = _window(facts)
            layers, width = int(facts["pred_rnn_layers"]), int(facts["pred_hidden"])
            self.prompt_indices: dict[str, int] = json.loads(facts.get("prompt_dictionary", "{}"))
            subsampling = int(facts.get("subsampling_factor", SUBSAMPLING))
            vocabulary = int(facts.get("vocab_size", self.tokens.count))
        except (KeyError, ValueError) as error:
            raise EngineError(
                _(
                    "{folder} is not a model of this kind: its encoder's metadata lack "
                    "something, or are wrong ({error!r})"
                ).format(folder=folder, error=error)
            ) from error
        if subsampling != SUBSAMPLING:
            raise EngineError(
                _("{folder}: this engine needs a subsampling factor of {subsampling}").format(
                    folder=folder, subsampling=SUBSAMPLING
                )
            )
        if vocabulary != self.tokens.count:
            raise EngineError(
                _(
                    "{folder}: tokens.txt is of a different model: it has {count} tokens, "
                    "and the encoder is for {vocabulary}"
                ).format(folder=folder, count=self.tokens.count, vocabulary=vocabulary)
            )
        self.blank = self.tokens.count
        self.tags = frozenset(i for i, piece in enumerate(self.tokens.pieces) if is_tag(piece))
        """Tokens by which the model names the language it recognised."""
        self.no_memory: tuple[Float, ...] = tuple(
            np.zeros((layers, 1, width), np.float32) for __ in range(2)
        )
        self._inputs = [entry.name for entry in self._encoder.get_inputs()]
        self._decoder_inputs = [entry.name for entry in self._decoder.get_inputs()]
        self._joiner_inputs = [entry.name for entry in self._joiner.get_inputs()]

    def encode(self, frames: Float, caches: tuple[Array, ...], prompt_index: int | None) -> Any:
        """A step of the encoder over mel frames, shape (mels, n): its frames, shape (1, width, m),
        and the caches for the next step, which a model that does not stream lacks."""
        values = [frames[None], np.array([frames.shape[1]], np.int64), *caches]
        if self.prompt_indices:
            values.append(np.array([prompt_index or 0], np.int64))
        encoded, length, *after = self._encoder.run(
            None, dict(zip(self._inputs, values, strict=True))
        )
        return encoded[:, :, : int(length[0])], tuple(after)

    def predict(self, token: int, memory: tuple[Float, ...]) -> tuple[Float, tuple[Float, ...]]:
        """The prediction network's output after this token, and its memory. The blank is the token
        before the first."""
        values = (np.array([[token]], np.int32), np.array([1], np.int32), *memory)
        output, __, *after = self._decoder.run(
            None, dict(zip(self._decoder_inputs, values, strict=True))
        )
        return output, tuple(after)

    def join(self, encoded: Float, prediction: Float) -> Float:
        """The scores of each label for frames of the encoder, shape (n, labels); in a TDT model the
        labels are followed by the numbers of frames to go on."""
        values = dict(zip(self._joiner_inputs, (encoded, prediction), strict=True))
        scores: Float = self._joiner.run(None, values)[0][0, :, 0]
        return scores

    def jump(self, scores: Float) -> int:
        """How many frames a TDT model goes on after this one; 0 for RNNT."""
        durations = scores[self.blank + 1 :]
        return int(durations.argmax()) if len(durations) else 0


def _file(folder: Path, name: str) -> Path:
    """The quantised file if there is one."""
    quantised = folder / f"{name}.int8.onnx"
    return quantised if quantised.exists() else folder / f"{name}.onnx"


def _is_int8(folder: Path) -> bool:
    return _file(folder, "encoder").name.endswith(".int8.onnx")


def _session(folder: Path, name: str, threads: int, *, on_card: bool = False) -> "InferenceSession":
    import onnxruntime

    providers = ["CPUExecutionProvider"]
    if on_card:
        if _CARD not in onnxruntime.get_available_providers():
            raise Unavailable(
                _(
                    'engine.device is "cuda", but this onnxruntime is for processors only: '
                    "install onnxruntime-gpu instead, or use the engine nemotron on a "
                    "graphics card"
                )
            )
        providers.insert(0, _CARD)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 4
    # Threads that spin while they wait for the next chunk would starve the desktop.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    path = _file(folder, name)
    try:
        return onnxruntime.InferenceSession(os.fspath(path), options, providers=providers)
    except Exception as error:
        reason = re.sub(r"\s+", " ", str(error)).strip()
        raise EngineError(
            _("{path} cannot be loaded: it is damaged, or no ONNX file ({reason})").format(
                path=path, reason=reason
            )
        ) from error


def _window(facts: dict[str, str]) -> Window | None:
    if "window_size" not in facts:
        return None
    sizes = {
        name: tuple(int(facts[f"cache_last_{name}_dim{i}"]) for i in (1, 2, 3))
        for name in ("channel", "time")
    }
    caches = (
        np.zeros((1, *sizes["channel"]), np.float32),
        np.zeros((1, *sizes["time"]), np.float32),
        np.zeros(1, np.int64),
    )
    size, shift = int(facts["window_size"]), int(facts["chunk_shift"])
    if not 0 < shift <= size <= MOST_FRAMES:
        raise ValueError(f"window_size {size} and chunk_shift {shift}")  # untranslated
    return Window(size, shift, caches)
