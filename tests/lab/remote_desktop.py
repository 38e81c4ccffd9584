"""A scripted portal for remote control: `python -m tests.lab.remote_desktop`.

Each line of its standard input is an order. `allow`, `deny`, `watch` (only look) and `wait` say
what the user will answer, `close` ends the sessions, `lock` locks the screen; `die N`, `hang N`
and `refuse N` happen at the Nth key from now. It prints what it was asked for, and each key that
it presses: in the sway of WAYLAND_DISPLAY, too, or on the X server of DISPLAY, if there is one.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Callable

from dbus_fast import DBusError, PropertyAccess, Variant
from dbus_fast.aio import MessageBus
from dbus_fast.annotations import DBusBool, DBusDict, DBusInt32, DBusObjectPath, DBusStr, DBusUInt32
from dbus_fast.service import ServiceInterface, dbus_method, dbus_property
from Xlib import X
from Xlib.display import Display

from dictate.outputs.paste_keys.portal_keys import REMOTE
from dictate.platform.portal_session import NAME, PATH
from tests.lab.portal import Portal, PortalInterface
from tests.lab.sway import Keyboard

SCREEN_SAVER = "org.freedesktop.ScreenSaver"


def keys() -> Callable[[int, int], None]:
    """What presses a key, by the kernel's number for it, or lets it go."""
    if "WAYLAND_DISPLAY" in os.environ:
        keyboard = Keyboard()
        return lambda code, state: (keyboard.down if state else keyboard.up)(code)
    if "DISPLAY" not in os.environ:
        return lambda _code, _state: None
    display = Display()

    def press(code: int, state: int) -> None:
        display.xtest_fake_input(X.KeyPress if state else X.KeyRelease, code + 8)
        display.sync()

    return press


class RemoteDesktop(PortalInterface):
    def __init__(self, bus: MessageBus) -> None:
        super().__init__(bus, REMOTE)
        self.devices = 1
        self.started: list[str] = []
        self.ordered: dict[int, str] = {}
        self.down: set[int] = set()
        """As KDE's has them: they stay down when a session ends."""
        self.press = keys()

    @dbus_property(PropertyAccess.READ, "version")
    def version(self) -> DBusUInt32:
        return int(os.environ.get("PORTAL_VERSION", "2"))

    @dbus_property(PropertyAccess.READ, "AvailableDeviceTypes")
    def available(self) -> DBusUInt32:
        return int(os.environ.get("PORTAL_DEVICES", "7"))

    @dbus_method("SelectDevices")
    def select_devices(self, session: DBusObjectPath, options: DBusDict) -> DBusObjectPath:
        said = {name: value.value for name, value in options.items() if name != "handle_token"}
        print("wanted", *(f"{name}={said[name]}" for name in sorted(said)), flush=True)
        return self.respond(options, {}, 0)

    @dbus_method("Start")
    def start(self, session: DBusObjectPath, parent: DBusStr, options: DBusDict) -> DBusObjectPath:
        print("asked", flush=True)
        self.started.append(session)
        results = {"devices": Variant("u", self.devices)}
        if self.version >= 2:
            results["restore_token"] = Variant("s", f"token {len(self.started)}")
        return self.respond(options, results, self.answer)

    @dbus_method("NotifyKeyboardKeycode")
    def key(
        self, session: DBusObjectPath, options: DBusDict, code: DBusInt32, state: DBusUInt32
    ) -> None:
        if not state and code not in self.down:
            return
        self.ordered = {left - 1: order for left, order in self.ordered.items()}
        match self.ordered.pop(0, ""):
            case "die":
                os._exit(1)
            case "hang":
                os.kill(os.getpid(), signal.SIGSTOP)
            case "refuse":
                raise DBusError("org.freedesktop.DBus.Error.AccessDenied", "no more")
        self.press(code, state)
        self.down ^= {code}
        print("key", code, state, flush=True)


class ScreenSaver(ServiceInterface):
    def __init__(self) -> None:
        super().__init__(SCREEN_SAVER)
        self.active = False

    @dbus_method("GetActive")
    def get_active(self) -> DBusBool:
        return self.active


async def main() -> None:
    connection = await MessageBus().connect()
    remote, saver = RemoteDesktop(connection), ScreenSaver()
    connection.export(PATH, remote)
    connection.export("/ScreenSaver", saver)
    for name in (SCREEN_SAVER, NAME):
        await connection.request_name(name)
    print("ready", flush=True)
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        match line.split():
            case ["allow"]:
                remote.answer, remote.devices = 0, 1
            case ["watch"]:
                remote.answer, remote.devices = 0, 0
            case ["deny"]:
                remote.answer = 1
            case ["wait"]:
                remote.answer = None
            case ["close"]:
                for session in remote.started:
                    remote.close(session)
            case ["lock"]:
                saver.active = True
            case ["unlock"]:
                saver.active = False
            case [order, number]:
                remote.ordered[int(number)] = order
        print("did", line.strip(), flush=True)


class RemoteDesktopPortal(Portal):
    """The above in a process of its own; `sway` is where it presses keys."""

    def __init__(self, address: str, sway: str = "", **more_env: str) -> None:
        if sway:
            more_env["WAYLAND_DISPLAY"] = sway
        super().__init__(address, "tests.lab.remote_desktop", more_env)

    def order(self, line: str) -> list[str]:
        """Have it done; what it has printed before."""
        self.tell(line)
        return self.until(f"did {line}")[:-1]

    def until(self, wanted: str) -> list[str]:
        """All that it prints up to this line."""
        heard = [self.heard()]
        while heard[-1] and heard[-1] != wanted:
            heard.append(self.heard())
        return heard


if __name__ == "__main__":
    asyncio.run(main())
