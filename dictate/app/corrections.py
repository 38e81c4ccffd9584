"""Corrections of the user's: what was wrong, what could be learned from that, and the learning."""

import asyncio
import time
from collections.abc import Sequence

from dictate.app.evidence_recorder import EvidenceRecorder
from dictate.app.journal_thread import JournalThread
from dictate.app.proof import Prover
from dictate.app.reloader import Reloader
from dictate.errors import DictateError, JournalError, NotFound
from dictate.hotwords.corrections import Correction
from dictate.hotwords.learning import learn, take_back
from dictate.hotwords.proposal import Proof
from dictate.hotwords.spoken_words import Words
from dictate.journal.entry import Entry
from dictate.journal.evidence import Evidence, EvidenceKind
from dictate.journal.journal import Journal
from dictate.translation import _


class Corrections:
    """All methods belong on the loop, and raise DictateError."""

    def __init__(
        self,
        journal: JournalThread,
        recorder: EvidenceRecorder,
        prover: Prover,
        reloader: Reloader,
    ) -> None:
        self._journal = journal
        self._recorder = recorder
        self._prover = prover
        self._reloader = reloader

    async def text_of(self, number: int) -> tuple[int, str]:
        """The number and the text of this dictation, as the user last corrected it; 0 is the last
        that has a text."""
        entry = await (self._entry(number) if number else self._journal.call(Journal.last))
        if entry is None or not entry.text:
            if number:
                why = _("dictation {number} has no text; see `dictatectl history`")
                raise NotFound(why.format(number=number))
            raise NotFound(_("there is no text yet; see `dictatectl history`"))
        return entry.number, entry.corrected or entry.text

    async def correct(self, number: int, text: str) -> list[Correction]:
        """Take in the corrected text of a dictation: the words that were wrong."""
        return await self._recorder.corrected(number, text)

    async def prove(self, number: int, wrong: str, right: str) -> Proof:
        """Find out what a term would do."""
        if not (Words.of(wrong).keys and Words.of(right).keys):
            raise DictateError(_("a correction has at least one wrong word and one right word"))
        return await self._prover.prove(await self._entry(number), wrong, right)

    async def accept(self, number: int, proof: Proof) -> list[str]:
        """Learn what `proof.action` says, for the user has accepted it; what changed."""
        await self._entry(number)  # what is forgotten teaches nothing
        learned = await asyncio.to_thread(learn, self._reloader.hotwords_file, proof)
        if learned.lines:
            row = Evidence(
                term=learned.term,
                kind=EvidenceKind.LEARNED,
                dictation=number,
                before=proof.wrong,
                after=learned.term,
                how=learned.how,
                at=time.time(),
            )
            try:
                await self._journal.call(lambda journal: journal.evidence.record([row]))
            except JournalError as error:
                raise JournalError(
                    _(
                        "{lines}: done, but the journal cannot keep that dictation {number} "
                        "taught it, so `dictatectl hotwords unlearn` cannot take it back: "
                        "{error}"
                    ).format(lines="; ".join(learned.lines), number=number, error=error)
                ) from error
            finally:
                await self._reloader.reload_or_report()
        return learned.lines

    async def unlearn(self, term: str) -> Sequence[str]:
        """Take back what was learned about a term, whatever its letter case; what changed."""
        for known in await self._journal.call(lambda journal: journal.evidence.counts()):
            if known.term.casefold() == term.casefold() and known.learned_at:
                break
        else:
            raise NotFound(
                _(
                    "nothing is known to be learned about {term!r}; `dictatectl hotwords "
                    "remove` takes it out all the same"
                ).format(term=term)
            )
        path = self._reloader.hotwords_file
        how, wrong = known.learned_how, known.learned_wrong
        lines = await asyncio.to_thread(take_back, path, known.term, how, wrong)
        try:
            await self._journal.call(lambda journal: journal.evidence.unlearn(known.term))
        except JournalError as error:
            done = "; ".join(lines) or _("it was taken out already")
            raise JournalError(
                _(
                    "{done}: done, but the journal still says that it was learned; unlearn "
                    "it once more later: {error}"
                ).format(done=done, error=error)
            ) from error
        finally:
            await self._reloader.reload_or_report()
        return lines

    async def _entry(self, number: int) -> Entry:
        entry = await self._journal.call(Journal.get, number)
        if entry is None:
            raise NotFound(
                _("there is no dictation {number}; see `dictatectl history`").format(number=number)
            )
        return entry
