"""Where `dictate serve` listens, and what protects it: sockets, TLS and the token.

Strategy: speech never travels in clear between machines. A Unix socket is for this user (and for
SSH, which forwards others to it), plain TCP is for this machine, and everything else is TLS with a
token.
"""

import os
import socket
import ssl
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from dictate.engines.remote.address import host_and_port
from dictate.engines.worker import bind
from dictate.errors import Unavailable
from dictate.platform import paths
from dictate.platform.web_address import is_loopback
from dictate.translation import _

MIN_TOKEN_LENGTH: Final = 16
"""Characters of the shortest token that is accepted: a shorter one can be guessed."""
_FIRST_FD: Final = 3
"""Number of the first socket that systemd passes on, by its protocol of socket activation."""
_BACKLOG: Final = 64
"""Connections that may wait to be accepted: twice the maximum number of clients."""


@dataclass(frozen=True, slots=True)
class ServerOptions:
    """What the command line asks for."""

    tcp: str = ""
    """HOST:PORT."""
    socket: Path | None = None
    tls: tuple[Path, Path] | None = None
    """Certificate and key, as PEM files."""
    token_file: Path | None = None


@dataclass(frozen=True, slots=True)
class Listener:
    """A socket that accepts clients."""

    sock: socket.socket
    address: str
    """A path, or HOST:PORT."""

    @property
    def is_unix(self) -> bool:
        """Whether it is a Unix socket, which needs no TLS."""
        return self.sock.family == socket.AF_UNIX

    def describe(self, *, tls: bool) -> str:
        """One line: the address, and who can use it."""
        if self.is_unix:
            return _("serving on {address}, for this user").format(address=self.address)
        if tls:
            return _("serving on {address} with TLS, for clients that have the token").format(
                address=self.address
            )
        return _("serving on {address}, for every user of this machine").format(
            address=self.address
        )


def open_listeners(options: ServerOptions, *, tls: bool) -> list[Listener]:
    """The sockets that systemd passed on and those that the command line asks for; the usual socket
    if there are neither. Raises Unavailable."""
    listeners = _from_systemd()
    for listener in listeners:
        if not listener.is_unix:
            _refuse_clear_text(listener.sock.getsockname()[0], tls=tls)
    if options.tcp:
        listeners.append(Listener(_listen_tcp(options.tcp, tls=tls), options.tcp))
    path = options.socket
    if not listeners and path is None:
        path = paths.serve_socket()
        paths.safe_dir(path.parent)
    if path is not None:
        listeners.append(Listener(bind(path), str(path)))
    return listeners


def read_token(file: Path | None) -> str:
    """The token in this file; empty without a file. Raises Unavailable."""
    if file is None:
        return ""
    try:
        if file.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise Unavailable(
                _("other users can read {file}: run `chmod 600 {file}`").format(file=file)
            )
        token = file.read_text().strip()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or _("it is no text")
        raise Unavailable(
            _("--token-file: {file} cannot be read: {reason}").format(file=file, reason=reason)
        ) from error
    if len(token) < MIN_TOKEN_LENGTH:
        raise Unavailable(
            _(
                "the token in {file} has fewer than {min_token_length} characters: make one "
                "with `openssl rand -hex 32`"
            ).format(file=file, min_token_length=MIN_TOKEN_LENGTH)
        )
    return token


def tls_context(options: ServerOptions, token: str) -> ssl.SSLContext | None:
    """What a TLS server needs; None without `--tls`. Raises Unavailable."""
    if options.tls is None:
        return None
    if not token:
        raise Unavailable(_("--tls without --token-file would let everybody in: give both"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    for file in options.tls:
        try:
            file.open("rb").close()
        except OSError as error:
            raise Unavailable(
                _("--tls: {file} cannot be read: {strerror}").format(
                    file=file, strerror=error.strerror
                )
            ) from error
    try:
        context.load_cert_chain(*options.tls)
    except OSError as error:
        pair = _("{certificate} with the key {key}").format(
            certificate=options.tls[0], key=options.tls[1]
        )
        raise Unavailable(
            _("--tls: {pair} cannot be used: {error}").format(pair=pair, error=error)
        ) from error
    return context


def _refuse_clear_text(host: str, *, tls: bool) -> None:
    if not tls and not is_loopback(host):
        raise Unavailable(
            _(
                "other machines can reach {host}, and your speech would travel in clear: "
                "give --tls CERT KEY and --token-file FILE, or serve on a Unix socket and "
                "reach it by SSH"
            ).format(host=host)
        )


def _from_systemd() -> list[Listener]:
    if os.environ.pop("LISTEN_PID", "") != str(os.getpid()):
        return []
    listeners = []
    for fd in range(_FIRST_FD, _FIRST_FD + int(os.environ.pop("LISTEN_FDS", "0"))):
        os.set_inheritable(fd, False)  # noqa: FBT003 - positional only
        sock = socket.socket(fileno=fd)
        name = sock.getsockname()
        listeners.append(Listener(sock, name if isinstance(name, str) else "{}:{}".format(*name)))
    return listeners


def _listen_tcp(address: str, *, tls: bool) -> socket.socket:
    try:
        host, port = host_and_port(address)
        _refuse_clear_text(host, tls=tls)
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return socket.create_server((host, port), family=family, backlog=_BACKLOG)
    except ValueError as error:
        raise Unavailable(f"--tcp: {error}") from error
    except OSError as error:
        # untranslated
        raise Unavailable(f"--tcp {address}: {error.strerror or error}") from error
