"""The journal on a thread of its own: the loop never waits for the disk unless it asks to."""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

from dictate.config.schema import JournalSettings
from dictate.errors import Forgotten, JournalError
from dictate.journal.journal import Entry, Journal
from dictate.translation import _

log = logging.getLogger(__name__)
P = ParamSpec("P")
T = TypeVar("T")


class JournalThread:
    """Runs the steps of a journal one after the other, in the order in which they were given."""

    def __init__(
        self,
        journal: Journal,
        executor: ThreadPoolExecutor,
        on_trouble: Callable[[str], None],
    ) -> None:
        """`executor` has one thread, on which `journal` was opened; `on_trouble` is called on the
        loop, with one line for the user."""
        self.next_number = journal.next_number
        """The number of the first dictation of this run."""
        self._journal = journal
        self._executor = executor
        self._on_trouble = on_trouble

    def submit(
        self, step: Callable[Concatenate[Journal, P], object], *args: P.args, **kwargs: P.kwargs
    ) -> None:
        """Do a step of the journal (`Journal.append`) without waiting for it."""
        self._executor.submit(step, self._journal, *args, **kwargs).add_done_callback(_log_failure)

    async def call(
        self, step: Callable[Concatenate[Journal, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Do a step and wait for it: what it returns. Raises what it raises."""
        return await asyncio.wrap_future(
            self._executor.submit(step, self._journal, *args, **kwargs)
        )

    async def keep(
        self, step: Callable[Concatenate[Journal, P], object], *args: P.args, **kwargs: P.kwargs
    ) -> None:
        """Do a step that makes a text durable. When it returns, the text is on the disk, or in
        memory and the user knows that. Raises Forgotten: then the text must go nowhere."""
        try:
            await self.call(step, *args, **kwargs)
        except Forgotten:
            raise
        except JournalError as error:
            self._on_trouble(_("{error}; the text is kept in memory only").format(error=error))

    async def settled(self) -> None:
        """Wait until all steps so far are done."""
        await asyncio.wrap_future(self._executor.submit(lambda: None))

    def apply(self, settings: JournalSettings) -> None:
        """Use these settings from the next step on."""
        self.submit(Journal.apply, settings)

    async def close(self) -> None:
        """Close the journal once all steps are done."""
        self._executor.submit(self._journal.close)
        await asyncio.to_thread(self._executor.shutdown)


async def open_journal(
    directory: Path,
    settings: JournalSettings,
    on_trouble: Callable[[str], None],
    on_mended: Callable[[], None] = lambda: None,
    on_notice: Callable[[str], None] | None = None,
) -> tuple[JournalThread, list[Entry]]:
    """The journal, and the dictations that a crash left unfinished.

    Where the folder cannot be used, the journal is kept in memory until it can. The callbacks are
    those of `Journal`, called on the loop.
    """
    loop = asyncio.get_running_loop()
    executor = ThreadPoolExecutor(1, thread_name_prefix="journal")

    def on_loop(call: Callable[P, object]) -> Callable[P, None]:
        def later(*args: P.args, **kwargs: P.kwargs) -> None:
            loop.call_soon_threadsafe(partial(call, *args, **kwargs))

        return later

    trouble, mended = on_loop(on_trouble), on_loop(on_mended)
    notice = on_loop(on_notice or on_trouble)

    journal, unfinished = Journal(directory, settings, trouble, mended, notice), list[Entry]()
    try:
        unfinished = await loop.run_in_executor(executor, journal.open)
    except JournalError as error:
        on_trouble(
            _("{error}; what you say is kept in memory only, until it can be used").format(
                error=error
            )
        )
        await loop.run_in_executor(executor, journal.open_in_memory)
    return JournalThread(journal, executor, on_trouble), unfinished


def _log_failure(done: "Future[object]") -> None:
    if done.cancelled() or (error := done.exception()) is None:
        return
    # The user may delete a dictation while an engine or an output still works at it.
    log.log(logging.DEBUG if isinstance(error, Forgotten) else logging.ERROR, "journal: %s", error)
