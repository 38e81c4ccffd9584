"""Which window has the focus on KDE, as a script inside KWin reports it.

KWin reserves the protocol for taskbars for KDE's own programs. But any program on the session bus
may have it run a script. The script receives each change of the focus and calls us on the bus. It
ends with KWin. If Dictate is killed, the script stays, and its calls go nowhere.
"""

import asyncio
import contextlib
import secrets
import tempfile
from pathlib import Path
from typing import Any, Final

from dbus_fast import Message, MessageFlag, MessageType
from dbus_fast.aio import MessageBus

from dictate.errors import Unavailable
from dictate.outputs import Focus
from dictate.platform import bus
from dictate.translation import _

KWIN: Final = "org.kde.KWin"
ANSWER_S: Final = 2.0
"""Seconds. KWin needs a fifth of a millisecond, on a busy machine half a second."""
LEAVE_S: Final = 0.4
"""Seconds that KWin has to unload the script when Dictate ends."""
RUNS_S: Final = 2.0
"""Seconds until the script must have called: KWin reads it only after it has answered."""
_SCRIPTING: Final = "org.kde.kwin.Scripting"
_MEMBER: Final = "Focused"
# untranslated
_SCRIPT: Final = """\
const tell = window => callDBus("{name}", "{path}", "{interface}", "{member}", "{script}",
    window ? String(window.internalId) : "", window ? String(window.resourceClass) : "",
    window ? String(window.pid) : "");
(workspace.windowActivated || workspace.clientActivated).connect(tell);
tell(workspace.windowActivated ? workspace.activeWindow : workspace.activeClient);
"""
"""What Plasma 6 calls a window is a client in Plasma 5."""


class KwinFocus:
    """Follows the focus from the first call of `focused` until `close`."""

    def __init__(self) -> None:
        self._connection: MessageBus | None = None
        self._script = ""
        self._focus: Focus | None = None
        self.process: int | None = None
        """The process of the window that has the focus, if KWin reports it."""
        self._running = asyncio.Event()
        """Set when the script has called for the first time."""
        self._asking = asyncio.Lock()

    async def focused(self) -> Focus | None:
        """What has the focus at the end of this call; None if nothing has.

        Raises Unavailable if there is no KWin, or if it does not answer.
        """
        async with self._asking:
            if self._connection is None or not self._connection.connected:
                self._script, self._connection = "", await bus.connect()
                self._connection.add_message_handler(self._on_call)
            # KWin answers in the order in which it does things: what the script reported before
            # this answer arrives before it.
            if not await self._call("isScriptLoaded", "s", self._script):
                await self._run(self._connection)
            return self._focus

    async def close(self) -> None:
        """Leave nothing in KWin. Idempotent."""
        if self._connection is None:
            return
        # KWin may be gone, and the script with it.
        with contextlib.suppress(Unavailable, TimeoutError):
            if self._script:
                async with asyncio.timeout(LEAVE_S):
                    await self._call("unloadScript", "s", self._script)
        await bus.leave(self._connection)
        self._connection, self._script = None, ""

    async def _run(self, connection: MessageBus) -> None:
        """Have KWin run the script, and wait for its first call."""
        self._script = f"dictate-{secrets.token_hex(8)}"
        self._running.clear()
        names = {"path": bus.PATH, "interface": bus.INTERFACE, "member": _MEMBER}
        names |= {"name": str(connection.unique_name), "script": self._script}
        file = await asyncio.to_thread(_written, _SCRIPT.format_map(names))
        try:
            await self._call("loadScript", "ss", str(file), self._script)
            await self._call("start")
            async with asyncio.timeout(RUNS_S):
                await self._running.wait()
        except TimeoutError as error:
            await self._call("unloadScript", "s", self._script)
            raise Unavailable(_("KWin does not run a script of ours")) from error
        finally:
            await asyncio.to_thread(file.unlink)

    def _on_call(self, message: Message) -> Message | None:
        if message.message_type is not MessageType.METHOD_CALL or message.member != _MEMBER:
            return None
        script, window, application, process = message.body
        if script == self._script:
            self._focus = Focus(window, application) if window else None
            self.process = int(process) if process.isdecimal() else None
            self._running.set()
        return Message.new_method_return(message)

    async def _call(self, member: str, signature: str = "", *body: Any) -> Any:
        assert self._connection is not None
        call = Message(
            KWIN,
            "/Scripting",
            _SCRIPTING,
            member,
            flags=MessageFlag.NO_AUTOSTART,
            signature=signature,
            body=list(body),
        )
        reply = await bus.ask(self._connection, call, "KWin", ANSWER_S)
        if reply.message_type is MessageType.ERROR:
            raise Unavailable(
                _("no KWin reports the focus: {error}").format(error=reply.error_name)
            )
        return reply.body[0] if reply.body else None


def _written(script: str) -> Path:
    with tempfile.NamedTemporaryFile("w", suffix=".js", delete=False) as file:
        file.write(script)
    return Path(file.name)
