"""The speech models that can be downloaded, read from catalogue.toml."""

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from dictate.errors import Unavailable, did_you_mean
from dictate.platform import paths
from dictate.translation import _


@dataclass(frozen=True, slots=True)
class PinnedFile:
    """One file of a model."""

    name: str
    size: int
    """Bytes, exactly."""
    sha256: str


@dataclass(frozen=True, slots=True)
class Model:
    """A model that can be downloaded: files of one repository at one commit."""

    name: str
    title: str
    engine: str
    """The engine that uses it; "aligner" is `dictate file --words`."""
    languages: str
    """For people: "40 language-locales"."""
    speaks: tuple[str, ...]
    """BCP 47 tags without regions; empty if the model file itself lists its languages."""
    runs_on: str
    """For people: "NVIDIA card", "any processor"."""
    chunks_ms: tuple[int, ...]
    """Milliseconds of audio that it processes at a time; empty if it takes the whole utterance."""
    licence: str
    licence_url: str
    repository: str
    revision: str
    """The commit, in full."""
    files: tuple[PinnedFile, ...]
    original: str = ""
    """The model that these files were made of, and that `dictate models convert` makes them of;
    empty for an original."""
    word_errors: float | None = None
    """Published, in percent; None if no figure is known to us."""
    word_errors_of: str = ""
    """The sound and the publication of that figure."""

    @property
    def is_folder(self) -> bool:
        """Whether it is stored as a folder; a model of one file is stored as that file."""
        return len(self.files) > 1

    @property
    def path(self) -> Path:
        """Where the downloaded model is stored."""
        return paths.models_dir() / (self.name if self.is_folder else f"{self.name}.nemo")

    @property
    def record_path(self) -> Path:
        """Where it is recorded what was downloaded."""
        return paths.models_dir() / f"{self.name}.json"

    @property
    def size(self) -> int:
        """Bytes of all its files."""
        return sum(file.size for file in self.files)

    @property
    def sha256(self) -> str:
        """The checksum of its file, or of the list of its files."""
        if not self.is_folder:
            return self.files[0].sha256
        return list_sha256({file.name: file.sha256 for file in self.files})

    def file_path(self, file: PinnedFile) -> Path:
        """Where one of its files is stored."""
        return self.path / file.name if self.is_folder else self.path


def list_sha256(files: Mapping[str, str]) -> str:
    """The checksum of a list of files, which has the checksum of each by its name."""
    lines = "".join(f"{sha256}  {name}\n" for name, sha256 in files.items())
    return hashlib.sha256(lines.encode()).hexdigest()


def _read(path: Path) -> dict[str, Model]:
    models = [_model(table) for table in tomllib.loads(path.read_text("utf-8"))["model"]]
    return {model.name: model for model in models}


def _model(table: dict[str, Any]) -> Model:
    files = tuple(PinnedFile(**file) for file in table.pop("file"))
    return Model(
        files=files,
        speaks=tuple(table.pop("speaks")),
        chunks_ms=tuple(table.pop("chunks_ms")),
        **table,
    )


CATALOGUE: Final = _read(Path(__file__).with_name("catalogue.toml"))
"""Every model by its name."""

DEFAULT: Final = {
    "nemotron": "nemotron",
    "onnx": "nemotron-onnx",
    "qwen3": "qwen3",
    "aligner": "qwen3-aligner",
}
"""For each engine, and for the aligner, the model that the user gets without naming one."""


def named(name: str) -> Model:
    """The model called `name`. Raises Unavailable, with the most similar name."""
    if (model := CATALOGUE.get(name)) is not None:
        return model
    hint = did_you_mean(name, CATALOGUE) or _("; there are {names}").format(
        names=", ".join(CATALOGUE)
    )
    raise Unavailable(_("no model is called {name!r}{hint}").format(name=name, hint=hint))
