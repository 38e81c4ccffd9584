"""What is written by the library is read by us, and junk is nothing but a BadEvent."""

import asyncio
import contextlib
import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wyoming.event import Event, async_write_event

from dictate.config.schema import EngineSettings
from dictate.engines import inspection
from dictate.engines.attempt import UtteranceAttempt
from dictate.engines.hotword_events import HOTWORDS, hotwords_event, hotwords_from_event
from dictate.engines.protocol import (
    LARGEST_EVENT,
    LARGEST_NUMBER,
    AskDraft,
    BadEvent,
    BeginUtterance,
    Cancel,
    Drafted,
    DropDraft,
    EventQueue,
    Inspect,
    Inspected,
    Known,
    PartialText,
    Progress,
    StatusEvent,
    Timings,
    Token,
    UnusableTerms,
    WatchStatus,
    read_event,
)
from dictate.engines.supervisor import EngineSupervisor
from dictate.events import FinalTranscript
from dictate.hotwords.model import Guards, Hotwords, Term, TermState

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
numbers = st.floats(0, 1e6) | st.integers(0, 10**6)
junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)


class Wire:
    """Writes into memory, as a StreamWriter writes into a socket."""

    def __init__(self) -> None:
        self.raw = bytearray()
        self.write: Callable[[bytes], None] = self.raw.extend

    def writelines(self, pieces: list[bytes]) -> None:
        self.raw.extend(b"".join(pieces))

    async def drain(self) -> None:
        pass


def written(*events: Event) -> bytes:
    async def main() -> bytes:
        wire = Wire()
        for event in events:
            await async_write_event(event, wire)  # type: ignore[arg-type]
        return bytes(wire.raw)

    return asyncio.run(main())


def read(raw: bytes) -> list[Event]:
    """All events until the end."""

    async def main() -> list[Event]:
        reader = asyncio.StreamReader(limit=LARGEST_EVENT)
        reader.feed_data(raw)
        reader.feed_eof()
        events = []
        while event := await read_event(reader):
            events.append(event)
        return events

    return asyncio.run(main())


ours = st.one_of(
    st.just(WatchStatus()),
    st.just(Cancel()),
    st.builds(Token, token=texts),
    st.builds(
        StatusEvent,
        state=st.sampled_from(["loading", "ready", "failed"]),
        message=texts,
        name=texts,
        languages=st.lists(texts, max_size=3),
        streams=st.booleans(),
        can_draft=st.booleans(),
        hotwords_as=texts,
        load_s=numbers,
        memory_mb=numbers,
        model=texts,
        device=texts,
        precision=texts,
        chunk_ms=st.integers(0, 2000),
        device_memory_mb=numbers,
        notes=st.lists(texts, max_size=3),
        local=st.booleans(),
    ),
    st.builds(
        BeginUtterance,
        dictation=st.integers(0, LARGEST_NUMBER),
        partials=st.booleans(),
        chunk_ms=st.integers(0, 2000),
    ),
    st.builds(PartialText, dictation=st.integers(0, LARGEST_NUMBER), text=texts),
    st.builds(Progress, audio_s=numbers),
    st.builds(AskDraft, number=st.integers(0, 2**31)),
    st.just(DropDraft()),
    st.builds(Drafted, number=st.integers(0, 2**31), text=texts, language=texts, reason=texts),
    st.builds(
        Timings,
        audio_s=numbers,
        finish_ms=numbers,
        rtf=numbers,
        chunk_ms=st.integers(0, 2000),
        steps=st.integers(0, 2**31),
        step_ms=numbers,
        note=texts,
        plain=st.none() | texts,
    ),
    st.builds(UnusableTerms, terms=st.lists(texts, max_size=3), kept=st.booleans()),
    st.builds(Known, known=st.booleans()),
    st.builds(
        Inspect,
        terms=st.lists(st.dictionaries(texts, texts, max_size=2), max_size=2),
        guards=st.dictionaries(texts, st.booleans(), max_size=2),
    ),
    st.builds(Inspected, reports=st.lists(st.dictionaries(texts, texts, max_size=2), max_size=2)),
)


@given(st.lists(ours, max_size=4))
def test_our_events_arrive_as_they_were_sent(sent: list[Any]) -> None:
    came = read(written(*(event.event() for event in sent)))
    assert [event.type for event in came] == [event.type for event in sent]
    assert [type(one).from_event(event) for one, event in zip(sent, came, strict=True)] == sent


hotwords = st.builds(
    Hotwords,
    terms=st.lists(
        st.builds(
            Term,
            spelling=texts,
            weight=st.floats(0.1, 10),
            sounds_like=st.lists(texts, max_size=3).map(tuple),
            language=st.none() | texts,
            state=st.sampled_from(TermState),
        ),
        max_size=4,
    ).map(tuple),
    strength=st.floats(0, 4),
    replacements=st.lists(st.tuples(texts, texts), max_size=3).map(tuple),
    replacements_in=st.lists(
        st.tuples(texts, st.lists(st.tuples(texts, texts), max_size=2).map(tuple)), max_size=2
    ).map(tuple),
    commands=st.lists(st.tuples(texts, texts), max_size=3).map(tuple),
    context=texts,
    guards=st.builds(Guards, st.integers(1, 20), st.booleans(), st.booleans()),
)


@given(hotwords)
def test_a_list_of_hotwords_arrives_equal(sent: Hotwords) -> None:
    (came,) = read(written(hotwords_event(sent)))
    assert hotwords_from_event(came) == sent


def test_sound_and_a_client_that_writes_its_data_into_the_line() -> None:
    sound = Event("audio-chunk", {"rate": 16000}, bytes(range(256)))
    (came,) = read(written(sound))
    assert (came.type, came.data, came.payload) == (sound.type, sound.data, sound.payload)
    (came,) = read(b'{"type": "transcribe", "data": {"language": "en"}}\n')
    assert came.data == {"language": "en"}


def survives(raw: bytes) -> None:
    """Events, the end, or BadEvent; anything else comes through."""
    try:
        for event in read(raw):
            assert isinstance(event.type, str)
            assert isinstance(event.data, dict)
    except BadEvent:
        pass


@given(st.binary(max_size=200))
@pytest.mark.fault("G4")
def test_any_bytes(raw: bytes) -> None:
    survives(raw)
    survives(raw + b"\n")


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "type": junk,
            "data": junk,
            "data_length": junk | st.integers(0, 60),
            "payload_length": junk | st.integers(0, 60),
        },
    )
    | junk,
    st.binary(max_size=50) | junk.map(lambda value: json.dumps(value).encode()),
)
@pytest.mark.fault("G4")
def test_any_json(head: object, rest: bytes) -> None:
    survives(json.dumps(head).encode() + b"\n" + rest)


@given(
    st.sampled_from(
        [
            WatchStatus,
            StatusEvent,
            BeginUtterance,
            PartialText,
            Progress,
            Timings,
            AskDraft,
            Drafted,
            Cancel,
            UnusableTerms,
            Known,
            Inspect,
            Inspected,
        ]
    ),
    st.dictionaries(
        st.sampled_from(
            [
                *("state", "dictation", "text", "audio_s", "terms", "languages", "rtf", "plain"),
                *("known", "number", "reason"),
            ]
        ),
        junk,
    ),
)
def test_any_data_in_an_event_of_ours(kind: Any, data: dict[str, Any]) -> None:
    with contextlib.suppress(BadEvent):
        came = kind.from_event(Event(kind.type, data))
        took = {name: value for name, value in data.items() if name in vars(came)}
        # As text, where not-a-number is equal to itself.
        assert repr({name: getattr(came, name) for name in took}) == repr(took)


@given(
    junk
    | st.fixed_dictionaries(
        {"terms": junk | st.lists(st.fixed_dictionaries({"spelling": junk, "weight": junk}))},
        optional={"strength": st.floats() | junk, "replacements": junk, "commands": junk},
    )
)
def test_any_data_for_a_list_of_hotwords(data: object) -> None:
    with contextlib.suppress(BadEvent):
        assert isinstance(hotwords_from_event(Event(HOTWORDS, {"hotwords": data})), Hotwords)


@pytest.mark.parametrize("size", [LARGEST_EVENT + 1, 10**12, -1, "7", 1.5])
@pytest.mark.parametrize("name", ["data_length", "payload_length"])
def test_a_size_that_nobody_sends_is_not_waited_for(name: str, size: object) -> None:
    with pytest.raises(BadEvent, match=name):
        read(json.dumps({"type": "audio-chunk", name: size}).encode() + b"\n")


@pytest.mark.parametrize(
    "raw",
    [
        b"x" * (LARGEST_EVENT + 100),
        b'{"type": "ping", "data": ' + b"[" * 100_000 + b"]" * 100_000 + b"}\n",
        b'{"type": "ping", "data_length": ' + b"9" * 5000 + b"}\n",
        b'{"type": 1}\n',
        b'{"type": "ping", "data": [1]}\n',
        b'{"type": "ping", "data": "text"}\n',
        b'{"type": "ping", "data": [1], "data_length": 2}\n{}',
        b'{"type": "ping", "data_length": 2}\n[]',
        b"\xff\xfe\n",
    ],
    ids=lambda raw: repr(raw[:30]),
)
def test_no_event_at_all(raw: bytes) -> None:
    with pytest.raises(BadEvent):
        read(raw)


@pytest.mark.parametrize("cut", range(1, 40, 3))
def test_cut_off_in_the_middle_is_the_end(cut: int) -> None:
    whole = written(Event("audio-chunk", {"rate": 16000}, b"0123456789"))
    head = whole.index(b"\n") + 1
    assert read(whole[: head + cut % (len(whole) - head)]) == []


@given(st.lists(ours, max_size=4), st.integers(1, 60))
def test_without_a_loop_our_events_arrive_in_any_pieces(sent: list[Any], size: int) -> None:
    inbox = EventQueue()
    came: list[Event] = []
    raw = written(*(event.event() for event in sent))
    for start in range(0, len(raw), size):
        inbox.push(raw[start : start + size])
        while event := inbox.pop():
            came.append(event)
    assert came == read(raw)
    assert len(came) == len(sent)


@given(
    st.lists(
        st.binary(max_size=40).map(lambda raw: raw + b"\n")
        | st.dictionaries(
            st.sampled_from(["type", "data", "data_length", "payload_length"]),
            junk | st.integers(0, 9) | texts,
        ).map(lambda head: json.dumps(head).encode() + b"\n{}\n"),
        max_size=3,
    ),
    st.integers(1, 60),
)
def test_without_a_loop_junk_is_the_same_junk(lines: list[bytes], size: int) -> None:
    """As many events, and then the same BadEvent or the same end."""
    raw = b"".join(lines)
    inbox = EventQueue()
    outcomes: list[object] = []
    try:
        for start in range(0, len(raw), size):
            inbox.push(raw[start : start + size])
            while event := inbox.pop():
                outcomes.append(event)
    except BadEvent:
        with pytest.raises(BadEvent):
            read(raw)
    else:
        assert repr(read(raw)) == repr(outcomes)


@pytest.mark.parametrize("size", [1000, 70_000])
@pytest.mark.fault("G4")
def test_without_a_loop_a_line_without_an_end_is_not_kept_for_ever(size: int) -> None:
    inbox = EventQueue()
    for _ in range(LARGEST_EVENT // size):
        inbox.push(b" " * size)
        assert inbox.pop() is None
    inbox.push(b" " * size)
    with pytest.raises(BadEvent, match="more than"):
        inbox.pop()


@given(junk, junk)
def test_any_data_in_questions_and_answers_about_terms(one: object, other: object) -> None:
    for data in ({"terms": [one], "guards": {"shortest": other}}, {"terms": one, "guards": other}):
        with contextlib.suppress(BadEvent):
            inspection.asked(Event(Inspect.type, data))
    for reports in (one, [one], [{"spelling": one, "tokens": other, "problem": one}]):
        with contextlib.suppress(BadEvent):
            inspection.reports(Event(Inspected.type, {"reports": reports}))


@pytest.mark.parametrize(
    ("sent", "taken"),
    [
        (2**40, 2**32 - 1),
        (10**400, 2**32 - 1),
        (float("inf"), 2**32 - 1),
        (-1, 0),
        (float("-inf"), 0),
        (float("nan"), 0),
        (7, 7),
    ],
)
def test_a_number_that_cannot_be_becomes_one_that_can(sent: float, taken: int) -> None:
    assert Progress.from_event(Event(Progress.type, {"audio_s": sent})).audio_s == taken
    if isinstance(sent, int):
        numbers = {"audio_s": 1, "finish_ms": 1, "rtf": 1, "chunk_ms": sent}
        assert Timings.from_event(Event(Timings.type, numbers)).chunk_ms == taken


@pytest.mark.parametrize(
    "timings",
    [
        {"audio_s": 1.0, "finish_ms": 1.0, "rtf": 0.1, "chunk_ms": 2**40},
        {"audio_s": -(10**400), "finish_ms": float("nan"), "rtf": float("inf"), "chunk_ms": -5},
        {"audio_s": "many", "finish_ms": None, "rtf": []},
        {"audio_s": 1.0, "finish_ms": 1.0, "rtf": 0.1, "plain": "x" * 2_000_000},
        {},
    ],
)
@pytest.mark.fault("D11")
def test_no_number_about_the_work_costs_the_text(timings: dict[str, Any]) -> None:
    async def main() -> FinalTranscript:
        reader, wire = asyncio.StreamReader(), Wire()
        settings, folder = EngineSettings(use="scripted:nothing"), Path("nowhere")
        shown: list[dict[str, Any]] = []
        owner = EngineSupervisor(settings, folder, lambda: shown.append(asdict(owner.info)))
        attempt = UtteranceAttempt(owner, 1, Hotwords(), None, lambda _: None)
        await async_write_event(Event(Timings.type, timings), wire)  # type: ignore[arg-type]
        await async_write_event(Event("transcript", {"text": "All of it."}), wire)  # type: ignore[arg-type]
        reader.feed_data(bytes(wire.raw))
        reader.feed_eof()
        final = await attempt._receive(reader)
        await asyncio.sleep(0)
        for value in shown[-1].values():
            assert not isinstance(value, float | int) or 0 <= value < 2**32
        return final

    assert asyncio.run(main()).text == "All of it."
