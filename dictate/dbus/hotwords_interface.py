"""The D-Bus interface about the user's terms: what they did, corrections, and proofs.

A dictated text is returned only to the caller that asks for it. dbus-fast reads the annotations
here at run time: no `from __future__ import annotations`.
"""

from collections.abc import Callable, Coroutine, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from itertools import accumulate
from typing import Any, Protocol

from dbus_fast import Variant
from dbus_fast.annotations import DBusDict, DBusDouble, DBusStr, DBusUInt32
from dbus_fast.service import ServiceInterface, dbus_method

from dictate.dbus.interface import (
    HISTORY_CHARACTERS,
    HISTORY_LIMIT,
    Plain,
    Row,
    Strings,
    from_row,
)
from dictate.dbus.status_properties import Dicts
from dictate.hotwords.corrections import Correction
from dictate.hotwords.proposal import Proof, action_of
from dictate.hotwords.proposal_text import evidence, proposal
from dictate.journal.entry import Entry
from dictate.journal.evidence import Evidence, EvidenceKind
from dictate.platform.background import unless
from dictate.platform.bus import HOTWORDS_INTERFACE


@dataclass(frozen=True, slots=True)
class Firing:
    """What a term did in a text."""

    term: str
    kind: str
    """fired, heard or spelled; see `dictate.hotwords.firings`."""
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class AuditRow:
    """One text, and what the terms did in it."""

    entry: Entry
    without: str | None
    """As it would have been written without them; None if that is not known."""
    unknown: bool
    """Whether the text has terms of which it is not known, or not yet, how they came there."""
    firings: Sequence[Firing]


class HotwordsController(Protocol):
    """What clients may ask. Any DictateError reaches the client, with its message."""

    async def audit(self, limit: int) -> Sequence[AuditRow]:
        """The newest texts, newest first, and what the terms did in them."""

    async def counts(self) -> Sequence[Row]:
        """What is known of each term: the fields of `journal.evidence.TermCounts`."""

    async def record_trial(self, trial: Evidence) -> None:
        """Keep that a term was tried on a clip."""

    async def correct(self, number: int, text: str) -> Sequence[Correction]:
        """Take in the corrected text of a dictation: the words that were wrong."""

    def prove(self, number: int, wrong: str, right: str) -> Coroutine[Any, Any, Proof]:
        """Find out what the term `right` would do."""

    async def accept(self, number: int, proof: Proof) -> Sequence[str]:
        """Learn what `proof.action` says, and keep which dictation taught it: what changed."""

    async def unlearn(self, term: str) -> Sequence[str]:
        """Take back what was learned about a term: what changed."""

    async def correct_window(self, number: int) -> None:
        """Open the window in which the user corrects a dictation; 0 is the last text."""


class HotwordsInterface(ServiceInterface):
    """The interface on one connection."""

    def __init__(
        self,
        controller: Callable[[], HotwordsController],
        slot: Callable[[], AbstractContextManager[None]],
        caller_left: Callable[[], Coroutine[Any, Any, None]],
    ) -> None:
        """`controller` raises DictateError while there is none; each call runs inside a `slot`;
        `caller_left` raises when the client has left that made this call."""
        super().__init__(HOTWORDS_INTERFACE)
        self._caller_left = caller_left
        self._controller = controller
        self._slot = slot

    @dbus_method("Audit")
    async def audit(self, limit: DBusUInt32) -> Dicts:
        with self._slot():
            rows = await self._controller().audit(min(limit, HISTORY_LIMIT))
            room = accumulate(3 * len(row.entry.text) + len(row.without or "") for row in rows)
            fitting = max(1, sum(used <= HISTORY_CHARACTERS for used in room))
            return [_from_audit(row) for row in rows[:fitting]]

    @dbus_method("Counts")
    async def counts(self) -> Dicts:
        with self._slot():
            return [from_row(row) for row in await self._controller().counts()]

    @dbus_method("RecordTrial")
    async def record_trial(
        self,
        term: DBusStr,
        engine: DBusStr,
        model: DBusStr,
        strength: DBusDouble,
        clip: DBusStr,
        before: DBusStr,
        after: DBusStr,
    ) -> None:
        with self._slot():
            await self._controller().record_trial(
                Evidence(
                    term=term,
                    kind=EvidenceKind.TRIAL,
                    engine=engine,
                    model=model,
                    strength=strength,
                    clip=clip,
                    before=before,
                    after=after,
                )
            )

    @dbus_method("Correct")
    async def correct(self, number: DBusUInt32, text: DBusStr) -> Dicts:
        with self._slot():
            found = await self._controller().correct(number, text)
            return [from_row(asdict(each) | {"teaches": each.teaches}) for each in found]

    @dbus_method("Prove")
    async def prove(self, number: DBusUInt32, wrong: DBusStr, right: DBusStr) -> DBusDict:
        with self._slot():
            # It takes minutes and the engine, and nobody else could use the result.
            proving = self._controller().prove(number, wrong, right)
            return _from_proof(await unless(self._caller_left(), proving))

    @dbus_method("Accept")
    async def accept(
        self,
        number: DBusUInt32,
        action: DBusStr,
        term: DBusStr,
        wrong: DBusStr,
        right: DBusStr,
        weight: DBusDouble,
    ) -> Strings:
        with self._slot():
            accepted = Proof(term, wrong, right, action_of(action), weight)
            return list(await self._controller().accept(number, accepted))

    @dbus_method("Unlearn")
    async def unlearn(self, term: DBusStr) -> Strings:
        with self._slot():
            return list(await self._controller().unlearn(term))

    @dbus_method("CorrectWindow")
    async def correct_window(self, number: DBusUInt32) -> None:
        with self._slot():
            await self._controller().correct_window(number)


def _from_audit(row: AuditRow) -> dict[str, Variant]:
    entry = row.entry
    known = {} if row.without is None else {"without": row.without}
    plain: dict[str, Plain] = {
        "number": entry.number,
        "started": entry.started,
        "engine": entry.engine,
        "text": entry.text,
        "corrected": entry.corrected,
        "unknown": row.unknown,
        **known,
    }
    firings = [from_row(asdict(firing)) for firing in row.firings]
    return from_row(plain) | {"firings": Variant("aa{sv}", firings)}


def _from_proof(proof: Proof) -> dict[str, Variant]:
    found = asdict(proof) | {"action": proof.action.value}
    lists = {
        "trials": Variant("aa{sv}", [from_row(row) for row in found.pop("trials")]),
        "harms": Variant("aa{sv}", [from_row(row) for row in found.pop("harms")]),
        "control_harms": Variant("aa{sv}", [from_row(row) for row in found.pop("control_harms")]),
        "literal": Variant("ax", found.pop("literal")),
        "confirmed": Variant("ax", found.pop("confirmed")),
        "alike": Variant("ax", found.pop("alike")),
        "evidence": Variant("a(ss)", [list(line) for line in evidence(proof)]),
        "proposal": Variant("s", proposal(proof)),
    }
    return from_row(found) | lists
