"""What clients on the bus may ask about the user's terms. A text goes to the client that asked."""

import logging
import time
from collections.abc import Sequence
from dataclasses import asdict, replace

from dictate.app.correction_dialog import CorrectionDialog
from dictate.app.corrections import Corrections
from dictate.app.evidence_recorder import EvidenceRecorder
from dictate.app.journal_thread import JournalThread
from dictate.app.profiles import Profiles
from dictate.dbus.hotwords_interface import AuditRow, Firing
from dictate.dbus.interface import Row
from dictate.events import FinalTranscript
from dictate.hotwords.corrections import Correction
from dictate.hotwords.proposal import Proof
from dictate.journal.entry import Entry
from dictate.journal.evidence import FIRINGS, Evidence, EvidenceKind
from dictate.journal.journal import Journal

log = logging.getLogger(__name__)


class HotwordsController:
    """Implements `dbus.hotwords_interface.HotwordsController`."""

    def __init__(
        self,
        journal: JournalThread,
        profiles: Profiles,
        recorder: EvidenceRecorder,
        corrections: Corrections,
        dialog: CorrectionDialog,
    ) -> None:
        self._journal = journal
        self._profiles = profiles
        self._recorder = recorder
        self._corrections = corrections
        self._dialog = dialog

    async def audit(self, limit: int) -> Sequence[AuditRow]:
        """The newest texts, newest first, and what the terms did in them."""
        entries = [e for e in await self._journal.call(Journal.history, limit) if e.text]
        rows = await self._journal.call(
            lambda journal: journal.evidence.of_dictations([entry.number for entry in entries])
        )
        return [
            AuditRow(
                entry=entry,
                without=self._without(entry),
                unknown=await self._recorder.is_unknown(entry),
                firings=[
                    Firing(row.term, row.kind.value, row.before, row.after)
                    for row in rows
                    if row.dictation == entry.number and row.kind in FIRINGS
                ],
            )
            for entry in entries
        ]

    def _without(self, entry: Entry) -> str | None:
        """The text as it would have been written without any term; None if that is not known."""
        if entry.plain is None:
            return None
        profile = self._profiles.named(entry.profile)
        final = FinalTranscript(
            entry.number,
            entry.plain,
            entry.audio_s,
            punctuates=profile.engine.info.punctuates,
        )
        return profile.polish_without_terms(final, entry.application)

    async def counts(self) -> Sequence[Row]:
        """What is known of each term."""
        found = await self._journal.call(lambda journal: journal.evidence.counts())
        return [asdict(counts) for counts in found]

    async def record_trial(self, trial: Evidence) -> None:
        """A term was tried on a clip."""
        row = replace(trial, kind=EvidenceKind.TRIAL, at=time.time())
        await self._journal.call(lambda journal: journal.evidence.record([row]))

    async def correct(self, number: int, text: str) -> Sequence[Correction]:
        """Take in the corrected text of a dictation."""
        log.info("correction of dictation %d, asked over D-Bus", number)
        return await self._corrections.correct(number, text)

    async def prove(self, number: int, wrong: str, right: str) -> Proof:
        """Find out what a term would do."""
        log.info("proof with dictation %d, asked over D-Bus", number)
        return await self._corrections.prove(number, wrong, right)

    async def accept(self, number: int, proof: Proof) -> Sequence[str]:
        """The user accepted what was proposed, or something else."""
        return await self._corrections.accept(number, proof)

    async def unlearn(self, term: str) -> Sequence[str]:
        """The user took it back."""
        return await self._corrections.unlearn(term)

    async def correct_window(self, number: int) -> None:
        """Ask the user in a window."""
        log.info("correction window, asked over D-Bus")
        await self._dialog.open(number)
