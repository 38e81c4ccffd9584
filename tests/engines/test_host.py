"""The engine's host reports what the engine changed by itself."""

import asyncio
from dataclasses import replace
from typing import Any

from wyoming.event import Event

from dictate.config.schema import EngineSettings
from dictate.engines import EngineInfo
from dictate.engines.host import EngineHost
from dictate.engines.scripted import ScriptedEngine


class Changing(ScriptedEngine):
    """Loads a different model while it serves."""

    info = EngineInfo(model="before", device="cpu", precision="", chunk_ms=560, rtf=0.1)

    @property
    def facts(self) -> EngineInfo:
        return self.info


def test_a_model_that_the_engine_loaded_by_itself_is_reported_once() -> None:
    reported: list[dict[str, Any]] = []

    async def watcher(event: Event) -> None:
        reported.append(dict(event.data))

    async def main() -> None:
        host = EngineHost(EngineSettings(use="scripted:lines"))
        host.watchers.add(watcher)
        await host.report_changes()
        assert reported == [], "it still loads"
        host.engine = engine = Changing(host.settings)
        host.status = replace(host.status, model="before")
        await host.report_changes()
        assert reported == []
        engine.info = replace(engine.info, model="after", chunk_ms=80)
        for _ in range(2):
            await host.report_changes()
        engine.info = replace(engine.info, notes=("it has no chunk of 160 ms",))
        await host.report_changes()

    asyncio.run(main())
    assert [(one["model"], one["chunk_ms"]) for one in reported] == [("after", 80)] * 2
    assert list(reported[-1]["notes"]) == ["it has no chunk of 160 ms"]
