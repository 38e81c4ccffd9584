"""Pauses the media players while a dictation records, if the user enables it, and resumes them.

Players are those that speak MPRIS: most, and browsers. Nothing waits for them. Only what was
playing is paused, and only what we have paused is resumed: not what the user has played or stopped
meanwhile. If Dictate is killed in between, the players stay paused.
"""

import asyncio
import logging
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from dbus_fast import Message, MessageType
from dbus_fast.aio import MessageBus

from dictate.config.schema import MediaSettings
from dictate.errors import Unavailable
from dictate.platform import bus
from dictate.platform.background import BackgroundTasks

log = logging.getLogger(__name__)

ANSWER_S: Final = 0.5
"""Seconds that a player has for an answer."""
SETTLE_S: Final = 2.0
"""Seconds that a player may take until it is silent: some fade out."""
_EVERY_S: Final = 0.05

_PREFIX: Final = "org.mpris.MediaPlayer2."
_STAND_IN: Final = f"{_PREFIX}playerctld"
"""It stands for the player that was used last, which has a name of its own."""
_PATH: Final = "/org/mpris/MediaPlayer2"
_PLAYER: Final = "org.mpris.MediaPlayer2.Player"
_PROPERTIES: Final = "org.freedesktop.DBus.Properties"
_STATUS: Final = "PlaybackStatus"
_PLAYING, _PAUSED = "Playing", "Paused"
_DBUS: Final = ("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus")
_CHANGES: Final = (
    f"type='signal',interface='{_PROPERTIES}',member='PropertiesChanged',path='{_PATH}'"
)


@dataclass(slots=True)
class _Player:
    """A player that we asked to pause."""

    address: str
    """Its unique name, which ends with it: one that restarts is another one."""
    paused: bool = False
    touched: bool = False
    """Whether it played or stopped after it had paused."""


class MediaPause:
    """All methods belong on the loop."""

    def __init__(self, settings: MediaSettings) -> None:
        self._settings = settings
        self._recording = False
        self._over = asyncio.Event()
        """Set when the recording ends."""
        self._turn = asyncio.Lock()
        self._background = BackgroundTasks(log)

    def apply(self, settings: MediaSettings) -> None:
        """Use these settings from the next dictation on."""
        self._settings = settings

    def session(self, state: str) -> None:
        """The session's state changed: ready, recording or finishing."""
        recording = state == "recording"
        if recording == self._recording:
            return
        self._recording = recording
        self._over.set()
        if recording and self._settings.pause:
            self._over = asyncio.Event()
            self._background.start(self._silence(self._over), "media pause")  # untranslated

    async def close(self) -> None:
        """Resume what is paused. Idempotent; takes some seconds at most."""
        self._over.set()
        with suppress(TimeoutError):
            async with asyncio.timeout(SETTLE_S + 2 * ANSWER_S):
                await self._background.wait()
        await self._background.cancel()

    async def _silence(self, over: asyncio.Event) -> None:
        """Pause what plays, until `over` is set."""
        async with self._turn:  # what the recording before has paused is first resumed
            if over.is_set():
                return
            try:
                connection = await bus.connect()
            except Unavailable as error:
                log.info("media: %s", error)
                return
            try:
                players = _Players(connection)
                await players.pause()
                await over.wait()
                await players.resume()
            finally:
                await bus.leave(connection)


class _Players:
    """The players on this connection, from one pause to its end."""

    def __init__(self, connection: MessageBus) -> None:
        self._connection = connection
        self._asked: dict[str, _Player] = {}
        """By address."""

    async def pause(self) -> None:
        """Pause each player that plays."""
        self._connection.add_message_handler(self._hear)
        await self._call(Message(*_DBUS, "AddMatch", signature="s", body=[_CHANGES]))
        names = await self._call(Message(*_DBUS, "ListNames"))
        players = {name for name in names or () if name.startswith(_PREFIX) and name != _STAND_IN}
        addresses = await asyncio.gather(*(self._address(name) for name in players))
        # A player may have several names.
        await asyncio.gather(*(self._pause(each) for each in {*addresses} if each))
        if self._asked:
            log.info("media: %d players paused", len(self._asked))

    async def resume(self) -> None:
        """Resume those that are as we left them."""
        await asyncio.gather(*(self._resume(player) for player in self._asked.values()))

    async def _pause(self, address: str) -> None:
        if await self._status(address) == _PLAYING:
            self._asked[address] = _Player(address)
            await self._order(address, "Pause")

    async def _resume(self, player: _Player) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(SETTLE_S):
                while await self._status(player.address) != _PAUSED:
                    if player.paused:
                        return  # somebody plays it, or has stopped it, or it is gone
                    await asyncio.sleep(_EVERY_S)
                if not player.touched:
                    await self._order(player.address, "Play")

    def _hear(self, message: Message) -> None:
        player = self._asked.get(message.sender or "")
        if player is None or message.message_type is not MessageType.SIGNAL:
            return
        match message.body:
            case [str(), dict() as changed, *_] if _STATUS in changed:
                if changed[_STATUS].value == _PAUSED:
                    player.paused = True
                elif player.paused:
                    player.touched = True

    async def _address(self, name: str) -> str:
        return str(
            await self._call(Message(*_DBUS, "GetNameOwner", signature="s", body=[name])) or ""
        )

    async def _status(self, address: str) -> str:
        """What it does; "" if it does not say."""
        where = (address, _PATH, _PROPERTIES, "Get")
        status = await self._call(Message(*where, signature="ss", body=[_PLAYER, _STATUS]))
        return str(getattr(status, "value", ""))

    async def _order(self, address: str, member: str) -> None:
        await self._call(Message(address, _PATH, _PLAYER, member))

    async def _call(self, question: Message) -> Any:
        """The value of the answer; None if there is none in time."""
        values = await bus.answer_or_none(self._connection, question, ANSWER_S)
        return values[0] if values else None
