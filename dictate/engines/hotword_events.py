"""A list of hotwords as an event of the protocol between the daemon and an engine process."""

import asyncio
import json
from typing import Any

from wyoming.event import Event

from dictate.engines.protocol import BadEvent
from dictate.hotwords.model import Guards, Hotwords, Term, TermState

HOTWORDS = "dictate-hotwords"


def hotwords_event(hotwords: Hotwords) -> Event:
    """The whole list, for one connection."""
    return Event(type=HOTWORDS, data={"hotwords": json.loads(hotwords.encoded)})


def hotwords_bytes(hotwords: Hotwords) -> bytes:
    """The whole list with its hash, to be kept, as it goes over the wire: an event of a long list
    takes too long to encode for each process."""
    data = b'{"hash":"%s","hotwords":%s}' % (hotwords.digest.encode(), hotwords.encoded)
    head = json.dumps({"type": HOTWORDS, "data_length": len(data)}).encode()
    return b"%s\n%s" % (head, data)


def hash_event(hotwords: Hotwords) -> Event:
    """The list by its hash."""
    return Event(type=HOTWORDS, data={"hash": hotwords.digest})


async def encode(hotwords: Hotwords) -> None:
    """Make the list ready to be sent, without stopping the loop."""
    if not hotwords.is_encoded:
        await asyncio.to_thread(lambda: hotwords.digest)


def hotwords_from_event(event: Event) -> Hotwords:
    """The list of a `dictate-hotwords` event. Raises BadEvent."""
    try:
        data = event.data["hotwords"]
        return Hotwords(
            terms=tuple(_term(term) for term in data["terms"]),
            strength=float(data["strength"]),
            replacements=tuple((str(a), str(b)) for a, b in data.get("replacements", ())),
            replacements_in=tuple(
                (str(tag), tuple((str(a), str(b)) for a, b in pairs))
                for tag, pairs in data.get("replacements_in", ())
            ),
            commands=tuple((str(a), str(b)) for a, b in data.get("commands", ())),
            context=str(data.get("context", "")),
            guards=_guards(data.get("guards", {})),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        # untranslated
        raise BadEvent(f"{event.type}: not a list of hotwords ({error!r})") from error


def _guards(data: dict[str, Any]) -> Guards:
    usual = Guards()
    return Guards(
        shortest=int(data.get("shortest", usual.shortest)),
        cap=bool(data.get("cap", usual.cap)),
        compare=bool(data.get("compare", usual.compare)),
    )


def _term(data: dict[str, Any]) -> Term:
    language = data.get("language")
    return Term(
        spelling=str(data["spelling"]),
        weight=float(data["weight"]),
        sounds_like=tuple(str(form) for form in data.get("sounds_like", ())),
        language=None if language is None else str(language),
        state=TermState(data.get("state", "active")),
    )
