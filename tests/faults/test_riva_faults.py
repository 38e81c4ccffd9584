"""A Riva server that stalls, dies, lies, answers late or without end: each ends in time and with a
reason, and what was said is heard once, there or here."""

import asyncio
import contextlib
import re
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc
import numpy as np
import pytest

from dictate.config.schema import EngineSettings
from dictate.engines.client import EngineClient
from dictate.engines.remote import riva_client
from dictate.engines.remote.riva import RivaEngine
from dictate.errors import EngineError
from dictate.events import pcm_from_samples
from dictate.hotwords.model import Hotwords
from tests.lab import fallback
from tests.lab.engine import PATIENCE_S, Whole, until
from tests.lab.fallback import HERE
from tests.lab.riva_server import LINE, Asked, Play, RivaServer, heard
from tests.lab.voices import read

SPEECH = read(Path(__file__).parents[1] / "audio" / "train.wav")
PCM = pcm_from_samples(SPEECH)
DEADLINE_S = 2.0


def stalls(server: RivaServer, asked: Asked, sound: Iterator[bytes], _: Any) -> Iterator[Any]:
    yield from (heard("the") for _ in sound)
    server.over.wait(30)


def never_ends(server: RivaServer, asked: Asked, sound: Iterator[bytes], _: Any) -> Iterator[Any]:
    yield from (heard("the") for _ in sound)
    while not server.over.wait(0.05):
        yield heard("the same")


def floods(server: RivaServer, asked: Asked, sound: Iterator[bytes], _: Any) -> Iterator[Any]:
    list(sound)
    while not server.over.is_set():
        yield heard("the same")


def ends_early(server: RivaServer, asked: Asked, sound: Iterator[bytes], _: Any) -> Iterator[Any]:
    next(sound)
    yield heard("the", final=True)


def talks_for_ever(
    server: RivaServer, asked: Asked, sound: Iterator[bytes], _: Any
) -> Iterator[Any]:
    list(sound)
    yield from (heard("blah " * 20_000, final=True) for _ in range(100))


def says_one_thing_that_is_too_large(
    server: RivaServer, asked: Asked, sound: Iterator[bytes], _: Any
) -> Iterator[Any]:
    list(sound)
    yield heard("x" * 3_000_000, final=True)


def says(status: str, what: str = "no\x1b[31m such") -> Play:
    def play(server: RivaServer, asked: Asked, sound: Iterator[bytes], context: Any) -> Any:
        list(sound)
        context.abort(getattr(grpc.StatusCode, status), what)

    return play


FAULTS: dict[str, tuple[Play, str]] = {
    "stalls": (stalls, "did not come on for 1.6 s"),
    "never ends": (never_ends, r"was not done after [\d.]+ s"),
    "floods": (floods, r"was not done after [\d.]+ s"),
    "ends early": (ends_early, "hung up before the end"),
    "talks for ever": (talks_for_ever, "more than anyone can say"),
    "says too much": (says_one_thing_that_is_too_large, "nonsense: more than 1000000 bytes"),
    "UNAUTHENTICATED": (says("UNAUTHENTICATED"), r"api_key_file \(UNAUTHENTICATED\)$"),
    "PERMISSION_DENIED": (says("PERMISSION_DENIED"), r"api_key_file \(PERMISSION_DENIED\)$"),
    "RESOURCE_EXHAUSTED": (says("RESOURCE_EXHAUSTED"), "has had enough for now"),
    "INVALID_ARGUMENT": (
        says("INVALID_ARGUMENT"),
        r"engine.language and engine.remote_model \(INVALID_ARGUMENT\)$",
    ),
    "INTERNAL": (says("INTERNAL", "x" * 999), r"trouble of its own \(INTERNAL\)$"),
    "UNAVAILABLE": (says("UNAVAILABLE", "shutting down"), "was lost$"),
    "UNIMPLEMENTED": (says("UNIMPLEMENTED"), "see engine.base_url"),
}


def engine(url: str, deadline_s: float = DEADLINE_S) -> RivaEngine:
    made = RivaEngine(EngineSettings(use="riva", base_url=url, deadline_s=deadline_s))
    made.load()
    made.pace.measured(0.1, 10.0)  # its server was fast so far
    return made


def hear(made: RivaEngine) -> str:
    utterance = made.begin(Hotwords(), "en")
    utterance.feed(SPEECH)
    return utterance.finish()


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.fault("G2", "G4")
def test_each_fault_ends_in_time_with_a_reason(fault: str) -> None:
    play, reason = FAULTS[fault]
    with RivaServer() as server:
        made = engine(server.url)
        server.play = play
        began = time.monotonic()
        with pytest.raises(EngineError) as error:
            hear(made)
        assert time.monotonic() - began < DEADLINE_S + 2
        assert str(error.value).startswith("the server at 127.0.0.1 ")
        assert re.search(reason, str(error.value)), str(error.value)
        server.play = None
        assert hear(made) == LINE


@pytest.mark.fault("G2")
def test_one_that_takes_no_more_sound_is_noticed_while_the_user_speaks() -> None:
    taken = threading.Event()

    def deaf(server: RivaServer, asked: Asked, sound: Iterator[bytes], _: Any) -> Iterator[Any]:
        taken.set()
        server.over.wait(30)
        yield from ()

    with RivaServer() as server:
        made = engine(server.url)
        server.play = deaf
        utterance = made.begin(Hotwords(), "en")
        began = time.monotonic()
        # So much that no buffer on the way holds it.
        with pytest.raises(EngineError, match=r"did not come on for 1.6 s"):
            utterance.feed(np.tile(SPEECH, 100))
        assert taken.is_set()
        assert time.monotonic() - began < 60
        utterance.cancel()


@pytest.mark.fault("G3")
def test_a_server_that_dies_is_lost_at_once() -> None:
    with RivaServer() as server:
        made = engine(server.url)
        utterance = made.begin(Hotwords(), "en")
        utterance.feed(SPEECH)
        server._server.stop(0).wait(10)
        began = time.monotonic()
        with pytest.raises(EngineError, match=r"was lost|not asked any more"):
            utterance.finish()
        with pytest.raises(EngineError, match="cannot be reached") as error:
            made.begin(Hotwords(), "en")
        assert "refused" in error.value.says
        assert time.monotonic() - began < 4


class Relay:
    """A way to this port of this machine, until it freezes: then nobody answers on it, and nobody
    hangs up."""

    def __init__(self, port: int) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._far = port
        self._frozen = threading.Event()
        self._ends: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                far = socket.create_connection(("127.0.0.1", self._far))
                self._ends += near, far
                for pair in ((near, far), (far, near)):
                    threading.Thread(target=self._carry, args=pair, daemon=True).start()

    def _carry(self, source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while (data := source.recv(65_536)) and not self._frozen.is_set():
                target.sendall(data)

    def freeze(self) -> None:
        self._frozen.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def close(self) -> None:
        self.freeze()
        for end in self._ends:
            end.close()


@pytest.mark.fault("G2")
def test_a_machine_that_goes_while_it_works_is_noticed_before_the_deadline(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(riva_client, "QUIET_S", 0.3)
    with RivaServer() as server:
        relay = Relay(server.port)
        try:
            made = engine(f"grpc://127.0.0.1:{relay.port}", deadline_s=60)
            utterance = made.begin(Hotwords(), "en")
            utterance.feed(SPEECH)
            relay.freeze()
            began = time.monotonic()
            with pytest.raises(EngineError, match="is gone"):
                utterance.finish()
            assert time.monotonic() - began < 10
        finally:
            relay.close()


@contextmanager
def speaking(answer: bytes | None) -> Iterator[str]:
    """A server that says this to each client, whatever it asks; None hangs up at once."""
    listener = socket.create_server(("127.0.0.1", 0))
    clients: list[socket.socket] = []

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = listener.accept()
                clients.append(client)
                if answer is None:
                    client.close()
                else:
                    client.sendall(answer)

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield f"grpc://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        for client in clients:
            client.close()


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (b"", "did not answer for 2 s"),
        (None, "cannot be reached, or was lost"),
        (
            b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n",
            "cannot be reached, or was lost",
        ),
        (bytes(1000) + b"garbage", "cannot be reached, or was lost"),
    ],
    ids=["says nothing", "hangs up", "speaks HTTP", "speaks garbage"],
)
@pytest.mark.fault("G4")
def test_who_is_no_riva_is_noticed_soon(answer: bytes | None, reason: str) -> None:
    with speaking(answer) as url:
        began = time.monotonic()
        with pytest.raises(EngineError, match=reason):
            engine(url, deadline_s=60)
        assert time.monotonic() - began < 4


def test_another_grpc_server_is_no_riva() -> None:
    server = grpc.server(ThreadPoolExecutor(2))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        made = engine(f"grpc://127.0.0.1:{port}")
        with pytest.raises(EngineError, match="does not speak Riva's way"):
            hear(made)
    finally:
        server.stop(0).wait(10)


@pytest.mark.fault("G4")
def test_answers_that_are_no_riva_answers() -> None:
    """What is no message of Riva's is not taken for one."""
    rubbish = grpc.stream_stream_rpc_method_handler(
        lambda requests, _: (b"\xff\xff\xff" for _ in requests), lambda raw: raw, lambda raw: raw
    )
    handlers = grpc.method_handlers_generic_handler(
        "nvidia.riva.asr.RivaSpeechRecognition", {"StreamingRecognize": rubbish}
    )
    server = grpc.server(ThreadPoolExecutor(2), handlers=[handlers])
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        made = engine(f"grpc://127.0.0.1:{port}")
        with pytest.raises(EngineError, match=r"has trouble of its own|answers nonsense"):
            hear(made)
    finally:
        server.stop(0).wait(10)


def dictations(
    folder: Path, url: str, *expected: str, ready: bool = True, sound: bytes = PCM
) -> tuple[EngineClient, list[int]]:
    """As in `fallback.py`."""
    settings = EngineSettings(use="riva", base_url=url, deadline_s=DEADLINE_S)
    return asyncio.run(fallback.dictations(folder, settings, sound, *expected, ready=ready))


@pytest.mark.parametrize("fault", ["stalls", "ends early", "UNAUTHENTICATED"])
@pytest.mark.fault("G2", "G3", "G4")
def test_what_it_fails_at_is_heard_here(tmp_path: Path, fault: str) -> None:
    play, reason = FAULTS[fault]
    with RivaServer() as server:
        server.play = play
        # More than the connection buffers: what is not sent yet shows that the end is early.
        link, asked = dictations(tmp_path, server.url, HERE, sound=10 * PCM)
        assert asked == [1]
        # A silent server would be silent again, and the user would wait twice.
        assert len(server.asked) == (1 if fault == "stalls" else 2)
    assert link.info.name == "scripted"
    assert "scripted served instead" in link.info.notes[0]
    assert re.search(reason.rstrip("$"), link.info.notes[0])


@pytest.mark.fault("G3")
def test_a_fault_that_passes_costs_one_more_sending(tmp_path: Path) -> None:
    with RivaServer() as server:

        def once(server: RivaServer, asked: Asked, sound: Iterator[bytes], context: Any) -> Any:
            server.play = None
            list(sound)
            context.abort(grpc.StatusCode.INTERNAL, "out of memory")

        server.play = once
        link, asked = dictations(tmp_path, server.url, LINE, LINE)
        assert asked == [1, 0]
        assert [bytes(one.pcm) for one in server.asked] == [PCM] * 3
    assert link.info.name == "riva"
    assert link.info.device.startswith("remote: 127.0.0.1, ")


@pytest.mark.fault("G1")
def test_nobody_there_is_heard_here(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    link, _ = dictations(tmp_path, f"grpc://127.0.0.1:{port}", HERE, ready=False)
    assert "the server at 127.0.0.1 cannot be reached" in link.info.notes[0]


@pytest.mark.fault("G6")
def test_a_cancelled_one_keeps_nobody_waiting(tmp_path: Path) -> None:
    async def main(server: RivaServer) -> None:
        link = EngineClient(
            EngineSettings(use="riva", base_url=server.url, deadline_s=60), tmp_path / "e"
        )
        async with asyncio.timeout(2 * PATIENCE_S):
            await link.start()
            try:
                utterance = link.begin(1, Hotwords(), "en")
                utterance.feed(PCM)
                finishing = asyncio.create_task(utterance.finish(Whole(PCM)))
                await until(lambda: server.asked and server.asked[0].ended)
                utterance.cancel()
                await asyncio.wait({finishing})
                server.play = None
                began = time.monotonic()
                utterance = link.begin(2, Hotwords(), "en")
                utterance.feed(PCM)
                assert (await utterance.finish(Whole(PCM))).text == LINE
                assert time.monotonic() - began < 15
                assert link.supervisor.run == 1
            finally:
                await link.stop()

    with RivaServer() as server:
        server.play = stalls
        asyncio.run(main(server))
