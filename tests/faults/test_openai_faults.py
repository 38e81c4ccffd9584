"""A server that speaks OpenAI's way and stalls, dies, lies or answers without end: each ends in
time and with a reason, and what was said is heard once, there or here."""

import asyncio
import contextlib
import re
import socket
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from dictate.config.schema import EngineSettings
from dictate.engines.client import EngineClient
from dictate.engines.remote import openai_client
from dictate.engines.remote.openai import OpenAIEngine
from dictate.errors import EngineError
from dictate.events import pcm_from_samples
from dictate.hotwords.model import Hotwords
from tests.lab import fallback
from tests.lab.engine import PATIENCE_S, Whole, until
from tests.lab.fallback import HERE
from tests.lab.openai_server import LINE, Handler, OpenAIServer
from tests.lab.serving import reset
from tests.lab.voices import read

SPEECH = read(Path(__file__).parents[1] / "audio" / "train.wav")
PCM = pcm_from_samples(SPEECH)
DEADLINE_S = 2.0
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


def stall(handler: Handler) -> None:
    handler.lab.over.wait(30)


def drip(raw: bytes, before: bytes = b"") -> Callable[[Handler], None]:
    """A byte, then a while nothing, and so on."""

    def play(handler: Handler) -> None:
        handler.wfile.write(before)
        for byte in raw:
            handler.wfile.write(bytes([byte]))
            if handler.lab.over.wait(0.05):
                break

    return play


def gone(handler: Handler) -> None:
    handler.close_connection = True
    handler.connection.shutdown(socket.SHUT_RDWR)


def raw(data: bytes) -> Callable[[Handler], None]:
    def play(handler: Handler) -> None:
        handler.wfile.write(data)
        handler.close_connection = True

    return play


def hundred_megabytes(handler: Handler) -> None:
    handler.wfile.write(HEAD + b'Content-Length: 100000000\r\n\r\n{"text": "')
    with contextlib.suppress(OSError):
        for _ in range(1000):
            handler.wfile.write(bytes(100_000))
    handler.close_connection = True


def endless_head(handler: Handler) -> None:
    handler.wfile.write(HEAD)
    with contextlib.suppress(OSError):
        for _ in range(1000):
            handler.wfile.write(b"X-Filler: " + b"x" * 1000 + b"\r\n")
    handler.close_connection = True


def says(status: int, what: object = b"", **headers: str) -> Callable[[Handler], None]:
    return lambda handler: handler.say(status, what, **headers)


FAULTS: dict[str, tuple[Callable[[Handler], None], str]] = {
    "stalls": (stall, r"did not answer for [\d.]+ s"),
    "drips": (
        drip(b"x" * 900, HEAD + b"Content-Length: 900\r\n\r\n"),
        r"did not answer for [\d.]+ s",
    ),
    "drips its head": (drip(HEAD * 20), r"did not answer for [\d.]+ s"),
    "hangs up": (gone, "was lost"),
    "resets": (lambda handler: reset(handler.connection), "was lost"),
    "answers half": (raw(HEAD + b'Content-Length: 900\r\n\r\n{"text": '), "was lost"),
    "speaks another language": (raw(b"\x00\x01garbage\r\n\r\n"), "was lost"),
    "answers 100 MB": (hundred_megabytes, "more than 1000000 bytes"),
    "has a head without end": (endless_head, "was lost"),
    "answers a page": (says(200, b"<!doctype html><html>"), "a web page, not with JSON"),
    "answers packed": (says(200, b"\x1f\x8b", Content_Encoding="gzip"), "not with JSON"),
    "answers no text": (says(200, {"choices": 42}), "without a text"),
    "400": (
        says(400, {"error": {"message": "no\x1b[31m such"}}),
        r"\(status 400\)$",
    ),
    "401": (
        says(401, {"error": {"message": "wrong: sk-1"}}),
        r"engine.api_key_file \(status 401\)",
    ),
    "403": (says(403), r"engine.api_key_file \(status 403\)"),
    "404": (says(404, {"detail": "Not Found"}), r"engine.base_url.*\(status 404\)$"),
    "413": (says(413), "does not take this much sound"),
    "422": (says(422, {"detail": [{"msg": "bad", "input": "secret"}]}), r"\(status 422\)$"),
    "400 in a detail": (
        says(400, {"detail": {"error": {"message": "no such format"}}}),
        r"\(status 400\)$",
    ),
    "429": (says(429), "has had enough for now"),
    "500": (says(500, b"<html>"), r"trouble of its own \(status 500\)"),
    "503": (says(503, {"error": "x" * 999}), r"trouble of its own \(status 503\)$"),
    "sends on": (
        says(307, Location="http://evil.example/v1"),
        "another address, which is not followed",
    ),
}


def engine(url: str, deadline_s: float = DEADLINE_S) -> OpenAIEngine:
    made = OpenAIEngine(EngineSettings(use="openai", base_url=url, deadline_s=deadline_s))
    made.load()
    made.pace.measured(0.1, 10.0)  # its server was fast so far
    return made


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.fault("G2", "G4")
def test_each_fault_ends_in_time_with_a_reason(fault: str) -> None:
    play, reason = FAULTS[fault]
    with OpenAIServer() as server:
        made = engine(server.url)
        server.on_asked = play
        utterance = made.begin(Hotwords(), "en")
        utterance.feed(SPEECH)
        began = time.monotonic()
        with pytest.raises(EngineError) as error:
            utterance.finish()
        assert time.monotonic() - began < DEADLINE_S + 2
        assert str(error.value).startswith("the server at 127.0.0.1 ")
        assert re.search(reason, str(error.value)), str(error.value)
        server.on_asked = None
        utterance = made.begin(Hotwords(), "en")
        utterance.feed(SPEECH)
        assert utterance.finish() == LINE


@pytest.mark.fault("G2")
def test_one_who_takes_a_call_and_says_nothing_is_noticed_at_the_beginning() -> None:
    with OpenAIServer() as server:
        made = engine(server.url)
        for play, reason in ((stall, "did not answer for 2 s"), (says(503), "is not ready")):
            server.on_knock = play
            began = time.monotonic()
            with pytest.raises(EngineError, match=reason):
                made.begin(Hotwords(), "en")
            with pytest.raises(EngineError, match=reason):
                engine(server.url, deadline_s=60)
            assert time.monotonic() - began < 8
    with pytest.raises(EngineError, match="cannot be reached"):
        made.begin(Hotwords(), "en")


@pytest.mark.fault("G2")
def test_a_machine_that_goes_while_it_works_is_noticed_before_the_deadline(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(openai_client, "QUIET_S", 0.3)
    with OpenAIServer() as server:
        made = engine(server.url, deadline_s=60)

        def leave(handler: Handler) -> None:
            server.socket.close()  # nobody listens any more, and nobody hangs up
            stall(handler)

        server.on_asked = leave
        utterance = made.begin(Hotwords(), "en")
        utterance.feed(SPEECH)
        began = time.monotonic()
        with pytest.raises(EngineError, match="is gone"):
            utterance.finish()
        assert time.monotonic() - began < 10


def dictations(
    folder: Path, url: str, *expected: str, ready: bool = True
) -> tuple[EngineClient, list[int]]:
    """As in `fallback.py`."""
    settings = EngineSettings(use="openai", base_url=url, deadline_s=DEADLINE_S)
    return asyncio.run(fallback.dictations(folder, settings, PCM, *expected, ready=ready))


@pytest.mark.parametrize("fault", ["stalls", "resets", "answers 100 MB", "401"])
@pytest.mark.fault("G2", "G3", "G4")
def test_what_it_fails_at_is_heard_here(tmp_path: Path, fault: str) -> None:
    with OpenAIServer() as server:
        server.on_asked = FAULTS[fault][0]
        link, asked = dictations(tmp_path, server.url, HERE)
        assert asked == [1]
        # Who said nothing in time is not asked again: the user would wait as long once more.
        assert len(server.asked) == (1 if fault == "stalls" else 2)
    assert link.info.name == "scripted"
    assert "scripted served instead" in link.info.notes[0]
    assert re.search(FAULTS[fault][1], link.info.notes[0])


@pytest.mark.fault("G3")
def test_a_fault_that_passes_costs_one_more_sending(tmp_path: Path) -> None:
    def once(handler: Handler) -> None:
        if len(handler.lab.asked) == 1:
            handler.say(500, {"error": {"message": "out of memory"}})
        else:
            handler.hear(LINE)

    with OpenAIServer() as server:
        server.on_asked = once
        link, asked = dictations(tmp_path, server.url, LINE, LINE)
        assert asked == [1, 0]
        assert [one.pcm for one in server.asked] == [PCM] * 3
    assert link.info.name == "openai"
    assert link.info.device.startswith("remote: 127.0.0.1, ")


@pytest.mark.fault("G1")
def test_nobody_there_is_heard_here(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    link, _ = dictations(tmp_path, f"http://127.0.0.1:{port}/v1", HERE, HERE, ready=False)
    assert "the server at 127.0.0.1 cannot be reached" in link.info.notes[0]


@pytest.mark.fault("G6")
def test_a_cancelled_one_keeps_nobody_waiting(tmp_path: Path) -> None:
    async def main(server: OpenAIServer) -> None:
        link = EngineClient(
            EngineSettings(use="openai", base_url=server.url, deadline_s=60), tmp_path / "e"
        )
        async with asyncio.timeout(2 * PATIENCE_S):
            await link.start()
            try:
                utterance = link.begin(1, Hotwords(), "en")
                utterance.feed(PCM)
                finishing = asyncio.create_task(utterance.finish(Whole(PCM)))
                await until(lambda: server.asked)
                utterance.cancel()
                await asyncio.wait({finishing})
                server.on_asked = None
                began = time.monotonic()
                utterance = link.begin(2, Hotwords(), "en")
                utterance.feed(PCM)
                assert (await utterance.finish(Whole(PCM))).text == LINE
                assert time.monotonic() - began < 15
                assert link.supervisor.run == 1
            finally:
                await link.stop()

    with OpenAIServer() as server:
        server.on_asked = stall
        asyncio.run(main(server))
