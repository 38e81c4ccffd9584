"""Tasks beside the one that starts them: without a caller that awaits them, or until something
else comes in between."""

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


def ignore_exception(future: asyncio.Future[Any]) -> None:
    """Mark the exception of `future` as seen once it ends, or asyncio logs one that no caller
    waits for any more."""
    future.add_done_callback(lambda done: done.cancelled() or done.exception())


async def unless(ended: Coroutine[Any, Any, object], work: Coroutine[Any, Any, T]) -> T:
    """The result of `work`. If `ended` raises before, that ends the work, and is raised here."""
    working, ending = asyncio.create_task(work), asyncio.create_task(ended)
    try:
        await asyncio.wait({working, ending}, return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            ending.result()
        return await working
    finally:
        for task in (working, ending):
            task.cancel()
        await asyncio.gather(working, ending, return_exceptions=True)


class BackgroundTasks:
    """Keeps a reference to each task until it ends: asyncio itself keeps only a weak one."""

    def __init__(self, log: logging.Logger) -> None:
        """`log` gets the traceback of a task that failed."""
        self._log = log
        self._tasks: set[asyncio.Task[Any]] = set()

    def start(self, work: Coroutine[Any, Any, object], name: str | None = None) -> None:
        """Start `work`. An exception that it raises is logged as an error, with its traceback."""
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    async def wait(self) -> None:
        """Wait until all tasks have ended."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def cancel(self) -> None:
        """Cancel all tasks and wait until they have ended."""
        for task in self._tasks:
            task.cancel()
        await self.wait()

    def __len__(self) -> int:
        return len(self._tasks)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._log.error("the background task %s failed", task.get_name(), exc_info=error)
