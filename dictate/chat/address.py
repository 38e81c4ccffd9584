"""The address of the chat server, and whether it is this machine."""

from dictate.config.schema import PolishSettings
from dictate.engines.remote.address import parse_web
from dictate.platform.web_address import is_loopback


def chat_url(text: str) -> str:
    """The address as it is used. Raises ValueError with a message for people, also if the text
    would travel unencrypted."""
    return parse_web(text).url


def where(settings: PolishSettings) -> str:
    """Where the texts go, for people: "local", or "remote: HOST"."""
    host = parse_web(settings.base_url).host
    return "local" if is_loopback(host) else f"remote: {host}"
