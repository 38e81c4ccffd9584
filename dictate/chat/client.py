"""The daemon's side: asks the process that talks to the chat server.

The process is started when it may be needed, asked one question at a time, killed when an answer is
not wanted any more or late, and ended when it was idle for a while. It begins anew by itself.
"""

import asyncio
import json
import logging
from contextlib import suppress
from dataclasses import asdict
from importlib.util import find_spec
from typing import Any, Final

from dictate.config.schema import PolishSettings
from dictate.errors import ChatError
from dictate.installation import install_command
from dictate.platform.background import BackgroundTasks
from dictate.platform.child_process import ChildProcess, python_module
from dictate.translation import _

log = logging.getLogger(__name__)

IDLE_S: Final = 300.0
"""Seconds without a question after which the process is ended: it has some 50 MB."""
LATE_S: Final = 1.5
"""Seconds by which an answer may be late: the process has the same limit, and says more."""
STATE_S: Final = 6.0
"""Seconds in which the state of the server must be known, with the start of the process."""


class ChatClient:
    """All methods belong on the loop."""

    def __init__(self) -> None:
        self._child: ChildProcess | None = None
        self._turn = asyncio.Lock()
        self._idle: asyncio.TimerHandle | None = None
        self._background = BackgroundTasks(log)

    def warm(self) -> None:
        """A question may come soon: have the process started by then."""
        if self._child is None and not self._turn.locked():
            self._background.start(self._warmed())

    async def ask(
        self, settings: PolishSettings, prompt: str, most_tokens: int, within_s: float
    ) -> str:
        """The model's answer to this prompt. Raises ChatError. If it is cancelled, the server is
        told by the end of the connection."""
        question = {"prompt": prompt, "most_tokens": most_tokens, "within_s": within_s}
        try:
            async with asyncio.timeout(within_s + LATE_S):
                answer = await self._exchange(settings, question)
        except TimeoutError:
            raise ChatError(
                _("the model did not answer within {within_s:.0f} s").format(within_s=within_s)
            ) from None
        return str(answer.get("text", ""))

    async def models(self, settings: PolishSettings) -> list[str]:
        """The names of the server's models. Raises ChatError."""
        try:
            async with asyncio.timeout(STATE_S):
                answer = await self._exchange(settings, None)
        except TimeoutError:
            raise ChatError(
                _("the server did not answer within {state_s:.0f} s").format(state_s=STATE_S)
            ) from None
        return [str(name) for name in answer.get("models", ())]

    async def close(self) -> None:
        """End the process. Idempotent."""
        await self._background.cancel()
        await self._end()

    async def _warmed(self) -> None:
        with suppress(ChatError, OSError):
            async with self._turn:
                await self._started()
                self._rest()

    async def _exchange(
        self, settings: PolishSettings, question: dict[str, Any] | None
    ) -> dict[str, Any]:
        asked = json.dumps({"settings": asdict(settings), "question": question}).encode()
        async with self._turn:
            whole = False
            try:
                child = await self._started()
                child.stdin.write(asked + b"\n")
                line = await child.stdout.readline()
                if not line:
                    raise ChatError(
                        _("the process for the model ended: {reason}").format(
                            reason=await child.ended()
                        )
                    )
                answer = json.loads(line)
                whole = True
            except (OSError, ValueError) as error:  # it does not start, or says nonsense
                raise ChatError(
                    _("the process for the model fails: {error}").format(error=error)
                ) from error
            finally:
                # A late answer must not become that of the next question.
                if not whole:
                    await self._end()
            self._rest()
        if "failed" in answer:
            raise ChatError(str(answer["failed"]))
        return dict(answer)

    async def _started(self) -> ChildProcess:
        if self._idle is not None:
            self._idle.cancel()
        if self._child is not None and self._child.running:
            return self._child
        await self._end()
        if await asyncio.to_thread(find_spec, "httpx2") is None:
            raise ChatError(
                _("httpx2 is not installed: {install_command}").format(
                    install_command=install_command("openai")
                )
            )
        child = ChildProcess("chat", python_module("dictate.chat.host"), log, answers=True)
        await child.start()
        self._child = child
        return child

    def _rest(self) -> None:
        loop = asyncio.get_running_loop()
        self._idle = loop.call_later(IDLE_S, lambda: self._background.start(self._end_idle()))

    async def _end_idle(self) -> None:
        async with self._turn:
            await self._end()

    async def _end(self) -> None:
        if self._idle is not None:
            self._idle.cancel()
        child, self._child = self._child, None
        if child is not None:
            await child.kill(1.0)
