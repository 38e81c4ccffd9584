"""A model hub on this machine that misbehaves on request."""

import hashlib
import http.server
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from dictate.models.catalogue import CATALOGUE, Model, PinnedFile
from dictate.models.downloader import part_path

CONTENT = bytes(range(256)) * 20_000
SHA256 = hashlib.sha256(CONTENT).hexdigest()


def model(content: bytes = CONTENT, **changes: Any) -> Model:
    """A small model in place of the catalogue's first."""
    pinned = CATALOGUE["nemotron"]
    file = PinnedFile(pinned.files[0].name, len(content), hashlib.sha256(content).hexdigest())
    return replace(pinned, files=(file,), **changes)


def part_of(which: Model) -> Path:
    """Where an interrupted download leaves its bytes."""
    return part_path(which, which.files[0])


def put(which: Model, content: bytes) -> Path:
    """Leave these bytes as an interrupted download does."""
    part = part_of(which)
    part.parent.mkdir(parents=True, exist_ok=True)
    part.write_bytes(content)
    return part


@dataclass
class Hub:
    """What the server does, and the requests it received."""

    address: str = ""
    content: bytes = CONTENT
    files: dict[str, bytes] = field(default_factory=dict)
    """By its name, what a file has in place of `content`."""
    status: int = 200
    ranges: bool = True
    redirect: str = ""
    """Where the hub redirects the client; the path of the file itself begins with /blob."""
    cut_after: int | None = None
    """Bytes of the body after which the connection is closed."""
    opened: threading.Event = field(default_factory=threading.Event)
    """While it is not set, only the first half of a body is sent. Set at the start."""
    stall_after: int | None = None
    """Bytes of the body after which nothing more arrives, and the connection stays open."""
    answer: dict[str, str] = field(default_factory=dict)
    """Headers sent in place of the true ones."""
    asked: list[tuple[str, str]] = field(default_factory=list)
    """Path and Range of each request."""
    headers: list[dict[str, str]] = field(default_factory=list)
    """The headers of each request, with their names in small letters."""

    def __post_init__(self) -> None:
        self.opened.set()


def handler(hub: Hub) -> type[http.server.BaseHTTPRequestHandler]:
    """The handler that answers as `hub` says."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = self.headers.get("Range", "")
            hub.asked.append((self.path, asked))
            hub.headers.append({name.lower(): value for name, value in self.headers.items()})
            blob = self.path.startswith("/blob")
            if hub.redirect and not blob:
                self.send_response(302)
                self.say({"Location": hub.redirect, "Content-Length": "0"})
                return
            start = re.fullmatch(r"bytes=(\d+)-", asked) if hub.ranges else None
            begin = int(start[1]) if start else 0
            content = hub.files.get(self.path.rpartition("/")[2], hub.content)
            body = content[begin:]
            said = {"Content-Length": str(len(body))}
            if start and hub.status == 200:
                said["Content-Range"] = f"bytes {begin}-{len(content) - 1}/{len(content)}"
            self.send_response(206 if start and hub.status == 200 else hub.status)
            self.say({**said, **hub.answer})
            with suppress(OSError):
                cut = hub.cut_after if hub.stall_after is None else hub.stall_after
                if not hub.opened.is_set():
                    self.wfile.write(body[: len(body) // 2])
                    body = body[len(body) // 2 :]
                    hub.opened.wait()
                self.wfile.write(body[:cut])
                if hub.stall_after is not None:
                    self.connection.recv(1)  # until the client goes away

        def say(self, headers: dict[str, str]) -> None:
            for name, value in headers.items():
                if value:
                    self.send_header(name, value)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            pass

    return Handler


@contextmanager
def serving() -> Iterator[Hub]:
    """A hub on a port of its own."""
    hub = Hub()
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler(hub)) as server:
        hub.address = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield hub
        finally:
            hub.opened.set()
            server.shutdown()
            thread.join()
