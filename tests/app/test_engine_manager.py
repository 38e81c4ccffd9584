"""The engines as a whole: what the watchdog is told of them."""

import asyncio
from pathlib import Path

import pytest

from dictate.app.engine_manager import EngineManager
from dictate.config.profile_schema import ProfileSettings
from dictate.config.schema import EngineSettings, Settings
from tests.lab.scripted import script


@pytest.mark.fault("F8")
def test_one_engine_that_nobody_watches_is_enough_for_the_watchdog(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    (tmp_path / "dictate").mkdir(mode=0o700)
    one, other = (f"scripted:{script(tmp_path / name, 'Said.')}" for name in ("one", "other"))
    settings = Settings(
        engine=EngineSettings(use=one), profile=(ProfileSettings(name="second", engine=other),)
    )

    async def main() -> None:
        manager = EngineManager(settings, lambda *_: None, lambda _: None)
        await manager.start()
        try:
            found = manager.running
            assert [list(process.profiles) for process in found] == [["main"], ["second"]]
            assert manager.well, "while they load, too"
            task = found[1].client.supervisor._task
            assert task is not None
            task.cancel()  # as a bug of ours would end it
            await asyncio.wait({task})
            assert not manager.well
        finally:
            await manager.stop()

    asyncio.run(main())
