"""A blocking connection to a remote engine. Every wait has a limit, and every failure is an
EngineError that names the host."""

import io
import select
import socket
import ssl
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from wyoming.event import Event, write_event

from dictate.config.schema import EngineSettings
from dictate.engines.protocol import LARGEST_MESSAGE, BadEvent, EventQueue, Progress, Token
from dictate.engines.remote import answer_s
from dictate.engines.remote.address import Address
from dictate.errors import EngineError, EngineLost
from dictate.translation import _

NO_ANSWER = _("did not answer for {seconds:.3g} s")
NOT_TAKEN = _("did not take the sound for {seconds:.3g} s")
NO_PROGRESS = _("did not come on for {seconds:.3g} s")
REACH_S = 2.0
"""Seconds in which the other end must answer."""
MOST_ADDRESSES = 3
"""Maximum number of addresses of a host that are tried."""
_AT_ONCE = 65_536


class Remote:
    """One connection, to be closed."""

    def __init__(self, address: Address, settings: EngineSettings) -> None:
        """Connect, and send the token if there is one. Raises EngineError."""
        self._address = address
        self._patience_s = answer_s(settings)
        self._inbox = EventQueue()
        self.began = time.monotonic()
        self.answered = False
        """Whether anything was received."""
        self._socket: socket.socket | None = None
        try:
            self._socket = _connected(address, settings)
            if settings.token_file:
                self.send(Token(Path(settings.token_file).read_text().strip()).event())
        except (OSError, ValueError) as error:
            self.close()
            raise self.trouble(_("cannot be reached: {says}").format(says=_says(error))) from error

    def close(self) -> None:
        """Hang up. Idempotent."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def trouble(self, what: str, says: str = "") -> EngineError:
        """An error that says where it happened; `says` is the server's own message."""
        return EngineError(
            _("the engine at {host} {what}").format(host=self._address.host, what=what), says
        )

    def error_in(self, event: Event) -> EngineError:
        """The error that this event reports."""
        return self.trouble(_("reports an error"), str(event.data.get("text"))[:LARGEST_MESSAGE])

    def silence(self, seconds: float, what: str = NO_ANSWER) -> EngineLost:
        """An error for a server that did not do something in time: `what` is NO_ANSWER or alike.
        EngineLost: a retry would probably time out, too."""
        return EngineLost(str(self.trouble(what.format(seconds=seconds))))

    def send(self, *events: Event | bytes) -> None:
        """Send these at once; bytes are encoded events. Raises EngineError, also if the server does
        not take them in time."""
        raw = io.BytesIO()
        for event in events:
            if isinstance(event, bytes):
                raw.write(event)
            else:
                write_event(event, raw)
        try:
            self._open().settimeout(self._patience_s)
            self._open().sendall(raw.getvalue())
        except TimeoutError as error:
            raise self.silence(self._patience_s, NOT_TAKEN) from error
        except OSError as error:
            raise self.trouble(_("was lost: {says}").format(says=_says(error))) from error

    def next(self, wait_s: float) -> Event | None:
        """The next event; None if none came within `wait_s` seconds. Raises EngineError, also at
        the end."""
        until = time.monotonic() + wait_s
        try:
            while True:
                if event := self._inbox.pop():
                    self.answered = True
                    return event
                if not self._readable(max(0.0, until - time.monotonic())):
                    return None
                # The rest of a TLS record may not have arrived yet.
                self._open().settimeout(REACH_S)
                data = self._open().recv(_AT_ONCE)
                if not data:
                    raise self.trouble(
                        _("hung up")
                        if self.answered
                        else _("hung up at once: does it ask for a token?")
                    )
                self._inbox.push(data)
        except BadEvent as error:
            raise self.trouble(_("answers nonsense: {error}").format(error=error)) from error
        except OSError as error:
            raise self.trouble(_("was lost: {says}").format(says=_says(error))) from error

    def expect(self, wanted: Callable[[Event], bool], within_s: float) -> Event:
        """The first event that is wanted; others before it are ignored, but progress extends the
        time. Raises EngineError if it does not come in time, or if an error comes."""
        until = time.monotonic() + within_s
        while event := self.next(max(0.0, until - time.monotonic())):
            if event.type == "error":
                raise self.error_in(event)
            if wanted(event):
                return event
            if event.type == Progress.type:
                until = time.monotonic() + within_s
            if time.monotonic() > until:
                break
        raise self.silence(within_s)

    def _readable(self, wait_s: float) -> bool:
        opened = self._open()
        if isinstance(opened, ssl.SSLSocket) and opened.pending():
            return True
        return bool(select.select([opened], [], [], wait_s)[0])

    def _open(self) -> socket.socket:
        if self._socket is None:
            raise self.trouble(_("is disconnected"))
        return self._socket


def _connected(address: Address, settings: EngineSettings) -> socket.socket:
    """A connected socket. Raises OSError."""
    if address.path:
        local = socket.socket(socket.AF_UNIX)
        try:
            local.settimeout(REACH_S)
            local.connect(address.path)
        except OSError:
            local.close()
            raise
        return local
    plain = tcp(address.host, address.port)
    try:
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if not address.tls:
            return plain
        context = ssl.create_default_context(cafile=settings.certificate_file or None)
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        return context.wrap_socket(plain, server_hostname=address.host)
    except OSError:
        plain.close()
        raise


def tcp(host: str, port: int) -> socket.socket:
    """A socket connected to the first of the host's addresses that answers in time. Raises
    OSError."""
    # Without a network, a resolver may take a minute to fail.
    resolver = ThreadPoolExecutor(1)
    try:
        asked = resolver.submit(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
        found = asked.result(REACH_S)
    except TimeoutError as error:
        raise TimeoutError("its address is not found") from error
    finally:
        resolver.shutdown(wait=False)
    for number, (family, kind, protocol, __, where) in enumerate(found, 1):
        one = socket.socket(family, kind, protocol)
        try:
            one.settimeout(REACH_S)
            one.connect(where)
        except OSError:
            one.close()
            if number == min(len(found), MOST_ADDRESSES):
                raise
        else:
            return one
    raise OSError(_("it has no address"))


def _says(error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return _("its certificate cannot be trusted: {error}").format(error=error.verify_message)
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
