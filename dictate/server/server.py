"""`dictate serve`: shares this machine's engine with other users and machines.

It is the engine process's own server, plus what unknown clients make necessary: a token, limits,
and an end to clients that do nothing. No client can learn what another one says: each connection
has its own hotwords, terms and notes, and the only thing that all of them receive is the state of
the engine.

Strategy: an engine that hangs takes the process with it, and systemd, or the user, starts a new
one. `listeners.py` decides who can connect.
"""

import asyncio
import contextlib
import hmac
import logging
import signal
import ssl
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import Final

import sdnotify
from wyoming.event import Event

from dictate import console
from dictate.config import config_file
from dictate.config.schema import EngineSettings
from dictate.engines import ENGINES
from dictate.engines.client_connection import ClientConnection
from dictate.engines.host import EngineHost
from dictate.engines.pace import MEASURABLE_S, slow_note
from dictate.engines.protocol import LARGEST_EVENT, Token, read_event
from dictate.errors import DictateError, Unavailable
from dictate.platform import paths
from dictate.server.listeners import (
    Listener,
    ServerOptions,
    open_listeners,
    read_token,
    tls_context,
)
from dictate.translation import _

log = logging.getLogger(__name__)

MAX_CLIENTS: Final = 32
"""Maximum number of clients at once, without strangers: those that have sent no event yet."""
MAX_STRANGERS: Final = 32
"""Maximum number of these; one more takes the place of the oldest."""
LARGEST_TOKEN: Final = 4096
"""Maximum number of bytes that a stranger may send where it must send the token."""
IDLE_S: Final = 60.0
"""Seconds without data after which a client is disconnected."""
FIRST_EVENT_S: Final = 5.0
"""Seconds that a client has to send its first event, which is its token if the server has one."""
FINISH_S: Final = 30.0
"""Seconds that utterances in flight have to finish when the server stops."""
HUNG_S: Final = 60.0
"""Seconds without any work, after which a call to a loaded engine counts as hung."""


class Reader(asyncio.StreamReader):
    """Takes little from a client that has not sent its token yet: nothing is kept for it."""

    def __init__(self, *, trusted: bool) -> None:
        super().__init__(LARGEST_EVENT if trusted else LARGEST_TOKEN)

    def trust(self) -> None:
        """From now on it may send whole events."""
        self._limit = LARGEST_EVENT


class PublicServer(EngineHost):
    """The engine process's server, for clients that are not trusted."""

    idle_s = IDLE_S

    def __init__(self, settings: EngineSettings, token: str = "") -> None:
        super().__init__(settings)
        self._token = token.encode()
        self._clients: set[ClientConnection] = set()
        self._strangers: dict[asyncio.StreamWriter, None] = {}
        """Those that have sent no event yet, the oldest first."""
        self._reported_slow = False

    @property
    def hung(self) -> bool:
        """Whether a call to the loaded engine does not return, and does nothing."""
        return self.engine is not None and self.watch.idle_s > HUNG_S

    def measured(self, worked_s: float, sound_s: float) -> None:
        """An engine that cannot keep up is reported once."""
        super().measured(worked_s, sound_s)
        if sound_s >= MEASURABLE_S:
            self.report_speed(worked_s / sound_s)

    def report_speed(self, rtf: float) -> None:
        """Say once that the engine cannot keep up, if its real-time factor is so high."""
        if (note := slow_note(rtf)) and not self._reported_slow:
            self._reported_slow = True
            log.warning("server: engine %s: %s", self.status.name, note)

    def protocol(self) -> asyncio.StreamReaderProtocol:
        """For a new connection."""
        reader = Reader(trusted=not self._token)
        return asyncio.StreamReaderProtocol(reader, lambda __, writer: self._accept(reader, writer))

    async def _accept(self, reader: Reader, writer: asyncio.StreamWriter) -> None:
        """Serve one client, unless it says nothing, lacks the token, or there are too many."""
        try:
            first = await self._first_event(reader, writer)
            if first is None:
                return
            if self._token:
                if not self._has_token(first):
                    return
                reader.trust()
                first = None
            if len(self._clients) >= MAX_CLIENTS:
                log.warning("server: refused a client: %d are connected already", MAX_CLIENTS)
                writer.transport.abort()
                return
            client = ClientConnection(self, reader, writer)
            self._clients.add(client)
            try:
                await client.run(first)
            finally:
                self._clients.discard(client)
        finally:
            writer.close()

    async def _first_event(self, reader: Reader, writer: asyncio.StreamWriter) -> Event | None:
        """What the client sends first; None if it is too late, or no event. Until then it has no
        place among the clients."""
        if len(self._strangers) >= MAX_STRANGERS:
            oldest = next(iter(self._strangers))
            del self._strangers[oldest]
            oldest.transport.abort()
        self._strangers[writer] = None
        try:
            async with asyncio.timeout(FIRST_EVENT_S):
                return await read_event(reader, LARGEST_TOKEN if self._token else LARGEST_EVENT)
        except (OSError, DictateError) as error:
            log.debug("server: a client sent no event: %s", error)
            return None
        finally:
            self._strangers.pop(writer, None)

    def _has_token(self, first: Event) -> bool:
        """Whether the client sent the token. One that did not gets no answer of any kind."""
        try:
            token = Token.from_event(first).token if first.type == Token.type else ""
        except DictateError as error:
            log.debug("server: a client sent no token: %s", error)
            return False
        matches = hmac.compare_digest(token.encode(errors="replace"), self._token)
        if not matches:
            log.warning("server: refused a client that does not have the token")
        return matches

    async def finish_utterances(self) -> None:
        """Wait until no utterance is in flight, for FINISH_S at most."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(FINISH_S):
                while any(client.busy for client in self._clients):  # noqa: ASYNC110 - no event
                    await asyncio.sleep(0.05)

    @property
    def summary(self) -> str:
        """One line: whether the engine is loaded, and on which device."""
        if self.status.state == "ready":
            name, device = self.status.name, self.status.device
            if not device:
                return _("{name} is loaded").format(name=name)
            return _("{name} on {device} is loaded").format(name=name, device=device)
        return _("{name} does not work: {message}").format(
            name=self.status.name, message=self.status.message
        )


def serve(
    options: ServerOptions, engine: str | None, out: Callable[[str], None] = console.step
) -> int:
    """Serve the engine of the user's settings, or `engine`, until SIGTERM. Raises DictateError."""
    settings = config_file.load(paths.config_file()).engine
    settings = replace(settings, use=engine or settings.use, fallback="none")
    _refuse_remote_engine(settings)
    token = read_token(options.token_file)
    context = tls_context(options, token)
    listeners = open_listeners(options, tls=context is not None)
    code = asyncio.run(_serve(PublicServer(settings, token), listeners, context, out))
    # The engine's thread may still be loading a model that is no longer needed.
    console.leave(code)


def _refuse_remote_engine(settings: EngineSettings) -> None:
    """Raises Unavailable for a remote engine: two machines could end up serving each other's."""
    name = settings.use.partition(":")[0]
    if name != "auto" and not ENGINES.load(name).local:
        raise Unavailable(
            _("the engine {name} is not on this machine: choose one that is, with --engine").format(
                name=name
            )
        )


async def _serve(
    public: PublicServer,
    listeners: list[Listener],
    context: ssl.SSLContext | None,
    out: Callable[[str], None],
) -> int:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    async with AsyncExitStack() as stack:
        loading = asyncio.create_task(_load(public, out))
        servers = []
        for listener in listeners:
            tls = None if listener.is_unix else context
            server = await loop.create_server(
                public.protocol,
                sock=listener.sock,
                ssl=tls,
                ssl_handshake_timeout=FIRST_EVENT_S if tls else None,
            )
            servers.append(server)
            stack.callback(server.close)
            out(listener.describe(tls=tls is not None))
        notifier = sdnotify.SystemdNotifier()
        notifier.notify("READY=1")
        while not stop.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), 1)
            if public.hung:
                log.error("server: the engine hangs, so this process ends; start it again")
                return 1
            if public.status.state == "failed":
                return 1
        notifier.notify("STOPPING=1")
        loading.cancel()
        for server in servers:
            server.close()
        await public.finish_utterances()
    return 0


async def _load(public: PublicServer, out: Callable[[str], None]) -> None:
    await public.load()
    out(public.summary)
    public.report_speed(public.status.rtf)
