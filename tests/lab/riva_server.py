"""A Riva server, built from its published protos (they come with nvidia-riva-client) and as strict
as they are: what they do not allow is refused."""

import contextlib
import threading
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import grpc
import numpy as np

from dictate.config.schema import EngineSettings
from dictate.engines import ENGINES, Engine, Utterance
from dictate.events import RATE, Samples, samples_from_pcm
from dictate.hotwords.model import Hotwords

with warnings.catch_warnings():
    warnings.simplefilter("ignore", UserWarning)  # as in riva_client.py
    from riva.client.proto import riva_asr_pb2 as messages
    from riva.client.proto import riva_asr_pb2_grpc as services
    from riva.client.proto.riva_audio_pb2 import AudioEncoding

KEY = "nvapi-a-key-that-nobody-guesses"
LINE = "the same five words always"
MODEL = "parakeet-1.1b-en-US-asr-streaming"
Cards = list[tuple[str, dict[str, str]]]
CARDS: Cards = [
    (MODEL, {"type": "online", "language_code": "en-US"}),
    ("parakeet-1.1b-en-US-asr-offline", {"type": "offline", "language_code": "en-US"}),
]
"""Models and their parameters."""


@dataclass
class Asked:
    """One recognition that was asked for."""

    config: Any
    """A StreamingRecognitionConfig."""
    metadata: dict[str, str]
    pcm: bytearray = field(default_factory=bytearray)
    ended: bool = False
    """Whether the client said that no more sound comes."""

    @property
    def boosts(self) -> dict[str, float]:
        """Phrase -> its boost."""
        contexts = self.config.config.speech_contexts
        return {phrase: one.boost for one in contexts for phrase in one.phrases}


class Line(Utterance):
    """Hears LINE, a word in each fifth of a second that is not silent."""

    def __init__(self) -> None:
        self._loud = 0

    def feed(self, samples: Samples) -> str | None:
        self._loud += int((np.abs(samples) > 0.02).sum() > len(samples) / 50) * len(samples)
        return " ".join(LINE.split()[: int(self._loud / RATE / 0.2)])

    def finish(self) -> str:
        return LINE if self._loud else ""

    def cancel(self) -> None:
        """Nothing is held."""


def heard(text: str, *, final: bool = False) -> Any:
    """One answer."""
    alternative = messages.SpeechRecognitionAlternative(transcript=text)
    result = messages.StreamingRecognitionResult(alternatives=[alternative], is_final=final)
    return messages.StreamingRecognizeResponse(results=[result])


Play = Callable[["RivaServer", Asked, Iterator[bytes], Any], Iterator[Any]]
"""What the server answers to this sound, in place of what it hears; with the call's context."""


class RivaServer(services.RivaSpeechRecognitionServicer):  # type: ignore[misc]
    """One server, on a port of this machine, inside the context."""

    def __init__(
        self,
        hears: Callable[[], Utterance] = Line,
        *,
        key: str = "",
        tls: Any = None,
        cards: Cards = CARDS,
    ) -> None:
        self.hears = hears
        self.key = key
        self.cards = list(cards)
        self.asked: list[Asked] = []
        self.knocks = 0
        self.play: Play | None = None
        self.on_knock: Callable[[Any], None] = lambda _: None
        """Called with the context of each question for the models."""
        self.over = threading.Event()
        """Set at the end, for who stalls."""
        # A port of our own: two servers must never share one.
        self._server = grpc.server(ThreadPoolExecutor(8), options=[("grpc.so_reuseport", 0)])
        services.add_RivaSpeechRecognitionServicer_to_server(self, self._server)
        if tls is None:
            self.port = self._server.add_insecure_port("127.0.0.1:0")
            self.url = f"grpc://127.0.0.1:{self.port}"
        else:
            self.port = self._server.add_secure_port("127.0.0.1:0", tls)
            self.url = f"grpcs://localhost:{self.port}"

    def __enter__(self) -> "RivaServer":
        self._server.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        self._server.stop(0).wait(10)

    def _check_key(self, context: Any) -> dict[str, str]:
        metadata = dict(context.invocation_metadata())
        if self.key and metadata.get("authorization") != f"Bearer {self.key}":
            said = f"who is {metadata.get('authorization')}?"
            context.abort(grpc.StatusCode.UNAUTHENTICATED, said)
        return metadata

    def GetRivaSpeechRecognitionConfig(self, request: Any, context: Any) -> Any:  # noqa: N802
        self.knocks += 1
        self._check_key(context)
        self.on_knock(context)
        answer = messages.RivaSpeechRecognitionConfigResponse
        return answer(
            model_config=[answer.Config(model_name=n, parameters=p) for n, p in self.cards]
        )

    def StreamingRecognize(self, requests: Iterator[Any], context: Any) -> Iterator[Any]:  # noqa: N802
        metadata = self._check_key(context)
        first = next(requests)
        self._check(first, context)
        asked = Asked(first.streaming_config, metadata)
        self.asked.append(asked)
        sound = self._sound(asked, requests, context)
        with contextlib.suppress(grpc.RpcError):
            yield from (self.play or _listen)(self, asked, sound, context)

    def _check(self, first: Any, context: Any) -> None:
        config = first.streaming_config.config
        codes = {code for _, card in self.cards for code in card["language_code"].split(",")}
        for wrong in (
            first.WhichOneof("streaming_request") != "streaming_config" and "no config",
            config.encoding != AudioEncoding.LINEAR_PCM and "encoding",
            config.sample_rate_hertz != RATE and "rate",
            config.audio_channel_count != 1 and "channels",
            config.language_code not in codes and f"no {config.language_code} here",
            config.model not in ("", *(name for name, _ in self.cards)) and "no such model",
        ):
            if wrong:
                context.abort(grpc.StatusCode.INVALID_ARGUMENT, str(wrong))

    def _sound(self, asked: Asked, requests: Iterator[Any], context: Any) -> Iterator[bytes]:
        for request in requests:
            if request.WhichOneof("streaming_request") != "audio_content":
                context.abort(grpc.StatusCode.INVALID_ARGUMENT, "no sound")
            asked.pcm += request.audio_content
            yield request.audio_content
        asked.ended = True


def _listen(server: RivaServer, asked: Asked, sound: Iterator[bytes], _: Any) -> Iterator[Any]:
    utterance = server.hears()
    told = None
    for piece in sound:
        text = utterance.feed(samples_from_pcm(piece))
        if text and text != told and asked.config.interim_results:
            told = text
            yield heard(text)
    if text := utterance.finish():
        # As Riva has it: with a blank behind.
        yield heard(f"{text} ", final=True)


class _InTurn(Utterance):
    """An utterance of an engine that many threads may ask, one at a time."""

    def __init__(self, engine: Engine, one: threading.Lock) -> None:
        self._one = one
        with one:
            self._utterance = engine.begin(Hotwords(), "en")

    def feed(self, samples: Samples) -> str | None:
        with self._one:
            return self._utterance.feed(samples)

    def finish(self) -> str:
        with self._one:
            return self._utterance.finish()

    def cancel(self) -> None:
        self._utterance.cancel()


def listener() -> Callable[[], Utterance]:
    """One that really hears what it is sent."""
    engine = ENGINES.make("pocketsphinx", EngineSettings())
    engine.load()
    one = threading.Lock()
    return lambda: _InTurn(engine, one)
