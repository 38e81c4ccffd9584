"""The address of the chat server, and whether it is this machine."""

from dictate.config.profiles import names_of, text_of
from dictate.config.schema import PolishSettings, Settings
from dictate.engines.remote.address import parse_web
from dictate.platform.web_address import is_loopback


def chat_url(text: str) -> str:
    """The address as it is used. Raises ValueError with a message for people, also if the text
    would travel unencrypted."""
    return parse_web(text).url


def uses_model(settings: Settings) -> bool:
    """Whether any text is polished, or any selection edited."""
    polishes = any(text_of(settings, name).polish for name in names_of(settings))
    return polishes or bool(settings.hotkey.edit_key)


def where(settings: PolishSettings) -> str:
    """Where the texts go, for people: "local", or "remote: HOST"."""
    host = parse_web(settings.base_url).host
    return "local" if is_loopback(host) else f"remote: {host}"
