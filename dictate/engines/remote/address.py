"""Addresses of remote engines. Sound leaves this machine only encrypted."""

import re
from dataclasses import dataclass

from dictate.platform.web_address import is_loopback, safe_url
from dictate.translation import _

FORMS = _(
    "the path of a Unix socket, tls://HOST:PORT, or a port of this machine as tcp://127.0.0.1:PORT"
)
CLEAR = ("", "tcp", "wyoming")
"""Schemes of an unencrypted port; most Wyoming programs write tcp://."""
PRIVATE = _("what you say")
"""What travels to an engine."""
ENDPOINTS = ("/audio/transcriptions", "/chat/completions", "/inference")
"""Ends of the full address of a request, which the documentation of a server may show."""


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
    scheme, rest = _scheme(text)
    if scheme == "unix" or (not scheme and "/" in rest.rstrip("/")):
        if not rest.startswith("/"):
            raise ValueError(
                _("{text!r} is no address: write a path from the root on").format(text=text)
            )
        return Address(host=rest.rpartition("/")[2], path=rest)
    if scheme in ("http", "https"):
        raise ValueError(
            _(
                "{text!r} is no address of a Wyoming server: for a server with OpenAI's API, "
                'set engine.use to "openai" and engine.base_url to this address'
            ).format(text=text)
        )
    if scheme not in (*CLEAR, "tls"):
        raise ValueError(_("{text!r} is no address: write {forms}").format(text=text, forms=FORMS))
    host, port = host_and_port(rest, FORMS)
    if scheme != "tls" and not is_loopback(host):
        raise ValueError(
            _(
                "{host} is another machine, and what you say would travel there in clear: "
                "use an SSH tunnel (dictate setup --remote {host}), or TLS with a token "
                "(tls://{host}:{port})"
            ).format(host=host, port=port)
        )
    return Address(host=host, port=port, tls=scheme == "tls")


def _scheme(text: str) -> tuple[str, str]:
    """The scheme in small letters, and the rest; without a scheme an empty text and all of it."""
    scheme, found, rest = text.strip().partition("://")
    return (scheme.lower(), rest) if found else ("", scheme)


def host_and_port(text: str, form: str = "HOST:PORT") -> tuple[str, int]:
    """The two parts of HOST:PORT, also with tcp:// in front or a slash behind. Raises ValueError
    with a message for people, which names `form`."""
    scheme, rest = _scheme(text)
    host, __, port = rest.rstrip("/").rpartition(":")
    brackets = host.startswith("[") and host.endswith("]")
    if ":" in host and not brackets:
        raise ValueError(
            _("{text!r} is no address: put an IPv6 address in brackets, as in [::1]:PORT").format(
                text=text
            )
        )
    name = host[1:-1] if brackets else host
    wrong = not name or not name.isprintable() or set(name) & set(" /@?#[]")
    if scheme not in CLEAR or wrong or not port.isdecimal() or not 0 < int(port) < 65536:
        raise ValueError(_("{text!r} is no address: write {form}").format(text=text, form=form))
    return name, int(port)


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
    form = _("write https://HOST/v1, or http://127.0.0.1:PORT/v1 for this machine")
    text = text.strip().rstrip("/")
    for end in ENDPOINTS:
        text = text.removesuffix(end)
    text, host, port, parts = safe_url(text, "http", form, PRIVATE)
    return Web(text, host, port or (443 if parts.scheme == "https" else 80))


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
    form = _("write grpcs://HOST:PORT, or grpc://127.0.0.1:PORT for this machine")
    text, host, port, parts = safe_url(text.strip(), "grpc", form, PRIVATE)
    function = parts.path.strip("/")
    if not port or not re.fullmatch("[A-Za-z0-9-]*", function):
        raise ValueError(_("{text!r} is no address: {form}").format(text=text, form=form))
    return Grpc(host, port, tls=parts.scheme == "grpcs", function=function)
