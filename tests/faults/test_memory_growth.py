"""An engine whose process grows and grows gets a fresh one, between two dictations."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from dictate.engines import supervisor
from dictate.engines.client import EngineClient
from dictate.events import PartialTranscript
from dictate.hotwords.model import Hotwords
from tests.lab.engine import Whole, loud, ready, running, until

SOUND = loud(1)


async def speak(engine: EngineClient, number: int) -> str:
    utterance = engine.begin(number, Hotwords(), None)
    utterance.feed(SOUND)
    return (await utterance.finish(Whole(SOUND))).text


@pytest.mark.fault("D9")
def test_a_process_that_leaks_is_replaced_when_nobody_dictates(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    record_property: Callable[[str, object], None],
) -> None:
    monkeypatch.setattr(supervisor, "GROWN_MB", 40)
    monkeypatch.setattr(supervisor, "LOOK_S", 0.1)
    lines = [f"line {number}" for number in range(1, 7)]

    async def main() -> None:
        clock = asyncio.get_running_loop().time
        async with running(tmp_path, "!leak 10", *lines) as engine:
            pid = await ready(engine)
            heard: list[PartialTranscript] = []
            one = engine.begin(1, Hotwords(), None, heard.append)
            one.feed(SOUND)
            await until(lambda: heard)
            for number in range(2, 7):
                assert await speak(engine, number) == f"line {number}"
            await asyncio.sleep(0.4)
            assert engine.supervisor.pid == pid, "not while somebody dictates"
            assert (await one.finish(Whole(SOUND))).text == "line 1"
            idle_at = clock()
            await until(lambda: engine.supervisor.run == 2)
            record_property("detected_s", clock() - idle_at)
            assert await ready(engine) != pid
            record_property("recovered_s", clock() - idle_at)
            assert await speak(engine, 7) == "line 1"
            await asyncio.sleep(0.4)
            assert engine.supervisor.run == 2, "10 MB are no reason"

    asyncio.run(main())
