"""Proves a correction before anything is learned from it: the user's own clip with and without the
term, then control sentences and the user's other dictations that still have sound, which must stay
as they are. If they do not, a lower weight is tried.

All of it runs on the engine in use, while nobody dictates.
"""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from dictate.app.control_set import Sentence, spoken
from dictate.app.idle_engine import IdleEngine
from dictate.app.journal_thread import JournalThread
from dictate.app.profiles import Profiles
from dictate.errors import DictateError, EngineError, EngineLost, JournalError
from dictate.events import RATE
from dictate.hotwords.corrections import Correction, corrections
from dictate.hotwords.model import Hotwords, Term, TermState
from dictate.hotwords.proposal import (
    ALREADY_RIGHT,
    ControlHarm,
    Harm,
    Proof,
    Trial,
    propose,
    propose_spelling,
    term_in,
)
from dictate.hotwords.spoken_words import TermFinder, Words
from dictate.journal.entry import Entry
from dictate.journal.evidence import Evidence, EvidenceKind
from dictate.journal.journal import Journal
from dictate.translation import _

WEIGHTS: Final = (1.0, 1.5, 2.5, 4.0)
"""Tried one after the other, until the term is recognized."""
LOWER: Final = {1.0: 0.5, 1.5: 1.2, 2.5: 2.0, 4.0: 3.2}
"""The weight that is tried after one of these that does harm: below it, but above the one before,
which was not enough."""
CONTROLS_S: Final = 20.0
"""Seconds for the control sentences to be recognized. Those that are by then count."""
MOST_DICTATIONS: Final = 10
"""Maximum number of other dictations that are recognized again."""
MOST_SOUND_S: Final = 60.0
"""Maximum number of seconds of their sound."""
MOST_WORDS: Final = 6
"""Maximum number of words, wrong or right, that are taken for one misheard term."""
LOOKED_AT: Final = 500
"""Dictations in whose texts a wrong phrase is looked for."""
PATIENCE_S: Final = 150.0
"""Seconds for all of it."""


class Prover:
    """All methods belong on the loop."""

    def __init__(self, engine: IdleEngine, journal: JournalThread, profiles: Profiles) -> None:
        self._engine = engine
        self._journal = journal
        self._profiles = profiles

    async def prove(self, entry: Entry, wrong: str, right: str) -> Proof:
        """Find out what the term `right` would do. Raises DictateError if a dictation or the engine
        comes in between for too long."""
        try:
            async with asyncio.timeout(PATIENCE_S):
                proof = await self._prove(entry, wrong, right)
        except TimeoutError as error:
            raise DictateError(
                _(
                    "the engine was not free for {seconds:.0f} s: try again when nobody dictates"
                ).format(seconds=PATIENCE_S)
            ) from error
        except EngineLost as error:  # it crashed, or another one was chosen
            raise EngineError(
                _("{error} during the proof: try again").format(error=error)
            ) from error
        finally:
            await self._take_in_again(entry)
        return proof

    async def _prove(self, entry: Entry, wrong: str, right: str) -> Proof:
        proof = Proof(right, wrong, right)
        others = [
            other
            for other in await self._journal.call(Journal.history, LOOKED_AT)
            if other.number != entry.number and other.text
        ]
        proof.literal, heard = await asyncio.to_thread(_in_texts, others, wrong)
        if max(len(Words.of(wrong).keys), len(Words.of(right).keys)) > MOST_WORDS:
            proof.why = _("more than {count} words in a row changed: that is no term").format(
                count=MOST_WORDS
            )
            return proof
        if Words.of(wrong).keys == Words.of(right).keys:
            propose_spelling(proof)
            return proof
        if right.islower() and heard.issuperset(Words.of(right).keys):
            proof.why = _("you say these words in other dictations, where they come out right")
            return proof
        proof.term = term_in(right, heard | set(Words.of(entry.text).keys))
        reason = await self._try(entry, proof)
        if not reason:
            language = self._profiles.named(entry.profile).language
            sentences, proof.control_note = await spoken(proof.term, wrong, language)
            await self._check_controls(sentences, entry, proof)
            await self._check_history(others, proof)
            if proof.harms or proof.control_harms:
                await self._try_lower(others, sentences, entry, proof)
        propose(proof, reason)
        return proof

    async def _try(self, entry: Entry, proof: Proof) -> str:
        """Try the clip at each weight; why that cannot be done, or brought nothing, else empty."""
        proof.clip = entry.heard
        if not entry.has_audio:
            return _("the sound of dictation {number} is no longer kept").format(
                number=entry.number
            )
        if reason := self._engine.why_not(entry.audio_s, profile=entry.profile):
            return reason
        pcm = await self._journal.call(Journal.audio, entry.number)
        hotwords = self._hotwords(entry)
        known = hotwords.term(proof.term)
        least = known.weight if known and known.state is TermState.ACTIVE else 0.0
        finder = TermFinder([(proof.term, ())])
        for weight in (weight for weight in WEIGHTS if weight > least):
            text = await self._hear(pcm, _with(hotwords, proof.term, weight), entry)
            right = _count(finder, text) > _count(finder, proof.clip)
            changed = _changes(proof.clip, text, finder)
            if right and changed:
                # The list or the engine may have changed since: that is not the term's doing.
                proof.clip = await self._hear(pcm, hotwords, entry)
                if _count(finder, proof.clip) and not _count(
                    TermFinder([(proof.wrong, ())]), proof.clip
                ):
                    return ALREADY_RIGHT
                changed = _changes(proof.clip, text, finder)
            proof.trials.append(Trial(weight, text, right, changed))
            if right:
                proof.weight = weight
                break
        await self._record(entry, proof, proof.trials)
        if not proof.trials or not proof.trials[-1].right:
            name = self._profiles.named(entry.profile).engine.info.name
            return _("no weight makes the engine {name} hear it in your clip").format(name=name)
        if changed := proof.trials[-1].others:
            return _("it also changed your clip elsewhere ({changed})").format(changed=changed)
        return ""

    async def _try_lower(
        self, others: list[Entry], sentences: list[Sentence], entry: Entry, proof: Proof
    ) -> None:
        """The term does harm: look whether it is right at a lower weight, and what of the harm is
        left. What a higher weight left alone, this one leaves alone, too."""
        hotwords, weight = self._hotwords(entry), LOWER[proof.weight]
        known = hotwords.term(proof.term)
        if known and known.state is TermState.ACTIVE and known.weight >= weight:
            return
        pcm = await self._journal.call(Journal.audio, entry.number)
        finder = TermFinder([(proof.term, ())])
        text = await self._hear(pcm, _with(hotwords, proof.term, weight), entry)
        right, changed = _count(finder, text) > _count(finder, proof.clip), ""
        if right:
            changed = _changes(proof.clip, text, finder)
        trial = Trial(weight, text, right, changed)
        await self._record(entry, proof, [trial])
        proof.trials.append(trial)
        if not right or changed:
            return
        before = replace(proof)
        proof.weight, proof.harms, proof.control_harms, proof.controls = weight, [], [], 0
        said = {harm.said for harm in before.control_harms}
        await self._check_controls([one for one in sentences if one.said in said], entry, proof)
        if proof.controls < len(said):  # no time for all of them
            proof.control_harms = before.control_harms
        harmed = {harm.number for harm in before.harms}
        await self._check_history([one for one in others if one.number in harmed], proof)
        proof.checked, proof.controls = before.checked, before.controls
        proof.control_note = before.control_note

    async def _record(self, entry: Entry, proof: Proof, trials: Sequence[Trial]) -> None:
        profile = self._profiles.named(entry.profile)
        rows = [
            Evidence(
                term=proof.term,
                kind=EvidenceKind.TRIAL,
                dictation=entry.number,
                engine=profile.engine.info.name,
                model=profile.engine.info.model,
                strength=trial.weight * profile.hotwords.strength,
                before=proof.clip,
                after=trial.text,
                at=time.time(),
            )
            for trial in trials
        ]
        await self._journal.call(lambda journal: journal.evidence.record(rows))

    async def _check_controls(self, sentences: list[Sentence], entry: Entry, proof: Proof) -> None:
        """Recognize control sentences as if they were said in this dictation."""
        hotwords = self._hotwords(entry)
        with_term = _with(hotwords, proof.term, proof.weight)
        began = time.monotonic()
        differ: list[tuple[Sentence, str]] = []
        # First all with the term, then without it where that is needed: a list is expensive to
        # change.
        for one in sentences:
            if reason := self._engine.why_not(len(one.pcm) / (2 * RATE), profile=entry.profile):
                proof.control_note = reason
                break
            if time.monotonic() >= began + CONTROLS_S / 2:
                break
            text = await self._hear(one.pcm, with_term, entry)
            if Words.of(text).keys == Words.of(one.said).keys:
                proof.controls += 1
            else:
                differ.append((one, text))
        for one, text in differ:
            if one.without is None:
                if time.monotonic() >= began + CONTROLS_S:
                    break
                one.without = await self._hear(one.pcm, hotwords, entry)
            proof.controls += 1
            if Words.of(text).keys != Words.of(one.without).keys:
                proof.control_harms.append(ControlHarm(one.said, one.without, text))
        if not proof.control_note and (left := len(sentences) - proof.controls):
            proof.control_note = _("there was no time for the other {count}").format(count=left)

    async def _check_history(self, others: list[Entry], proof: Proof) -> None:
        """Recognize other dictations again, with the term. Only what it changed there counts."""
        left_s = MOST_SOUND_S
        with_term: dict[Hotwords, Hotwords] = {}
        for other in others:
            if proof.checked >= MOST_DICTATIONS or not other.has_audio or other.audio_s > left_s:
                continue
            if self._engine.why_not(other.audio_s, profile=other.profile):
                continue
            left_s -= other.audio_s
            try:
                pcm = await self._journal.call(Journal.audio, other.number)
            except JournalError:
                continue  # forgotten in between
            hotwords = self._hotwords(other)
            if hotwords not in with_term:
                with_term[hotwords] = _with(hotwords, proof.term, proof.weight)
            after = await self._hear(pcm, with_term[hotwords], other)
            proof.checked += 1
            if Words.of(after).keys != Words.of(other.heard).keys:
                before = await self._hear(pcm, hotwords, other)
                wanted = corrections(before, other.corrected) if other.corrected else []
                for each in corrections(before, after):
                    if any(_is_part(each, of) for of in wanted):
                        proof.confirmed.append(other.number)
                    elif _is_alike(each, proof):
                        proof.alike.append(other.number)
                    else:
                        proof.harms.append(Harm(other.number, each.wrong, each.right))

    def _hotwords(self, entry: Entry) -> Hotwords:
        return self._profiles.named(entry.profile).hotwords_in(entry.application)

    async def _hear(self, pcm: bytes, hotwords: Hotwords, entry: Entry) -> str:
        return (await self._engine.hear(pcm, hotwords, profile=entry.profile)).text

    async def _take_in_again(self, entry: Entry) -> None:
        try:
            await self._engine.take_in_again(profile=entry.profile)
        except EngineError:
            return  # the next dictation brings the list along, and reports what is wrong


def _in_texts(others: Sequence[Entry], wrong: str) -> tuple[list[int], set[str]]:
    """The dictations whose text has the wrong words, and all words of all of them."""
    finder = TermFinder([(wrong, ())])
    literal, heard = [], set[str]()
    for other in others:
        heard.update(Words.of(other.wanted).keys)
        if finder.find(finder.words(other.wanted)):
            literal.append(other.number)
    return literal, heard


def _is_part(change: Correction, of: Correction) -> bool:
    """Whether a change of words is all or a part of another one."""
    return all(
        f" {' '.join(Words.of(one).keys)} " in f" {' '.join(Words.of(other).keys)} "
        for one, other in ((change.wrong, of.wrong), (change.right, of.right))
    )


def _is_alike(change: Correction, proof: Proof) -> bool:
    """Whether this is what the user corrected: maybe it was misheard there, too."""
    right = Words.of(change.right).keys
    return Words.of(change.wrong).keys == Words.of(proof.wrong).keys and right in (
        Words.of(proof.right).keys,
        Words.of(proof.term).keys,
    )


def _with(hotwords: Hotwords, spelling: str, weight: float) -> Hotwords:
    """The list with this term at this weight, whether it has it already or not."""
    known = hotwords.term(spelling)
    term = replace(known or Term(spelling), weight=weight, state=TermState.ACTIVE)
    rest = tuple(each for each in hotwords.terms if each is not known)
    return replace(hotwords, terms=(*rest, term))


def _count(finder: TermFinder, text: str) -> int:
    return len(finder.find(finder.words(text)))


def _changes(before: str, after: str, besides: TermFinder) -> str:
    """What changed, except for the terms in `besides`: "storage -> story"."""
    return "; ".join(
        f"{each.wrong or _('nothing')} -> {each.right or _('nothing')}"
        for each in corrections(before, after)
        if not _count(besides, each.right)
    )
