"""Terms that an engine cannot use are reported, but a long list of them does not flood the user."""

import asyncio
from pathlib import Path

import pytest

from dictate.app.engine_manager import MOST_LINES, EngineManager
from dictate.config.schema import EngineSettings, Settings
from dictate.hotwords.model import Hotwords


@pytest.mark.parametrize(("count", "last"), [(MOST_LINES, "is too short"), (9_000, "8,995 more")])
def test_a_few_terms_are_reported_and_the_number_of_the_others(
    count: int, last: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    troubles: list[str] = []

    async def main() -> None:
        manager = EngineManager(
            Settings(engine=EngineSettings(use="scripted:lines")),
            lambda line, _: troubles.append(line),
            lambda _: None,
        )

        async def prepare(_: Hotwords) -> list[str]:
            return [f"'{number}' is too short" for number in range(count)]

        monkeypatch.setattr(manager.main, "prepare", prepare)
        for _ in range(2):
            assert len(await manager.load_hotwords(Hotwords())) == count

    asyncio.run(main())
    assert len(troubles) == min(count, MOST_LINES + 1)
    assert last in troubles[-1]
