"""Does what the settings window asks, and tells it what changes meanwhile.

Nothing here blocks the loop: files and the bus are used in threads. The window may ask on while an
answer takes its time; each answer names its question.
"""

import asyncio
import logging
import subprocess
import threading
from collections.abc import Callable
from typing import Any, Final

from dictate.client import dictations
from dictate.client.child_answer import answer_of_child
from dictate.client.daemon_client import NotRunning, ask, ask_about_hotwords, client
from dictate.config.sources import NOTE
from dictate.errors import DictateError
from dictate.hotwords.whole_list import folder_of
from dictate.platform.background import BackgroundTasks
from dictate.platform.file_watcher import watch
from dictate.settings import history, options
from dictate.settings.files import Files
from dictate.translation import _

log = logging.getLogger(__name__)

UNIT: Final = "dictate.service"
SYSTEMCTL_S: Final = 30.0
"""Seconds to wait for systemd: a service that starts says when it is ready."""

Message = dict[str, Any]


class SettingsService:
    """All methods belong on the loop."""

    def __init__(self, files: Files, tell: Callable[[Message], None]) -> None:
        """`tell` takes a message to the window."""
        self._files = files
        self._tell = tell
        self._texts: dict[int, str] = {}
        """Of the dictations that the window shows."""
        self._one_change = asyncio.Lock()
        self._background = BackgroundTasks(log)
        self._running = False

    async def run(self) -> None:
        """Tell everything, and then what changes, until cancelled."""
        self._tell({"event": "table", "sections": options.table()})
        await self._read()
        loop = asyncio.get_running_loop()

        def on_status(status: Message) -> None:
            loop.call_soon_threadsafe(self._background.start, self._status(status))

        # It waits for signals as long as the process lives.
        threading.Thread(target=_follow, args=(on_status,), daemon=True).start()
        watched = (self._files.config, self._files.hotwords, folder_of(self._files.hotwords))
        try:
            await watch(watched, lambda _path: self._read())
        finally:
            await self._background.cancel()

    def asked(self, question: Message) -> None:
        """Answer a question of the window: its `number`, what to `do`, and the words for that."""
        self._background.start(self._answer(question))

    async def _answer(self, question: Message) -> None:
        number, do = question.pop("number"), question.pop("do")
        try:
            result = await self._do(do, **question)
        except DictateError as error:
            self._tell({"answer": number, "error": str(error)})
        else:
            self._tell({"answer": number, "result": result})

    async def _do(self, do: str, **words: Any) -> Any:
        if change := _CHANGES.get(do):
            return await self._change(change, **words)
        match do:
            case "history":
                found = await asyncio.to_thread(history.page, **words)
                self._texts |= {entry["number"]: entry["text"] for entry in found["entries"]}
                return found
            case "copy":
                return await asyncio.to_thread(ask, "Copy", "s", self._texts[words["entry"]])
            case "hear":
                return await asyncio.to_thread(_hear, words["entry"])
            case "forget":
                return await asyncio.to_thread(_forget, words["entry"])
            case "write":
                return await asyncio.to_thread(ask, "Paste", "u", words["entry"])
            case "correct":
                window = ("CorrectWindow", "u", words["entry"])
                return await asyncio.to_thread(ask_about_hotwords, *window)
            case "check":
                return await asyncio.to_thread(_check)
            case "start":
                return await asyncio.to_thread(_systemctl, "start", UNIT)
        raise DictateError(_("there is nothing called {do}").format(do=do))

    async def _change(self, change: Callable[..., Any], **words: Any) -> Message:
        """Change a file; the `lines` to show, and the number to `undo` it."""
        async with self._one_change:
            try:
                lines, number = await asyncio.to_thread(change, self._files, **words)
            finally:
                await self._read()
        subject = words.get("key", _("the hotwords"))
        return {"lines": lines, "undo": number, "notes": await _notes(subject) if number else []}

    async def _read(self) -> None:
        """Tell what is in the files."""
        self._tell({"event": "options", **await asyncio.to_thread(self._files.options)})
        terms = await asyncio.to_thread(self._files.terms)
        counts = {}
        if self._running:
            counts = await asyncio.to_thread(_counts)
        for term in terms["terms"]:
            term["evidence"] = counts.get(term["spelling"])
        self._tell({"event": "terms", **terms})

    async def _status(self, status: Message) -> None:
        running = status["state"] != "off"
        appeared, self._running = running and not self._running, running
        can_start = not running and await asyncio.to_thread(_has_unit)
        self._tell({"event": "status", "status": status, "can_start": can_start})
        if appeared:
            await self._read()


def _undo(files: Files, undo: int) -> tuple[list[str], int]:
    files.undo(undo)
    return [], 0


_CHANGES: Final[dict[str, Callable[..., Any]]] = {
    "set": Files.set_option,
    "reset": Files.reset_option,
    "add": Files.add_term,
    "remove": Files.remove_term,
    "undo": _undo,
}


async def _notes(subject: str) -> list[str]:
    """Have the daemon read its files; what overrides this subject there."""
    try:
        lines = await asyncio.to_thread(ask, "ReadFiles")
    except NotRunning:
        return []
    except DictateError as error:  # of the other file
        return [str(error)]
    return [line for line in lines if line.startswith(f"{NOTE}{subject}")]


def _follow(on_status: Callable[[Message], None]) -> None:
    try:
        with client() as daemon:
            for status in daemon.follow():
                on_status(status)
    except DictateError as error:
        log.debug("the daemon cannot be followed: %s", error)
    on_status({"state": "off"})


def _counts() -> dict[str, Message]:
    """What the daemon knows of each term."""
    try:
        return {row["term"]: row for row in ask_about_hotwords("Counts")}
    except DictateError:  # it has gone away, or its journal cannot be used
        return {}


def _hear(number: int) -> None:
    dictations.play(dictations.sound_of(number))


def _forget(number: int) -> None:
    everything = False
    ask("Forget", "ub", number, everything)


def _check() -> Any:
    try:
        return ask("Check")
    except NotRunning:
        return answer_of_child(_("the check"), "dictate.diagnostics.check")


def _has_unit() -> bool:
    try:
        _systemctl("cat", UNIT)
    except DictateError:
        return False
    return True


def _systemctl(*words: str) -> None:
    command = ["systemctl", "--user", *words]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=SYSTEMCTL_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise DictateError(
            _("`{command}` failed: {error}").format(command=" ".join(command), error=error)
        ) from error
    if done.returncode:
        raise DictateError(
            _("{command} failed: {said}").format(
                command=f"`{' '.join(command)}`", said=done.stderr.strip()
            )
        )
