"""A small model in place of nemotron-onnx: what is downloaded, and used once it is here.

It is two files, with an engine that loads them and then says the same to every sound; or, for the
real engine, the files of the folder that the environment names.
"""

import hashlib
import os
import time
from dataclasses import replace
from pathlib import Path

from dictate.config.schema import EngineSettings
from dictate.engines import ENGINES, EngineInfo, Utterance
from dictate.engines.packages import PACKAGES
from dictate.engines.scripted import ScriptedEngine
from dictate.errors import EngineError, Unavailable
from dictate.hotwords.model import Hotwords
from dictate.models import store
from dictate.models.catalogue import CATALOGUE, Model, PinnedFile

NAME = "nemotron-onnx"
TEXT = "Understood by the new engine."
FILES = {
    "encoder.int8.onnx": bytes(range(256)) * 20_000,
    "tokens.txt": b"<blk> 0\n",
}
MODEL = "DICTATE_TEST_MODEL"
"""In the environment: the folder of a model for the real engine."""
FOLDER = Path(__file__).with_name("arriving")
"""On the path of a Python, it brings the model."""
WORK_S = 0.1
"""Seconds of work for each utterance."""
BROKEN = "DICTATE_TEST_BROKEN_ENGINE"
"""In the environment: the engine does not load."""


def small() -> Model:
    """The model in the catalogue, with other files."""
    files = (
        PinnedFile(name, len(content), hashlib.sha256(content).hexdigest())
        for name, content in contents().items()
    )
    return replace(CATALOGUE[NAME], files=tuple(files))


def contents(folder: str | None = os.environ.get(MODEL)) -> dict[str, bytes]:
    """The files of the model."""
    if folder is None:
        return FILES
    return {path.name: path.read_bytes() for path in sorted(Path(folder).iterdir())}


def install() -> None:
    """In this process, the model and, unless it is one for the real engine, the engine stand for
    the real ones."""
    CATALOGUE[NAME] = small()
    if MODEL in os.environ:
        return
    ENGINES.table["onnx"] = f"{__name__}:ArrivedEngine"
    PACKAGES["onnx"] = ()


class ArrivedEngine(ScriptedEngine):
    """Says the same to every sound."""

    name = "onnx"

    def __init__(self, settings: EngineSettings) -> None:
        super().__init__(replace(settings, use="onnx"))

    def unavailable_reason(self) -> str | None:
        try:
            store.find(self.settings.model, trusted=False, engine=self.name)
        except Unavailable as error:
            return str(error)
        return None

    def load(self) -> None:
        if BROKEN in os.environ:
            raise EngineError("this processor is too old")
        with store.opened(store.find("", trusted=False, engine=self.name)) as folder:
            assert (folder / "tokens.txt").read_bytes() == FILES["tokens.txt"]
        self._lines = [TEXT]

    def begin(self, hotwords: Hotwords, language: str | None, chunk_ms: int = 0) -> Utterance:
        time.sleep(WORK_S)
        return super().begin(hotwords, language, chunk_ms)

    @property
    def facts(self) -> EngineInfo:
        return EngineInfo(model=NAME, device="cpu")
