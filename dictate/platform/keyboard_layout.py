"""The language of the keyboard layout that is on, asked where the desktop keeps it.

The compositor keeps it on Wayland, and on X11 the server, unless the desktop has layouts of its
own above the server's, as GNOME and KDE have.
"""

import asyncio
import contextlib
import os
import threading
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import Future
from typing import Any, Final

from dbus_fast import Message, Variant
from dbus_fast.aio import MessageBus

from dictate.errors import Unavailable
from dictate.platform import bus, desktop, layout_languages, sway
from dictate.platform.portal_session import NAME as PORTAL
from dictate.platform.portal_session import PATH as PORTAL_PATH
from dictate.platform.x11_layout import active_layout
from dictate.translation import _

LIMIT_S: Final = 0.5
"""Seconds after which a desktop counts as one that does not say."""

_SOURCES: Final = "org.gnome.desktop.input-sources"


async def layout_language() -> str | None:
    """The BCP 47 language of the layout that is on, such as "de"; None where the desktop does not
    say, or the layout has none. Raises nothing; takes `LIMIT_S` at most, usually some ms."""
    for ask in _sources():
        with contextlib.suppress(
            OSError, EOFError, Unavailable, ValueError, LookupError, TypeError
        ):
            async with asyncio.timeout(LIMIT_S):
                if found := await ask():
                    return found
    return None


def _sources() -> Iterator[Callable[[], Awaitable[str | None]]]:
    """Where to ask here, the surest first."""
    names = desktop.names()
    if os.environ.get("SWAYSOCK"):
        yield _sway
    if "gnome" in names:
        yield _gnome
    if "kde" in names:
        yield _kde
    if os.environ.get("DISPLAY") and not os.environ.get("WAYLAND_DISPLAY"):
        yield _x11


async def _sway() -> str | None:
    inputs = await sway.ask(sway.GET_INPUTS)
    return await asyncio.to_thread(layout_languages.of_description, sway_layout(inputs))


def sway_layout(inputs: list[dict[str, Any]]) -> str:
    """The description of the layout that is on, among sway's input devices; "" if none says.

    A key that switches layouts may switch the keyboard that it belongs to alone, so a keyboard that
    was switched counts before those that were not.
    """
    keyboards = [
        each
        for each in inputs
        if each.get("type") == "keyboard" and each.get("xkb_active_layout_name")
    ]
    # Programs that type have keyboards with layouts of their own. A remote desktop has no other.
    real = [each for each in keyboards if "virtual" not in each.get("identifier", "").lower()]
    found = sorted(real or keyboards, key=lambda each: not each.get("xkb_active_layout_index"))
    return str(found[0]["xkb_active_layout_name"]) if found else ""


async def _gnome() -> str | None:
    """GNOME's own list, the source of now first, through the portal for settings."""
    async with _session_bus() as connection:
        for key in ("mru-sources", "sources"):
            sources = await _call(
                connection,
                (PORTAL, PORTAL_PATH, "org.freedesktop.portal.Settings", "Read"),
                "ss",
                [_SOURCES, key],
            )
            if sources:
                kind, name = sources[0]
                return await asyncio.to_thread(gnome_language, kind, name)
    return None


def gnome_language(kind: str, name: str) -> str | None:
    """The language of a source of GNOME's: ("xkb", "de+nodeadkeys") or ("ibus", "mozc-jp")."""
    if kind == "xkb":
        return layout_languages.of_code(*name.split("+")[:2])
    return layout_languages.of_ibus(name)


async def _kde() -> str | None:
    where = ("org.kde.keyboard", "/Layouts", "org.kde.KeyboardLayouts")
    async with _session_bus() as connection:
        number = await _call(connection, (*where, "getLayout"))
        layouts = await _call(connection, (*where, "getLayoutsList"))
    code, __, description = layouts[number]
    return await asyncio.to_thread(kde_language, code, description)


def kde_language(code: str, description: str) -> str | None:
    """The language of one of KDE's layouts. Only the description tells the variant."""
    return layout_languages.of_description(description) or layout_languages.of_code(code)


async def _x11() -> str | None:
    answer: Future[str | None] = Future()

    def ask() -> None:
        try:
            found = layout_languages.of_code(*active_layout())
        except Exception:  # python-xlib raises anything when the server goes away
            found = None
        answer.set_result(found)

    # Not a thread of the loop's pool: a hung server would keep it, and the end of the loop waits
    # for that pool.
    threading.Thread(target=ask, name="dictate-x11-layout", daemon=True).start()
    return await asyncio.shield(asyncio.wrap_future(answer))


@contextlib.asynccontextmanager
async def _session_bus() -> Any:
    connection = await bus.connect()
    try:
        yield connection
    finally:
        connection.disconnect()


async def _call(
    connection: MessageBus, where: tuple[str, str, str, str], signature: str = "", body: Any = ()
) -> Any:
    """The value of the answer, out of its variants. Raises Unavailable."""
    question = Message(*where, signature=signature, body=list(body))
    values = await bus.answer_or_none(connection, question, LIMIT_S)
    if not values:
        raise Unavailable(_("it does not say"))
    value = values[0]
    while isinstance(value, Variant):
        value = value.value
    return value
