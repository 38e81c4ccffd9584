"""What repair needs is loaded beside the dictations, and a text never waits for it; and a daemon
whose engine cannot be told of the terms repairs its texts."""

import asyncio
from pathlib import Path

import pytest

from dictate.app import repair
from dictate.app.repair import MOST_LISTS, RepairStore
from dictate.hotwords.model import Hotwords, Term
from tests.lab.daemon import wait_for
from tests.lab.scripted import home

SAID, REPAIRED = "I asked cloud code for help", "I asked Claude Code for help"
STORAGE = "the cloud storage is full"


def test_a_list_is_ready_once_it_is_loaded() -> None:
    async def main() -> None:
        store, words = RepairStore(), Hotwords((Term("Claude Code"),))
        assert store.get(words) is None
        store.prepare(words)
        assert store.get(words) is None
        await store._tasks.wait()
        ready = store.get(words)
        assert ready is not None
        assert ready.repair("use cloud code here") == "use Claude Code here"
        store.prepare(words)
        assert store.get(words) is ready

    asyncio.run(main())


def test_no_terms_no_work() -> None:
    async def main() -> None:
        store = RepairStore()
        store.prepare(Hotwords())
        assert not store._tasks

    asyncio.run(main())


def test_only_a_few_lists_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repair, "load_repairs", lambda hotwords: hotwords)
    lists = [Hotwords((Term(f"Term {number}"),)) for number in range(2 * MOST_LISTS + 1)]

    async def main() -> None:
        store = RepairStore()
        for one in lists:
            store.prepare(one)
        await store._tasks.wait()
        assert [store.get(one) is not None for one in lists] == [False] + [True] * 2 * MOST_LISTS

    asyncio.run(main())


def test_a_list_that_fails_to_load_repairs_nothing(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fails(_: Hotwords) -> None:
        raise RuntimeError("no model")

    monkeypatch.setattr(repair, "load_repairs", fails)

    async def main() -> None:
        store, words = RepairStore(), Hotwords((Term("Claude"),))
        store.prepare(words)
        await store._tasks.wait()
        assert store.get(words) is None

    asyncio.run(main())
    assert "repair of texts failed" in caplog.text


def test_a_daemon_repairs_the_texts_of_an_engine_without_hotwords(tmp_path: Path) -> None:
    with home(tmp_path, 0.3) as user:
        user.say(SAID, STORAGE)
        hotwords = user.folder / "config" / "dictate" / "hotwords.toml"
        hotwords.parent.mkdir(parents=True)
        hotwords.write_text('words = ["Claude Code"]\n')
        texts: list[str] = []
        with user.daemon() as daemon:

            def dictate() -> str:
                daemon.ctl("start")
                texts.append("")
                wait_for(lambda: len(daemon.written().splitlines()) == len(texts), "it is written")
                texts[:] = daemon.written().splitlines()
                return texts[-1]

            # The first dictation has what repair needs loaded, and does not wait for it.
            wait_for(lambda: dictate() == REPAIRED, "the name is repaired")
            dictate()
        assert set(texts) <= {SAID, REPAIRED, STORAGE}
        assert set(texts[1::2]) == {STORAGE}
