"""Lists of sources come in the background; a failure is told once, and costs nothing."""

import asyncio
import contextlib
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from dictate.app import hotword_sources
from dictate.app.hotword_sources import HotwordSources
from dictate.hotwords import source_list
from dictate.hotwords.model import Source
from dictate.hotwords.source_list import SourceCopy
from dictate.platform.backoff import Backoff
from tests.lab.word_server import WordServer, word_server


class Observer:
    def __init__(self) -> None:
        self.told: list[str] = []
        self.troubles: dict[str, str] = {}

    def trouble(self, message: str, source: str = "") -> None:
        self.told.append(message)
        self.troubles[source] = message

    def mended(self, source: str) -> None:
        self.troubles.pop(source, None)

    def has_trouble(self, source: str) -> bool:
        return source in self.troubles


class Rig:
    def __init__(self) -> None:
        self.observer, self.taken = Observer(), 0
        self.sources = HotwordSources(self.take_in, self.observer)

    async def take_in(self) -> None:
        self.taken += 1

    async def until(self, what: Callable[[], object]) -> None:
        async with asyncio.timeout(20):
            while not await asyncio.to_thread(what):  # noqa: ASYNC110
                await asyncio.sleep(0.02)


@pytest.fixture(autouse=True)
def soon(homes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hotword_sources, "Backoff", lambda *_: Backoff(0.05, 0.05))


@pytest.fixture
def server(homes: Path) -> Iterator[WordServer]:
    with word_server() as made:
        yield made


def play(scenario: Callable[[Rig], Awaitable[None]]) -> None:
    async def main() -> None:
        rig = Rig()
        running = asyncio.create_task(rig.sources.run())
        try:
            await scenario(rig)
            assert not running.done(), running
        finally:
            running.cancel()
            await asyncio.wait({running})

    asyncio.run(main())


def test_a_list_is_taken_in_and_again_after_its_interval_if_it_changed(server: WordServer) -> None:
    source = Source(server.url, refresh_min=0.2 / 60)

    async def scenario(rig: Rig) -> None:
        rig.sources.apply((source,), complete=True)
        await rig.until(lambda: len(server.requests) >= 2)
        assert rig.taken == 1
        server.words, server.etag = ["Anna"], '"2"'
        await rig.until(lambda: rig.taken == 2)
        kept = await asyncio.to_thread(source_list.read_copy, source)
        assert kept == SourceCopy(["Anna"], '"2"')
        rig.sources.apply((), complete=True)
        await rig.until(lambda: source_list.read_copy(source) is None)
        asked = len(server.requests)
        await asyncio.sleep(0.5)
        assert len(server.requests) <= asked + 1, "a source that is gone is left alone"
        assert rig.observer.told == []

    play(scenario)


def test_a_failure_is_told_once_and_a_list_mends_it(server: WordServer) -> None:
    source = Source(f"{server.url}?key=secret", refresh_min=10)
    server.status = 500

    async def scenario(rig: Rig) -> None:
        rig.sources.apply((source,), complete=True)
        await rig.until(lambda: len(server.requests) >= 2)
        assert rig.observer.told == [
            f"hotwords from {server.url}: the server answers with status 500"
        ]
        server.status = 200
        await rig.until(lambda: rig.taken)
        assert rig.observer.troubles == {}
        server.status, server.etag = 500, '"2"'
        rig.sources.refresh()
        await rig.until(lambda: rig.observer.troubles)
        assert rig.observer.told[1:] == [f"{rig.observer.told[0]}; the last list stays"]
        assert await asyncio.to_thread(source_list.read_copy, source) is not None

    play(scenario)


def test_a_server_that_hangs_is_given_up(
    server: WordServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hotword_sources, "FETCH_S", 2.0)
    server.waits_s = 4.0

    async def scenario(rig: Rig) -> None:
        rig.sources.apply((Source(server.url),), complete=True)
        await rig.until(lambda: rig.observer.told)
        assert rig.observer.told[0].endswith("the list is not here after 2 s")

    play(scenario)


@pytest.mark.parametrize(
    ("program", "why"),
    [
        ("import os; os.kill(os.getpid(), 9)", "killed by signal 9"),
        ("print('nonsense')", "the request failed: "),
        ("print('x' * 10**6)", "the request failed: "),
        ("print('[]')", "the request failed"),
    ],
)
def test_a_child_process_that_fails_costs_an_attempt(
    server: WordServer, monkeypatch: pytest.MonkeyPatch, program: str, why: str
) -> None:
    command = (sys.executable, "-c", program)
    monkeypatch.setattr(hotword_sources, "python_module", lambda *_: command)

    async def scenario(rig: Rig) -> None:
        rig.sources.apply((Source(server.url),), complete=True)
        await rig.until(lambda: rig.observer.told)
        assert why in rig.observer.told[0]
        monkeypatch.undo()
        monkeypatch.setattr(hotword_sources, "Backoff", lambda *_: Backoff(0.05, 0.05))

    play(scenario)


def test_where_each_megabyte_costs_a_list_that_is_here_is_not_requested(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[float] = []
    metered = True
    elsewhere = Source("https://example.org/words")

    async def is_metered() -> bool:
        return metered

    async def fetched(_: Source) -> dict[str, object]:
        asked.append(time.monotonic())
        return {"changed": True}

    monkeypatch.setattr(hotword_sources, "is_metered", is_metered)
    monkeypatch.setattr(hotword_sources, "_fetched", fetched)
    monkeypatch.setattr(hotword_sources, "METERED_EVERY_S", 0.05)

    async def scenario(rig: Rig) -> None:
        nonlocal metered
        rig.sources.apply((elsewhere,), complete=True)
        await rig.until(lambda: rig.taken)  # there was none: the first list comes all the same
        await asyncio.to_thread(source_list.write_copy, elsewhere, SourceCopy(["Anna"]))
        rig.sources.refresh()
        await asyncio.sleep(0.3)
        assert len(asked) == 1
        metered = False
        await rig.until(lambda: len(asked) == 2)

    play(scenario)


def command_lines() -> list[bytes]:
    """Of all requests under way."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            found.append(path.read_bytes())
    return [line for line in found if b"fetch_source" in line]


@pytest.mark.fault("S8")
def test_the_url_and_the_token_are_on_no_command_line(
    server: WordServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.waits_s = 0.5

    async def scenario(rig: Rig) -> None:
        rig.sources.apply((Source(f"{server.url}?key=secret"),), complete=True)
        await rig.until(lambda: server.requests)
        lines = await asyncio.to_thread(command_lines)
        assert lines
        assert not any(b"secret" in line for line in lines)
        assert server.requests[0]["path"].endswith("?key=secret")

    play(scenario)
