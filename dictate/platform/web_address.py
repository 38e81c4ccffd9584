"""Addresses that something private may travel to: encrypted, unless it stays on this machine."""

import ipaddress
from urllib.parse import SplitResult, urlsplit

from dictate.translation import _


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
    no_address = _("{text!r} is no address: {form}")
    if "@" in text:
        raise ValueError(_("a name or password does not belong there: put the key in a file"))
    try:
        if "://" not in text:
            here = is_loopback(urlsplit(f"{scheme}://{text}").hostname or "")
            text = f"{scheme}://{text}" if here else f"{scheme}s://{text}"
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise ValueError(no_address.format(text=text, form=form)) from error
    known = parts.scheme in (scheme, f"{scheme}s")
    half = parts.netloc.endswith(":") or not text.isprintable() or " " in text
    if not host or not known or half:
        raise ValueError(no_address.format(text=text, form=form))
    if parts.fragment or (parts.query and not with_query):
        more = _("{text!r} has more than an address: {form}").format(text=text, form=form)
        raise ValueError(more)
    if parts.scheme == scheme and not is_loopback(host):
        raise ValueError(
            _(
                "{host} is another machine, and {private} would travel there in clear: use "
                "{scheme}://, or a port of this machine that leads there by SSH (ssh -L)"
            ).format(host=host, private=private, scheme=f"{scheme}s")
        )
    return text, host, port, parts
