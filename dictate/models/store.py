"""The speech models on this machine. Nothing heavy is imported here.

The store holds two things for each model: NAME.nemo, or the folder NAME if the model has several
files, and NAME.json, which records what was downloaded.
"""

import hashlib
import json
import os
import re
import stat
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Final

from dictate.errors import EngineError, Unavailable
from dictate.models.catalogue import CATALOGUE, DEFAULT, Model, list_sha256, named
from dictate.platform import paths
from dictate.translation import _

PUBLISHER: Final = "publisher"
CONVERTED: Final = "converted here"  # untranslated
CONVERTING: Final = ".converting-"
"""How the name of a folder begins in which a conversion is under way."""
TRUSTED_PATH: Final = "trusted path"  # untranslated
SLOWEST_RTF: Final = 100_000
"""The largest real-time factor that a record may have: a second of sound takes a day."""
_NAME: Final = re.compile(r"\w[\w.-]*", re.ASCII)
"""The name of a file of a model: it leads to no other folder."""
_FOLDERS: Final = ("onnx", "qwen3", "aligner")
"""The engines whose models are folders."""


@dataclass(frozen=True, slots=True)
class ModelFile:
    """A model on this machine: a file or a folder."""

    name: str
    path: Path
    sha256: str
    """The checksum it must have; empty for a trusted path, whose checksum is unknown."""
    source: str
    """Where the checksum is from: "publisher", "converted here" or "trusted path"."""


@dataclass(frozen=True, slots=True)
class InstalledModel:
    """What NAME.json records of a downloaded model."""

    repository: str
    revision: str
    sha256: str
    source: str
    rtf: float = 0.0
    """Seconds of work for a second of sound, as measured here; 0 if it was not measured."""
    device: str = ""
    """What that was measured on."""
    original_sha256: str = ""
    """The checksum of the model that it was converted from."""
    files: dict[str, str] = field(default_factory=dict)
    """The checksum of each file that was converted here, by its name."""

    def text(self) -> str:
        """The content of the file."""
        found = asdict(self)
        if not self.rtf:
            del found["rtf"], found["device"]
        if not self.files:
            del found["original_sha256"], found["files"]
        return json.dumps(found, indent=2) + "\n"


def stored() -> dict[Path, int]:
    """All that has been downloaded, complete or in part: each file and its size in bytes."""
    files = (path for path in sorted(paths.models_dir().glob("*")) if path.suffix != ".json")
    return {path: path.lstat().st_size for path in files}


def installed(model: Model) -> ModelFile | None:
    """A downloaded model; None if it is missing or incomplete. Raises Unavailable if it is unsafe.

    It does not read the files: `opened` checks their content.
    """
    try:
        for file in model.files:
            os.close(_open(model.file_path(file), own=True))
        record = _read_record(model.record_path)
    except FileNotFoundError:
        return None
    except (EngineError, OSError) as error:
        raise Unavailable(str(error)) from error
    return ModelFile(model.name, model.path, record.sha256, record.source)


def record_of(model: Model) -> InstalledModel | None:
    """What is recorded of a downloaded model; None if nothing is, or nothing that can be read."""
    try:
        return _read_record(model.record_path)
    except (EngineError, OSError):
        return None


def record_speed(model: Model, rtf: float, device: str) -> None:
    """Record how fast a downloaded model is on this machine. Raises OSError."""
    # Not at the top: the engine processes load this file, too.
    from dictate.toml.toml_file import write

    if record := record_of(model):
        write(model.record_path, replace(record, rtf=round(rtf, 3), device=device).text())


def find(model: str, *, trusted: bool, engine: str = "nemotron") -> ModelFile:
    """The model that `engine.model`, or `engine.aligner`, names: by name, by path, or "" for the
    default of the engine.

    A path must be `trusted` (`engine.trust_model`). It does not read the files: `opened` does.
    Raises Unavailable: unknown, for a different engine, not downloaded, not trusted, or missing.
    """
    option = "engine.aligner" if engine == "aligner" else "engine.model"
    if "/" in model or model.endswith(".nemo"):
        path = Path(model).expanduser().absolute()
        return _find_path(path, option, trusted=trusted, folder=engine in _FOLDERS)
    known = named(model or DEFAULT[engine])
    if "aligner" in (known.engine, engine) and known.engine != engine:
        message = (
            _("{option} names the model {name}, which is for dictate file --words")
            if known.engine == "aligner"
            else _("{option} names the model {name}, which is for dictation")
        )
        raise Unavailable(message.format(option=option, name=known.name))
    if known.engine != engine:
        raise Unavailable(
            _(
                'the model {name} is for engine.use = "{engine}": set that, or choose a '
                "different engine.model"
            ).format(name=known.name, engine=known.engine)
        )
    if (found := installed(known)) is None:
        raise Unavailable(
            _("the model {name} is not downloaded: dictate models download {name}").format(
                name=known.name
            )
        )
    return found


def speaks(found: ModelFile) -> tuple[str, ...]:
    """The languages of a model on this machine, as far as the catalogue knows them."""
    return () if found.source == TRUSTED_PATH else CATALOGUE[found.name].speaks


def _find_path(path: Path, option: str, *, trusted: bool, folder: bool) -> ModelFile:
    if not trusted:
        raise Unavailable(
            _(
                "{path} is not in the list of known models, and loading a model file can run "
                "code inside it: if you made it, or trust its maker, set engine.trust_model "
                "= true"
            ).format(path=path)
        )
    if folder and not path.is_dir():
        raise Unavailable(
            _("{option} names {path}, but there is no such folder").format(option=option, path=path)
        )
    if not folder and not path.is_file():
        raise Unavailable(
            _("{option} names {path}, but there is no such file").format(option=option, path=path)
        )
    return ModelFile(path.name if folder else path.stem, path, "", TRUSTED_PATH)


@contextmanager
def opened(model: ModelFile) -> Iterator[Path]:
    """A path to the checked file or folder of `model`, valid inside the block and in this process.

    The path leads to the very descriptors that were hashed, so that no other process can replace a
    file between the check and the reading. It reads all of the model: call it off the loop. Raises
    EngineError: a file is missing, is not ours, or does not have its checksum.
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
        for name, sha256 in _checksums(model).items():
            checked = _opened_file(model, model.path / name, sha256)
            (folder / name).symlink_to(stack.enter_context(checked))
        yield folder


def _checksums(model: ModelFile) -> dict[str, str]:
    """The checksum of each file of a folder of the store, by its name."""
    known = named(model.name)
    if model.source != CONVERTED:
        return {file.name: file.sha256 for file in known.files}
    try:
        return _read_record(known.record_path).files
    except OSError as error:
        reason = _("{file} cannot be read: {error}").format(
            file=known.record_path, error=error.strerror
        )
        raise EngineError(reason) from error


@contextmanager
def _opened_file(model: ModelFile, path: Path, sha256: str) -> Iterator[Path]:
    try:
        descriptor = _open(path, own=model.source != TRUSTED_PATH)
    except OSError as error:
        raise EngineError(
            _("the model {path} cannot be read: {error}").format(path=path, error=error.strerror)
        ) from error
    try:
        if sha256 and (found := sha256_of(descriptor)) != sha256:
            raise EngineError(
                _(
                    "{path} is damaged or was changed: its SHA-256 is {found}, and should be "
                    "{sha256}; to get it again: {command}"
                ).format(path=path, found=found, sha256=sha256, command=_how_to_replace(model))
            )
        yield Path(f"/proc/self/fd/{descriptor}")
    finally:
        os.close(descriptor)


def _how_to_replace(model: ModelFile) -> str:
    if model.source != CONVERTED:
        return f"dictate models download {model.name}"
    known = named(model.name)
    chunk = f" --chunk-ms {known.chunks_ms[0]}" if known.chunks_ms else ""
    again = f"dictate models convert {known.original}{chunk}"
    return _("dictate models remove {name}, then {again}").format(name=known.name, again=again)


def is_complete(path: Path, sha256: str) -> bool:
    """Whether a file of the store is safe and has this checksum. It reads all of it."""
    try:
        descriptor = _open(path, own=True)
    except (EngineError, OSError):
        return False
    try:
        return sha256_of(descriptor) == sha256
    finally:
        os.close(descriptor)


def sha256_of(descriptor: int) -> str:
    """The SHA-256 of an open file from its position to its end, in hexadecimal."""
    with os.fdopen(descriptor, "rb", buffering=0, closefd=False) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _open(path: Path, *, own: bool) -> int:
    # O_NONBLOCK: a FIFO at this path would block the open for ever.
    flags = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | (os.O_NOFOLLOW if own else 0)
    if own and path.is_symlink():
        raise EngineError(
            _("{path} is a symlink, which could point anywhere: remove it").format(path=path)
        )
    descriptor = os.open(path, flags)
    found = os.fstat(descriptor)
    reason = None
    if not stat.S_ISREG(found.st_mode):
        reason = _("is not a regular file: remove it")
    elif own and found.st_uid not in (0, os.geteuid()):
        reason = _("belongs to another user: remove it")
    elif own and found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        reason = _("can be changed by other users: chmod go-w {path}").format(path=path)
    if reason:
        os.close(descriptor)
        raise EngineError(f"{path} {reason}")
    return descriptor


def _read_record(path: Path) -> InstalledModel:
    with os.fdopen(_open(path, own=True), "rb") as file:
        content = file.read(1 << 16)
    damaged = _("{path} is damaged; to get the model again: dictate models download {name}").format(
        path=path, name=path.stem
    )
    try:
        found = json.loads(content)
        # Not all of it: a newer Dictate may have recorded more.
        names = [one.name for one in fields(InstalledModel)]
        record = InstalledModel(**{name: found[name] for name in names if name in found})
    except (ValueError, TypeError, RecursionError) as error:
        raise EngineError(damaged) from error
    if not is_sha256(record.sha256) or not _has_checksums(record) or not _has_speed(record):
        raise EngineError(damaged)
    return record


def _has_speed(record: InstalledModel) -> bool:
    """Whether the speed is one that can be shown, or none."""
    rtf, device = record.rtf, record.device
    return (
        isinstance(rtf, int | float)
        and 0 <= rtf <= SLOWEST_RTF
        and isinstance(device, str)
        and device.isprintable()
    )


def _has_checksums(record: InstalledModel) -> bool:
    """Whether the record says where its checksums are from, and has them."""
    files = record.files
    if record.source != CONVERTED:
        return record.source == PUBLISHER and not files
    return (
        isinstance(files, dict)
        and all(_NAME.fullmatch(name) and is_sha256(sha256) for name, sha256 in files.items())
        and record.sha256 == list_sha256(files)
        and is_sha256(record.original_sha256)
    )


def is_sha256(text: object) -> bool:
    """Whether this is a SHA-256 in lower-case hexadecimal."""
    return isinstance(text, str) and len(text) == 64 and set(text) <= set("0123456789abcdef")
