"""A dictation is deleted while something still works at it: it is gone, and nothing goes wrong."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

import pytest

from dictate.errors import Forgotten
from dictate.journal.entry import EntryState
from dictate.journal.journal import Journal
from tests.app.test_pipeline import Rig, run

__all__ = ["run"]


async def written_again(rig: Rig, forget: Callable[[], Awaitable[None]]) -> None:
    """Its text waits for an output that is busy."""
    await rig.dictate()
    await rig.settle()
    rig.screen.windows.clear()
    async with rig.writer.exclusive():
        paste = asyncio.create_task(rig.replay.paste(1))
        await asyncio.sleep(0.05)
        await forget()
    with pytest.raises(Forgotten):
        await paste


async def recovered(rig: Rig, forget: Callable[[], Awaitable[None]]) -> None:
    """A crash left it, and an engine works at its sound."""
    await rig.thread.call(Journal.begin, 1, 1.0)
    await rig.thread.call(Journal.append, 1, bytes(3200))
    await rig.thread.call(Journal.close)
    rig.journal._under_way.clear()  # as in a new process
    left = await rig.thread.call(Journal.open)
    assert [entry.state for entry in left] == [EntryState.CAPTURED]
    may_answer = rig.main_engine.may_answer[1] = asyncio.Event()
    recovery = asyncio.create_task(rig.replay.recover(left))
    await asyncio.sleep(0.05)
    await forget()
    may_answer.set()
    await recovery


@pytest.mark.parametrize("meanwhile", [written_again, recovered])
def test_one_that_is_forgotten_is_gone_and_nobody_is_told_of_trouble(
    run: Callable[..., None],
    caplog: pytest.LogCaptureFixture,
    meanwhile: Callable[[Rig, Callable[[], Awaitable[None]]], Awaitable[None]],
) -> None:
    async def scenario(rig: Rig) -> None:
        async def forget() -> None:
            assert await rig.thread.call(Journal.forget, 1) == 1

        await meanwhile(rig, forget)
        await rig.thread.settled()
        assert await rig.thread.call(Journal.history, 9) == []
        assert rig.screen.windows == {}
        assert [line for line in rig.observer.told if "memory" in line] == []
        said = [record for record in caplog.records if record.levelno > logging.INFO]
        assert [record.getMessage() for record in said] == []

    run(scenario)
