"""What the engine process does when it is asked for a draft: on a connection of its own, with an
engine whose calls the test holds."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from wyoming.audio import AudioChunk, AudioStart, AudioStop
from wyoming.client import AsyncClient
from wyoming.event import Event

from dictate.config.schema import EngineSettings
from dictate.engines import Draft, Utterance
from dictate.engines.client_connection import ClientConnection
from dictate.engines.draft_limit import LONGEST_S
from dictate.engines.host import EngineHost
from dictate.engines.protocol import (
    AskDraft,
    BeginUtterance,
    Drafted,
    DropDraft,
    EngineState,
    Timings,
)
from dictate.engines.quiet_speech import QUIET
from dictate.engines.scripted import ScriptedEngine, ScriptedUtterance
from dictate.events import RATE, Samples
from dictate.hotwords.model import Hotwords
from tests.lab.engine import PATIENCE_S, loud, until
from tests.lab.scripted import script

LINE = "one two three four"
BEGIN = (BeginUtterance(7).event(), AudioStart(RATE, 2, 1).event())
SOUND = AudioChunk(RATE, 2, 1, loud(0.5)).event()
STOP = AudioStop().event()


class HeldEngine(ScriptedEngine):
    """Notes its calls; each waits while `going` is cleared."""

    def __init__(self, settings: EngineSettings) -> None:
        super().__init__(settings)
        self.calls: list[str] = []
        self.going = threading.Event()
        self.going.set()
        self.drafts: Callable[[str], Draft | None] = lambda line: Draft(line, "plain", "de", "note")

    def begin(self, hotwords: Hotwords, language: str | None, chunk_ms: int = 0) -> Utterance:
        return HeldUtterance(self)

    def called(self, what: str) -> None:
        self.calls.append(what)
        assert self.going.wait(PATIENCE_S)


class HeldUtterance(ScriptedUtterance):
    def __init__(self, engine: HeldEngine) -> None:
        super().__init__(engine._take_line)
        self._engine = engine

    def feed(self, samples: Samples) -> str | None:
        self._engine.called("feed")
        return super().feed(samples)

    def draft(self) -> Draft | None:
        self._engine.called("draft")
        return self._engine.drafts(self._line)

    def finish(self) -> str:
        self._engine.called("finish")
        return super().finish()


class Talk:
    """A client of the connection, with the engine behind it."""

    def __init__(self, client: AsyncClient, host: EngineHost, engine: HeldEngine) -> None:
        self.client = client
        self.host = host
        self.engine = engine

    async def say(self, *events: Event) -> None:
        for event in events:
            await self.client.write_event(event)

    async def answer(self, *kinds: str) -> Event:
        """The next event of one of these kinds."""
        while event := await self.client.read_event():
            if event.type in kinds:
                return event
        raise AssertionError("the connection was closed")

    async def drafted(self) -> Drafted:
        return Drafted.from_event(await self.answer(Drafted.type, "transcript"))


@asynccontextmanager
async def talking(engine: HeldEngine, folder: Path) -> AsyncIterator[Talk]:
    host = EngineHost(engine.settings)
    host.engine = engine
    host.status = replace(host.status, state=EngineState.READY)

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await ClientConnection(host, reader, writer).run()

    async with asyncio.timeout(PATIENCE_S), await asyncio.start_unix_server(accept, folder / "s"):
        client = AsyncClient.from_uri(f"unix://{folder / 's'}")
        await client.connect()
        try:
            yield Talk(client, host, engine)
        finally:
            engine.going.set()
            await client.disconnect()


def run(folder: Path, main: Callable[[Talk], Coroutine[Any, Any, None]]) -> None:
    engine = HeldEngine(EngineSettings(use=f"scripted:{script(folder / 'script', LINE)}"))
    engine.load()

    async def whole() -> None:
        async with talking(engine, folder) as talk:
            await main(talk)

    asyncio.run(whole())


def test_a_draft_has_all_that_the_final_text_has_and_the_utterance_goes_on(tmp_path: Path) -> None:
    async def main(talk: Talk) -> None:
        await talk.say(*BEGIN, SOUND, AskDraft(3).event())
        timings = Timings.from_event(await talk.answer(Timings.type))
        assert (timings.audio_s, timings.plain, timings.note) == (0.5, "plain", "note")
        assert timings.finish_ms < 1000
        assert await talk.drafted() == Drafted(3, LINE, "de")
        await talk.say(SOUND, STOP)
        last = Timings.from_event(await talk.answer(Timings.type))
        assert (last.audio_s, last.plain, last.note) == (1.0, None, "")
        assert (await talk.answer("transcript")).data["text"] == LINE
        assert talk.engine.calls == ["feed", "draft", "feed", "finish"]

    run(tmp_path, main)


def test_it_waits_until_no_more_sound_waits(tmp_path: Path) -> None:
    async def main(talk: Talk) -> None:
        talk.engine.going.clear()
        await talk.say(*BEGIN, SOUND, AskDraft(1).event(), SOUND, SOUND)
        await until(lambda: talk.engine.calls)
        talk.engine.going.set()
        assert Timings.from_event(await talk.answer(Timings.type)).audio_s == 1.5
        assert (await talk.drafted()).text == LINE
        assert talk.engine.calls == ["feed", "feed", "feed", "draft"]

    run(tmp_path, main)


@pytest.mark.parametrize("how", [(DropDraft().event(), SOUND, STOP), (STOP,)])
def test_what_is_dropped_or_overtaken_is_not_made(tmp_path: Path, how: tuple[Event, ...]) -> None:
    async def main(talk: Talk) -> None:
        talk.engine.going.clear()
        await talk.say(*BEGIN, SOUND, AskDraft(1).event(), *how)
        await until(lambda: talk.engine.calls)
        talk.engine.going.set()
        assert (await talk.answer(Drafted.type, "transcript")).type == "transcript"
        assert "draft" not in talk.engine.calls
        await talk.say(*BEGIN, SOUND, STOP)
        assert (await talk.answer(Drafted.type, "transcript")).type == "transcript"
        assert "draft" not in talk.engine.calls

    run(tmp_path, main)


def test_it_waits_for_an_engine_that_works_for_another_client(tmp_path: Path) -> None:
    async def main(talk: Talk) -> None:
        await talk.say(*BEGIN, SOUND)
        await until(lambda: talk.engine.calls and talk.host.idle)
        held = threading.Event()
        other = asyncio.create_task(talk.host.on_thread(lambda: held.wait(PATIENCE_S)))
        await until(lambda: not talk.host.idle)
        await talk.say(AskDraft(1).event(), SOUND)
        await until(lambda: talk.host._calls == 2)  # the sound waits behind it, and no draft does
        held.set()
        assert await other
        assert (await talk.drafted()).text == LINE
        assert talk.engine.calls == ["feed", "feed", "draft"]

    run(tmp_path, main)


def quiet(level: float) -> Event:
    pcm = (int(level * 32768).to_bytes(2, "little") + bytes(2)) * (RATE // 4)
    return AudioChunk(RATE, 2, 1, pcm).event()


def fails(_: str) -> Draft | None:
    raise RuntimeError("out of memory")


@pytest.mark.parametrize(
    ("sound", "reason"),
    [
        ((), "no sound"),
        ((*BEGIN, quiet(QUIET)), "louder"),
        ((AudioStart(48_000, 2, 1).event(), AudioChunk(48_000, 2, 1, loud(1)).event()), "resample"),
    ],
    ids=["nothing", "quiet", "resampled"],
)
def test_a_sound_without_a_draft(tmp_path: Path, sound: tuple[Event, ...], reason: str) -> None:
    async def main(talk: Talk) -> None:
        await talk.say(*sound, AskDraft(2).event())
        drafted = await talk.drafted()
        assert (drafted.number, drafted.text) == (2, "")
        assert reason in drafted.reason
        assert "draft" not in talk.engine.calls

    run(tmp_path, main)


def test_a_client_that_wants_no_louder_sound_gets_a_draft_of_a_quiet_one(tmp_path: Path) -> None:
    async def main(talk: Talk) -> None:
        begin = BeginUtterance(7, louder=False).event(), AudioStart(RATE, 2, 1).event()
        await talk.say(*begin, quiet(QUIET), AskDraft(2).event())
        assert (await talk.drafted()).reason == ""

    run(tmp_path, main)


@pytest.mark.parametrize(
    ("drafts", "reason"), [(lambda _: None, "none here"), (fails, "RuntimeError")]
)
def test_an_engine_without_a_draft(
    tmp_path: Path, drafts: Callable[[str], Draft | None], reason: str
) -> None:
    async def main(talk: Talk) -> None:
        talk.engine.drafts = drafts
        await talk.say(*BEGIN, SOUND, AskDraft(2).event())
        assert reason in (await talk.drafted()).reason
        await talk.say(STOP)
        assert (await talk.answer("transcript", "error")).data["text"] == LINE

    run(tmp_path, main)


def test_a_machine_that_is_too_slow_makes_none_until_a_final_text_was_fast(tmp_path: Path) -> None:
    async def main(talk: Talk) -> None:
        talk.host.drafts.measured(LONGEST_S + 1, 2.0, 10.0)
        await talk.say(*BEGIN, SOUND, AskDraft(2).event())
        assert "took 1400 ms" in (await talk.drafted()).reason
        await talk.say(STOP)
        await talk.answer("transcript")
        await talk.say(*BEGIN, SOUND, AskDraft(3).event())
        assert (await talk.drafted()).reason == ""

    run(tmp_path, main)
