"""`dictate serve`: what it serves, to which clients, and that they learn nothing of each other."""

import asyncio
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from wyoming.asr import Transcript
from wyoming.client import AsyncClient
from wyoming.event import Event
from wyoming.info import Describe

from dictate.engines.hotword_events import hotwords_event
from dictate.engines.protocol import (
    BeginUtterance,
    StatusEvent,
    WatchStatus,
)
from dictate.errors import Unavailable
from dictate.hotwords.model import Hotwords, Term
from dictate.server import server as serve_module
from dictate.server.listeners import ServerOptions
from dictate.server.server import serve
from tests.lab.scripted import script
from tests.lab.serve_clients import TOKEN, connected, heard, hosted, say, spoken
from tests.lab.serving import LINE, Serving

SECRETS = ("Anna's secret project", "Bert's secret project")


def token_file(folder: Path, token: str = TOKEN, mode: int = 0o600) -> Path:
    path = folder / "token"
    path.write_text(token)
    path.chmod(mode)
    return path


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
@pytest.mark.fault("G5", "S10")
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
