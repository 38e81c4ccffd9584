"""`dictate models convert`: ONNX files made on this machine from NVIDIA's own file."""

import shutil
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from dictate import console
from dictate.errors import Unavailable
from dictate.install.model import measure_speed
from dictate.installation import install_command
from dictate.models import downloader, store
from dictate.models.catalogue import CATALOGUE, Model, list_sha256, named
from dictate.models.store import InstalledModel
from dictate.platform import paths
from dictate.toml.toml_file import write
from dictate.translation import _

NEEDED: Final = {"nemotron": ("nemo", "torch", "onnx"), "onnx": ("onnxruntime",)}
"""The packages that it needs, by the extra that installs them."""
ROOM: Final = 4
"""Bytes of disk that are needed meanwhile, for each byte of the original: it is unpacked, and its
weights are written in full precision twice before the rounded ones."""


def convert(name: str, chunk_ms: int) -> int:
    """Make the ONNX files of the model called `name`, for chunks of `chunk_ms`, and test them; 130
    if interrupted. Raises Unavailable, EngineError, UnsafeFolder."""
    original, target = named(name), _target(name, chunk_ms)
    for extra, packages in NEEDED.items():
        if missing := [one for one in packages if find_spec(one) is None]:
            raise Unavailable(
                _("missing packages: {missing}; {install_command}").format(
                    missing=", ".join(missing), install_command=install_command(extra)
                )
            )
    found = store.find(name, trusted=False, engine=original.engine)
    folder = paths.safe_dir(paths.models_dir())
    with downloader.alone(folder):
        if store.installed(target) is not None:
            raise Unavailable(
                _("{name} is here already; to make it anew: dictate models remove {name}").format(
                    name=target.name
                )
            )
        free, needed = shutil.disk_usage(folder).free, ROOM * original.size
        if free < needed:
            raise Unavailable(
                _(
                    "{folder} has {free:.1f} GB free, but {needed:.1f} GB are needed "
                    "meanwhile: make room on that disk"
                ).format(folder=folder, free=free / 1000000000.0, needed=needed / 1000000000.0)
            )
        console.error(
            _("Converting {title} for the engine onnx; this takes minutes.").format(
                title=original.title
            )
        )
        try:
            _make(found, target, chunk_ms)
        except KeyboardInterrupt:
            console.error(_("Interrupted; nothing was changed."))
            return 130
        files = {path.name: _sha256(path) for path in sorted(target.path.iterdir())}
        record = InstalledModel(
            repository=original.repository,
            revision=original.revision,
            sha256=list_sha256(files),
            source=store.CONVERTED,
            original_sha256=original.sha256,
            files=files,
        )
        write(target.record_path, record.text())
    console.line(
        _("{path}: converted from {name} (SHA-256 {sha256})").format(
            path=target.path, name=original.name, sha256=original.sha256
        )
    )
    measure_speed(target)
    return 0


def _target(name: str, chunk_ms: int) -> Model:
    """The model of the catalogue that the files become."""
    made = [model for model in CATALOGUE.values() if model.original == name]
    if not made:
        known = dict.fromkeys(model.original for model in CATALOGUE.values() if model.original)
        raise Unavailable(
            _("{name} cannot be converted; these can: {known}").format(
                name=name, known=", ".join(known)
            )
        )
    for model in made:
        if not model.chunks_ms or chunk_ms in model.chunks_ms:
            return model
    chunks = ", ".join(str(chunk) for model in made for chunk in model.chunks_ms)
    raise Unavailable(
        _("{name} is converted for chunks of {chunks} ms, not of {chunk_ms} ms").format(
            name=name, chunks=chunks, chunk_ms=chunk_ms
        )
    )


def _make(found: store.ModelFile, target: Model, chunk_ms: int) -> None:
    # NeMo takes seconds to import.
    from dictate.engines.nemotron.load import load
    from dictate.engines.onnx.export import export

    with store.opened(found) as path:
        console.error(_("loading {name}").format(name=found.path.name))
        loaded = load(path, "cpu")
    # What an interrupted download has left: without its record it counts for nothing.
    shutil.rmtree(target.path, ignore_errors=True)
    export(loaded, target.path, chunk_ms if target.chunks_ms else 0, console.error)
    paths.safe_dir(target.path)
    for file in target.path.iterdir():
        file.chmod(0o600)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return store.sha256_of(file.fileno())
