"""Servers that speak OpenAI's way, as strict as their documentation: what a make does not know is
refused, and a request that is not well made is, too."""

import base64
import io
import json
import re
import ssl
import threading
import wave
from collections.abc import Callable
from dataclasses import dataclass, field
from email.parser import BytesParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from dictate.config.schema import EngineSettings
from dictate.engines import ENGINES
from dictate.events import RATE, samples_from_pcm
from dictate.hotwords.model import Hotwords
from tests.lab.json_handler import JsonHandler

LINE = "the same five words always"
KEY = "sk-a-key-that-nobody-guesses"
QWEN = "Qwen/Qwen3-ASR-1.7B"

FORM = {"file", "model", "language", "prompt", "response_format", "temperature"}
FIELDS: dict[str, set[str]] = {
    "vllm": FORM | {"hotwords", "to_language", "stream"},
    "sglang": FORM,
    "speaches": FORM | {"hotwords", "stream", "vad_filter"},
    "whisper-cpp": FORM - {"model"},
    "localai": FORM,
    "openai": FORM,
    "gpt-transcribe": FORM - {"language"} | {"keywords[]", "languages[]"},
}
"""The fields of the form, by make."""
CHAT = {"model", "messages", "temperature", "max_tokens"}
CARDS: dict[str, list[dict[str, Any]]] = {
    "vllm": [{"id": "openai/whisper-large-v3", "owned_by": "vllm", "root": "x"}],
    "vllm-chat": [{"id": QWEN, "owned_by": "vllm", "root": QWEN}],
    "sglang": [{"id": QWEN, "owned_by": "sglang-omni", "root": QWEN}],
    "speaches": [
        {"id": "kokoro", "owned_by": "speaches-ai", "task": "text-to-speech"},
        {"id": "small", "owned_by": "Systran", "task": "automatic-speech-recognition"},
    ],
    "localai": [{"id": "whisper-1", "object": "model"}],
    "openai": [{"id": "gpt-4o-transcribe", "owned_by": "system"}, {"id": "gpt-transcribe"}],
}
"""What each make lists as its models."""


@dataclass
class Asked:
    """One request for a text, taken apart."""

    path: str
    key: str
    form: dict[str, list[str]] = field(default_factory=dict)
    body: dict[str, Any] = field(default_factory=dict)
    pcm: bytes = b""

    @property
    def told(self) -> str:
        """All that the model is told before the sound."""
        values = [value for name in self.form for value in self.form[name] if name != "model"]
        system = [m["content"] for m in self.body.get("messages", []) if m["role"] == "system"]
        return " ".join(values + system)


class Refused(Exception):
    """The request is not as it should be."""


class Handler(JsonHandler, BaseHTTPRequestHandler):
    @property
    def lab(self) -> "OpenAIServer":
        assert isinstance(self.server, OpenAIServer)
        return self.server

    def version_string(self) -> str:
        return "whisper.cpp" if self.lab.make == "whisper-cpp" else "uvicorn"

    def do_HEAD(self) -> None:
        self.lab.knocks.append(self.client_address[1])
        if self.lab.on_knock is not None:
            self.lab.on_knock(self)
            return
        self.send_response(405)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_GET(self) -> None:
        if self.wants_key(self.lab.key):
            return
        if not self.lab.lists or self.lab.make == "whisper-cpp" or self.path != "/v1/models":
            self.say(404, b"File Not Found (/models)")
        else:
            self.say(200, {"object": "list", "data": self.lab.cards})

    def do_POST(self) -> None:
        if self.wants_key(self.lab.key):
            return
        try:
            asked = self._read()
        except Refused as error:
            self.say(400, {"error": {"message": str(error)}})
            return
        self.lab.asked.append(asked)
        self.lab.posts.append(self.client_address[1])
        if self.lab.on_asked is not None:
            self.lab.on_asked(self)
        else:
            self.hear(self.lab.hears(asked))

    def hear(self, text: str, finish_reason: str = "stop") -> None:
        """Answer with this text, in the way of this make."""
        if self.lab.make == "vllm-chat":
            content = f"language English<asr_text>{text}" if text else "language None<asr_text>"
            message = {"role": "assistant", "content": content}
            self.say(200, {"choices": [{"message": message, "finish_reason": finish_reason}]})
        else:
            self.say(200, {"text": f" {text}\n"})

    def _read(self) -> Asked:
        make = self.lab.make
        raw = self.rfile.read(int(self.headers["Content-Length"]))
        asked = Asked(self.path, (self.headers["Authorization"] or "").removeprefix("Bearer "))
        if make == "vllm-chat":
            _expect(self.path == "/v1/chat/completions", f"no {self.path} here")
            asked.body = json.loads(raw)
            _expect(set(asked.body) <= CHAT, f"unknown fields in {sorted(asked.body)}")
            wav, model = _chat_sound(asked.body), asked.body["model"]
        else:
            where = "/inference" if make == "whisper-cpp" else "/v1/audio/transcriptions"
            _expect(self.path == where, f"no {self.path} here")
            wav = self._read_form(raw, asked)
            model = asked.form.get("model", [self.lab.default])[0]
        names = [card["id"] for card in self.lab.cards] or [""]
        others = "" if self.lab.lists else f" There is `{'`, `'.join(names)}`."
        _expect(model in names, f"The model `{model}` does not exist.{others}")
        with wave.open(io.BytesIO(wav)) as sound:
            shape = sound.getframerate(), sound.getsampwidth(), sound.getnchannels()
            _expect(shape == (RATE, 2, 1), f"the sound is {shape}")
            asked.pcm = sound.readframes(sound.getnframes())
        return asked

    def _read_form(self, raw: bytes, asked: Asked) -> bytes:
        head = f"Content-Type: {self.headers['Content-Type']}\r\n\r\n".encode()
        message = BytesParser().parsebytes(head + raw)
        _expect(message.get_content_type() == "multipart/form-data", "not a form")
        wav = b""
        for part in message.get_payload():
            name = part.get_param("name", header="content-disposition")  # type: ignore[union-attr]
            content = part.get_payload(decode=True)  # type: ignore[union-attr]
            assert isinstance(content, bytes)
            if name == "file":
                _expect(bool(part.get_filename()), "a file without a name")  # type: ignore[union-attr]
                wav = content
            else:
                asked.form.setdefault(str(name), []).append(content.decode())
        lists = asked.form.get("model", [""])[0].startswith("gpt-transcribe")
        known = FIELDS["gpt-transcribe" if lists else self.lab.make]
        _expect(set(asked.form) <= known, f"unknown fields in {sorted(asked.form)}")
        language = asked.form.get("language", ["en"])[0]
        ways = r"[a-z]{2,3}|auto" if self.lab.make == "whisper-cpp" else r"[a-z]{2,3}"
        _expect(re.fullmatch(ways, language) is not None, f"no language is called {language!r}")
        return wav


def _chat_sound(body: dict[str, Any]) -> bytes:
    *before, last = body["messages"]
    _expect(all(m["role"] == "system" and isinstance(m["content"], str) for m in before), "roles")
    _expect(last["role"] == "user", "the last message is the user's")
    (part,) = last["content"]
    _expect(part["type"] == "input_audio" and part["input_audio"]["format"] == "wav", "no sound")
    return base64.b64decode(part["input_audio"]["data"], validate=True)


def _expect(true: bool, message: str) -> None:
    if not true:
        raise Refused(message)


class OpenAIServer(ThreadingHTTPServer):
    """One server of a make, on a port of this machine, inside the context."""

    daemon_threads = True

    def __init__(
        self,
        make: str = "vllm-chat",
        hears: Callable[[Asked], str] = lambda _: LINE,
        *,
        key: str = "",
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.make = make
        self.hears = hears
        self.key = key
        self.cards = list(CARDS.get(make, []))
        self.lists = True
        """Whether it lists its models."""
        self.default = ""
        """Its model for a request that names none."""
        self.asked: list[Asked] = []
        self.knocks: list[int] = []
        """The client's port of each HEAD, ..."""
        self.posts: list[int] = []
        """... and of each request for a text."""
        self.on_knock: Callable[[Handler], None] | None = None
        self.on_asked: Callable[[Handler], None] | None = None
        """Answer in place of the server."""
        self.over = threading.Event()
        """Set at the end, for who stalls."""
        super().__init__(("127.0.0.1", 0), Handler)
        if tls is not None:
            self.socket = tls.wrap_socket(self.socket, server_side=True)
        host = "https://localhost" if tls is not None else "http://127.0.0.1"
        root = "" if make == "whisper-cpp" else "/v1"
        self.url = f"{host}:{self.server_address[1]}{root}"

    def handle_error(self, *_: object) -> None:
        """A client that left, or one that was thrown out."""

    def __enter__(self) -> "OpenAIServer":
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        self.shutdown()
        self.server_close()


def listener() -> Callable[[Asked], str]:
    """One that really hears what it is sent."""
    engine = ENGINES.make("pocketsphinx", EngineSettings())
    engine.load()
    one = threading.Lock()

    def hear(asked: Asked) -> str:
        with one:
            utterance = engine.begin(Hotwords(), "en")
            utterance.feed(samples_from_pcm(asked.pcm))
            return utterance.finish()

    return hear
