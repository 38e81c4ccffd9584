"""Which list of hotwords an utterance is heard with: its own, whatever happens to the process that
keeps the lists. The engine under test says the terms that it was given."""

import asyncio
import hashlib
import json
import os
import random
import signal
from pathlib import Path

import pytest
from wyoming.asr import Transcribe
from wyoming.audio import AudioChunk, AudioStart, AudioStop
from wyoming.client import AsyncClient
from wyoming.event import Event

from dictate.config.schema import EngineSettings
from dictate.engines import TermReport
from dictate.engines.client import EngineClient, UtteranceClient
from dictate.engines.hotword_events import hash_event, hotwords_bytes, hotwords_event
from dictate.engines.kept_lists import MOST_LISTS, KeptLists, received
from dictate.engines.protocol import (
    BadEvent,
    BeginUtterance,
    Known,
    UnusableTerms,
    WatchStatus,
    read_event,
)
from dictate.engines.remote.wyoming import WyomingEngine
from dictate.events import RATE, FinalTranscript, pcm_from_samples, samples_from_pcm
from dictate.hotwords.model import Guards, Hotwords, Term, canonical_json
from tests.engines.test_quiet_speech import LONG, at_level
from tests.lab.engine import PATIENCE_S, Whole, Worker, loud, ready, running
from tests.lab.serving import Serving

LINE = "one two three"
SAYS = ("!terms", LINE)
SOUND = loud(1.0)


def words(name: str) -> Hotwords:
    return Hotwords((Term(name),))


def text(name: str) -> tuple[str, str]:
    """What is heard with this list, and without it."""
    return f"{LINE} {name}", LINE


def spoken(engine: EngineClient, hotwords: Hotwords) -> UtteranceClient:
    utterance = engine.begin(1, hotwords, None)
    utterance.feed(SOUND)
    return utterance


def both(final: FinalTranscript) -> tuple[str, str | None]:
    return final.text, final.plain


async def heard(engine: EngineClient, hotwords: Hotwords) -> tuple[str, str | None]:
    return both(await spoken(engine, hotwords).finish(Whole(SOUND)))


async def write(client: AsyncClient, raw: bytes) -> None:
    """An event that is encoded already."""
    assert client._writer is not None
    client._writer.write(raw)
    await client._writer.drain()


async def answer(client: AsyncClient, kind: str) -> Event:
    while event := await client.read_event():
        if event.type == kind:
            return event
    raise AssertionError(f"no {kind}")


async def said_with(client: AsyncClient) -> str:
    """The text, or what the error says, of an utterance on this connection."""
    for sent in (
        BeginUtterance(1).event(),
        Transcribe().event(),
        AudioStart(RATE, 2, 1).event(),
        AudioChunk(RATE, 2, 1, SOUND).event(),
        AudioStop().event(),
    ):
        await client.write_event(sent)
    while came := await client.read_event():
        if came.type in ("transcript", "error"):
            return str(came.data["text"])
    raise AssertionError("no answer")


def test_equal_lists_have_one_digest_and_others_another() -> None:
    one = Hotwords((Term("Claude Code", 2.0, ("clod code",)),), strength=1)
    assert one == Hotwords((Term("Claude Code", 2, ("clod code",)),), strength=1.0)
    assert len({one, words("Claude Code"), Hotwords(one.terms, context="code")}) == 3


def test_a_list_that_is_not_that_of_its_hash_is_not_kept() -> None:
    good = hotwords_event(words("Rust"))
    assert received(good) == (words("Rust"), "")
    good.data["hash"] = words("Rust").digest
    assert received(good) == (words("Rust"), words("Rust").digest)
    good.data["hotwords"]["terms"][0]["invented_later"] = [1]
    with pytest.raises(BadEvent, match="the hash"):
        received(good)


def test_what_a_later_version_knows_of_a_term_counts_in_the_hash() -> None:
    raw = hotwords_bytes(words("Rust")).replace(b'"terms":[{', b'"terms":[{"later":1,')
    body = raw.partition(b"\n")[2]
    encoded = body[body.index(b'"hotwords":') + 11 : -1]
    digest = hashlib.sha256(canonical_json(json.loads(encoded))).hexdigest()
    event = Event("dictate-hotwords", {"hotwords": json.loads(encoded), "hash": digest})
    assert received(event) == (words("Rust"), digest)


def test_the_lists_used_last_are_kept() -> None:
    lists = KeptLists()
    for number in range(MOST_LISTS + 1):
        lists.keep(str(number), Hotwords())
        assert lists.find("0")
    assert lists.find("1") is None
    assert lists.find("2")


def test_encoded_at_once_it_is_the_same_event() -> None:
    async def main() -> None:
        reader = asyncio.StreamReader()
        reader.feed_data(hotwords_bytes(words("Café")) * 2)
        reader.feed_eof()
        for _ in range(2):
            came = await read_event(reader)
            assert came is not None
            assert received(came) == (words("Café"), words("Café").digest)
        assert await read_event(reader) is None

    asyncio.run(main())


def test_each_utterance_has_its_own_list(tmp_path: Path) -> None:
    """One that was taken in ahead, one that was not, and after the process was killed."""

    async def main() -> None:
        async with running(tmp_path, *SAYS) as engine:
            await engine.prepare(words("Rust"))
            assert await heard(engine, words("Rust")) == text("Rust")
            assert await heard(engine, words("Python")) == text("Python")
            assert await heard(engine, Hotwords()) == (LINE, LINE)
            os.kill(await ready(engine), signal.SIGKILL)
            assert await heard(engine, words("Rust")) == text("Rust")
            open_one = spoken(engine, words("Python"))
            await asyncio.sleep(0.1)
            os.kill(await ready(engine), signal.SIGKILL)
            assert both(await open_one.finish(Whole(SOUND))) == text("Python")

    asyncio.run(main())


def test_a_process_that_hangs_at_the_question_for_the_list_is_replaced(tmp_path: Path) -> None:
    async def main() -> None:
        async with running(tmp_path, *SAYS, deadline_s=0.5) as engine:
            await engine.prepare(words("Rust"))
            os.kill(await ready(engine), signal.SIGSTOP)
            assert await heard(engine, words("Rust")) == text("Rust")
            assert engine.supervisor.run == 2

    asyncio.run(main())


def test_lists_that_change_at_any_moment_never_mix(tmp_path: Path) -> None:
    """Utterances that overlap, while lists are taken in and forgotten: more lists than are kept."""
    chance = random.Random(13)
    names = [f"Term{number}" for number in range(MOST_LISTS + 4)]

    async def one(engine: EngineClient, name: str) -> None:
        await asyncio.sleep(chance.random() * 0.3)
        if chance.random() < 0.5:
            await engine.prepare(words(name))
        utterance = engine.begin(1, words(name), None)
        for _ in range(4):
            utterance.feed(loud(0.25))
            await asyncio.sleep(chance.random() * 0.05)
        assert both(await utterance.finish(Whole(SOUND))) == text(name)

    async def main() -> None:
        async with running(tmp_path, *SAYS) as engine:
            await ready(engine)
            await asyncio.gather(*(one(engine, chance.choice(names)) for _ in range(40)))

    asyncio.run(main())


def test_a_forgotten_list_and_one_that_never_was_are_asked_for(tmp_path: Path) -> None:
    async def main() -> None:
        with Worker(tmp_path, *SAYS) as worker:
            one = await worker.connect()
            await one.write_event(WatchStatus().event())
            await write(one, hotwords_bytes(words("Rust")))
            assert UnusableTerms.from_event(await answer(one, UnusableTerms.type)).kept
            await one.write_event(hotwords_event(words("Python")))
            assert not UnusableTerms.from_event(await answer(one, UnusableTerms.type)).kept

            async def known(client: AsyncClient, name: str) -> bool:
                await client.write_event(hash_event(words(name)))
                return Known.from_event(await answer(client, Known.type)).known

            two = await worker.connect()
            assert not await known(two, "Python"), "it came without its hash"
            assert "send it whole" in await said_with(two)
            three = await worker.connect()
            assert await known(three, "Rust")
            for number in range(MOST_LISTS):
                await write(one, hotwords_bytes(words(f"other{number}")))
                await answer(one, UnusableTerms.type)
            assert await said_with(three) == text("Rust")[0], "this one had it before"
            assert not await known(three, "Rust")
            await write(three, hotwords_bytes(words("Rust")))
            assert await said_with(three) == text("Rust")[0]
            for client in (one, two, three):
                await client.disconnect()

    asyncio.run(asyncio.wait_for(main(), PATIENCE_S))


def test_quiet_speech_that_is_heard_again_brings_its_own_plain_text(tmp_path: Path) -> None:
    async def main() -> None:
        async with running(tmp_path, "!quiet hm", *SAYS) as engine:
            quiet = pcm_from_samples(at_level(LONG, -46))
            utterance = engine.begin(1, words("Rust"), None)
            utterance.feed(quiet)
            assert both(await utterance.finish(Whole(quiet))) == text("Rust")

    asyncio.run(main())


@pytest.mark.parametrize("age", ["this version", "an older one"])
def test_two_machines_with_lists_of_their_own_share_an_engine(tmp_path: Path, age: str) -> None:
    """And a server that forgets them, or knows no hashes."""
    sound = samples_from_pcm(SOUND)

    def client(path: Path, name: str) -> None:
        engine = WyomingEngine(EngineSettings(use="wyoming", address=str(path)))
        engine.load()
        assert engine.prepare(words(name)) == []
        assert engine.keeps_lists
        assert engine.inspect([Term(name)], Guards()) == [TermReport(name)]
        engine.keeps_lists = age == "this version"
        for number in range(MOST_LISTS):
            other = f"{name}{number}"
            for own in (other, name):
                utterance = engine.begin(words(own), None)
                utterance.feed(sound)
                assert (utterance.finish(), utterance.plain) == text(own)

    async def main(path: Path) -> None:
        await asyncio.gather(
            *(asyncio.to_thread(client, path, name) for name in ("Rust", "Python"))
        )

    with Serving(tmp_path / "server", lines=SAYS) as server:
        asyncio.run(main(server.socket))


def test_an_older_server_keeps_no_lists() -> None:
    assert not UnusableTerms.from_event(Event(UnusableTerms.type, {"terms": []})).kept
