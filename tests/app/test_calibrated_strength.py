"""A list goes to an engine at the strength that was calibrated for it and its model."""

import asyncio
from pathlib import Path

import pytest

from dictate.app.engine_manager import EngineManager
from dictate.config.profile_schema import ProfileSettings
from dictate.config.schema import EngineSettings, Settings
from dictate.engines.supervisor import EngineStatus
from dictate.hotwords.calibration import Calibration
from dictate.hotwords.model import Hotwords, Term

LIST = Hotwords((Term("Claude Code"),), strength=2.0)


def calibration(engine: str, model: str, strength: float) -> Calibration:
    return Calibration(engine, model, "", "", strength, 1000, 0, "2026-11-30")


def test_each_engine_has_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))

    async def main() -> None:
        manager = EngineManager(
            Settings(
                engine=EngineSettings(use="nemotron"),
                profile=(ProfileSettings("second", engine="pocketsphinx"),),
            ),
            lambda *_: None,
            lambda _: None,
            [calibration("nemotron", "mine", 1.5), calibration("pocketsphinx", "", 0.5)],
        )
        main, second = manager.main, manager.clients["second"]
        assert main.tuned(LIST) is LIST  # which model it is, is not known yet
        main.supervisor.info = EngineStatus(name="nemotron", model="mine")
        assert main.tuned(LIST).strength == 3.0
        assert main.tuned(LIST) is main.tuned(LIST)
        assert second.tuned(LIST).strength == 1.0
        assert "default strength 1.5 (calibrated)" in manager.report.notes
        manager.calibrate([calibration("nemotron", "mine", 0.75)])
        assert main.tuned(LIST).strength == 1.5
        manager.calibrate(())
        assert main.tuned(LIST) is LIST
        assert "calibrated" not in manager.report.notes

    asyncio.run(main())
