"""`dictate serve`: lends this machine's engine to others.

It is the engine process's own server, with what strangers make necessary: a token, limits, and an
end to clients that do nothing. What one client says, no other can learn: each connection has its
own words, terms and notes, and what is told to all is only how the engine is.

Strategy: nothing is served that would travel in clear. A Unix socket is for this user (and for
SSH, which brings others to it), plain TCP for this machine, all else is TLS with a token. An engine
that hangs takes the process with it, as whoever started it starts it again.
"""

import asyncio
import contextlib
import hmac
import logging
import os
import signal
import socket
import ssl
import stat
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import sdnotify

from dictate.config import config_file
from dictate.config.schema import EngineSettings
from dictate.engines import ENGINES
from dictate.engines.client_connection import ClientConnection
from dictate.engines.host import EngineHost
from dictate.engines.protocol import LARGEST_EVENT, Token, read_event
from dictate.engines.remote.address import is_loopback, parse
from dictate.engines.worker import bind
from dictate.errors import DictateError, Unavailable
from dictate.platform import paths
from dictate.server import discovery

log = logging.getLogger(__name__)

MOST_CLIENTS = 32
IDLE_S = 60.0
TOKEN_S = 5.0
"""Seconds in which a client must have shown its token."""
SHORTEST_TOKEN = 16
FINISH_S = 30.0
"""Seconds that an utterance under way has at the end."""
HUNG_S = 60.0
"""One call to a loaded engine that takes longer never ends."""
_FIRST_FD = 3
"""By systemd's protocol of socket activation."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ServerOptions:
    """What the command line asks for."""

    tcp: str = ""
    """HOST:PORT."""
    socket: Path | None = None
    tls: tuple[Path, Path] | None = None
    """Certificate and key, as PEM files."""
    token_file: Path | None = None
    zeroconf: bool = False
    """Whether it is announced."""


@dataclass(frozen=True, slots=True)
class Listener:
    """Where somebody may come in."""

    listener: socket.socket
    where: str
    """For people: a path, or HOST:PORT."""

    @property
    def local(self) -> bool:
        """Whether it is a Unix socket."""
        return self.listener.family == socket.AF_UNIX

    def says(self, *, tls: bool) -> str:
        """To whom this is open, in a line."""
        if self.local:
            return f"serving on {self.where}, for this user"
        if tls:
            return f"serving on {self.where}, by TLS, for whoever has the token"
        return f"serving on {self.where}, for everybody on this machine"


class PublicServer(EngineHost):
    """The engine process's server, for strangers."""

    idle_s = IDLE_S

    def __init__(self, settings: EngineSettings, token: str = "") -> None:
        super().__init__(settings)
        self._token = token.encode()
        self._open = 0
        self._clients: set[ClientConnection] = set()
        self._busy_since = 0.0
        """When the engine's thread began what it does; 0 if it does nothing."""

    async def on_thread(self, call: Callable[[], T]) -> T:
        def timed() -> T:
            self._busy_since = time.monotonic()
            try:
                return call()
            finally:
                self._busy_since = 0.0

        return await super().on_thread(timed)

    @property
    def hung(self) -> bool:
        """Whether the engine, once loaded, does not come back."""
        since = self._busy_since
        return self.engine is not None and since > 0 and time.monotonic() - since > HUNG_S

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one client, if it may be served."""
        if self._open >= MOST_CLIENTS:
            log.warning("a client was refused: there are %d already", MOST_CLIENTS)
            writer.transport.abort()
            return
        self._open += 1
        try:
            if await self._may(reader):
                client = ClientConnection(self, reader, writer)
                self._clients.add(client)
                try:
                    await client.run()
                finally:
                    self._clients.discard(client)
        finally:
            self._open -= 1
            writer.close()

    async def _may(self, reader: asyncio.StreamReader) -> bool:
        """Whether the client knows the token; one that does not gets no answer of any kind."""
        if not self._token:
            return True
        try:
            async with asyncio.timeout(TOKEN_S):
                event = await read_event(reader)
            shown = Token.from_event(event).token if event and event.type == Token.type else ""
        except (OSError, DictateError) as error:
            log.debug("no token: %s", error)
            return False
        known = hmac.compare_digest(shown.encode(errors="replace"), self._token)
        if not known:
            log.warning("a client without the right token was refused")
        return known

    async def finished(self) -> None:
        """Wait until no utterance is under way, for FINISH_S at most."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(FINISH_S):
                while any(client.busy for client in self._clients):  # noqa: ASYNC110 - no event
                    await asyncio.sleep(0.05)


def serve(offer: ServerOptions, engine: str | None, out: Callable[[str], None] = print) -> int:
    """Lend the engine of the user's settings, or `engine`, until SIGTERM. Raises DictateError."""
    settings = config_file.load(paths.config_file()).engine
    settings = replace(settings, use=engine or settings.use, fallback="none")
    _check_local(settings)
    if offer.zeroconf:
        _check_announced(offer)
    token = _token(offer)
    context = _context(offer, token)
    doors = _doors(offer, context)
    announced = _port(doors) if offer.zeroconf else None
    code = asyncio.run(_serve(PublicServer(settings, token), doors, context, announced, out))
    logging.shutdown()
    # The engine's thread may be in the middle of loading a model, which nobody will use.
    os._exit(code)


async def _serve(
    host: PublicServer,
    doors: list[Listener],
    context: ssl.SSLContext | None,
    announced: Listener | None,
    out: Callable[[str], None],
) -> int:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    async with AsyncExitStack() as stack:
        announcement = None
        if announced is not None:
            # Before the engine is loaded, as its process closes the network to itself.
            announcement = discovery.Announcement(*announced.listener.getsockname())
            stack.push_async_callback(announcement.close)
        opening = asyncio.create_task(_open(host, announcement, out))
        servers = []
        for door in doors:
            tls = None if door.local else context
            server = await asyncio.start_server(
                host.accept,
                sock=door.listener,
                limit=LARGEST_EVENT,
                ssl=tls,
                ssl_handshake_timeout=TOKEN_S if tls else None,
            )
            servers.append(server)
            stack.callback(server.close)
            out(door.says(tls=tls is not None))
        notifier = sdnotify.SystemdNotifier()
        notifier.notify("READY=1")
        while not stop.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), 1)
            if host.hung:
                log.error("the engine hangs: this process ends, and a fresh one can take its place")
                return 1
            if host.status.state == "failed":
                return 1
        notifier.notify("STOPPING=1")
        opening.cancel()
        if announcement is not None:
            await announcement.close()
        for server in servers:
            server.close()
        await host.finished()
    return 0


async def _open(
    host: PublicServer, announcement: discovery.Announcement | None, out: Callable[[str], None]
) -> None:
    """Load the engine, and say so: to who looks for one on the network, too."""
    await host.load()
    out(_state(host))
    if announcement is not None and host.status.state == "ready":
        out(await announcement.announce())


def _state(host: PublicServer) -> str:
    status = host.status
    if status.state == "ready":
        on = f" on {status.device}" if status.device else ""
        return f"{status.name}{on} is loaded"
    return f"{status.name} does not work: {status.message}"


def _check_local(settings: EngineSettings) -> None:
    """An engine elsewhere is not ours to lend, and two machines could lend each other nothing."""
    name = settings.use.partition(":")[0]
    if name != "auto" and not ENGINES.load(name).local:
        raise Unavailable(
            f"engine.use is {name}, which is not on this machine: say which to lend, with --engine"
        )


def _token(offer: ServerOptions) -> str:
    if offer.token_file is None:
        return ""
    try:
        if offer.token_file.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise Unavailable(f"others may read {offer.token_file}: chmod 600 {offer.token_file}")
        token = offer.token_file.read_text().strip()
    except (OSError, ValueError) as error:
        raise Unavailable(f"the token cannot be read: {error}") from error
    if len(token) < SHORTEST_TOKEN:
        raise Unavailable(
            f"{offer.token_file} has fewer than {SHORTEST_TOKEN} characters: make one with "
            "openssl rand -hex 32"
        )
    return token


def _context(offer: ServerOptions, token: str) -> ssl.SSLContext | None:
    if offer.tls is None:
        return None
    if not token:
        raise Unavailable("--tls without --token-file would let everybody in: give it both")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    try:
        context.load_cert_chain(*offer.tls)
    except OSError as error:
        raise Unavailable(f"--tls: the certificate or its key cannot be used: {error}") from error
    return context


def _doors(offer: ServerOptions, context: ssl.SSLContext | None) -> list[Listener]:
    """What systemd opened for us, and what the command line asks for; else the usual socket."""
    doors = _given()
    for door in doors:
        if not door.local:
            _check_not_in_clear(door.listener.getsockname()[0], tls=context is not None)
    if offer.tcp:
        doors.append(Listener(_tcp(offer.tcp, tls=context is not None), offer.tcp))
    if offer.zeroconf and _port(doors) is None:
        raise Unavailable(
            "--zeroconf announces an IPv4 port, and there is none: give --tcp 127.0.0.1:10300"
        )
    path = offer.socket
    if not doors and path is None:
        path = paths.serve_socket()
        paths.safe_dir(path.parent)
    if path is not None:
        doors.append(Listener(bind(path), str(path)))
    return doors


def _port(doors: list[Listener]) -> Listener | None:
    """The first port among them: what can be announced."""
    return next((door for door in doors if door.listener.family == socket.AF_INET), None)


def _check_announced(offer: ServerOptions) -> None:
    if offer.tls or offer.token_file:
        raise Unavailable(
            "--zeroconf is for Wyoming clients of other makes, which know neither TLS nor our "
            "token: leave --tls and --token-file away, and serve on a port of this machine, which "
            "others reach by SSH (docs/guide/remote.md)"
        )
    if reason := discovery.unavailable_reason():
        raise Unavailable(f"--zeroconf: {reason}")


def _check_not_in_clear(host: str, *, tls: bool) -> None:
    if not tls and not is_loopback(host):
        raise Unavailable(
            f"{host} is open to other machines, and what is said would travel in clear: give "
            "--tls CERT KEY and --token-file FILE, or serve on a Unix socket, which others reach "
            "by SSH"
        )


def _given() -> list[Listener]:
    """The sockets that systemd passes to this process."""
    if os.environ.pop("LISTEN_PID", "") != str(os.getpid()):
        return []
    doors = []
    for fd in range(_FIRST_FD, _FIRST_FD + int(os.environ.pop("LISTEN_FDS", "0"))):
        os.set_inheritable(fd, False)  # noqa: FBT003 - positional only
        listener = socket.socket(fileno=fd)
        where = listener.getsockname()
        doors.append(
            Listener(listener, where if isinstance(where, str) else "{}:{}".format(*where))
        )
    return doors


def _tcp(address: str, *, tls: bool) -> socket.socket:
    try:
        where = parse(f"tls://{address}")
        _check_not_in_clear(where.host, tls=tls)
        family = socket.AF_INET6 if ":" in where.host else socket.AF_INET
        return socket.create_server((where.host, where.port), family=family, backlog=64)
    except ValueError as error:
        raise Unavailable(f"--tcp: {error}") from error
    except OSError as error:
        raise Unavailable(f"--tcp {address}: {error.strerror or error}") from error
