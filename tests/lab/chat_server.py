"""A chat server with OpenAI's interface, as strict as its documentation, and with models that one
would not like to have."""

import json
import re
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.lab.json_handler import JsonHandler

KEY = "sk-a-key-that-nobody-guesses"
MODEL = "small-model"
FIELDS = {"model", "messages", "temperature", "max_tokens", "stream"}
_TEXT = re.compile(r"<text>\n(.*)\n</text>", re.DOTALL)
_INSTRUCTION = re.compile(r"^Instruction: (.*)$", re.MULTILINE)


@dataclass(frozen=True)
class Asked:
    """One question to the model."""

    body: dict[str, Any]
    key: str

    @property
    def prompt(self) -> str:
        return str(self.body["messages"][0]["content"])

    @property
    def text(self) -> str:
        """The text in our prompts."""
        match = _TEXT.search(self.prompt)
        assert match is not None, self.prompt
        return match[1]

    @property
    def instruction(self) -> str:
        match = _INSTRUCTION.search(self.prompt)
        assert match is not None, self.prompt
        return match[1]


class Refused(Exception):
    """The request is not as it should be."""


class Handler(JsonHandler, BaseHTTPRequestHandler):
    @property
    def lab(self) -> "ChatLab":
        assert isinstance(self.server, ChatLab)
        return self.server

    def do_GET(self) -> None:
        if self.wants_key(self.lab.key):
            return
        if self.path == "/v1/models":
            cards = [{"id": name, "object": "model"} for name in self.lab.models]
            self.say(200, {"object": "list", "data": cards})
        else:
            self.say(404, {"error": {"message": "File Not Found"}})

    def do_POST(self) -> None:
        if self.wants_key(self.lab.key):
            return
        raw = self.rfile.read(int(self.headers["Content-Length"]))
        key = (self.headers["Authorization"] or "").removeprefix("Bearer ")
        try:
            asked = Asked(_request(self.path, self.headers["Content-Type"], raw), key)
        except Refused as error:
            self.say(400, {"error": {"message": str(error)}})
            return
        if asked.body["model"] not in self.lab.models:
            self.say(404, {"error": {"message": f"model '{asked.body['model']}' not found"}})
            return
        self.lab.asked.append(asked)
        self.lab.arrived.set()
        if self.lab.on_asked is not None:
            self.lab.on_asked(self)
        else:
            self.answer(self.lab.model(asked))

    def answer(self, text: str, finish_reason: str = "stop") -> None:
        """Answer with this text."""
        message = {"role": "assistant", "content": text}
        choice = {"index": 0, "message": message, "finish_reason": finish_reason}
        self.say(200, {"object": "chat.completion", "choices": [choice]})


def _request(path: str, kind: str | None, raw: bytes) -> dict[str, Any]:
    _expect(path == "/v1/chat/completions", f"no {path} here")
    _expect(kind == "application/json", f"content of type {kind}")
    try:
        body = json.loads(raw)
    except ValueError as error:
        raise Refused("no JSON") from error
    _expect(isinstance(body, dict) and set(body) <= FIELDS, f"unknown fields in {sorted(body)}")
    _expect(isinstance(body.get("model"), str), "no model")
    messages = body.get("messages")
    _expect(isinstance(messages, list) and len(messages) > 0, "no messages")
    for message in messages:
        _expect(message["role"] in ("system", "user", "assistant"), "roles")
        _expect(isinstance(message["content"], str), "content")
    _expect(0 <= body.get("temperature", 1) <= 2, "temperature")
    _expect(int(body.get("max_tokens", 1)) > 0, "max_tokens")
    _expect(body.get("stream", False) is False, "it does not stream")
    return dict(body)


def _expect(true: bool, message: str) -> None:
    if not true:
        raise Refused(message)


class ChatLab(ThreadingHTTPServer):
    """One server on a port of this machine, inside the context."""

    daemon_threads = True

    def __init__(
        self,
        model: Callable[[Asked], str] = lambda asked: asked.text,
        *,
        key: str = "",
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.model = model
        self.key = key
        self.models = [MODEL]
        self.asked: list[Asked] = []
        self.arrived = threading.Event()
        """Set once there was a question."""
        self.on_asked: Callable[[Handler], None] | None = None
        """Answer in place of the model."""
        self.over = threading.Event()
        """Set at the end, for who stalls."""
        super().__init__(("127.0.0.1", 0), Handler)
        if tls is not None:
            self.socket = tls.wrap_socket(self.socket, server_side=True)
        scheme = "https://localhost" if tls is not None else "http://127.0.0.1"
        self.url = f"{scheme}:{self.server_address[1]}/v1"

    def handle_error(self, *_: object) -> None:
        """A client that left, or one that was thrown out."""

    def __enter__(self) -> "ChatLab":
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        self.shutdown()
        self.server_close()
