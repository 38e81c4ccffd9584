"""A virtual keyboard from the desktop's portal, for one chord: Shift+Insert.

The desktop asks the user once. The permission is kept as a token, which the portal replaces at each
use.
"""

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any, Final, Self

from dbus_fast import Variant
from dbus_fast.aio import MessageBus
from dbus_fast.errors import DBusFastError

from dictate.errors import Refused, Unavailable
from dictate.outputs.paste.shift_insert import INSERT, SHIFT, UP, press_chord
from dictate.platform import bus
from dictate.platform.portal_session import PortalSession
from dictate.translation import _

REMOTE: Final = "org.freedesktop.portal.RemoteDesktop"
KEYBOARD: Final = 1
"""A bit among the kinds of devices."""
OTHERS: Final = (29, 97, 56, 100, 125, 126)
"""Ctrl, Alt and Super, left and right, as the kernel numbers them."""

ASKED_S: Final = 120.0
"""Seconds that the user has to answer the desktop's question."""
KEY_S: Final = 1.0
"""Seconds that the portal has to accept a key."""
_RELEASE_S: Final = 0.2
_KEEPS_TOKENS: Final = 2
"""The portal's version that introduced tokens."""
_UNTIL_REVOKED: Final = 2
_NOTIFY: Final = "NotifyKeyboardKeycode"


class Keyboard:
    """One session. It cannot be used again after its end."""

    def __init__(self, connection: MessageBus) -> None:
        self.connection = connection
        self._portal = PortalSession(connection, REMOTE)
        self._keeps_tokens = False

    @classmethod
    async def connect(cls) -> Self:
        """Ask the portal whether it has a keyboard; the user is not asked. Raises Unavailable."""
        keyboard = cls(await bus.connect())
        try:
            await keyboard._look()
        except BaseException:
            await keyboard.close()
            raise
        return keyboard

    async def _look(self) -> None:
        try:
            version = await self._portal.get("version")
            devices = await self._portal.get("AvailableDeviceTypes")
        except Unavailable as error:
            raise Unavailable(
                _(
                    "this desktop has no portal for remote control ({error}): KDE and GNOME "
                    "have one"
                ).format(error=error)
            ) from error
        if not devices & KEYBOARD:
            raise Unavailable(_("the desktop's portal for remote control has no keyboard"))
        self._keeps_tokens = version >= _KEEPS_TOKENS

    async def prepare(self, token: str) -> None:
        """Say what is wanted; `token` is the proof of an earlier permission. Raises Unavailable."""
        await self._portal.create()
        wanted = {"types": Variant("u", KEYBOARD)}
        if self._keeps_tokens:
            wanted["persist_mode"] = Variant("u", _UNTIL_REVOKED)
            if token:
                wanted["restore_token"] = Variant("s", token)
        await self._request("SelectDevices", "oa{sv}", self._portal.path, wanted)

    async def start(self) -> str:
        """Get the keyboard, once the user has agreed. Returns the token for the next time, empty if
        there is none. Raises Unavailable, Refused."""
        try:
            async with asyncio.timeout(ASKED_S):
                given = await self._request("Start", "osa{sv}", self._portal.path, "", {})
        except TimeoutError as error:
            raise Refused(_("nobody told the desktop that dictate may press keys")) from error
        if not _value(given, "devices", 0) & KEYBOARD:
            raise Refused(
                _("you did not let dictate press keys: allow the remote interaction, too")
            )
        # A process killed within a chord has left them down: KDE's portal releases nothing.
        for key in (INSERT, SHIFT):
            await self._notify(key, UP)
        return str(_value(given, "restore_token", ""))

    async def ended(self) -> Unavailable:
        """Wait until the session ends. Returns why."""
        while True:
            try:
                await self._portal.next()
            except Unavailable as error:
                return error

    async def press(self, done: Callable[[], bool]) -> None:
        """Press and release the chord, Shift once `done` holds. Raises Unavailable. No key stays
        down."""
        try:
            # A key that the user still holds would be part of the chord: KDE has one state for all
            # keyboards.
            await asyncio.gather(*(self._notify(key, UP) for key in OTHERS))
            await press_chord(self._notify, done)
        except BaseException:
            await self._release()
            raise

    async def _release(self) -> None:
        with contextlib.suppress(TimeoutError, OSError, EOFError, DBusFastError):
            async with asyncio.timeout(_RELEASE_S):
                for key in (INSERT, SHIFT):
                    await self._portal.send(_NOTIFY, "oa{sv}iu", *self._key(key, UP))
        # GNOME's portal releases all keys when the connection ends.
        await self.close()

    async def _notify(self, key: int, state: int) -> None:
        await self._portal.call(_NOTIFY, "oa{sv}iu", *self._key(key, state), limit_s=KEY_S)

    def _key(self, key: int, state: int) -> tuple[Any, ...]:
        return self._portal.path, {}, key, state

    async def _request(self, member: str, signature: str, *body: Any) -> dict[str, Variant]:
        return await self._portal.request(_("press keys"), member, signature, *body)

    async def close(self) -> None:
        """End the session, and the desktop's question if it is still open. Idempotent."""
        await bus.leave(self.connection)


def _value(given: dict[str, Variant], name: str, otherwise: Any) -> Any:
    return given[name].value if name in given else otherwise
