"""Addresses that something private may travel to: encrypted, unless it stays on this machine."""

import ipaddress
from urllib.parse import SplitResult, urlsplit


def is_loopback(host: str) -> bool:
    """Whether this host is this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def safe_url(
    text: str, scheme: str, form: str, private: str, *, with_query: bool = False
) -> tuple[str, str, int | None, SplitResult]:
    """A URL of this scheme, or of the encrypted one with an s; its host, port and parts. Without a
    scheme, it is the plain one for this machine, and the encrypted one for others.

    Raises ValueError with a message for people, which says with `form` what to write; it names
    what is `private` if that would travel unencrypted.
    """
    if "@" in text:
        raise ValueError("a name or password does not belong there: put the key in a file")
    try:
        if "://" not in text:
            here = is_loopback(urlsplit(f"{scheme}://{text}").hostname or "")
            text = f"{scheme}://{text}" if here else f"{scheme}s://{text}"
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise ValueError(f"{text!r} is no address: {form}") from error
    known = parts.scheme in (scheme, f"{scheme}s")
    half = parts.netloc.endswith(":") or not text.isprintable() or " " in text
    if not host or not known or half:
        raise ValueError(f"{text!r} is no address: {form}")
    if parts.fragment or (parts.query and not with_query):
        raise ValueError(f"{text!r} has more than an address: {form}")
    if parts.scheme == scheme and not is_loopback(host):
        raise ValueError(
            f"{host} is another machine, and {private} would travel there in clear: use "
            f"{scheme}s://, or a port of this machine that leads there by SSH (ssh -L)"
        )
    return text, host, port, parts
