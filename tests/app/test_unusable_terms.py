"""Which lists an engine takes in ahead, and how terms are reported that it cannot use: a long list
of them does not flood the user."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from dictate.app.engine_manager import MOST_LINES, EngineManager
from dictate.config.profile_schema import ProfileSettings
from dictate.config.schema import EngineSettings, Settings
from dictate.hotwords.model import Group, Hotwords, Term


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


GROUPS = Hotwords(
    (
        Term("Zed"),
        Term("pytest", group="code"),
        Term("Anna", group="mail"),
        Term("Main", group="main"),
        *(Term(f"Term {number}", group=f"group {number}") for number in range(4)),
    ),
    groups=(
        Group("code", applications=("code",)),
        Group("mail", ("second",), ("mail",)),
        Group("main", ("main",)),
        *(Group(f"group {number}", applications=(f"app {number}",)) for number in range(4)),
    ),
)


@pytest.mark.parametrize("second", ["", "scripted:others"])
def test_the_lists_of_applications_are_taken_in_ahead_and_the_usual_one_stays(
    second: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    troubles: list[str] = []
    taken: dict[str, list[str]] = {"main": [], "second": []}

    async def main() -> None:
        manager = EngineManager(
            Settings(
                engine=EngineSettings(use="scripted:lines"),
                profile=(ProfileSettings("second", engine=second),),
            ),
            lambda line, _: troubles.append(line),
            lambda _: None,
        )

        def take(name: str) -> Callable[[Hotwords], Awaitable[list[str]]]:
            async def prepare(hotwords: Hotwords) -> list[str]:
                spellings = [term.spelling for term in hotwords.terms]
                taken[name].append(" ".join(spellings))
                return ["'pytest' is odd"] if "pytest" in spellings else ["'Zed' is odd"]

            return prepare

        monkeypatch.setattr(manager.main, "prepare", take("main"))
        if second:
            monkeypatch.setattr(manager.clients["second"], "prepare", take("second"))
        assert await manager.load_hotwords(GROUPS) == ["'Zed' is odd"]
        await asyncio.wait(manager._loading_hotwords)

    asyncio.run(main())
    if second:
        assert taken == {
            "main": ["Zed Main", "Zed pytest Main", *("Zed Main Term 0", "Zed Main Term 1"),
                     "Zed Main"],
            "second": ["Zed", "Zed pytest", "Zed Anna", "Zed Term 0", "Zed"],
        }  # fmt: skip
    else:
        assert taken["main"] == [
            *("Zed Main", "Zed", "Zed pytest Main", "Zed Main Term 0", "Zed Main")
        ]
    assert "engine scripted:lines, in some groups: 'pytest' is odd" in troubles
    assert len(troubles) == (4 if second else 2)


def test_a_list_without_groups_is_taken_in_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    taken: list[Hotwords] = []

    async def main() -> None:
        settings = Settings(engine=EngineSettings(use="scripted:lines"))
        manager = EngineManager(settings, lambda *_: None, lambda _: None)

        async def prepare(hotwords: Hotwords) -> list[str]:
            taken.append(hotwords)
            return []

        monkeypatch.setattr(manager.main, "prepare", prepare)
        await manager.load_hotwords(Hotwords((Term("Zed"),)))
        await asyncio.wait(manager._loading_hotwords)

    asyncio.run(main())
    assert len(taken) == 1
