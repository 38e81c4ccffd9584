"""The speech models that can be downloaded, and those that are. Nothing heavy is imported here.

The store holds two things for each model: NAME.nemo, or the folder NAME where a model has several
files, and NAME.json, which says what was downloaded and whose checksum it was held against.
"""

import hashlib
import json
import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from dictate.errors import EngineError, Unavailable, did_you_mean
from dictate.platform import paths

PUBLISHER: Final = "publisher"
FIRST_DOWNLOAD: Final = "first download"
TRUSTED_PATH: Final = "trusted path"


@dataclass(frozen=True, slots=True)
class Piece:
    """One file of a model that has several."""

    file: str
    size: int
    """Bytes, exactly."""
    sha256: str


@dataclass(frozen=True, slots=True)
class Model:
    """A model that can be downloaded: files of one repository at one revision."""

    name: str
    title: str
    languages: str
    licence: str
    licence_url: str
    chunks_ms: tuple[int, ...]
    """How many milliseconds of sound it can work through at a time; empty: all of it at once."""
    repository: str
    revision: str
    """The commit: what is downloaded today is what was downloaded yesterday."""
    file: str
    size: int
    """Bytes, exactly."""
    sha256: str = ""
    """Of the file; empty where nobody has published it: then the server is asked. Of a list of the
    pieces, where there are some."""
    engine: str = "nemotron"
    """The one that can use it; "aligner" is `dictate file --words`."""
    speaks: str = ""
    """BCP 47 tags without countries, parted by spaces; empty where the file itself names them."""
    pieces: tuple[Piece, ...] = ()
    """The files, where they are several."""

    @property
    def path(self) -> Path:
        """Where it lies when it is downloaded."""
        return paths.models_dir() / self.name if self.pieces else store_path(self.name, "nemo")


def _qwen3(name: str, title: str, revision: str, config: Piece, weights: Piece) -> Model:
    """Both have all but two files in common."""
    pieces = (
        Piece(
            "chat_template.jinja",
            1434,
            "f50e6b694fbf4a683206e37869990d68333fe95d285730f084c838a34b0d98c2",
        ),
        config,
        Piece(
            "generation_config.json",
            165,
            "9939fc9388b79bd70757f938b87381e817173d6a6158f5af6506c0b73e775c3c",
        ),
        weights,
        Piece(
            "processor_config.json",
            487,
            "bc0b230081b44e629dd5b9045b78495615c1831b4b9f4cffe97bd37e82a6156a",
        ),
        Piece(
            "tokenizer.json",
            11_429_653,
            "fe1fad59be22a41ee293363fcf95fdedbc7c93f3b49270b1d2e18bd1399a7a05",
        ),
        Piece(
            "tokenizer_config.json",
            998,
            "945e980986de2ca7768f3326bfdbb4fbea3406f972b8ae0be233089f2b253c11",
        ),
    )
    return Model(
        name=name,
        title=title,
        languages="30 languages",
        licence="Apache-2.0",
        licence_url="https://www.apache.org/licenses/LICENSE-2.0",
        chunks_ms=(),
        repository=f"Qwen/{title}-hf",
        revision=revision,
        file="",
        size=sum(piece.size for piece in pieces),
        sha256=sha256_of_list(pieces),
        engine="qwen3",
        speaks="ar yue zh cs da nl en fil fi fr de el hi hu id it ja ko mk ms fa pl pt ro ru es sv "
        "th tr vi",
        pieces=pieces,
    )


def sha256_of_list(pieces: tuple[Piece, ...]) -> str:
    """One checksum for several files."""
    lines = "".join(f"{piece.sha256}  {piece.file}\n" for piece in pieces)
    return hashlib.sha256(lines.encode()).hexdigest()


_ALIGNER: Final = (
    Piece(
        "chat_template.jinja",
        551,
        "59b5ae119bda7c00089bba5f49af775791ea67c7aeb7d2b828cddda9463121bf",
    ),
    Piece(
        "config.json",
        248_029,
        "82ac390b36a8f80c5a0c4e202367debd149e5d8c30abe4cf5eed439101b1c5ce",
    ),
    Piece(
        "model.safetensors",
        1_835_545_960,
        "00568245ceca5af1991d28562a75fe1ddc9bfeb041c27fda66947ea05c47fb86",
    ),
    Piece(
        "processor_config.json",
        487,
        "bc0b230081b44e629dd5b9045b78495615c1831b4b9f4cffe97bd37e82a6156a",
    ),
    Piece(
        "tokenizer.json",
        11_429_842,
        "cadfb9cbd9ff8f4e309075ec6a71b063295ff796afb4b5dbc0fd2873fbb301f2",
    ),
    Piece(
        "tokenizer_config.json",
        998,
        "945e980986de2ca7768f3326bfdbb4fbea3406f972b8ae0be233089f2b253c11",
    ),
)


# The revisions, sizes and checksums are those that several public projects pin and check,
# independently of each other. (The aligner's chat template: what transformers' own converter writes
# has this checksum.)
CATALOGUE: Final[dict[str, Model]] = {
    model.name: model
    for model in (
        Model(
            name="nemotron",
            title="NVIDIA Nemotron Speech Streaming 0.6B",
            languages="English",
            licence="NVIDIA Open Model License",
            licence_url="https://www.nvidia.com/en-us/agreements/enterprise-software/"
            "nvidia-open-model-license/",
            chunks_ms=(80, 160, 560, 1120),
            repository="nvidia/nemotron-speech-streaming-en-0.6b",
            revision="ebe59e5a817142986528bbbee5dba8db7b38ed50",
            file="nemotron-speech-streaming-en-0.6b.nemo",
            size=2_473_041_920,
            sha256="283638054c44f6794e74fe9af9048d78a6d9d6c058c12131856c7859a62ac9cd",
            speaks="en",
        ),
        Model(
            name="nemotron-3.5",
            title="NVIDIA Nemotron 3.5 ASR Streaming 0.6B",
            languages="40 language-locales",
            licence="OpenMDW-1.1",
            licence_url="https://openmdw.ai/license/1-1/",
            chunks_ms=(80, 160, 320, 560, 1120),
            repository="nvidia/nemotron-3.5-asr-streaming-0.6b",
            revision="ea30d66debe3740a08b573244286791d423d6b3e",
            file="nemotron-3.5-asr-streaming-0.6b.nemo",
            size=2_368_284_501,
            sha256="210214ed94039bf6bfbb9a047c7fa289628db75b103e2bf6381fa78285436a74",
        ),
        Model(
            name="parakeet",
            title="NVIDIA Parakeet TDT 0.6B v3",
            languages="25 European languages",
            licence="CC BY 4.0",
            licence_url="https://creativecommons.org/licenses/by/4.0/",
            chunks_ms=(),
            repository="nvidia/parakeet-tdt-0.6b-v3",
            revision="541d1f99c6b0c3cd0b11a95167540bb8edefd82b",
            file="parakeet-tdt-0.6b-v3.nemo",
            size=2_509_332_480,
            sha256="3cbdc85877e668ca7b82d0d56770eb1fac76691f55d6b97545e8d61ca588d10d",
            speaks="bg cs da de el en es et fi fr hr hu it lt lv mt nl pl pt ro ru sk sl sv uk",
        ),
        _qwen3(
            name="qwen3",
            title="Qwen3-ASR-1.7B",
            revision="bcd2b5b7f32b480ab5790554cfa8347f246a14f3",
            config=Piece(
                "config.json",
                2399,
                "117ac8e63e2af7cae3665e5a632d6eb03f5f384915519ceb6403c15ec6533f63",
            ),
            weights=Piece(
                "model.safetensors",
                4_076_193_080,
                "2db53c7d81bd9b8cbc6a074e89be2c968a0d373fb4ee68bb1b1e14f7042dfee1",
            ),
        ),
        _qwen3(
            name="qwen3-0.6b",
            title="Qwen3-ASR-0.6B",
            revision="7f1569a48a89f3e3f4dc3a5c9d28bddd903bc76c",
            config=Piece(
                "config.json",
                2398,
                "9eecf6f1b383e343889c2e6010e632590fa57d4bc678e151c7d6a160a0dfb04a",
            ),
            weights=Piece(
                "model.safetensors",
                1_564_928_088,
                "d3f212dd20abecd315d830bc54ae3865e56ebfc3276484e57b771288ba27fd35",
            ),
        ),
        Model(
            name="qwen3-aligner",
            title="Qwen3-ForcedAligner-0.6B",
            languages="11 languages",
            licence="Apache-2.0",
            licence_url="https://www.apache.org/licenses/LICENSE-2.0",
            chunks_ms=(),
            repository="Qwen/Qwen3-ForcedAligner-0.6B-hf",
            revision="c07281df297b9905d24a508279258cccf987a064",
            file="",
            size=sum(piece.size for piece in _ALIGNER),
            sha256=sha256_of_list(_ALIGNER),
            engine="aligner",
            speaks="zh yue en fr de it ja ko pt ru es",
            pieces=_ALIGNER,
        ),
    )
}
DEFAULT: Final = {"nemotron": "nemotron", "qwen3": "qwen3", "aligner": "qwen3-aligner"}
"""The model of each engine, and of the aligner, where none is asked for."""
_FOLDERS: Final = ("qwen3", "aligner")
"""Whose models are folders."""


@dataclass(frozen=True, slots=True)
class ModelFile:
    """A model that lies on this machine."""

    name: str
    path: Path
    sha256: str
    """What the file has to be; empty for a trusted path, of which nothing is known."""
    source: str
    """Where the checksum is from: "publisher", "first download" or "trusted path"."""


@dataclass(frozen=True, slots=True)
class InstalledModel:
    """What NAME.json says of the model beside it."""

    repository: str
    revision: str
    sha256: str
    source: str

    def text(self) -> str:
        """As it stands in the file."""
        return json.dumps(asdict(self), indent=2) + "\n"


def store_path(name: str, kind: str) -> Path:
    """Where the model of this name lies ("nemo"), or what is known of it ("json")."""
    return paths.models_dir() / f"{name}.{kind}"


def stored() -> dict[Path, int]:
    """What has been downloaded, whole or in part: each file and its size in bytes."""
    files = (path for path in sorted(paths.models_dir().glob("*")) if path.suffix != ".json")
    return {path: path.lstat().st_size for path in files}


def named(name: str) -> Model:
    """The model of the catalogue that is called `name`. Raises Unavailable, with what is near."""
    if (model := CATALOGUE.get(name)) is not None:
        return model
    hint = did_you_mean(name, CATALOGUE) or f"; there are {', '.join(CATALOGUE)}"
    raise Unavailable(f"no model is called {name!r}{hint}")


def installed(model: Model) -> ModelFile | None:
    """The file, or folder, of a downloaded model, None if it is not. Raises Unavailable if it is
    unsafe.

    It looks, and does not hash.
    """
    path = model.path
    try:
        for file in [path / piece.file for piece in model.pieces] or [path]:
            os.close(_open(file, own=True))
        record = _read_record(store_path(model.name, "json"))
    except FileNotFoundError:
        return None
    except (EngineError, OSError) as error:
        raise Unavailable(str(error)) from error
    return ModelFile(model.name, path, record.sha256, record.source)


def find(model: str, *, trusted: bool, engine: str = "nemotron") -> ModelFile:
    """The model that `engine.model`, or `engine.aligner`, asks for: a name, a path, or "" for the
    engine's usual one.

    A path is for `trusted` only (`engine.trust_model`). It looks, and does not hash: `opened` does.
    Raises Unavailable: unknown, of another engine, not downloaded, not trusted, or not there.
    """
    option = "engine.aligner" if engine == "aligner" else "engine.model"
    if "/" in model or model.endswith(".nemo"):
        path = Path(model).expanduser().absolute()
        return _find_path(path, option, trusted=trusted, folder=engine in _FOLDERS)
    known = named(model or DEFAULT[engine])
    if "aligner" in (known.engine, engine) and known.engine != engine:
        purpose = "dictate file --words" if known.engine == "aligner" else "dictation"
        raise Unavailable(f"{option} names the model {known.name}, which is for {purpose}")
    if known.engine != engine:
        raise Unavailable(
            f'the model {known.name} is for engine.use = "{known.engine}": set that, or another '
            "engine.model"
        )
    if (found := installed(known)) is None:
        raise Unavailable(
            f"the model {known.name} is not downloaded: dictate models download {known.name}"
        )
    return found


def speaks(found: ModelFile) -> tuple[str, ...]:
    """The languages of a model that lies here, as far as the catalogue knows them."""
    return () if found.source == TRUSTED_PATH else tuple(CATALOGUE[found.name].speaks.split())


def _find_path(path: Path, option: str, *, trusted: bool, folder: bool) -> ModelFile:
    if not trusted:
        raise Unavailable(
            f"{path} comes from nobody we know, and loading a model file can run code that is in "
            "it: if you made it, or trust who did, set engine.trust_model = true"
        )
    if folder and not path.is_dir():
        raise Unavailable(f"{option} names {path}, but there is no such folder")
    if not folder and not path.is_file():
        raise Unavailable(f"{option} names {path}, but there is no such file")
    return ModelFile(path.name if folder else path.stem, path, "", TRUSTED_PATH)


@contextmanager
def opened(model: ModelFile) -> Iterator[Path]:
    """A path to the opened file, or folder, of `model`, checked, good inside the block and in this
    process.

    The path leads to the very descriptors that were hashed, so that nobody can put another file in
    their place between the check and the reading. It reads all of it: call it off the loop.
    Raises EngineError: a file is gone, is not ours, or is not what its checksum says.
    """
    if model.path.is_dir():
        with _opened_folder(model) as folder:
            yield folder
        return
    with _opened_file(model, model.path, model.sha256) as path:
        yield path


@contextmanager
def _opened_folder(model: ModelFile) -> Iterator[Path]:
    if model.source == TRUSTED_PATH:
        yield model.path
        return
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="dictate-")))
        for piece in named(model.name).pieces:
            file = _opened_file(model, model.path / piece.file, piece.sha256)
            (folder / piece.file).symlink_to(stack.enter_context(file))
        yield folder


@contextmanager
def _opened_file(model: ModelFile, path: Path, sha256: str) -> Iterator[Path]:
    try:
        descriptor = _open(path, own=model.source != TRUSTED_PATH)
    except OSError as error:
        raise EngineError(f"the model {path} cannot be read: {error.strerror}") from error
    try:
        if sha256 and (found := sha256_of(descriptor)) != sha256:
            raise EngineError(
                f"{path} is damaged or was changed: its SHA-256 is {found}, and should be "
                f"{sha256}; to get it again: dictate models download {model.name}"
            )
        yield Path(f"/proc/self/fd/{descriptor}")
    finally:
        os.close(descriptor)


def sha256_of(descriptor: int) -> str:
    """The SHA-256 of an open file from where it stands to its end, in hexadecimal."""
    with os.fdopen(descriptor, "rb", buffering=0, closefd=False) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _open(path: Path, *, own: bool) -> int:
    # Without O_NONBLOCK a FIFO in the file's place would keep us waiting for ever.
    flags = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | (os.O_NOFOLLOW if own else 0)
    if own and path.is_symlink():
        raise EngineError(f"{path} is a symlink, which could point anywhere: remove it")
    descriptor = os.open(path, flags)
    found = os.fstat(descriptor)
    reason = None
    if not stat.S_ISREG(found.st_mode):
        reason = "is no regular file: remove it"
    elif own and found.st_uid not in (0, os.geteuid()):
        reason = "belongs to somebody else: remove it"
    elif own and found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        reason = f"may be written by others: chmod go-w {path}"
    if reason:
        os.close(descriptor)
        raise EngineError(f"{path} {reason}")
    return descriptor


def _read_record(path: Path) -> InstalledModel:
    with os.fdopen(_open(path, own=True), "rb") as file:
        content = file.read(1 << 16)
    damaged = f"{path} is damaged; to get the model again: dictate models download {path.stem}"
    try:
        record = InstalledModel(**json.loads(content))
    except (ValueError, TypeError, RecursionError) as error:
        raise EngineError(damaged) from error
    if not is_sha256(record.sha256) or record.source not in (PUBLISHER, FIRST_DOWNLOAD):
        raise EngineError(damaged)
    return record


def is_sha256(text: object) -> bool:
    """Whether this is a SHA-256 in lower-case hexadecimal."""
    return isinstance(text, str) and len(text) == 64 and set(text) <= set("0123456789abcdef")
