"""What stands beside a GNOME Shell without a screen: `python -m tests.lab.gnome_side NAME`.

- `login1`: the name of logind on the system bus, which the shell wants to see. It knows no session,
  and refuses every call.
- `keyboard`: a keyboard in the seat, without which GTK 3 takes no text.
"""

import asyncio
import os
import sys
from typing import Any

from dbus_fast import Message, MessageType
from dbus_fast.aio import MessageBus

from dictate.platform import bus

MUTTER = "org.gnome.Mutter.RemoteDesktop"
LEFT_SHIFT = 42


async def login1() -> MessageBus:
    system = await MessageBus(bus_address=os.environ["DBUS_SYSTEM_BUS_ADDRESS"]).connect()
    await system.request_name("org.freedesktop.login1")
    return system


async def keyboard() -> MessageBus:
    session_bus = await bus.connect()

    async def ask(path: str, interface: str, member: str, signature: str, *body: Any) -> list[Any]:
        call = Message(MUTTER, path, interface, member, signature=signature, body=list(body))
        reply = await session_bus.call(call)
        assert reply.message_type is MessageType.METHOD_RETURN, reply.body
        return reply.body

    (session,) = await ask(f"/{MUTTER.replace('.', '/')}", MUTTER, "CreateSession", "")
    await ask(session, f"{MUTTER}.Session", "Start", "")
    for down in (True, False):
        member = "NotifyKeyboardKeycode"
        await ask(session, f"{MUTTER}.Session", member, "ub", LEFT_SHIFT, down)
    return session_bus


async def main() -> None:
    """Be there until killed."""
    connection = await {"login1": login1, "keyboard": keyboard}[sys.argv[1]]()
    print("ready", flush=True)
    await bus.lost(connection)


if __name__ == "__main__":
    asyncio.run(main())
