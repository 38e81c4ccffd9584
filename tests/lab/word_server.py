"""A service that returns a list of words, and misbehaves in whatever way a test wants."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

PATH = "/v1/corrections/hotwords"


class WordServer:
    """Set its fields at any time."""

    def __init__(self) -> None:
        self.words: Any = {"hotwords": ["Zo\u00eb", "Claude Code"]}
        self.raw: bytes | None = None
        """The body, if it is not that list."""
        self.status = 200
        self.etag = '"1"'
        self.headers: dict[str, str] = {}
        """More headers of its answers."""
        self.waits_s = 0.0
        self.requests: list[dict[str, str]] = []
        """The headers of each request, and its path as "path"."""
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}{PATH}"

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        self.requests.append({**dict(request.headers), "path": request.path})
        time.sleep(self.waits_s)
        body = json.dumps(self.words).encode() if self.raw is None else self.raw
        same = self.etag and request.headers.get("If-None-Match") == self.etag
        request.send_response(304 if same else self.status)
        for name, value in ({"ETag": self.etag} | self.headers).items():
            request.send_header(name, value)
        if not same:
            request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        if not same:
            request.wfile.write(body)


@contextmanager
def word_server() -> Iterator[WordServer]:
    """It listens on a port of this machine."""
    words = WordServer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            with suppress(BrokenPipeError):  # the client may be killed
                words.answer(self)

        def log_message(self, *_: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        words.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield words
        finally:
            server.shutdown()
            thread.join()
