"""The daemon on the session bus. Its name there is a lock: only one dictate can own it.

`python -m dictate.dbus.service --write` writes the description in docs/reference/ anew.
"""

import argparse
import asyncio
import logging
import math
import sys
import time
from functools import partial
from pathlib import Path
from typing import Any, Final, Unpack
from xml.etree.ElementTree import indent, tostring

from dbus_fast import Message, NameFlag, RequestNameReply
from dbus_fast.aio import MessageBus
from dbus_fast.introspection import Node

from dictate.dbus.caller import caller_left, note_callers
from dictate.dbus.hotwords_interface import HotwordsController, HotwordsInterface
from dictate.dbus.interface import Controller, Dictate1, plain, property_name
from dictate.dbus.profiles_interface import ProfilesInterface
from dictate.dbus.status_properties import Status
from dictate.errors import AlreadyRunning, Unavailable
from dictate.platform import bus
from dictate.platform.backoff import Backoff
from dictate.translation import _

log = logging.getLogger(__name__)

DESCRIPTION: Final = Path(__file__).parents[2] / "docs" / "reference" / f"{bus.INTERFACE}.xml"

_DOCTYPE: Final = (
    '<!DOCTYPE node PUBLIC "-//freedesktop//DTD D-BUS Object Introspection 1.0//EN"\n'
    ' "http://www.freedesktop.org/standards/dbus/1.0/introspect.dtd">'
)
_FIRST_WAIT_S: Final = 0.25
_LONGEST_WAIT_S: Final = 15.0
"""Seconds between two attempts to come back, doubled each time."""
_ANSWER_S: Final = 5.0
"""Seconds that the bus has to answer."""
_LISTED_S: Final = 1.0
"""Seconds for which the bus may still list a connection that was lost."""


class Service:
    """Offers a Controller on the bus, through any number of connections one after the other.

    The status outlives a connection. All methods belong to the event loop.
    """

    def __init__(
        self, controller: Controller | None = None, hotwords: HotwordsController | None = None
    ) -> None:
        self._controller = controller
        self._hotwords = hotwords
        self._status = Status(
            state="starting",
            dictation=0,
            engine="",
            engine_state="",
            microphone="",
            microphone_open=False,
            output="",
            output_notes="",
            hotkey="",
            overlay="",
            trouble="",
            last_finish_ms=0.0,
            model="",
            device="",
            precision="",
            chunk_ms=0,
            engine_memory_mb=0.0,
            engine_notes="",
            engine_choice="",
            engine_finish_ms=0.0,
            finish_times={},
            engine_progress="",
            profile="",
            second_engine="",
            second_engine_state="",
            second_model="",
            second_engine_notes="",
            engines=[],
            second_output="",
            second_hotkey="",
            cancel_key="",
            paste_key="",
            undo_key="",
            correct_key="",
            edit_key="",
            polish="",
            hotwords_file="",
            hotword_warnings="",
        )
        self._no_controller = _("dictate is still starting: try again in a moment")
        self._bus: MessageBus | None = None
        self._interface: Dictate1 | None = None

    @property
    def bus(self) -> MessageBus | None:
        """The connection, for other parts that use the bus; None while it is lost."""
        return self._bus if self._bus is not None and self._bus.connected else None

    async def connect(self) -> None:
        """Own the name. Raises AlreadyRunning, or Unavailable where there is no bus, or a stranger
        owns the name."""
        connection = await bus.connect()
        try:
            self._interface = Dictate1(self._require_controller, self._status)
            connection.export(bus.PATH, self._interface)
            note_callers(connection)
            hotwords = HotwordsInterface(
                self._require_hotwords, self._interface.slot, partial(caller_left, connection)
            )
            connection.export(bus.PATH, hotwords)
            profiles = ProfilesInterface(self._require_controller, self._interface.slot)
            connection.export(bus.PATH, profiles)
            async with asyncio.timeout(_ANSWER_S):
                reply = await connection.request_name(bus.NAME, NameFlag.DO_NOT_QUEUE)
        except Exception as error:
            await bus.leave(connection)
            raise Unavailable(
                _("the session bus failed ({error!r}): is it overloaded?").format(error=error)
            ) from error
        if reply is not RequestNameReply.PRIMARY_OWNER:
            is_dictate = await _answers_as_dictate(connection)
            await bus.leave(connection)
            if not is_dictate:
                raise Unavailable(
                    _(
                        "another program has the name {name} on the session bus (`busctl "
                        "--user status {name}` shows which): end it"
                    ).format(name=bus.NAME)
                )
            raise AlreadyRunning(
                _(
                    "another dictate is running: steer it with dictatectl, or stop it first "
                    "(systemctl --user stop dictate)"
                )
            )
        self._bus = connection

    def serve(self, controller: Controller, hotwords: HotwordsController) -> None:
        """Have these controllers answer all calls. Until then, they get an error."""
        self._controller, self._hotwords = controller, hotwords

    async def stop_serving(self) -> None:
        """The controller ends: all calls get an error, also those that wait."""
        self._controller = self._hotwords = None
        self._no_controller = _("dictate ends")
        if self._interface is not None:
            await self._interface.end_calls()

    def _require_controller(self) -> Controller:
        if self._controller is None:
            raise Unavailable(self._no_controller)
        return self._controller

    def _require_hotwords(self) -> HotwordsController:
        if self._hotwords is None:
            raise Unavailable(self._no_controller)
        return self._hotwords

    def update(self, **changes: Unpack[Status]) -> None:
        """Show a new status. Clients that listen receive only what really changed."""
        status: dict[str, Any] = self._status  # type: ignore[assignment]
        given: dict[str, Any] = changes  # type: ignore[assignment]
        new = {
            key: bus.one_line(v) if isinstance(v, str) else plain(key, v)
            for key, v in given.items()
        }
        changed = {key: value for key, value in new.items() if status[key] != value}
        status.update(changed)
        if changed and self._interface is not None:
            self._interface.emit_properties_changed(
                {property_name(key): value for key, value in changed.items()}
            )

    async def run(self) -> None:
        """Stay until cancelled: when the bus dies, come back as soon as there is one.

        Works whether or not `connect` succeeded before. Raises AlreadyRunning if another dictate
        was faster.
        """
        backoff = Backoff(_FIRST_WAIT_S, _LONGEST_WAIT_S)
        lost = -math.inf
        while True:
            if self.bus is not None:
                await self.wait_disconnected()
                log.warning("the session bus is gone: dictating goes on, dictatectl cannot")
                lost = time.monotonic()
                backoff.reset()
            try:
                await self.connect()
                log.info("back on the session bus")
            except (Unavailable, AlreadyRunning) as error:
                # Soon after a loss, the other one may be this daemon, which the bus still lists.
                soon = time.monotonic() - lost < _LISTED_S
                if isinstance(error, AlreadyRunning) and not soon:
                    raise
                wait_s = backoff.after()
                log.debug("%s; trying again in %.2g s", error, wait_s)
                await asyncio.sleep(wait_s)

    async def wait_disconnected(self) -> None:
        """Return when the connection is lost or closed."""
        if self._bus is not None:
            await bus.lost(self._bus)

    async def close(self) -> None:
        """Leave the bus. Idempotent, within a second."""
        connection, self._bus = self._bus, None
        interface, self._interface = self._interface, None
        if interface is not None:
            await interface.end_calls()
        if connection is not None:
            connection.unexport(bus.PATH)
            await bus.leave(connection)


async def _answers_as_dictate(connection: MessageBus) -> bool:
    """Whether the owner of our name has our interface."""
    question = Message(
        bus.NAME,
        bus.PATH,
        "org.freedesktop.DBus.Properties",
        "Get",
        signature="ss",
        body=[bus.INTERFACE, "Version"],
    )
    return await bus.answer_or_none(connection, question, _ANSWER_S) is not None


def description() -> str:
    """The interfaces, as the XML that D-Bus tools read."""

    def none() -> Any:
        raise NotImplementedError

    interface = Dictate1(none, Status())
    interfaces = [
        interface,
        HotwordsInterface(none, interface.slot, none),
        ProfilesInterface(none, interface.slot),
    ]
    node = Node(bus.PATH, [each.introspect() for each in interfaces]).to_xml()
    indent(node)
    return f"{_DOCTYPE}\n{tostring(node, encoding='unicode')}\n"


def main() -> None:
    """Print the description of the interface, or write it to docs/reference/."""
    parser = argparse.ArgumentParser(prog="python -m dictate.dbus.service")
    parser.add_argument("--write", action="store_true", help=f"write {DESCRIPTION}")  # untranslated
    if parser.parse_args().write:
        DESCRIPTION.write_text(description())
    else:
        sys.stdout.write(description())


if __name__ == "__main__":
    main()
