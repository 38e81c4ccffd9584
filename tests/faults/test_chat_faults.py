"""A chat server that stalls, dies, lies, sends us on or answers without end: each ends in time and
with a reason, and the next question is answered."""

import asyncio
import contextlib
import os
import re
import signal
import socket
import ssl
import threading
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest
import trustme

from dictate.chat import client
from dictate.chat.client import ChatClient
from dictate.config.schema import PolishSettings
from dictate.errors import ChatError
from tests.lab.chat_server import KEY, MODEL, ChatLab, Handler
from tests.lab.serving import reset

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
WITHIN_S = 3.0


def stall(handler: Handler) -> None:
    handler.lab.over.wait(60)


def drip(handler: Handler) -> None:
    handler.wfile.write(HEAD + b"Content-Length: 900\r\n\r\n")
    for _ in range(900):
        handler.wfile.write(b"x")
        if handler.lab.over.wait(0.05):
            break


def gone(handler: Handler) -> None:
    handler.close_connection = True
    handler.connection.shutdown(socket.SHUT_RDWR)


def half(handler: Handler) -> None:
    handler.wfile.write(HEAD + b'Content-Length: 900\r\n\r\n{"choices": [{"message": ')
    gone(handler)


def megabytes(handler: Handler) -> None:
    handler.wfile.write(HEAD + b'Content-Length: 100000000\r\n\r\n{"choices": "')
    with contextlib.suppress(OSError):
        for _ in range(1000):
            handler.wfile.write(bytes(100_000))
    handler.close_connection = True


def says(status: int, what: object = b"", **headers: str) -> Callable[[Handler], None]:
    return lambda handler: handler.say(status, what, **headers)


def choice(message: object) -> Callable[[Handler], None]:
    return says(200, {"choices": [{"message": message, "finish_reason": "stop"}]})


FAULTS: dict[str, tuple[Callable[[Handler], None], str]] = {
    "dawdles": (stall, r"did not answer for [\d.]+ s"),
    "drips": (drip, r"did not answer for [\d.]+ s"),
    "hangs up": (gone, "was lost"),
    "resets": (lambda handler: reset(handler.connection), "was lost"),
    "dies in the middle": (half, "was lost"),
    "sends 1 MB": (lambda handler: handler.answer("x" * 1_000_000), "more than 1000000 bytes"),
    "sends 100 MB": (megabytes, "more than 1000000 bytes"),
    "writes a book": (lambda handler: handler.answer("x" * 12_001), "more than 12,000 characters"),
    "is cut off": (lambda handler: handler.answer("x", "length"), "cut its answer off"),
    "sends a page": (
        says(200, b"<!doctype html>"),
        "a web page.*see polish.base_url",
    ),
    "sends no JSON": (says(200, b'{"choices": '), "something else, not with JSON"),
    "sends a list": (says(200, []), "not with a JSON object"),
    "sends no choices": (says(200, {"choices": []}), "without a text"),
    "sends no message": (choice(None), "without a text"),
    "sends no content": (choice({"content": None}), "without a text"),
    "sends a number": (choice({"content": 42}), "without a text"),
    "400": (says(400, {"error": {"message": "no\x1b[31m such"}}), r"400; it says: no\[31m such"),
    "401": (says(401, {"error": {"message": f"wrong: {KEY}"}}), r"api_key_file \(status 401\)$"),
    "403": (says(403), r"polish.api_key_file \(status 403\)$"),
    "404": (says(404, {"error": "model not found"}), "see polish.model.*says: model not found"),
    "429": (says(429), "has had enough for now"),
    "500": (
        says(500, {"error": f"oops {KEY}"}),
        r"trouble of its own \(status 500; .* oops \.\.\.",
    ),
    "sends us on": (
        says(307, Location="http://evil.example/v1"),
        "another address, which is not followed",
    ),
}


def run(work: Callable[[ChatClient], Awaitable[None]]) -> None:
    async def main() -> None:
        chat = ChatClient()
        try:
            async with asyncio.timeout(90):
                await work(chat)
        finally:
            await chat.close()

    asyncio.run(main())


def with_key(folder: Path, url: str) -> PolishSettings:
    key = folder / "key"
    key.write_text(f"{KEY}\n")
    key.chmod(0o600)
    return PolishSettings(base_url=url, api_key_file=str(key))


async def failed(chat: ChatClient, settings: PolishSettings, within_s: float = WITHIN_S) -> str:
    with pytest.raises(ChatError) as error:
        await chat.ask(settings, "hello", 100, within_s)
    return str(error.value)


def test_each_fault_ends_with_a_reason_and_the_next_question_is_answered(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")

    async def work(chat: ChatClient) -> None:
        for name, (play, reason) in FAULTS.items():
            lab.on_asked = play
            within_s = 1.0 if play in (stall, drip) else WITHIN_S
            why = await failed(chat, settings, within_s)
            assert why.startswith("the server at 127.0.0.1 "), (name, why)
            assert re.search(reason, why), (name, why)
            assert KEY not in why, name
            lab.on_asked = None
            assert await chat.ask(settings, "hello", 100, WITHIN_S) == "HELLO", name

    with ChatLab(lambda asked: asked.prompt.upper(), key=KEY) as lab:
        settings = with_key(tmp_path, lab.url)
        run(work)
        assert {asked.key for asked in lab.asked} == {KEY}
        assert {asked.body["model"] for asked in lab.asked} == {MODEL}
    assert KEY not in caplog.text
    assert "hello" not in caplog.text.lower()


@pytest.mark.fault("S8")
def test_a_message_that_quotes_the_text_is_not_passed_on() -> None:
    async def work(chat: ChatClient) -> None:
        for said, kept in (("too long: my secret\n plan is", False), ("out of memory", True)):
            lab.on_asked = says(400, {"error": {"message": said}})
            with pytest.raises(ChatError) as error:
                await chat.ask(
                    PolishSettings(base_url=lab.url), "My: my secret plan is this", 9, WITHIN_S
                )
            assert ("it says" in str(error.value)) is kept
            assert "secret" not in str(error.value)

    with ChatLab() as lab:
        run(work)


def test_the_model_must_be_named_where_there_are_several() -> None:
    async def work(chat: ChatClient) -> None:
        settings = PolishSettings(base_url=lab.url)
        lab.models = ["a", "b"]
        assert await chat.models(settings) == ["a", "b"]
        assert "has a, b: set polish.model to the one to use" in await failed(chat, settings)
        lab.models = []
        assert "lists no model: set polish.model" in await failed(chat, settings)
        lab.models = ["a", "b"]
        assert await chat.ask(replace(settings, model="b"), "x", 1, WITHIN_S) == "x"
        wrong = await failed(chat, replace(settings, model="c"))
        assert "see polish.model" in wrong
        assert "model 'c' not found" in wrong

    with ChatLab(lambda asked: asked.prompt) as lab:
        run(work)


def test_the_process_dies_and_the_next_question_has_a_new_one() -> None:
    async def work(chat: ChatClient) -> None:
        settings = PolishSettings(base_url=lab.url)
        chat.warm()
        assert await chat.ask(settings, "one", 1, WITHIN_S) == "one"
        first = chat._child
        assert first is not None
        assert first.pid is not None
        lab.on_asked = lambda _: os.kill(first.pid or 0, signal.SIGKILL)
        assert "the process for the model ended: killed by signal 9" in await failed(chat, settings)
        lab.on_asked = None
        assert await chat.ask(settings, "two", 1, WITHIN_S) == "two"
        second = chat._child
        assert second is not None
        assert second is not first
        os.kill(second.pid or 0, signal.SIGKILL)
        await second.ended()
        # Between two questions it costs nothing.
        assert await chat.ask(settings, "three", 1, WITHIN_S) == "three"

    with ChatLab(lambda asked: asked.prompt) as lab:
        run(work)


@pytest.mark.fault("G6")
def test_a_question_that_is_not_wanted_any_more_is_taken_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    left = threading.Event()

    def stay(handler: Handler) -> None:
        handler.connection.recv(1)  # until the client leaves
        left.set()

    async def work(chat: ChatClient) -> None:
        settings = PolishSettings(base_url=lab.url)
        lab.on_asked = stay
        asking = asyncio.create_task(chat.ask(settings, "one", 1, 60))
        await asyncio.to_thread(lab.arrived.wait, 30)
        asking.cancel()
        assert await asyncio.to_thread(left.wait, 30)
        lab.on_asked = None
        assert await chat.ask(settings, "two", 1, WITHIN_S) == "two"
        # A process that hangs is killed, and says nothing to the next question.
        monkeypatch.setattr(client, "LATE_S", 0.0)
        assert chat._child is not None
        os.kill(chat._child.pid or 0, signal.SIGSTOP)
        assert "did not answer within" in await failed(chat, settings, 0.5)
        monkeypatch.setattr(client, "LATE_S", 5.0)
        assert await chat.ask(settings, "three", 1, WITHIN_S) == "three"
        # Two at once are answered one after the other.
        both = (chat.ask(settings, text, 1, WITHIN_S) for text in ("a", "b"))
        assert list(await asyncio.gather(*both)) == ["a", "b"]

    with ChatLab(lambda asked: asked.prompt) as lab:
        run(work)


def test_it_is_ended_when_it_was_idle(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "IDLE_S", 0.05)

    async def work(chat: ChatClient) -> None:
        await chat.ask(PolishSettings(base_url=lab.url), "one", 1, WITHIN_S)
        while chat._child is not None:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        assert await chat.ask(PolishSettings(base_url=lab.url), "two", 1, WITHIN_S) == "two"

    with ChatLab(lambda asked: asked.prompt) as lab:
        run(work)


def test_files_that_cannot_be_used_are_named(tmp_path: Path) -> None:
    open_to_all, nonsense = tmp_path / "open", tmp_path / "nonsense"
    open_to_all.write_text(KEY)
    nonsense.write_bytes(b"\xff two words")
    nonsense.chmod(0o600)
    options = {
        "polish.api_key_file: others may read": {"api_key_file": str(open_to_all)},
        "polish.api_key_file cannot be read": {"api_key_file": str(nonsense)},
        "polish.certificate_file: there is no file": {"certificate_file": str(tmp_path / "no")},
        "polish.certificate_file cannot be read": {"certificate_file": str(nonsense)},
    }

    async def work(chat: ChatClient) -> None:
        for why, option in options.items():
            assert why in await failed(chat, PolishSettings(base_url=lab.url, **option))

    with ChatLab(key=KEY) as lab:
        run(work)
        assert not lab.asked


@pytest.mark.fault("G5")
def test_by_tls(tmp_path: Path) -> None:
    authority = trustme.CA()
    certificate = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(certificate)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)

    async def work(chat: ChatClient) -> None:
        settings = PolishSettings(base_url=lab.url, certificate_file=str(certificate))
        assert await chat.ask(settings, "one", 1, WITHIN_S) == "one"
        why = await failed(chat, replace(settings, certificate_file=""))
        assert "its certificate cannot be trusted" in why

    with ChatLab(lambda asked: asked.prompt, tls=context) as lab:
        run(work)


def test_nobody_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

    async def work(chat: ChatClient) -> None:
        settings = PolishSettings(base_url=f"http://127.0.0.1:{port}/v1", model="x")
        assert "127.0.0.1 cannot be reached: " in await failed(chat, settings)

    run(work)
