"""Tasks that nobody waits for: kept alive, and their exceptions seen."""

import asyncio
import gc
import logging

import pytest

from dictate.platform.background import BackgroundTasks, ignore_exception

log = logging.getLogger(__name__)


def test_an_exception_is_logged_with_its_traceback(caplog: pytest.LogCaptureFixture) -> None:
    async def fail() -> None:
        raise ZeroDivisionError("of our own")

    async def main() -> None:
        tasks = BackgroundTasks(log)
        tasks.start(fail(), "division")
        await tasks.wait()
        assert len(tasks) == 0

    asyncio.run(main())
    (record,) = caplog.records
    assert record.getMessage() == "the background task division failed"
    assert record.exc_info is not None
    assert record.exc_info[0] is ZeroDivisionError


def test_a_task_outlives_the_collector_and_is_waited_for() -> None:
    done: list[int] = []

    async def work(number: int) -> None:
        await asyncio.sleep(0.01)
        done.append(number)

    async def main() -> None:
        tasks = BackgroundTasks(log)
        for number in range(3):
            tasks.start(work(number))
        gc.collect()
        await tasks.wait()

    asyncio.run(main())
    assert done == [0, 1, 2]


def test_cancelled_tasks_are_no_failures(caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        tasks = BackgroundTasks(log)
        tasks.start(asyncio.sleep(60))
        await asyncio.sleep(0)
        await tasks.cancel()
        assert len(tasks) == 0

    asyncio.run(main())
    assert not caplog.records


@pytest.mark.parametrize("ignored", [True, False])
def test_an_exception_that_no_caller_waits_for_is_not_logged(
    caplog: pytest.LogCaptureFixture, *, ignored: bool
) -> None:
    async def fail() -> None:
        raise ZeroDivisionError("too late")

    async def main() -> None:
        task = asyncio.create_task(fail())
        if ignored:
            ignore_exception(task)
        await asyncio.wait({task})
        del task
        gc.collect()

    asyncio.run(main())
    assert ("never retrieved" in caplog.text) is not ignored
