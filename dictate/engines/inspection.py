"""How an engine sees single terms, asked through its process: `Engine.inspect` over the wire."""

import asyncio
from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict
from pathlib import Path

from wyoming.event import Event, async_write_event

from dictate.engines import TermReport
from dictate.engines.hotword_events import hotwords_event, hotwords_from_event
from dictate.engines.protocol import (
    LARGEST_EVENT,
    BadEvent,
    Inspect,
    Inspected,
    error_from,
    read_event,
)
from dictate.errors import EngineLost
from dictate.hotwords.model import Guards, Hotwords, Term
from dictate.translation import _


async def inspect(socket: Path, terms: Sequence[Term], guards: Guards) -> list[TermReport]:
    """How the engine process that listens at `socket` sees each of these terms, in or out of the
    list; as `Engine.inspect`. It answers once it is loaded. Dictations go on meanwhile. Raises
    OSError, EngineError."""
    reader, writer = await asyncio.open_unix_connection(str(socket), limit=LARGEST_EVENT)
    with closing(writer):
        await async_write_event(question(terms, guards), writer)
        event = await read_event(reader)
    if event is None:
        raise EngineLost(_("the engine was lost"))
    if event.type == "error":
        raise error_from(event)
    return reports(event)


def question(terms: Sequence[Term], guards: Guards) -> Event:
    """Asks for the reports on these terms."""
    data = hotwords_event(Hotwords(tuple(terms), guards=guards)).data["hotwords"]
    return Inspect(data["terms"], data["guards"]).event()


def asked(event: Event) -> tuple[tuple[Term, ...], Guards]:
    """The terms and guards of a question. Raises BadEvent."""
    inspect = Inspect.from_event(event)
    data = {"terms": inspect.terms, "guards": inspect.guards, "strength": 1.0}
    hotwords = hotwords_from_event(Event(event.type, {"hotwords": data}))
    return hotwords.terms, hotwords.guards


def answer(reports: Sequence[TermReport]) -> Event:
    """The reports as an event."""
    return Inspected([asdict(report) for report in reports]).event()


def reports(event: Event) -> list[TermReport]:
    """The reports of an answer. Raises BadEvent."""
    try:
        return [
            TermReport(
                str(report["spelling"]),
                tuple(map(str, report["tokens"])),
                str(report["problem"]),
            )
            for report in Inspected.from_event(event).reports
        ]
    except (KeyError, TypeError) as error:
        # untranslated
        raise BadEvent(f"{event.type}: not a list of reports ({error!r})") from error
