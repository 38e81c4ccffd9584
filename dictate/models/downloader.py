"""Downloads a model from Hugging Face's hub, and checks it before it counts.

Each file arrives in a `.part`, which the next attempt continues (HTTP Range), and gets its name in
the store once its SHA-256 is the one in the catalogue: so neither the server nor the way to it has
to be trusted. Only the file is requested: no token is sent, no usage data, and the hub's cache is
not used.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import partial
from http import HTTPStatus
from importlib.util import find_spec
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

from dictate import __version__
from dictate.errors import EngineError, Unavailable
from dictate.installation import install_command
from dictate.models import store
from dictate.models.catalogue import Model, PinnedFile
from dictate.models.store import PUBLISHER, InstalledModel, ModelFile
from dictate.plain_text import clean
from dictate.platform import paths
from dictate.platform.locks import locked
from dictate.platform.own_files import open_own
from dictate.toml.toml_file import write
from dictate.translation import _

if TYPE_CHECKING:
    from httpx2 import Response

ENGINE_EXTRAS: Final = {"nemotron": "nemotron", "onnx": "onnx"}
"""The extra that installs what a model's engine needs; qwen3 for all other engines."""
TIMEOUT_S = 30.0
"""Seconds without a byte from the server, after which it counts as gone."""
RESERVE_BYTES = 64 << 20
"""Bytes of the disk that stay free."""


class Interrupted(Unavailable):
    """The network or the server failed, or a different download runs: a later call continues."""

    def __init__(self, message: str, reason: str) -> None:
        super().__init__(message)
        self.reason = reason
        """In a few words, without advice."""


def download(model: Model, on_progress: Callable[[int], None]) -> ModelFile:
    """Download what is missing of the model; nothing if it is complete.

    `on_progress` gets the number of bytes that are here. It blocks. Raises Unavailable (package,
    server, disk; the next call continues with what is here), of which Interrupted may be mended by
    itself; EngineError (what arrived is not the model: it is deleted), UnsafeFolder.
    """
    if find_spec("huggingface_hub") is None:
        extra = ENGINE_EXTRAS.get(model.engine, "qwen3")
        raise Unavailable(
            _("the package huggingface_hub is missing: {install_command}").format(
                install_command=install_command(extra)
            )
        )
    folder = paths.safe_dir(paths.models_dir())
    with alone(folder):
        found = store.record_of(model)
        if found is not None and found.source == store.CONVERTED:
            raise Unavailable(
                _(
                    "{name} is here already, converted on this machine; to download it "
                    "instead: dictate models remove {name}"
                ).format(name=model.name)
            )
        if model.is_folder:
            paths.safe_dir(model.path)
        try:
            before = 0
            for file in model.files:
                if not store.is_complete(model.file_path(file), file.sha256):
                    _fetch(model, file, partial(_add, on_progress, before))
                before += file.size
                on_progress(before)
            _record(model)
        except OSError as error:
            reason = error.strerror or error
            raise Unavailable(
                _("{path} cannot be written: {reason}").format(path=model.path, reason=reason)
            ) from error
    return ModelFile(model.name, model.path, model.sha256, PUBLISHER)


def _record(model: Model) -> None:
    record = InstalledModel(model.repository, model.revision, model.sha256, PUBLISHER)
    before = store.record_of(model)
    if before is not None and before.sha256 == record.sha256:
        record = replace(record, rtf=before.rtf, device=before.device)
    write(model.record_path, record.text())


def _add(on_progress: Callable[[int], None], before: int, here: int) -> None:
    on_progress(before + here)


def part_path(model: Model, file: PinnedFile) -> Path:
    """Where the bytes of a file of this revision are collected."""
    middle = f".{file.name}" if model.is_folder else ""
    return paths.models_dir() / f"{model.name}.{model.revision}{middle}.part"


def bytes_here(model: Model) -> int:
    """The bytes that an unfinished download has brought."""
    complete = [model.file_path(file) for file in model.files]
    parts = [part_path(model, file) for file in model.files]
    return sum(path.stat().st_size for path in [*complete, *parts] if path.is_file())


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Inside the block no other process changes the store. Raises Interrupted, Unavailable."""
    with ExitStack() as stack:
        try:
            stack.enter_context(locked(folder))
        except BlockingIOError:
            reason = _("another download or conversion is running")
            raise Interrupted(
                _("{reason}: wait for it, or stop it").format(reason=reason), reason
            ) from None
        except OSError as error:
            raise Unavailable(
                _("{folder} cannot be locked: {error}").format(folder=folder, error=error.strerror)
            ) from error
        # What a conversion that was killed has left: several gigabytes of no use.
        for left in folder.glob(f"{store.CONVERTING}*"):
            shutil.rmtree(left, ignore_errors=True)
        yield


def _fetch(model: Model, file: PinnedFile, on_progress: Callable[[int], None]) -> None:
    """Download one file, or the rest of it, and put it into the store."""
    part = part_path(model, file)
    with os.fdopen(open_own(part, os.O_RDWR | os.O_CREAT), "r+b") as output:
        if output.seek(0, os.SEEK_END) < file.size:
            _require_space(part.parent, file.size - output.tell())
            _receive(model, file, output, on_progress)
        output.truncate(file.size)
        output.flush()
        os.fsync(output.fileno())
        output.seek(0)
        found = store.sha256_of(output.fileno())
    if found != file.sha256:
        part.unlink()
        raise EngineError(
            _(
                "{name} of {model} arrived with the SHA-256 {found}, and should have "
                "{sha256}: it is deleted; try again, perhaps on a different network"
            ).format(name=file.name, model=model.name, found=found, sha256=file.sha256)
        )
    part.replace(model.file_path(file))


def _require_space(folder: Path, missing: int) -> None:
    free, needed = shutil.disk_usage(folder).free, missing + RESERVE_BYTES
    if free < needed:
        raise Unavailable(
            _(
                "{folder} has {free:.2f} GB free, but {needed:.2f} GB are needed: make room "
                "on that disk"
            ).format(folder=folder, free=free / 1000000000.0, needed=needed / 1000000000.0)
        )


def _receive(
    model: Model, file: PinnedFile, output: IO[bytes], on_progress: Callable[[int], None]
) -> None:
    """Append to `output`, from its position, until it has the size of the file."""
    # Both are slow to import, and only a download needs them.
    import httpx2
    from huggingface_hub import get_session, hf_hub_url

    endpoint = os.environ.get("HF_ENDPOINT", "").rstrip("/") or None
    url = hf_hub_url(model.repository, file.name, revision=model.revision, endpoint=endpoint)
    headers = {"User-Agent": f"dictate/{__version__}", "Accept-Encoding": "identity"}
    if offset := output.tell():
        headers["Range"] = f"bytes={offset}-"
    try:
        with get_session().stream("GET", url, headers=headers, timeout=TIMEOUT_S) as response:
            _check(response, file, offset)
            if response.status_code != HTTPStatus.PARTIAL_CONTENT:
                output.seek(0)
                output.truncate()
            on_progress(output.tell())
            for chunk in response.iter_raw():
                output.write(chunk[: file.size - output.tell()])
                on_progress(output.tell())
                if output.tell() == file.size:
                    return
            raise httpx2.RemoteProtocolError(_("the server closed the connection"))
    except (httpx2.HTTPError, httpx2.InvalidURL, ConnectionError) as error:
        here, size = output.tell() / 1e9, file.size / 1e9
        host = url.partition("://")[2].partition("/")[0]  # it may be no URL
        broke = (
            _("the connection to {host} broke").format(host=host) if output.tell() > offset else ""
        )
        raise Interrupted(
            _(
                "{url}: {error}, with {here:.2f} of {size:.2f} GB here; is the network up? "
                "To continue: dictate models download {name}"
            ).format(url=url, error=clean(str(error)), here=here, size=size, name=model.name),
            broke
            or _("{host} cannot be reached: {error}").format(host=host, error=clean(str(error))),
        ) from error


def _check(response: "Response", file: PinnedFile, offset: int) -> None:
    """Refuse a wrong answer before anything that is here is given up for it."""
    if not response.is_success:
        reason = f"{response.status_code} {clean(response.reason_phrase)}"
        busy = response.status_code == HTTPStatus.TOO_MANY_REQUESTS or response.is_server_error
        if busy:
            message = _("{url}: the server answers {reason}").format(
                url=response.url, reason=reason
            )
            raise Interrupted(
                message, _("{host} answers {reason}").format(host=response.url.host, reason=reason)
            )
        raise Unavailable(
            _("{url}: the server answers {reason}").format(url=response.url, reason=reason)
        )
    if response.status_code == HTTPStatus.PARTIAL_CONTENT:
        # untranslated
        header, expected = "Content-Range", f"bytes {offset}-{file.size - 1}/{file.size}"
    else:
        header, expected = "Content-Length", str(file.size)
    # A small file may come without its length, but never a range without its bounds.
    answered = response.headers.get(header, expected if header == "Content-Length" else "")
    if answered != expected:
        raise Unavailable(
            _(
                "{url}: the server has a different file: its {header} is {found!r}, where "
                "{expected!r} is expected"
            ).format(url=response.url, header=header, found=clean(answered), expected=expected)
        )
