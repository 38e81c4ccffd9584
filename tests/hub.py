"""A model hub on this machine, which can be asked to misbehave."""

import hashlib
import http.server
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from dictate.models.downloader import partial
from dictate.models.store import CATALOGUE, Model, store_path

CONTENT = bytes(range(256)) * 20_000
SHA256 = hashlib.sha256(CONTENT).hexdigest()


def model(**changes: Any) -> Model:
    """A small one that stands for the catalogue's first."""
    return replace(CATALOGUE["nemotron"], **{"size": len(CONTENT), "sha256": SHA256, **changes})


def put(which: Model, content: bytes) -> Path:
    """Leave these bytes as an interrupted download does."""
    part = partial(which)
    part.parent.mkdir(parents=True, exist_ok=True)
    part.write_bytes(content)
    return part


def stored(which: Model) -> Path:
    """Where the file of the model lies."""
    return store_path(which.name, "nemo")


@dataclass
class Hub:
    """What the server does, and what it was asked."""

    address: str = ""
    content: bytes = CONTENT
    status: int = 200
    ranges: bool = True
    redirect: str = ""
    """Where the hub sends the client; the file's own path begins with /blob."""
    cut_after: int | None = None
    """After so many bytes of the body the connection is closed."""
    stall_after: int | None = None
    """After so many bytes of the body nothing more comes, and the connection stays."""
    headers: dict[str, str] = field(default_factory=dict)
    """Said by the hub itself, with the redirection if there is one."""
    answer: dict[str, str] = field(default_factory=dict)
    """Said instead of the true headers of the answer."""
    asked: list[tuple[str, str]] = field(default_factory=list)
    """Path and Range of each request."""

    def publish(self, **instead: str) -> None:
        """Say what the real hub says of a large file."""
        self.headers = {
            "X-Linked-ETag": f'"{SHA256}"',
            "X-Linked-Size": str(len(CONTENT)),
            "X-Repo-Commit": CATALOGUE["nemotron"].revision,
            **{name.replace("_", "-"): value for name, value in instead.items()},
        }


def handler(hub: Hub) -> type[http.server.BaseHTTPRequestHandler]:
    """The one that answers as `hub` says."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = self.headers.get("Range", "")
            hub.asked.append((self.path, asked))
            blob = self.path.startswith("/blob")
            if hub.redirect and not blob:
                self.send_response(302)
                self.say({"Location": hub.redirect, "Content-Length": "0", **hub.headers})
                return
            start = re.fullmatch(r"bytes=(\d+)-", asked) if hub.ranges else None
            begin = int(start[1]) if start else 0
            body = hub.content[begin:]
            said = {"Content-Length": str(len(body))}
            if start and hub.status == 200:
                last = len(hub.content) - 1
                said["Content-Range"] = f"bytes {begin}-{last}/{len(hub.content)}"
            self.send_response(206 if start and hub.status == 200 else hub.status)
            self.say({**said, **({} if blob else hub.headers), **hub.answer})
            with suppress(OSError):
                cut = hub.cut_after if hub.stall_after is None else hub.stall_after
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
            server.shutdown()
            thread.join()
