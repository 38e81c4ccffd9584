"""What the servers of the tests that speak OpenAI's way have in common."""

import json
from http.server import BaseHTTPRequestHandler


class JsonHandler(BaseHTTPRequestHandler):
    """One connection, kept open as these servers do."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *_: object) -> None:
        """Nobody reads it."""

    def say(self, status: int, what: object, **headers: str) -> None:
        """Answer with this: bytes as they are, all else as JSON."""
        raw = what if isinstance(what, bytes) else json.dumps(what).encode()
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def wants_key(self, key: str) -> bool:
        """Refuse a request without this key, if there is one; whether it was refused."""
        wrong = bool(key) and self.headers["Authorization"] != f"Bearer {key}"
        if wrong:
            self.rfile.read(int(self.headers["Content-Length"] or 0))
            self.say(401, {"error": {"message": f"wrong: {self.headers['Authorization']}"}})
        return wrong
