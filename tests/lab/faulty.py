"""Faults of the engines that run a transducer, at every point of their lives, in their own process
and in real code.

Each line of the file is a fault: POINT, a colon, and what happens there. The first line counts; it
is taken away when it happens, unless it begins with "always". The engine knows nothing of this:
functions that it passes are wrapped.
"""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from dictate.engines import client_connection
from dictate.engines.convert import Converter
from dictate.engines.nemotron import engine as nemotron
from dictate.engines.nemotron.engine import NemotronEngine
from dictate.engines.onnx import engine as onnx
from dictate.engines.onnx.decode import Hypothesis
from dictate.engines.onnx.engine import OnnxEngine
from dictate.engines.onnx.model import Model
from dictate.engines.transducer import TransducerUtterance

ALWAYS = "always "
HUNG_S = 3600.0


def arm(path: Path) -> None:
    """Let the faults of this file happen in this process."""

    def pass_by(point: str) -> None:
        lines = path.read_text().splitlines() if path.exists() else []
        if not lines:
            return
        where, _, kind = lines[0].removeprefix(ALWAYS).partition(": ")
        if where == point:
            if not lines[0].startswith(ALWAYS):
                path.write_text("\n".join(lines[1:]))
            _happen(kind)

    _arm_loading(pass_by)
    _arm_utterance(pass_by)


def _happen(kind: str) -> None:
    match kind:
        case "killed":
            os.kill(os.getpid(), signal.SIGKILL)
        case "hung":
            time.sleep(HUNG_S)
        case "no memory":
            raise MemoryError
        case "no device memory":
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")
        case "device lost":
            raise torch.AcceleratorError("CUDA error: unknown error")
        case _:
            raise AssertionError(kind)


def _arm_loading(pass_by: Callable[[str], None]) -> None:
    from nemo.core.connectors.save_restore_connector import SaveRestoreConnector

    _before(nemotron, "load", lambda: pass_by("before the model"))
    restoring = SaveRestoreConnector, "load_instance_with_state_dict"
    _before(*restoring, lambda: pass_by("in the restore"))
    _before(NemotronEngine, "_warm_up", lambda: pass_by("in the warm-up"))
    _before(onnx, "_load", lambda: pass_by("before the model"))
    _before(Model, "__init__", lambda: pass_by("in the restore"))
    _before(onnx, "_real_time_factor", lambda: pass_by("in the warm-up"))


def _arm_utterance(pass_by: Callable[[str], None]) -> None:
    """The points of an utterance, once the engine is loaded: the self-check is one, too."""

    def arm_after(kind: type[Any]) -> None:
        loaded = kind.load

        def load(engine: Any) -> None:
            loaded(engine)
            arm_them(engine)

        setattr(kind, "load", load)  # noqa: B010 - mypy knows that it is a method

    def arm_them(engine: Any) -> None:
        encoder: tuple[Any, str] = Model, "encode"
        decoder: tuple[Any, str] = Hypothesis, "take"
        if isinstance(engine, NemotronEngine):
            model = engine._loaded.model
            encoder = model.encoder, "cache_aware_stream_step"
            decoder = model.decoding.decoding, "forward"
        counts = {"feed": 0, "step": 0, "chunk": 0}
        finishing = False

        def begin() -> None:
            nonlocal finishing
            counts.update(feed=0, step=0, chunk=0)
            finishing = False
            pass_by("at the begin")

        def feed() -> None:
            counts["feed"] += 1
            if counts["feed"] == 1:
                pass_by("at the first feed")

        def step() -> None:
            counts["step"] += 1
            if finishing:
                pass_by("in the encoder's last step")
            elif counts["step"] == 2:
                pass_by("in the middle of a feed")

        def chunk() -> None:
            counts["chunk"] += 1
            if counts["chunk"] == 3:
                pass_by("between two feeds")

        def finish() -> None:
            nonlocal finishing
            pass_by("at the start of the finish")
            finishing = True

        def decode() -> None:
            if finishing:
                pass_by("in the decoder's last step")

        _before(type(engine), "prepare", lambda: pass_by("in the hotwords"))
        _before(type(engine), "begin", begin)
        _before(TransducerUtterance, "feed", feed)
        _before(*encoder, step)
        _before(Converter, "convert", chunk)
        _before(TransducerUtterance, "finish", finish)
        _before(*decoder, decode)
        _before(client_connection, "Transcript", lambda: pass_by("before the text is sent"))

    arm_after(NemotronEngine)
    arm_after(OnnxEngine)


def _before(owner: Any, name: str, what: Callable[[], None]) -> None:
    """Call `what` before each call of this function."""
    original = getattr(owner, name)

    def wrapped(*arguments: Any, **more: Any) -> Any:
        what()
        return original(*arguments, **more)

    setattr(owner, name, wrapped)
