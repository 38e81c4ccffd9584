"""An engine that cannot keep up is reported at once, and once."""

import asyncio
from pathlib import Path

import pytest

from dictate.app.engine_manager import SPEED, EngineManager
from dictate.config.schema import EngineSettings, Settings
from dictate.engines.protocol import EngineState, StatusEvent, Timings

SLOW = "it cannot keep up with speech: 1.3 s of work for a second of sound"


def test_an_engine_that_cannot_keep_up_is_reported_once_until_it_can(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    troubles: list[tuple[str, str]] = []
    mended: list[str] = []

    async def main() -> None:
        manager = EngineManager(
            Settings(engine=EngineSettings(use="scripted:lines")),
            lambda line, source: troubles.append((line, source)),
            mended.append,
        )
        supervisor = manager.main.supervisor

        def loaded(rtf: float) -> None:
            supervisor._status_received(StatusEvent(state=EngineState.LOADING, name="scripted"))
            supervisor._status_received(
                StatusEvent(state=EngineState.READY, name="scripted", rtf=rtf, load_s=1.0)
            )

        def spoke(rtf: float, audio_s: float = 5.0) -> None:
            supervisor.record_timings(Timings(audio_s, 100.0, rtf))

        loaded(1.3)  # as a test of its own at the load has shown
        ((line, source),) = troubles
        assert line.startswith(f"engine scripted: {SLOW}; a faster engine helps: ")
        assert source == SPEED
        assert manager.slow.keys() == {"scripted"}
        assert SLOW in manager.report.notes
        spoke(1.2)
        spoke(1.4)
        spoke(0.1, audio_s=0.5)
        assert len(troubles) == 1
        assert mended == []
        spoke(0.5)
        assert mended == [SPEED]
        assert manager.slow == {}
        assert manager.report.notes == ""
        spoke(1.3)
        assert SLOW in manager.report.notes
        assert len(troubles) == 1
        loaded(0.0)
        assert manager.report.notes == ""

    asyncio.run(main())
