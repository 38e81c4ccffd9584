"""A media player on the session bus, as far as MPRIS is asked for.

async with Player("one") as player:
    player.status = "Playing"
"""

import asyncio

from dbus_fast import Message, MessageType, Variant
from dbus_fast.aio import MessageBus

from dictate.platform import bus

PATH = "/org/mpris/MediaPlayer2"
INTERFACE = "org.mpris.MediaPlayer2.Player"


class Player:
    """`hangs` answers nothing, `fades_s` is what it takes to fall silent, `silent` sends no
    signals, `stubborn` cannot be paused."""

    def __init__(
        self,
        name: str,
        status: str = "Playing",
        *,
        hangs: bool = False,
        fades_s: float = 0.0,
        silent: bool = False,
        stubborn: bool = False,
    ) -> None:
        self.names = [f"org.mpris.MediaPlayer2.{each}" for each in name.split()]
        self.status = status
        self.hangs = hangs
        self.heard: list[str] = []
        """The orders, in their order."""
        self._fades_s = fades_s
        self._silent = silent
        self._stubborn = stubborn

    async def __aenter__(self) -> "Player":
        self._bus: MessageBus = await bus.connect()
        self._bus.add_message_handler(self._answer)
        for name in self.names:
            await self._bus.request_name(name)
        return self

    async def __aexit__(self, *_: object) -> None:
        await bus.leave(self._bus)

    def press(self, status: str) -> None:
        """The user presses its button, or it goes on by itself."""
        self.status = status
        if not self._silent:
            changed = {"PlaybackStatus": Variant("s", status)}
            body = [INTERFACE, changed, []]
            properties = "org.freedesktop.DBus.Properties"
            self._bus.send(
                Message.new_signal(PATH, properties, "PropertiesChanged", "sa{sv}as", body)
            )

    def _answer(self, call: Message) -> Message | bool:
        if call.message_type is not MessageType.METHOD_CALL or call.path != PATH:
            return False
        if self.hangs:
            return True
        if call.member == "Get":
            return Message.new_method_return(call, "v", [Variant("s", self.status)])
        self.heard.append(call.member or "")
        if call.member == "Play":
            self.press("Playing")
        elif call.member == "Pause" and not self._stubborn:
            asyncio.get_running_loop().call_later(self._fades_s, self.press, "Paused")
        return Message.new_method_return(call)
