"""Lints the hotwords after each change of them, and shows on the bus what is wrong.

In a process of its own (`diagnostics/hotword_lint.py`): a second of work, and 80 MB that nothing
else here needs, must not meet a dictation.
"""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from dictate.app.engine_manager import EngineManager
from dictate.app.hotwords_controller import HotwordsController
from dictate.config.sources import FilesRead
from dictate.dbus.service import Service
from dictate.engines.supervisor import EngineStatus
from dictate.errors import DictateError
from dictate.platform.background import BackgroundTasks
from dictate.platform.child_process import ChildProcess, python_module
from dictate.translation import _, ngettext

log = logging.getLogger(__name__)

FIRST_S: Final = 10.0
"""Seconds after the start for which it waits: the engine loads its model first."""
LINT_S: Final = 120.0
"""Seconds that it may take."""
_MODULE: Final = "dictate.diagnostics.hotword_lint"


class HotwordLint:
    """All methods belong on the loop."""

    def __init__(
        self,
        service: Service,
        in_force: Callable[[], FilesRead],
        files: Callable[[], tuple[Path, Path]],
        engine: Callable[[], EngineStatus],
        beside: Callable[[], Awaitable[dict[str, Any]]],
    ) -> None:
        """`in_force` is the configuration, `files` are those of the settings and of the hotwords,
        `engine` is about the main engine, `beside` is what the process is told on its standard
        input; all as they are when it is called."""
        self._service = service
        self._in_force = in_force
        self._files = files
        self._engine = engine
        self._beside = beside
        self._tasks = BackgroundTasks(log)
        self._linted: object = None
        """What the findings depend on, at the last start of a run."""
        self._wait_s = FIRST_S

    def update(self) -> None:
        """The hotwords, the settings or the engine may have changed."""
        read, engine = self._in_force(), self._engine()
        # A model that has come has tokens of its own.
        model = (engine.name, engine.model)
        depends_on = (read.hotwords, read.settings.hotwords, read.settings.text, model)
        if depends_on != self._linted:
            self._linted = depends_on
            self._tasks.start(self._run(depends_on), "lint of the hotwords")  # untranslated

    async def close(self) -> None:
        """End what runs."""
        await self._tasks.cancel()

    async def _run(self, depends_on: object) -> None:
        wait_s, self._wait_s = self._wait_s, 0.0
        await asyncio.sleep(wait_s)
        if depends_on is not self._linted:
            return  # another run follows
        hotwords = self._in_force().hotwords
        if not hotwords.terms and not hotwords.snippets:
            self._service.update(hotword_warnings="")
            return
        config, list_file = await asyncio.to_thread(self._files)
        words = ("--beside", "--config", str(config), "--hotwords", str(list_file))
        command = python_module(_MODULE, *words, "--engine", self._engine().name)
        process = ChildProcess("lint", command, log, answers=True)
        try:
            async with asyncio.timeout(LINT_S):
                beside = await self._beside()
                await process.start()
                process.stdin.write(json.dumps(beside).encode() + b"\n")
                answer = json.loads(await process.stdout.read())
        except (OSError, TimeoutError, ValueError) as error:
            how = (
                process.last_words
                or str(error)
                or _("no answer within {seconds:.0f} s").format(seconds=LINT_S)
            )
            log.warning("the hotwords were not linted: %s", how)
            return
        finally:
            await process.kill()
        if depends_on is self._linted and not answer["problems"]:
            self._service.update(hotword_warnings=summary(answer["findings"]))


async def known_to_lint(engines: EngineManager, controller: HotwordsController) -> dict[str, Any]:
    """What only the daemon knows; see `diagnostics/hotword_lint.py`. Less of it if a part fails."""
    known: dict[str, Any] = {}
    with suppress(DictateError):
        known["socket"] = str(engines.main.socket)
    with suppress(DictateError):
        known["counts"] = await controller.counts()
    return known


def summary(findings: list[dict[str, Any]]) -> str:
    """How many warnings there are, and the first, in one line; empty if there are none."""
    bad = [finding for finding in findings if finding["severity"] != "hint"]
    if not bad:
        return ""
    first = bad[0]
    place = f"{first['place']}: " if first["place"] else ""
    many = ngettext("{count} warning: ", "{count} warnings, the first: ", len(bad)).format(
        count=len(bad)
    )
    # untranslated: nothing but a command
    return f"{many}{place}{first['term']}: {first['problem']} (dictatectl hotwords lint)"
