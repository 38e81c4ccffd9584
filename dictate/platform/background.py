"""Tasks without a caller that awaits them; their exceptions are logged."""

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any


def ignore_exception(future: asyncio.Future[Any]) -> None:
    """Mark the exception of `future` as seen once it ends, or asyncio logs one that no caller
    waits for any more."""
    future.add_done_callback(lambda done: done.cancelled() or done.exception())


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
