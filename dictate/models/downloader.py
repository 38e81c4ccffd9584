"""A model comes over the network: in pieces that are kept, and is checked before it counts.

Strategy: one GET of each file at one commit, into a `.part` that the next try goes on with (HTTP
Range). Nothing that a server says is believed where the catalogue knows better: size and checksum
come from there. Only a file that is whole gets its name in the store.
"""

import http
import http.client
import os
import shutil
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from email.message import Message
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

from dictate import __version__
from dictate.errors import EngineError, Unavailable
from dictate.models import store
from dictate.models.store import FIRST_DOWNLOAD, PUBLISHER, InstalledModel, Model, ModelFile, Piece
from dictate.platform import paths
from dictate.platform.locks import locked
from dictate.toml.toml_file import write

HUB = "https://huggingface.co"
TIMEOUT_S = 30.0
"""A server that says nothing for so long is taken for gone."""
PIECE = 1 << 20
SPARE = 64 << 20
"""So many bytes of the disk are left free."""
SAID = ("X-Linked-ETag", "X-Linked-Size", "X-Repo-Commit")
"""What the hub says of a large file: its SHA-256, its bytes, and the commit it is from."""


def download(model: Model, have: Callable[[int], None]) -> ModelFile:
    """Fetch the model, or the rest of it; at once if it is there and whole.

    `have` is told how many bytes are here, as they come. It blocks. Raises Unavailable (network,
    server, disk; what came is kept for the next call), EngineError (what came is not the model: it
    is deleted), JournalError (the folder cannot be used).
    """
    folder = paths.safe_dir(paths.models_dir())
    part = partial(model)
    with _alone(folder):
        if (found := whole(model)) is not None:
            return found
        try:
            if model.pieces:
                return _fetch_pieces(model, have)
            sha256, source = _fetch(model, part, have)
            record = InstalledModel(model.repository, model.revision, sha256, source)
            # The record first: if we are interrupted here, the finished part is still found.
            write(store.store_path(model.name, "json"), record.text())
            path = part.replace(model.path)
        except OSError as error:
            raise Unavailable(f"{part} cannot be written: {error.strerror or error}") from error
    return ModelFile(model.name, path, sha256, source)


def _fetch_pieces(model: Model, have: Callable[[int], None]) -> ModelFile:
    """All files of a model that has several: each gets its name in the folder once it is whole."""
    folder = paths.safe_dir(model.path)
    before = 0
    for piece in model.pieces:
        if not _is_whole(folder / piece.file, piece):
            part = store.store_path(model.name, f"{model.revision}.{piece.file}.part")
            only = replace(model, file=piece.file, size=piece.size, sha256=piece.sha256, pieces=())
            _fetch(only, part, lambda size, before=before: have(before + size))  # type: ignore[misc]
            part.replace(folder / piece.file)
        before += piece.size
        have(before)
    record = InstalledModel(model.repository, model.revision, model.sha256, PUBLISHER)
    write(store.store_path(model.name, "json"), record.text())
    return ModelFile(model.name, folder, model.sha256, PUBLISHER)


def _is_whole(path: Path, piece: Piece) -> bool:
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            return size == piece.size and store.sha256_of(file.fileno()) == piece.sha256
    except OSError:
        return False


def partial(model: Model) -> Path:
    """Where the bytes of this revision of the model are gathered."""
    return store.store_path(model.name, f"{model.revision}.part")


def bytes_here(model: Model) -> int:
    """How many bytes an unfinished download has brought."""
    pieces = [model.path / piece.file for piece in model.pieces]
    parts = model.path.parent.glob(f"{model.name}.{model.revision}.*part")
    return sum(path.stat().st_size for path in [*pieces, *parts] if path.is_file())


def whole(model: Model) -> ModelFile | None:
    """The downloaded file, hashed; None if it is missing, damaged or of another revision."""
    try:
        found = store.installed(model)
        if found is None or found.sha256 != (model.sha256 or found.sha256):
            return None
        with store.opened(found):
            return found
    except (Unavailable, EngineError):
        return None


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    with ExitStack() as stack:
        try:
            stack.enter_context(locked(folder))
        except BlockingIOError:
            raise Unavailable("another download is going on: wait for it, or stop it") from None
        except OSError as error:
            raise Unavailable(f"{folder} cannot be locked: {error.strerror}") from error
        yield


def _fetch(model: Model, part: Path, have: Callable[[int], None]) -> tuple[str, str]:
    """The SHA-256 of what came, and whose it is."""
    flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
    with os.fdopen(os.open(part, flags, 0o600), "r+b") as file:
        # At least one byte is asked for, as a server has no answer to a range of none.
        offset = min(file.seek(0, os.SEEK_END), model.size - 1)
        _room(part.parent, model.size - offset)
        response, said = _ask(model, offset)
        with response:
            _compare(model, offset, response, said)
            # A server that knows no ranges begins again.
            offset = offset if response.status == http.HTTPStatus.PARTIAL_CONTENT else 0
            file.truncate(offset)
            file.seek(offset)
            _receive(model, response, file, have)
        file.flush()
        os.fsync(file.fileno())
        file.seek(0)
        found = store.sha256_of(file.fileno())
    published = model.sha256 or said.get("X-Linked-ETag", "").strip('W/"')
    if not store.is_sha256(published):
        return found, FIRST_DOWNLOAD
    if found != published:
        part.unlink()
        raise EngineError(
            f"what came for {model.name} has the SHA-256 {found}, and should have {published}: it "
            "is deleted; try again, perhaps on another network"
        )
    return found, PUBLISHER


def _room(folder: Path, needed: int) -> None:
    free = shutil.disk_usage(folder).free
    if free < needed + SPARE:
        raise Unavailable(
            f"{folder} has {free / 1e9:.2f} GB free, but {(needed + SPARE) / 1e9:.2f} GB are "
            "needed: make room on that disk"
        )


def _ask(model: Model, offset: int) -> tuple[http.client.HTTPResponse, dict[str, str]]:
    """The answer to the one request, and what the hub said of the file on the way there."""
    hub = os.environ.get("HF_ENDPOINT", "").rstrip("/") or HUB
    if not hub.startswith(("https://", "http://")):
        raise Unavailable(f"HF_ENDPOINT is {hub!r}: it has to begin with https://")
    url = f"{hub}/{model.repository}/resolve/{model.revision}/{model.file}"
    headers = {"User-Agent": f"dictate/{__version__}", "Accept-Encoding": "identity"}
    if offset:
        headers["Range"] = f"bytes={offset}-"
    redirects = _Redirects()
    request = urllib.request.Request(url, headers=headers)
    try:
        response = urllib.request.build_opener(redirects).open(request, timeout=TIMEOUT_S)
    except urllib.error.HTTPError as error:
        error.close()
        raise Unavailable(f"{url}: the server says {error.code} {_plain(error.reason)}") from error
    except (OSError, http.client.HTTPException, ValueError) as error:
        reason = getattr(error, "reason", error)
        reason = _plain(getattr(reason, "strerror", None) or reason)
        raise Unavailable(f"{url} cannot be reached: {reason}; is the network up?") from error
    redirects.note(response.headers)
    return response, redirects.said


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows the hub to where the file lies, and keeps what the hub itself said of it."""

    def __init__(self) -> None:
        self.said: dict[str, str] = {}

    def note(self, headers: Message) -> None:
        for name in SAID:
            if name in headers:
                self.said.setdefault(name, headers[name])

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: Any,
        newurl: str,
    ) -> urllib.request.Request | None:
        if urlsplit(req.full_url).scheme == "https" and urlsplit(newurl).scheme != "https":
            raise Unavailable(
                f"{req.full_url} leads to {_plain(newurl)}, where others could change what comes: "
                "refusing to follow"
            )
        self.note(headers)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _compare(
    model: Model, offset: int, response: http.client.HTTPResponse, said: dict[str, str]
) -> None:
    """See that the server has the very file, before a byte of what is here is given up for it."""
    if (commit := said.get("X-Repo-Commit", model.revision)) != model.revision:
        raise Unavailable(
            f"{model.name}: the server has the commit {_plain(commit)}, not {model.revision}"
        )
    size = str(model.size)
    if response.status == http.HTTPStatus.PARTIAL_CONTENT:
        wanted = f"bytes {offset}-{model.size - 1}/{size}"
        given = response.headers.get("Content-Range", "nothing")
    else:
        wanted = size
        given = response.headers.get("Content-Length", "an unknown number of")
    if given != wanted or said.get("X-Linked-Size", size) != size:
        linked = said.get("X-Linked-Size", "")
        raise Unavailable(
            f"{model.name}: the server has another file: {_plain(given)} bytes {_plain(linked)}, "
            f"where {wanted} are expected"
        )


def _receive(
    model: Model,
    response: http.client.HTTPResponse,
    file: IO[bytes],
    have: Callable[[int], None],
) -> None:
    size = file.tell()
    have(size)
    while size < model.size:
        why = "the connection was cut"
        try:
            # Whatever is there: on a slow line the bar moves, and little is lost.
            piece = response.read1(min(PIECE, model.size - size))
        except (OSError, http.client.HTTPException) as error:
            piece, why = b"", f"the connection is lost ({_plain(error)})"
        if not piece:
            raise Unavailable(
                f"{model.name}: {why} at {size / 1e9:.2f} of {model.size / 1e9:.2f} GB; to go on "
                f"from there: dictate models download {model.name}"
            )
        file.write(piece)
        size += len(piece)
        have(size)


def _plain(said: object) -> str:
    """What a server said, without what would steer the terminal."""
    return "".join(sign if sign.isprintable() else "?" for sign in str(said)[:200])
