"""gRPC to one Riva server, for who works without a loop. Every wait has an end, whatever the server
does; what it answers is bounded; and whatever goes wrong is an EngineError that names the host.

A recognition has two threads of its own: the library's, which takes the sound out of a short queue,
and ours, which puts what was heard into another. Both end with the call.
"""

import queue
import threading
import time
import warnings
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any

import grpc

from dictate.engines.remote.address import Grpc
from dictate.engines.remote.connection import REACH_S, tcp
from dictate.errors import EngineError, EngineLost
from dictate.events import RATE

with warnings.catch_warnings():
    # Their code was made by a protobuf that is a year older than today's, which says so.
    warnings.simplefilter("ignore", UserWarning)
    from riva.client.proto import riva_asr_pb2 as messages
    from riva.client.proto import riva_asr_pb2_grpc as services
    from riva.client.proto.riva_audio_pb2 import AudioEncoding

LARGEST_ANSWER = 1_000_000
"""Bytes of one message."""
QUIET_S = 1.5
"""After so many seconds without an answer it is seen whether anybody is there at all."""
MOST_WAITING = 10
"""Pieces of sound that wait here for the network, ..."""
MOST_NEWS = 64
"""... and messages that wait here to be looked at."""
_SHOWN = 200
"""Characters of what a server says of its trouble that are passed on."""
_OPTIONS = (
    # A proxy named in the environment would hear what is said.
    ("grpc.enable_http_proxy", 0),
    ("grpc.enable_retries", 0),
    ("grpc.max_receive_message_length", LARGEST_ANSWER),
    # Else a new channel shares an old one's connection, and the wait after its failure.
    ("grpc.use_local_subchannel_pool", 1),
)


def configured(language: str, model: str, boosts: Mapping[float, Iterable[str]]) -> Any:
    """What a server is told before the sound: a StreamingRecognitionConfig. `model` may be empty:
    then the server chooses; `boosts` has the phrases by their boost."""
    config = messages.RecognitionConfig(
        encoding=AudioEncoding.LINEAR_PCM,
        sample_rate_hertz=RATE,
        audio_channel_count=1,
        language_code=language,
        model=model,
        max_alternatives=1,
        enable_automatic_punctuation=True,
        speech_contexts=[
            messages.SpeechContext(phrases=phrases, boost=boost)
            for boost, phrases in boosts.items()
        ],
    )
    return messages.StreamingRecognitionConfig(config=config, interim_results=True)


class RivaClient:
    """One server; close it."""

    def __init__(self, where: Grpc, roots: bytes | None, key: str) -> None:
        """`roots` are the certificates to trust, as PEM; `key` is empty where none is asked
        for."""
        self._where = where
        self._key = key
        host = f"[{where.host}]" if ":" in where.host else where.host
        address = f"{host}:{where.port}"
        if where.tls:
            trust = grpc.ssl_channel_credentials(root_certificates=roots)
            self._channel = grpc.secure_channel(address, trust, options=_OPTIONS)
        else:
            self._channel = grpc.insecure_channel(address, options=_OPTIONS)
        self.stub = services.RivaSpeechRecognitionStub(self._channel)
        self.metadata = [
            *([("authorization", f"Bearer {key}")] if key else []),
            *([("function-id", where.function)] if where.function else []),
        ]

    def close(self) -> None:
        """Hang up. Idempotent."""
        self._channel.close()

    def trouble(self, what: str) -> EngineError:
        """An error that says where it happened."""
        return EngineError(f"the server at {self._where.host} {what}")

    def silence(self, what: str) -> EngineLost:
        """An error for who did not do that in time: who is asked again may be silent again."""
        return EngineLost(str(self.trouble(what)))

    def ask(self) -> tuple[Any, float]:
        """What it says of its models, and the seconds that took. A server that does not tell has
        none. Raises EngineError if nobody answers in REACH_S."""
        began = time.monotonic()
        try:
            found = self.stub.GetRivaSpeechRecognitionConfig(
                messages.RivaSpeechRecognitionConfigRequest(),
                timeout=REACH_S,
                metadata=self.metadata,
            )
        except grpc.RpcError as error:
            if error.code() is not grpc.StatusCode.UNIMPLEMENTED:
                raise self.failed(error) from error
            found = messages.RivaSpeechRecognitionConfigResponse()
        return found, time.monotonic() - began

    def check_there(self) -> None:
        """Raises EngineError if the other machine is gone: its system says that it is not, even
        where the server is busy."""
        try:
            tcp(self._where.host, self._where.port).close()
        except OSError as error:
            raise self.trouble("is gone") from error

    def failed(self, error: Any) -> EngineError:
        """What a failed call means, with what to do."""
        details = error.details() or "nothing"
        # Before it is cut, lest a part of the key stays.
        says = _line(details.replace(self._key, "...") if self._key else details)
        status = error.code().name
        match status:
            case "UNAVAILABLE" if any(
                word in says.lower() for word in ("certificate", "verification")
            ):
                return self.trouble("cannot be reached: its certificate is not to be trusted")
            case "UNAVAILABLE":
                return self.trouble(f"cannot be reached, or was lost: {says}")
            case "DEADLINE_EXCEEDED":
                return self.silence(f"did not answer for {REACH_S:g} s")
            case "CANCELLED":
                return self.trouble("is not asked any more")
            case "UNAUTHENTICATED" | "PERMISSION_DENIED":
                # Without what it says: some say the key again.
                return self.trouble(f"does not take our key: see engine.api_key_file ({status})")
            case "RESOURCE_EXHAUSTED" if "larger than max" in says:
                return self.trouble(f"answers nonsense: more than {LARGEST_ANSWER} bytes")
            case "RESOURCE_EXHAUSTED":
                what = "has had enough for now, or the account is used up"
            case "INVALID_ARGUMENT" | "NOT_FOUND" | "FAILED_PRECONDITION":
                what = "refuses what it was asked: see engine.language and engine.remote_model"
            case "UNIMPLEMENTED":
                what = "does not speak Riva's way: see engine.base_url"
            case _:
                what = "has trouble of its own"
        return self.trouble(f"{what} ({status}; it says: {says})")


class Recognition:
    """One stream of sound, and what is heard in it."""

    def __init__(self, client: RivaClient, config: Any, limit_s: float) -> None:
        """`config` is a StreamingRecognitionConfig; in `limit_s` seconds the server must come
        on, or be done."""
        self._client = client
        self._limit_s = limit_s
        self._all_sent = False
        self._outbox: queue.Queue[bytes | None] = queue.Queue(MOST_WAITING)
        self._news: queue.Queue[Any] = queue.Queue(MOST_NEWS)
        self._call = client.stub.StreamingRecognize(
            self._requests(config), metadata=client.metadata
        )
        threading.Thread(target=self._listen, name="riva", daemon=True).start()

    def _requests(self, config: Any) -> Iterator[Any]:
        yield messages.StreamingRecognizeRequest(streaming_config=config)
        while (piece := self._outbox.get()) is not None:
            yield messages.StreamingRecognizeRequest(audio_content=piece)
        self._all_sent = True

    def _listen(self) -> None:
        try:
            for response in self._call:
                self._news.put(response)
            self._news.put(None)
        except grpc.RpcError as error:
            self._news.put(error)

    def send(self, piece: bytes | None) -> None:
        """Send this sound; None says that no more comes. Waits for the network. Raises
        EngineError if it takes nothing for too long, or nobody is there any more."""
        until = time.monotonic() + self._limit_s
        while self._call.is_active():  # else the news says why
            left_s = until - time.monotonic()
            if left_s <= 0:
                raise self._client.silence(f"did not come on for {self._limit_s:g} s")
            try:
                return self._outbox.put(piece, timeout=min(QUIET_S, left_s))
            except queue.Full:
                self._client.check_there()
        return None

    def news(self) -> Iterator[Any]:
        """Each StreamingRecognizeResponse that is there. Raises EngineError if it is over."""
        for _ in range(self._news.qsize()):
            yield self._next(0)

    def rest(self) -> Iterator[Any]:
        """Each StreamingRecognizeResponse until the end, when all was sent. Raises EngineError if
        that takes too long, or nobody is there any more."""
        until = time.monotonic() + self._limit_s
        while (left_s := until - time.monotonic()) > 0:
            try:
                response = self._next(min(QUIET_S, left_s))
            except queue.Empty:
                self._client.check_there()
                continue
            if response is None:
                return
            yield response
        raise self._client.silence(f"was not done after {self._limit_s:g} s")

    def _next(self, wait_s: float) -> Any:
        news = self._news.get(timeout=wait_s)
        if isinstance(news, grpc.RpcError):
            raise self._client.failed(news)
        if news is None and not self._all_sent:
            raise self._client.trouble("hung up before the end")
        return news

    def stop(self) -> None:
        """End it in the middle of whatever is under way. For another thread."""
        self._call.cancel()

    def close(self) -> None:
        """End it. Idempotent."""
        self._call.cancel()
        # Who waits for room or for sound ends, too.
        _empty(self._news)
        _empty(self._outbox)
        self._outbox.put(None)


def _empty(full: queue.Queue[Any]) -> None:
    with suppress(queue.Empty):
        while True:
            full.get_nowait()


def _line(details: str) -> str:
    """What was said of an error, in one short line."""
    line = " ".join(details.rpartition("last error: ")[2].split())
    return "".join(sign for sign in line if sign.isprintable())[:_SHOWN]
