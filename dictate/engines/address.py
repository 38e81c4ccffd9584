"""Where an engine of another process or machine is, and whether sound may go there. Off this
machine nothing goes in clear."""

import ipaddress
from dataclasses import dataclass

FORMS = "the path of a Unix socket, tls://HOST:PORT, or a port of this machine as 127.0.0.1:PORT"


@dataclass(frozen=True, slots=True)
class Address:
    """One address, which may be used as it is."""

    host: str
    """For people: the host, or the name of the socket."""
    port: int = 0
    path: str = ""
    """Of the Unix socket; empty for the others."""
    tls: bool = False


def parse(text: str) -> Address:
    """The address that a user wrote. Raises ValueError, for people, also where the sound would
    travel in clear."""
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
    """Whether this is the machine itself."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
