"""A scripted portal for global shortcuts: `python -m tests.lab.portal`.

Each line of its standard input is a command. `press` and `release` are the user's, of all keys or
of the one named; `close` ends the session; `deny` and `allow` set the user's answer, `garble` has a
yes look like a no but for its results, as GNOME 48 does, and `take away` leaves a shortcut without
a key. `forget` knows no application any more. It prints what was bound.
"""

import asyncio
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Annotated, Any, Self

from dbus_fast import DBusError, Message, MessageType, PropertyAccess, Variant
from dbus_fast.aio import MessageBus
from dbus_fast.annotations import DBusDict, DBusObjectPath, DBusSignature, DBusStr, DBusUInt32
from dbus_fast.service import ServiceInterface, dbus_method, dbus_property

from dictate.hotkeys.portal_shortcut import SHORTCUTS
from dictate.platform.portal_session import APPLICATION, NAME, PATH

_REQUEST = "org.freedesktop.portal.Request"


class PortalInterface(ServiceInterface):
    """What the portals have in common."""

    def __init__(self, bus: MessageBus, name: str) -> None:
        super().__init__(name)
        self._bus = bus
        self._sender = ""
        self.answer: int | None = 0
        self.garbles = False
        bus.add_message_handler(self._remember)

    def _remember(self, message: Message) -> None:
        if message.message_type is MessageType.METHOD_CALL:
            self._sender = message.sender or ""

    def signal(self, path: str, interface: str, member: str, signature: str, *body: Any) -> None:
        self._bus.send(
            Message.new_signal(path, interface, member, signature=signature, body=list(body))
        )

    def close(self, session: str) -> None:
        self.signal(session, "org.freedesktop.portal.Session", "Closed", "a{sv}", {})

    def respond(
        self, options: dict[str, Variant], results: dict[str, Variant], answer: int | None
    ) -> str:
        whose = self._sender[1:].replace(".", "_")
        path = f"{PATH}/request/{whose}/{options['handle_token'].value}"
        if answer is not None:
            body = (answer, {} if answer and not self.garbles else results)
            asyncio.get_running_loop().call_later(
                0.01, self.signal, path, _REQUEST, "Response", "ua{sv}", *body
            )
        return path

    @dbus_method("CreateSession")
    def create_session(self, options: DBusDict) -> DBusObjectPath:
        token = options["session_handle_token"].value
        session = f"{PATH}/session/{self._sender[1:].replace('.', '_')}/{token}"
        return self.respond(options, {"session_handle": Variant("s", session)}, 0)


class Shortcuts(PortalInterface):
    def __init__(self, bus: MessageBus) -> None:
        super().__init__(bus, SHORTCUTS)
        self.bound: list[tuple[str, str, dict[str, Any]]] = []
        """Session, name, and what else was said of it."""
        self.keyless = False

    def key(self, member: str, only: str = "") -> None:
        for session, name, _ in self.bound:
            if only and name != only:
                continue
            self.signal(PATH, SHORTCUTS, member, "osta{sv}", session, name, 0, {})

    @dbus_property(PropertyAccess.READ, "version")
    def version(self) -> DBusUInt32:
        return 1

    @dbus_method("BindShortcuts")
    def bind_shortcuts(
        self,
        session: DBusObjectPath,
        shortcuts: Annotated[list[tuple[str, dict[str, Variant]]], DBusSignature("a(sa{sv})")],
        parent: DBusStr,
        options: DBusDict,
    ) -> DBusObjectPath:
        for name, said in shortcuts:
            self.bound.append((session, name, {key: value.value for key, value in said.items()}))
            print("bound", name, said.get("preferred_trigger", Variant("s", "?")).value, flush=True)
        said = {} if self.keyless else {"trigger_description": Variant("s", "Press it")}
        given = [[name, said] for name, _ in shortcuts]
        return self.respond(options, {"shortcuts": Variant("a(sa{sv})", given)}, self.answer)


class Registry(ServiceInterface):
    def __init__(self) -> None:
        super().__init__("org.freedesktop.host.portal.Registry")
        self.knows = True

    @dbus_method("Register")
    def register(self, name: DBusStr, options: DBusDict) -> None:
        if not self.knows or name != APPLICATION:
            raise DBusError("org.freedesktop.portal.Error.Failed", f"no App info for {name!r}")


async def main() -> None:
    connection = await MessageBus().connect()
    shortcuts = Shortcuts(connection)
    connection.export(PATH, shortcuts)
    registry = Registry()
    connection.export(PATH, registry)
    await connection.request_name(NAME)
    print("ready", flush=True)
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        match line.strip():
            case "press":
                shortcuts.key("Activated")
            case "release":
                shortcuts.key("Deactivated")
            case "garble":
                shortcuts.answer, shortcuts.garbles = 2, True
            case "take away":
                shortcuts.keyless = True
            case "forget":
                registry.knows = False
            case "close":
                for session, _, _ in shortcuts.bound:
                    shortcuts.close(session)
                shortcuts.bound.clear()
            case "deny":
                shortcuts.answer = 1
            case "allow":
                shortcuts.answer = 0
            case order if order.startswith("press "):
                shortcuts.key("Activated", order.removeprefix("press "))


class Portal:
    """The above, or another module like it, in a process of its own, on the bus at `address`."""

    def __init__(
        self, address: str, module: str = __name__, more_env: dict[str, str] | None = None
    ) -> None:
        self._module = module
        self._env = {"DBUS_SESSION_BUS_ADDRESS": address, "PATH": "/usr/bin:/bin"}
        self._env |= more_env or {}
        self.process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def start(self) -> None:
        """Start it; it answers when this returns. Also after `kill`."""
        self.process = subprocess.Popen(
            [sys.executable, "-m", self._module],
            env=self._env,
            cwd=Path(__file__).parents[2],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.heard() == "ready"

    def tell(self, order: str) -> None:
        assert self.process is not None
        assert self.process.stdin is not None
        self.process.stdin.write(f"{order}\n")
        self.process.stdin.flush()

    def heard(self) -> str:
        """The next line that it prints."""
        assert self.process is not None
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def kill(self) -> None:
        """SIGKILL."""
        if self.process is not None:
            self.process.kill()
            self.process.communicate()
            self.process = None

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.kill()


if __name__ == "__main__":
    asyncio.run(main())
