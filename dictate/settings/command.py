"""Runs the settings window, a process of its own, to its end."""

import asyncio
import json
import logging
from typing import Any

from dictate.errors import Unavailable
from dictate.platform import paths
from dictate.platform.child_process import ChildProcess
from dictate.settings.files import Files
from dictate.settings.service import SettingsService
from dictate.translation import _
from dictate.ui import gtk
from dictate.ui.settings import WINDOW

log = logging.getLogger(__name__)


def run() -> int:
    """Show the window until the user closes it. If it is open already, it comes to the front, and
    this returns at once. Raises Unavailable, with what to do."""
    asyncio.run(_run(Files(paths.config_file(), paths.hotwords_file())))
    return 0


async def _run(files: Files) -> None:
    command = gtk.command(WINDOW)
    process = ChildProcess("the settings window", command, log, answers=True)
    try:
        await process.start()
    except OSError as error:
        raise Unavailable(
            _("{python} cannot be started: {strerror}").format(
                python=gtk.PYTHON, strerror=error.strerror
            )
        ) from error
    try:
        if await _opened(process):
            await _talk(process, files)
    finally:
        await process.kill()


async def _opened(process: ChildProcess) -> bool:
    """Whether there is a new window; not if another one came to the front. Raises Unavailable."""
    try:
        async with asyncio.timeout(gtk.START_S):
            hello: dict[str, Any] = json.loads(await process.stdout.readline() or b"{}")
    except TimeoutError as error:
        raise Unavailable(_("the desktop does not answer")) from error
    if why := hello.get("why_not"):
        told = await asyncio.to_thread(gtk.with_command, why)
        raise Unavailable(_("the settings window cannot be shown: {reason}").format(reason=told))
    if not hello:
        raise Unavailable(
            _("the settings window ended ({reason})").format(reason=await process.ended())
        )
    return bool(hello["ready"])


async def _talk(process: ChildProcess, files: Files) -> None:
    def tell(message: dict[str, Any]) -> None:
        process.stdin.write(json.dumps(message, ensure_ascii=False).encode() + b"\n")

    service = SettingsService(files, tell)
    serving = asyncio.create_task(service.run())
    try:
        while line := await process.stdout.readline():
            service.asked(json.loads(line))
    finally:
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)
    how = (await process.ended()).partition(":")[0]
    if process.exit_status:
        raise Unavailable(_("the settings window ended ({how}): start it again").format(how=how))
