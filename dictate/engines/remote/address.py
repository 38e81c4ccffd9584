"""Addresses of remote engines. Sound leaves this machine only encrypted."""

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

FORMS = "the path of a Unix socket, tls://HOST:PORT, or a port of this machine as 127.0.0.1:PORT"


@dataclass(frozen=True, slots=True)
class Address:
    """One address that is safe to use."""

    host: str
    """The host, or the name of the socket, for people."""
    port: int = 0
    path: str = ""
    """Path of the Unix socket; empty for other kinds."""
    tls: bool = False


def parse(text: str) -> Address:
    """The address in the user's settings. Raises ValueError with a message for people, also if the
    sound would travel unencrypted."""
    if "/" in text and not text.startswith("tls://"):
        path = text.removeprefix("unix://")
        if not path.startswith("/"):
            raise ValueError(f"{text!r} is no address: write a path from the root on")
        return Address(host=path.rpartition("/")[2], path=path)
    host, port = _host_and_port(text.removeprefix("tls://"))
    tls = text.startswith("tls://")
    if not tls and not is_loopback(host):
        raise ValueError(
            f"{host} is another machine, and what you say would travel there in clear: use an SSH "
            f"tunnel (dictate setup --remote {host}), or TLS with a token (tls://{host}:{port})"
        )
    return Address(host=host, port=port, tls=tls)


def _host_and_port(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not host or not port.isdecimal() or not 0 < int(port) < 65536:
        raise ValueError(f"{text!r} is no address: write {FORMS}")
    return host, int(port)


def is_loopback(host: str) -> bool:
    """Whether this host is this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@dataclass(frozen=True, slots=True)
class Web:
    """The address of an HTTP server that is safe to use."""

    url: str
    """Without a final slash."""
    host: str
    port: int


def parse_web(text: str) -> Web:
    """The address in the user's settings. Raises ValueError with a message for people, also if the
    sound would travel unencrypted."""
    form = "write https://HOST/v1, or http://127.0.0.1:PORT/v1 for this machine"
    host, port, parts = _url(text, "http", form)
    return Web(text.rstrip("/"), host, port or (443 if parts.scheme == "https" else 80))


@dataclass(frozen=True, slots=True)
class Grpc:
    """The address of a gRPC server that is safe to use."""

    host: str
    port: int
    tls: bool
    function: str = ""
    """The function at this address, if it has several."""


def parse_grpc(text: str) -> Grpc:
    """The address in the user's settings. Raises ValueError with a message for people, also if the
    sound would travel unencrypted."""
    form = "write grpcs://HOST:PORT, or grpc://127.0.0.1:PORT for this machine"
    host, port, parts = _url(text, "grpc", form)
    function = parts.path.strip("/")
    if not port or not re.fullmatch("[A-Za-z0-9-]*", function):
        raise ValueError(f"{text!r} is no address: {form}")
    return Grpc(host, port, tls=parts.scheme == "grpcs", function=function)


def _url(text: str, scheme: str, form: str) -> tuple[str, int | None, SplitResult]:
    """The host, port and parts of a URL of this scheme, or of the encrypted one with an s."""
    if "@" in text:
        raise ValueError("a name or password does not belong there: put the key in a file")
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise ValueError(f"{text!r} is no address: {form}") from error
    known = parts.scheme in (scheme, f"{scheme}s")
    if not host or not known or not text.isprintable() or " " in text:
        raise ValueError(f"{text!r} is no address: {form}")
    if parts.query or parts.fragment:
        raise ValueError(f"{text!r} has more than an address: {form}")
    if parts.scheme == scheme and not is_loopback(host):
        raise ValueError(
            f"{host} is another machine, and what you say would travel there in clear: use "
            f"{scheme}s://, or a port of this machine that leads there by SSH (ssh -L)"
        )
    return host, port, parts
