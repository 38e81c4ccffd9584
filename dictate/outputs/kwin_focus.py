"""Which window has the focus on KDE, as KWin tells a script of ours.

KWin keeps the protocol for taskbars to KDE's own programs. But it runs a script for whoever asks on
the session bus, and a script hears of each change of the focus, and may call us. The script is gone
when KWin ends; where we are killed it stays, and calls nobody.
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

KWIN: Final = "org.kde.KWin"
ANSWER_S: Final = 2.0
"""It takes a fifth of a millisecond, on a busy machine half a second."""
LEAVE_S: Final = 0.4
RUNS_S: Final = 2.0
"""KWin reads a script after it has said that it runs."""
_SCRIPTING: Final = "org.kde.kwin.Scripting"
_MEMBER: Final = "Focused"
_SCRIPT: Final = """\
const tell = window => callDBus("{name}", "{path}", "{interface}", "{member}", "{script}",
    window ? String(window.internalId) : "", window ? String(window.resourceClass) : "");
(workspace.windowActivated || workspace.clientActivated).connect(tell);
tell(workspace.windowActivated ? workspace.activeWindow : workspace.activeClient);
"""
"""Plasma 6 calls windows what Plasma 5 calls clients."""


class KwinFocus:
    """Looks from the first question on, until it is closed."""

    def __init__(self) -> None:
        self._connection: MessageBus | None = None
        self._script = ""
        self._told: Focus | None = None
        self._runs = asyncio.Event()
        self._asking = asyncio.Lock()

    async def focused(self) -> Focus | None:
        """What has the focus at the end of this call; None if nothing has.

        Raises Unavailable where there is no KWin, or it does not answer.
        """
        async with self._asking:
            if self._connection is None or not self._connection.connected:
                self._script, self._connection = "", await bus.connect()
                self._connection.add_message_handler(self._take)
            # KWin answers in the order in which it does things: what the script has told before
            # this answer is here before it.
            if not await self._call("isScriptLoaded", "s", self._script):
                await self._run(self._connection)
            return self._told

    async def close(self) -> None:
        """Leave nothing in KWin. Idempotent."""
        if self._connection is None:
            return
        # It may be gone, and the script with it.
        with contextlib.suppress(Unavailable, TimeoutError):
            if self._script:
                async with asyncio.timeout(LEAVE_S):
                    await self._call("unloadScript", "s", self._script)
        await bus.leave(self._connection)
        self._connection, self._script = None, ""

    async def _run(self, connection: MessageBus) -> None:
        """Have KWin run the script, and tell once."""
        self._script = f"dictate-{secrets.token_hex(8)}"
        self._runs.clear()
        names = {"path": bus.PATH, "interface": bus.INTERFACE, "member": _MEMBER}
        names |= {"name": str(connection.unique_name), "script": self._script}
        file = await asyncio.to_thread(_written, _SCRIPT.format_map(names))
        try:
            await self._call("loadScript", "ss", str(file), self._script)
            await self._call("start")
            async with asyncio.timeout(RUNS_S):
                await self._runs.wait()
        except TimeoutError as error:
            await self._call("unloadScript", "s", self._script)
            raise Unavailable("KWin does not run a script of ours") from error
        finally:
            await asyncio.to_thread(file.unlink)

    def _take(self, message: Message) -> Message | None:
        if message.message_type is not MessageType.METHOD_CALL or message.member != _MEMBER:
            return None
        script, window, application = message.body
        if script == self._script:
            self._told = Focus(window, application) if window else None
            self._runs.set()
        return Message.new_method_return(message)

    async def _call(self, member: str, signature: str = "", *body: Any) -> Any:
        assert self._connection is not None
        question = Message(
            KWIN,
            "/Scripting",
            _SCRIPTING,
            member,
            flags=MessageFlag.NO_AUTOSTART,
            signature=signature,
            body=list(body),
        )
        answer = await bus.ask(self._connection, question, "KWin", ANSWER_S)
        if answer.message_type is MessageType.ERROR:
            raise Unavailable(f"no KWin tells of the focus: {answer.error_name}")
        return answer.body[0] if answer.body else None


def _written(script: str) -> Path:
    with tempfile.NamedTemporaryFile("w", suffix=".js", delete=False) as file:
        file.write(script)
    return Path(file.name)
