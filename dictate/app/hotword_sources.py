"""Keeps the lists of the sources in hotwords.toml up to date.

A child process requests a list (`hotwords/fetch_source.py`), so a server that hangs or misbehaves
has no effect on a dictation. A new list is applied like a saved file. After a failure the last good
list stays, and the next attempt comes by itself.
"""

import asyncio
import json
import logging
from collections.abc import Callable, Coroutine
from dataclasses import asdict
from typing import Any, Final, Protocol
from urllib.parse import urlsplit

from dictate.errors import joined
from dictate.hotwords.model import Source
from dictate.hotwords.source_list import read_copy, remove_copies
from dictate.platform.backoff import Backoff
from dictate.platform.child_process import ChildProcess, python_module
from dictate.platform.network import is_metered
from dictate.platform.web_address import is_loopback
from dictate.translation import _

log = logging.getLogger(__name__)

FETCH_S: Final = 30.0
"""Seconds in which a list must be here."""
SOONEST_S: Final = 30.0
"""Seconds from the first failure to the next attempt."""
METERED_EVERY_S: Final = 60.0
"""Seconds between two looks at whether the connection is metered."""
KEPT: Final = _("the last list stays")


class Observer(Protocol):
    """Who is told of trouble; see `EventDispatcher`."""

    def trouble(self, message: str, source: str = ...) -> None: ...

    def mended(self, source: str) -> None: ...

    def has_trouble(self, source: str) -> bool: ...


class HotwordSources:
    """All methods belong on the loop."""

    def __init__(
        self, take_in: Callable[[], Coroutine[Any, Any, None]], observer: Observer
    ) -> None:
        """`take_in` has the lists read that are kept on this machine."""
        self._take_in = take_in
        self._observer = observer
        self._wanted: tuple[Source, ...] = ()
        self._group: asyncio.TaskGroup | None = None
        self._tasks: dict[Source, asyncio.Task[None]] = {}

    async def run(self) -> None:
        """Until it is cancelled."""
        async with asyncio.TaskGroup() as self._group:
            self._update()
            await asyncio.get_running_loop().create_future()

    def apply(self, sources: tuple[Source, ...], *, complete: bool) -> None:
        """Keep these up to date. `complete` means that they are all that the user's files name: the
        lists of others are deleted."""
        self._wanted = sources
        if self._group is not None:
            self._update()
            if complete:
                self._group.create_task(asyncio.to_thread(remove_copies, sources))

    def refresh(self) -> None:
        """The user asked for it: request all lists now."""
        for task in self._tasks.values():
            task.cancel()
        self._tasks.clear()
        if self._group is not None:
            self._update()

    def _update(self) -> None:
        assert self._group is not None
        for source in self._tasks.keys() - set(self._wanted):
            self._tasks.pop(source).cancel()
            self._observer.mended(_trouble_of(source))
        for source in self._wanted:
            if source not in self._tasks:
                self._tasks[source] = self._group.create_task(self._keep(source))

    async def _keep(self, source: Source) -> None:
        """Request the list of this source, again and again."""
        backoff = Backoff(SOONEST_S, source.refresh_min * 60)
        here = is_loopback(urlsplit(source.url).hostname or "")
        while True:
            has_copy = await asyncio.to_thread(read_copy, source) is not None
            if has_copy and not here and await is_metered():
                await asyncio.sleep(METERED_EVERY_S)
                continue
            answer = await _fetched(source)
            if (failed := answer.get("failed")) is not None:
                wait_s = backoff.after()
                # At login the network may be a moment behind.
                if backoff.failures > 1 or not has_copy:
                    self._report(source, str(failed), has_copy=has_copy)
                await asyncio.sleep(wait_s)
                continue
            backoff.reset()
            self._observer.mended(_trouble_of(source))
            if answer.get("changed") and self._group is not None:
                # A task of its own: this one is cancelled if the source is gone by then, and
                # nothing may cancel a reload half-way.
                self._group.create_task(self._take_in())
            await asyncio.sleep(source.refresh_min * 60)

    def _report(self, source: Source, failed: str, *, has_copy: bool) -> None:
        """Report it once, until a list comes again."""
        if not self._observer.has_trouble(_trouble_of(source)):
            message = _("hotwords from {name}: {failed}").format(name=source.name, failed=failed)
            message = joined(message, KEPT) if has_copy else message
            self._observer.trouble(message, _trouble_of(source))


def _trouble_of(source: Source) -> str:
    return f"hotwords from {source.url}"  # untranslated: a key


async def _fetched(source: Source) -> dict[str, Any]:
    """The answer of the child process; see there."""
    child = ChildProcess(
        "source", python_module("dictate.hotwords.fetch_source"), log, answers=True
    )
    try:
        async with asyncio.timeout(FETCH_S):
            await child.start()
            child.stdin.write(json.dumps(asdict(source)).encode() + b"\n")
            line = await child.stdout.readline()
            answer = json.loads(line) if line else {"failed": await child.ended()}
    except TimeoutError:
        answer = {"failed": _("the list is not here after {seconds:.0f} s").format(seconds=FETCH_S)}
    except (OSError, ValueError) as error:  # it does not start, or says nonsense
        answer = {"failed": _("the request failed: {error}").format(error=error)}
    finally:
        await child.kill(1.0)
    return answer if isinstance(answer, dict) else {"failed": _("the request failed")}
