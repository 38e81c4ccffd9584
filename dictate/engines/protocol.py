"""The protocol between the daemon and an engine process: Wyoming, and a few events of our own.

A plain Wyoming client needs none of this: `describe` -> `info`, and `transcribe`, `audio-start`,
`audio-chunk`*, `audio-stop` -> `transcript` or `error`, one after the other on one connection,
which ends after an `error`. An engine that streams puts Wyoming's own `transcript-start`,
`transcript-chunk`* before the `transcript`, and `transcript-stop` after it (see
`wyoming_compat.py`).

A client that knows our events announces it with `dictate-watch` or `dictate-utterance`; only then
are they sent to it. Each utterance has a connection of its own, so that one can finish while the
next is being fed, and late events of a cancelled one die with its connection.

    dictate-watch       ->  dictate-status, now and at each change
    dictate-hotwords    ->  dictate-progress*, dictate-unusable, on a watching connection: the list
                            is prepared ahead
    dictate-hotwords, dictate-utterance, transcribe, audio-start, audio-chunk*, audio-stop
                        ->  dictate-partial*, dictate-progress*, dictate-timings, transcript
    dictate-cancel      ->  nothing more for this utterance
    dictate-draft       ->  dictate-timings, dictate-drafted: the text if the sound ended here, made
                            as soon as no more sound waits
    dictate-drop-draft  ->  no draft any more, unless it is under way
    dictate-inspect     ->  dictate-inspected: how the engine sees single terms

`dictate-hotwords` has the whole list. With its hash beside it, the process keeps it, and other
connections may name it by the hash alone. That is answered by `dictate-known`; a client whose list
is not known sends it whole before it goes on. So there is no list that the process could have
forgotten in between, or that belongs to another utterance:

    dictate-hotwords {hash} ->  dictate-known

A draft that is not made, by the rules of `draft_limit.py` or because the engine failed at it, is
answered by a `dictate-drafted` with the reason. One that the end of the sound or another question
overtakes is not answered.

A server that asks for a token gets `dictate-token` as the first event of each connection, and
answers nothing before it.
"""

import asyncio
import json
import traceback
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from pathlib import Path
from types import UnionType
from typing import Any, ClassVar, Final, Self

from wyoming.event import Event

from dictate.errors import DictateError, EngineError
from dictate.translation import _

LARGEST_EVENT = 8 * 1024 * 1024
"""Maximum number of bytes in an event. A connection that sends a larger one is closed. The largest
hotwords.toml makes an event of 5 MB."""

LARGEST_MESSAGE = 1000
"""Maximum number of characters of an error that are passed on."""

LARGEST_NUMBER = 2**32 - 1
"""Maximum of all counts and times, which are never negative: D-Bus can still carry it."""

PROGRAM = "dictate"
"""The name in the `info` of a server that knows our events."""


class EngineState(StrEnum):
    """What an engine process is doing."""

    LOADING = "loading"
    READY = "ready"
    RESTARTING = "restarting"
    """The process has failed, and the next one starts. A process never reports this itself."""
    FAILED = "failed"


class BadEvent(EngineError):
    """What was received is not an event of this protocol."""


_OF_THE_DEVICE: Final = ("OutOfMemoryError", "AcceleratorError")
"""PyTorch's errors about the graphics card, by their classes: their messages quote no text."""


def error_text(error: Exception) -> str:
    """An error that no text was there to be quoted in, with all that is known about it."""
    if not isinstance(error, DictateError):
        return f"{type(error).__name__}: {error}"
    says = getattr(error, "says", "")
    return f"{error}" + _("; it says: {says}").format(says=says) if says else str(error)


def error_event(error: Exception) -> Event:
    """An error about an utterance, as its process reports it to the client. What others say about
    it may quote the text, and is kept apart in `says`."""
    kind, text, says = type(error).__name__, str(error), getattr(error, "says", "")
    if kind in _OF_THE_DEVICE:
        text = f"{kind}: {' '.join(text.split())}"
    elif not isinstance(error, DictateError):
        text, says = _where(error), str(error)
    return Event("error", {"text": text, "code": kind, "says": says[:LARGEST_MESSAGE]})


def error_from(event: Event) -> EngineError:
    """The error that such an event reports."""
    text, says = (str(event.data.get(key) or "") for key in ("text", "says"))
    return EngineError(text[:LARGEST_MESSAGE], says[:LARGEST_MESSAGE])


def _where(error: Exception) -> str:
    """What kind of error this is, and where it arose."""
    places = traceback.extract_tb(error.__traceback__)[-1:]
    at = "".join(f" at {Path(place.filename).name}:{place.lineno}" for place in places)
    return f"{type(error).__name__}{at}"


def _possible(value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    return 0 if value != value else max(0, min(LARGEST_NUMBER, value))


@dataclass(frozen=True)
class DictateEvent:
    """An event of our own: its fields are its data."""

    type: ClassVar[str]

    def event(self) -> Event:
        return Event(type=self.type, data=asdict(self))

    @classmethod
    def from_event(cls, event: Event) -> Self:
        """Raises BadEvent if a field is missing or is not of its type. A number that nothing here
        can be becomes the nearest that can."""
        values = {}
        for field in fields(cls):
            value = event.data.get(field.name, field.default)
            kind = field.type
            assert isinstance(kind, type | UnionType)
            if kind is EngineState and value in tuple(EngineState):
                value = EngineState(value)
            if not isinstance(value, kind):
                raise BadEvent(f"{event.type}: {field.name} is {type(value).__name__}")
            values[field.name] = _possible(value)
        return cls(**values)


@dataclass(frozen=True)
class Token(DictateEvent):
    """A client that knows it may use the engine."""

    type: ClassVar[str] = "dictate-token"

    token: str


@dataclass(frozen=True)
class WatchStatus(DictateEvent):
    """Asks for a `dictate-status`, now and at each change."""

    type: ClassVar[str] = "dictate-watch"


@dataclass(frozen=True)
class StatusEvent(DictateEvent):
    """The state of the engine, and what it runs on."""

    type: ClassVar[str] = "dictate-status"

    state: EngineState
    message: str = ""
    """Why it failed."""
    name: str = ""
    languages: list | tuple = ()  # type: ignore[type-arg]
    streams: bool = False
    can_draft: bool = False
    hotwords_as: str = ""
    punctuates: bool | None = None
    load_s: float | int = 0.0
    memory_mb: float | int = 0.0
    model: str = ""
    device: str = ""
    precision: str = ""
    chunk_ms: int = 0
    device_memory_mb: float | int = 0.0
    rtf: float | int = 0.0
    """Real-time factor, if it was measured when the engine was loaded."""
    notes: list | tuple = ()  # type: ignore[type-arg]
    local: bool = True
    """Whether it is on this machine: a remote one may come back by itself."""


@dataclass(frozen=True)
class BeginUtterance(DictateEvent):
    """The utterance that follows on this connection belongs to this dictation."""

    type: ClassVar[str] = "dictate-utterance"

    dictation: int
    partials: bool = True
    """Whether `dictate-partial` is wanted."""
    chunk_ms: int = 0
    """Milliseconds of sound in a step; 0 means the engine's default."""
    louder: bool = True
    """Whether quiet sound is recognised once more, louder."""


@dataclass(frozen=True)
class PartialText(DictateEvent):
    """The whole text so far."""

    type: ClassVar[str] = "dictate-partial"

    dictation: int
    text: str


@dataclass(frozen=True)
class Progress(DictateEvent):
    """The engine's thread is at work. Sent again and again in a call that takes long."""

    type: ClassVar[str] = "dictate-progress"

    audio_s: float | int
    """Seconds of this utterance that it has worked through."""


@dataclass(frozen=True)
class AskDraft(DictateEvent):
    """Asks for the text if the sound of this utterance ended here."""

    type: ClassVar[str] = "dictate-draft"

    number: int
    """The answer has it, too."""


@dataclass(frozen=True)
class DropDraft(DictateEvent):
    """The draft that was asked for is not wanted any more."""

    type: ClassVar[str] = "dictate-drop-draft"


@dataclass(frozen=True)
class Drafted(DictateEvent):
    """A draft. It is of at least the sound before its question: `dictate-timings`, sent just before
    it, says of how much."""

    type: ClassVar[str] = "dictate-drafted"

    number: int
    text: str = ""
    language: str = ""
    """As in the transcript."""
    reason: str = ""
    """Why there is no draft; empty if there is one."""


@dataclass(frozen=True)
class Timings(DictateEvent):
    """How long this utterance took; sent just before its transcript or draft."""

    type: ClassVar[str] = "dictate-timings"

    audio_s: float | int
    finish_ms: float | int
    """From the end of the sound to the text."""
    rtf: float | int
    """Real-time factor: seconds of work for a second of sound."""
    chunk_ms: int = 0
    steps: int = 0
    step_ms: float | int = 0.0
    """The median step."""
    note: str = ""
    plain: str | None = None
    """The text of the same sound without the hotwords, if the engine computed it."""


@dataclass(frozen=True)
class Cancel(DictateEvent):
    """Throw the utterance of this connection away."""

    type: ClassVar[str] = "dictate-cancel"


@dataclass(frozen=True)
class UnusableTerms(DictateEvent):
    """The list was taken in; one line for each term that cannot be used."""

    type: ClassVar[str] = "dictate-unusable"

    terms: list  # type: ignore[type-arg]
    kept: bool = False
    """Whether it may be named by its hash from now on. Older servers cannot do that."""


@dataclass(frozen=True)
class Inspect(DictateEvent):
    """Asks how the engine sees these terms; they are in no list."""

    type: ClassVar[str] = "dictate-inspect"

    terms: list  # type: ignore[type-arg]
    """As in `dictate-hotwords`."""
    guards: dict  # type: ignore[type-arg]


@dataclass(frozen=True)
class Inspected(DictateEvent):
    """For each term its spelling, tokens and problem (`TermReport`), in the same order."""

    type: ClassVar[str] = "dictate-inspected"

    reports: list  # type: ignore[type-arg]


@dataclass(frozen=True)
class Known(DictateEvent):
    """Whether the list with this hash is here; if so, it is that of the next utterance."""

    type: ClassVar[str] = "dictate-known"

    known: bool


@dataclass(frozen=True)
class Align(DictateEvent):
    """Asks the aligner when each word of this text is said in the sound that is the event's payload
    (PCM, mono, 16 kHz)."""

    type: ClassVar[str] = "dictate-align"

    text: str


@dataclass(frozen=True)
class Aligned(DictateEvent):
    """The aligner's answer."""

    type: ClassVar[str] = "dictate-aligned"

    words: list  # type: ignore[type-arg]
    """For each word that it found in the text: the word, and the seconds from the start of the
    sound at which it begins and ends."""
    moved: int = 0
    """Number of these times that contradicted the others and were moved."""


class EventQueue:
    """Events out of a stream of bytes, for a reader without an event loop. As strict as
    `read_event`."""

    def __init__(self) -> None:
        self._raw = bytearray()

    def push(self, data: bytes) -> None:
        """Add what was received."""
        self._raw += data

    def pop(self) -> Event | None:
        """The next event, or None while it is incomplete. Raises BadEvent."""
        end = self._raw.find(b"\n")
        if end < 0:
            if len(self._raw) > LARGEST_EVENT:
                raise BadEvent(f"an event of more than {LARGEST_EVENT} bytes")  # untranslated
            return None
        try:
            head = _json_object(bytes(self._raw[:end]))
            length, payload_length = _size(head, "data_length"), _size(head, "payload_length")
            start, stop = end + 1, end + 1 + length + payload_length
            if len(self._raw) < stop:
                return None
            data = bytes(self._raw[start : start + length])
            payload = bytes(self._raw[start + length : stop])
            event = _event(head, data, payload)
        except (ValueError, TypeError, RecursionError) as error:
            raise BadEvent(f"not an event: {error}") from error  # untranslated
        del self._raw[:stop]
        return event


async def read_event(reader: asyncio.StreamReader, largest: int = LARGEST_EVENT) -> Event | None:
    """The next event, or None at the end.

    The library's own reader accepts any size and any JSON. This one raises BadEvent for an event
    with more than `largest` bytes of data or payload, and for anything that is not an event. Its
    first line is bounded by the limit of `reader`.
    """
    try:
        line = await reader.readline()
        if not line:
            return None
        head = _json_object(line)
        length = _size(head, "data_length", largest)
        payload_length = _size(head, "payload_length", largest)
        data = await reader.readexactly(length)
        return _event(head, data, await reader.readexactly(payload_length))
    except asyncio.IncompleteReadError:
        return None
    except (ValueError, TypeError, RecursionError) as error:
        raise BadEvent(f"not an event: {error}") from error  # untranslated


def _event(head: dict[str, Any], data: bytes, payload: bytes) -> Event:
    whole = head.get("data") or {}
    if data:
        whole = {**whole, **_json_object(data)}
    if not isinstance(head.get("type"), str) or not isinstance(whole, dict):
        raise BadEvent("an event without a type")  # untranslated
    return Event(type=head["type"], data=whole, payload=payload or None)


def _json_object(raw: bytes) -> dict[str, Any]:
    value = json.loads(raw)
    if not isinstance(value, dict):
        raise BadEvent("not a JSON object")  # untranslated
    return value


def _size(head: dict[str, Any], name: str, largest: int = LARGEST_EVENT) -> int:
    size = head.get(name) or 0
    if not isinstance(size, int) or not 0 <= size <= largest:
        raise BadEvent(f"{name} is {size!r}; the limit is {largest} bytes")  # untranslated
    return size
