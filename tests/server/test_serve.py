"""`dictate serve`: what it serves, to which clients, and that they learn nothing of each other."""

import asyncio
import contextlib
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from wyoming.asr import Transcribe, Transcript
from wyoming.audio import AudioChunk, AudioStart, AudioStop
from wyoming.client import AsyncClient
from wyoming.event import Event, async_write_event
from wyoming.info import Describe

from dictate.config.schema import EngineSettings
from dictate.engines.hotword_events import hotwords_event
from dictate.engines.protocol import (
    LARGEST_EVENT,
    BeginUtterance,
    StatusEvent,
    Token,
    WatchStatus,
    read_event,
)
from dictate.engines.scripted import ScriptedEngine
from dictate.errors import Unavailable
from dictate.events import RATE
from dictate.hotwords.model import Hotwords, Term
from dictate.server import server as serve_module
from dictate.server.listeners import ServerOptions
from dictate.server.server import MAX_STRANGERS, PublicServer, serve
from tests.lab.engine import loud, until
from tests.lab.scripted import script
from tests.lab.serving import BOOT_S, LINE, Serving

SECRETS = ("Anna's secret project", "Bert's secret project")
TOKEN = "a token that nobody guesses"


def token_file(folder: Path, token: str = TOKEN, mode: int = 0o600) -> Path:
    path = folder / "token"
    path.write_text(token)
    path.chmod(mode)
    return path


def connected(path: Path) -> AsyncClient:
    """A client as third-party programs use it; a context manager."""
    return AsyncClient.from_uri(f"unix://{path}", read_timeout=20.0)


async def say(client: AsyncClient, *events: Event) -> None:
    for event in events:
        await client.write_event(event)


def spoken(seconds: float = 1.0) -> list[Event]:
    return [
        Transcribe().event(),
        AudioStart(RATE, 2, 1).event(),
        *(AudioChunk(RATE, 2, 1, loud(0.1)).event() for _ in range(round(seconds * 10))),
        AudioStop().event(),
    ]


async def heard(client: AsyncClient, kind: str) -> tuple[Event, list[Event]]:
    """The first event of this kind, and all events until then."""
    came = []
    while event := await client.read_event():
        came.append(event)
        if event.type == kind:
            return event, came
    raise AssertionError(f"no {kind}, but {[event.type for event in came]}")


def test_a_third_party_client_is_served_on_the_usual_socket(tmp_path: Path) -> None:
    usual = tmp_path / "run/dictate-serve/socket"

    async def main() -> None:
        async with connected(usual) as client:
            await say(client, Describe().event(), *spoken())
            info, _ = await heard(client, "info")
            assert info.data["asr"][0]["name"] == "dictate"
            transcript, came = await heard(client, "transcript")
            assert Transcript.from_event(transcript).text == LINE
            ours = [event.type for event in came if event.type.startswith("dictate")]
            assert ours == [], "and nothing of ours"

    says = script(tmp_path / "script", LINE)
    server = Serving(tmp_path / "server", engine=f"scripted:{says}")
    server.command = server.command[: server.command.index("--socket")]
    with server:
        asyncio.run(main())
        assert server.said == [f"serving on {usual}, for this user", "scripted is loaded"]
        assert stat.S_IMODE(usual.stat().st_mode) == 0o600
        assert stat.S_IMODE(usual.parent.stat().st_mode) == 0o700


def test_two_clients_at_once_learn_nothing_of_each_other(tmp_path: Path) -> None:
    """Everything that each of them receives while both prepare, watch and speak."""

    async def client(path: Path, number: int, all_came: list[Event]) -> str:
        words = Hotwords((Term(f"Term{number}"),), context=f"context{number}")
        async with connected(path) as watching, connected(path) as speaking:
            await say(watching, WatchStatus().event(), hotwords_event(words))
            _, came = await heard(watching, "dictate-unusable")
            all_came += came
            await say(speaking, hotwords_event(words), BeginUtterance(number).event())
            for event in spoken(3):
                await say(speaking, event)
                await asyncio.sleep(0.01)
            transcript, came = await heard(speaking, "transcript")
            all_came += came
            assert {event.data["dictation"] for event in came if "dictation" in event.data} == {
                number
            }
            return Transcript.from_event(transcript).text

    async def main(path: Path) -> None:
        came: list[list[Event]] = [[], []]
        texts = await asyncio.gather(*(client(path, number, came[number]) for number in (0, 1)))
        assert sorted(texts) == sorted(SECRETS)
        for number in (0, 1):
            seen = repr([(event.type, event.data) for event in came[number]])
            other = texts[1 - number].split()[0]
            assert texts[number].split()[0] in seen
            assert other not in seen
            assert f"Term{1 - number}" not in seen
            assert f"context{1 - number}" not in seen
        # A client that connects later and only watches learns the state of the engine, and no more.
        async with connected(path) as late:
            await say(late, WatchStatus().event(), Describe().event())
            _, events = await heard(late, "info")
            assert [event.type for event in events] == [StatusEvent.type, "info"]
            assert "secret" not in repr([event.data for event in events])

    with Serving(tmp_path / "server", lines=SECRETS) as server:
        asyncio.run(main(server.socket))
        assert "secret" not in server.log


@asynccontextmanager
async def hosted(folder: Path, token: str = "") -> AsyncIterator[tuple[PublicServer, Path]]:
    """The server in this loop, so that a test can change its limits."""
    settings = EngineSettings(use=f"scripted:{script(folder / 'script', LINE)}")
    host = PublicServer(settings, token)
    # Loaded by hand: a server closes the network of its process, and this is the tests' process.
    host.engine = ScriptedEngine(settings)
    await asyncio.to_thread(host.engine.load)
    path = folder / "h"
    server = await asyncio.get_running_loop().create_unix_server(host.protocol, str(path))
    async with asyncio.timeout(BOOT_S):
        try:
            yield host, path
        finally:
            server.close()
            await until(lambda: not host._clients and not host._strangers)
            host._thread.shutdown()


async def answer(path: Path, *events: Event) -> bytes:
    """Everything that comes back for these events."""
    reader, writer = await asyncio.open_unix_connection(str(path))
    try:
        for event in events:
            await async_write_event(event, writer)
        return await reader.read()
    except OSError:
        return b""
    finally:
        writer.transport.abort()


@pytest.mark.parametrize(
    "first",
    [
        Describe().event(),
        Token("").event(),
        Token("a token that somebody guessed").event(),
        Token(TOKEN + "é").event(),
        Event(Token.type, {"token": 42}),
        Event(Token.type),
        WatchStatus().event(),
        Event("x" * 1_000_000),
    ],
    ids=lambda event: f"{event.type[:20]} {event.data}",
)
def test_without_the_token_there_is_no_answer_of_any_kind(tmp_path: Path, first: Event) -> None:
    async def main() -> None:
        async with hosted(tmp_path, TOKEN) as (_, path):
            assert await answer(path, first, Token(TOKEN).event(), Describe().event()) == b""

    asyncio.run(main())


def test_a_silent_client_is_disconnected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serve_module, "TOKEN_S", 0.2)

    async def main() -> None:
        async with hosted(tmp_path, TOKEN) as (host, path):
            assert await answer(path) == b""
            host.idle_s = 0.2
            assert await answer(path, Token(TOKEN).event()) == b""
            # Also in the middle of an utterance: its connection uses up one of the places.
            begun = Token(TOKEN).event(), *spoken()[:-1]
            assert b'"transcript"' not in await answer(path, *begun)

    asyncio.run(main())


@pytest.mark.parametrize(
    "first",
    [b"", b"x" * 100_000, b'{"type": "dictate-token", "data_length": 4000000}\n' + b" " * 100_000],
    ids=["nothing", "a line without end", "a large token"],
)
def test_clients_without_a_token_take_no_place_of_those_that_have_it(
    tmp_path: Path, first: bytes
) -> None:
    async def main() -> None:
        async with hosted(tmp_path, TOKEN) as (host, path):
            strangers = [await asyncio.open_unix_connection(str(path)) for _ in range(100)]
            for _, writer in strangers:
                writer.write(first)
            await asyncio.sleep(0.1)
            assert len(host._strangers) <= MAX_STRANGERS
            async with connected(path) as client:
                await say(client, Token(TOKEN).event(), *spoken())
                await heard(client, "transcript")
                big = Event("dictate-hotwords", {"hotwords": [], "filler": "x" * 1_000_000})
                await say(client, big, Describe().event())
                await heard(client, "info")
            for _, writer in strangers:
                writer.transport.abort()

    asyncio.run(main())


def test_a_client_that_is_not_idle_stays_connected(tmp_path: Path) -> None:
    async def main() -> None:
        async with hosted(tmp_path) as (host, path):
            host.idle_s = 1.0
            async with connected(path) as client:
                for event in spoken(3):
                    await say(client, event)
                    await asyncio.sleep(0.05)
                transcript, _ = await heard(client, "transcript")
                assert Transcript.from_event(transcript).text == LINE

    asyncio.run(main())


def test_one_client_too_many_is_refused_and_the_others_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serve_module, "MAX_CLIENTS", 2)

    async def main() -> None:
        async with hosted(tmp_path) as (_, path):
            async with connected(path) as one, connected(path) as two:
                for client in (one, two):
                    await say(client, Describe().event())
                    await heard(client, "info")
                assert await answer(path, Describe().event()) == b""
                await say(two, *spoken())
                await heard(two, "transcript")
            await asyncio.sleep(0.1)
            async with connected(path) as three:
                await say(three, Describe().event())
                await heard(three, "info")

    asyncio.run(main())


@pytest.mark.parametrize(
    "raw",
    [
        b'{"type": "describe", "data_length": 100000000}\n',
        b'{"type": "audio-chunk", "payload_length": 100000000}\n',
        b" " * (LARGEST_EVENT + 70_000),
        b"\n",
    ],
    ids=["data", "payload", "no end", "no event"],
)
def test_an_event_too_large_ends_the_connection_not_the_server(tmp_path: Path, raw: bytes) -> None:
    async def main() -> None:
        async with hosted(tmp_path) as (_, path):
            reader, writer = await asyncio.open_unix_connection(str(path))
            with contextlib.suppress(OSError):
                writer.write(raw)
                await writer.drain()
                assert await reader.read() == b""
            writer.transport.abort()
            reader, writer = await asyncio.open_unix_connection(str(path))
            await async_write_event(Describe().event(), writer)
            event = await read_event(reader)
            assert event is not None
            assert event.type == "info"
            writer.transport.abort()

    asyncio.run(main())


def test_sigterm_lets_utterances_in_flight_finish(tmp_path: Path) -> None:
    async def main(server: Serving) -> None:
        async with connected(server.socket) as client, connected(server.socket) as idle:
            *events, end = spoken()
            await say(client, *events, Describe().event())
            await heard(client, "info")
            assert server.process is not None
            server.process.send_signal(signal.SIGTERM)
            await asyncio.sleep(0.5)
            with pytest.raises(ConnectionRefusedError):
                await connected(server.socket).connect()
            await say(client, end)
            transcript, _ = await heard(client, "transcript")
            assert Transcript.from_event(transcript).text == LINE
            assert await idle.read_event() is None
            assert await asyncio.to_thread(server.process.wait, 20) == 0

    with Serving(tmp_path / "server") as server:
        asyncio.run(main(server))


def test_an_engine_that_hangs_takes_the_process_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serve_module, "HUNG_S", 0.3)

    async def main() -> None:
        async with hosted(tmp_path) as (host, _):
            assert not host.hung
            hanging = asyncio.create_task(host.on_thread(lambda: time.sleep(2)))
            await asyncio.sleep(1.5)
            assert host.hung
            await hanging
            assert not host.hung

    asyncio.run(main())


def test_an_engine_that_does_not_load_ends_it_with_the_reason(tmp_path: Path) -> None:
    says = tmp_path / "script"
    says.write_text("# nothing to say\n")
    words = ["--engine", f"scripted:{says}", "--socket", str(tmp_path / "s")]
    command = [sys.executable, "-m", "dictate", "serve", *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 1
    assert "scripted does not work" in done.stdout


def _options(tmp_path: Path, **changes: object) -> ServerOptions:
    return ServerOptions(**{"socket": tmp_path / "s", **changes})  # type: ignore[arg-type]


REFUSED: dict[str, Callable[[Path], tuple[ServerOptions, str]]] = {
    "in clear": lambda p: (_options(p, tcp="0.0.0.0:10300"), "in clear"),
    "in clear by name": lambda p: (_options(p, tcp="spark.local:10300"), "in clear"),
    "in clear with a token": lambda p: (
        _options(p, tcp="0.0.0.0:10300", token_file=token_file(p)),
        "in clear",
    ),
    "no port": lambda p: (_options(p, tcp="127.0.0.1"), "no address"),
    "TLS without a token": lambda p: (
        _options(p, tcp="0.0.0.0:1", tls=(p / "c", p / "k")),
        "let everybody in",
    ),
    "no certificate": lambda p: (
        _options(p, tcp="0.0.0.0:1", tls=(p / "c", p / "k"), token_file=token_file(p)),
        "--tls: .*/c cannot be read: No such file",
    ),
    "no key": lambda p: (
        _options(p, tcp="0.0.0.0:1", tls=(token_file(p), p / "k"), token_file=token_file(p)),
        "--tls: .*/k cannot be read: No such file",
    ),
    "what is no certificate": lambda p: (
        _options(p, tcp="0.0.0.0:1", tls=(token_file(p), token_file(p)), token_file=token_file(p)),
        "--tls: .*/token with the key .*/token cannot be used",
    ),
    "no token file": lambda p: (
        _options(p, token_file=p / "gone"),
        "--token-file: .*/gone cannot be read: No such file",
    ),
    "a token others may read": lambda p: (
        _options(p, token_file=token_file(p, mode=0o640)),
        "chmod 600",
    ),
    "a token too short": lambda p: (
        _options(p, token_file=token_file(p, "short")),
        "openssl rand -hex 32",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused_and_why(tmp_path: Path, case: str) -> None:
    options, says = REFUSED[case](tmp_path)
    engine = f"scripted:{script(tmp_path / 'script', LINE)}"
    with pytest.raises(Unavailable, match=says):
        serve(options, engine)
    assert not (tmp_path / "s").exists()


def test_a_remote_engine_is_not_served(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="not on this machine"):
        serve(_options(tmp_path), "wyoming")


def test_sockets_that_systemd_opened(tmp_path: Path) -> None:
    """One Unix socket and one port, passed on as by socket activation."""
    port = socket.create_server(("127.0.0.1", 0))
    unix = socket.create_server(str(tmp_path / "given"), family=socket.AF_UNIX)
    code = (
        "import fcntl, os, sys\n"
        "aside = [fcntl.fcntl(int(fd), fcntl.F_DUPFD, 10) for fd in sys.argv[1:3]]\n"
        "[os.dup2(fd, 3 + place) for place, fd in enumerate(aside)]\n"
        "os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS='2')\n"
        "os.execv(sys.argv[3], sys.argv[3:])"
    )
    server = Serving(tmp_path / "server")
    command = server.command[: server.command.index("--socket")]
    server.pass_fds = (unix.fileno(), port.fileno())
    server.command = [sys.executable, "-c", code, *map(str, server.pass_fds), *command]

    async def main() -> None:
        host, number = port.getsockname()
        for uri in (f"unix://{tmp_path / 'given'}", f"tcp://{host}:{number}"):
            client = AsyncClient.from_uri(uri, read_timeout=20.0)
            await client.connect()
            await say(client, *spoken())
            await heard(client, "transcript")
            await client.disconnect()

    with port, unix, server:
        asyncio.run(main())
    assert server.said[0] == f"serving on {tmp_path / 'given'}, for this user"
    assert "for every user of this machine" in server.said[1]
