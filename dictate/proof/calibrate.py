"""`dictatectl hotwords calibrate`: the default strength of the engine in use, found by measuring.

Sentences without any term are recognized with a list of names and the user's own terms. A term
that turns up in them is a false hit, unless the engine writes it without hotwords, too. More
strength makes more of these, so the strengths are bisected for the highest that keeps to the limit.
Of those measured that keep to it, the lowest that finds the most terms counts.
"""

import asyncio
import datetime
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from itertools import cycle
from pathlib import Path
from typing import Any, Final

from dictate.config import config_file
from dictate.config.sources import hotwords_of
from dictate.errors import DictateError, Unavailable
from dictate.hotwords import calibration
from dictate.hotwords.calibration import BUILT_IN, Calibration
from dictate.hotwords.model import Hotwords, Term, TermState
from dictate.platform import paths
from dictate.proof import voices
from dictate.proof.carriers import carriers, filled
from dictate.proof.command import Emit
from dictate.proof.controls import controls
from dictate.proof.daemon import running_daemon
from dictate.proof.decoder import Decoder
from dictate.proof.engine import open_engine
from dictate.proof.trial import Clip, Report, occurrences
from dictate.translation import _

STRENGTHS: Final = (0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0, 2.5, 3.0, 4.0)
LIMIT: Final = 1.0
"""False hits that are permitted in 1,000 words without a term."""
# untranslated
NAMES: Final = (
    "Claude Code", "Anthropic", "Kubernetes", "Hyprland", "GitHub", "Grafana", "Nemotron", "Docker",
    "PostgreSQL", "TypeScript", "Wayland", "Terraform", "Jenkins", "Debian", "Firefox", "Bluetooth",
)  # fmt: skip
"""Terms as on a usual list. The control sentences have words that sound like them."""
MOST_OWN: Final = 84
"""Terms of the user's that are added: 100 in all, above which engines weaken a list."""
MOST_SAID: Final = 24
"""Maximum number of terms that are said, to see whether they are found."""
_UPPER: Final = (3.00, 4.74, 6.30, 7.75, 9.15, 10.51)
"""Upper 95 % bounds of a Poisson mean after 0 to 5 events. The first is the rule of three."""


@dataclass(frozen=True, slots=True)
class Measured:
    """One strength."""

    strength: float
    control_words: int
    false_hits: int
    found: int
    """Terms that were said and are in the text."""
    said: int
    """Terms that were said."""

    @property
    def per_1000(self) -> float:
        """False hits in 1,000 words, as measured."""
        return 1000 * self.false_hits / self.control_words

    @property
    def at_most_per_1000(self) -> float | None:
        """What they are at most, with 95 % confidence; None for more hits than matter here."""
        if self.false_hits >= len(_UPPER):
            return None
        return 1000 * _UPPER[self.false_hits] / self.control_words

    @property
    def permitted(self) -> bool:
        """Whether it keeps to the limit."""
        return self.per_1000 <= LIMIT


async def calibrate(most_voices: int, emit: Emit) -> None:
    """Measure, store and emit the result. Raises DictateError."""
    settings = await asyncio.to_thread(config_file.load, paths.config_file())
    language = settings.engine.language
    speakers = (await asyncio.to_thread(voices.installed, language))[:most_voices]
    if not speakers:
        raise Unavailable(await asyncio.to_thread(voices.nobody_speaks, language))
    if not controls(language):
        raise Unavailable(
            _("there are no control sentences in the language {language!r} yet").format(
                language=language
            )
        )
    async with running_daemon() as daemon:
        file = await daemon.hotwords_file() if daemon else paths.hotwords_file()
        own = await asyncio.to_thread(hotwords_of, settings.hotwords, file)
        own = own.for_use(application="")
        hotwords = calibration_list(own)
        async with open_engine(daemon, settings, lambda what: emit({"waiting": what})) as decoder:
            status = decoder.status
            if not status.hotwords_as:
                raise Unavailable(
                    _("{name} takes no hotwords: there is nothing to calibrate").format(
                        name=status.name
                    )
                )
            clips = await asyncio.to_thread(_spoken, hotwords, language, speakers)
            measure = _Measure(
                decoder,
                hotwords,
                *clips,
                lambda what, clip, of: emit({"doing": what, "clip": clip, "of": of}),
            )
            try:
                measured = await bisect(measure)
            finally:
                await decoder.restore(own)
    chosen = choose(measured)
    if chosen is not None:
        await asyncio.to_thread(_store, status.name, status.model, settings.engine.model, chosen)
    emit(
        {
            "result": {
                "engine": status.name,
                "model": status.model,
                "terms": len(hotwords.terms),
                "voices": [str(voice) for voice in speakers],
                "measured": [_row(one) for one in measured],
                "strength": None if chosen is None else chosen.strength,
            }
        }
    )


def calibration_list(own: Hotwords) -> Hotwords:
    """The names and the user's own terms, without weights: the strength is what is measured."""
    terms = {name.casefold(): Term(name) for name in NAMES}
    for term in own.terms[:MOST_OWN]:
        if term.state is TermState.ACTIVE:
            terms[term.spelling.casefold()] = replace(term, weight=1.0)
    return replace(own, terms=tuple(terms.values()))


async def bisect(measure: "_Measure") -> list[Measured]:
    """Measure the built-in strength, and then those that are needed to find the highest permitted
    one; by strength."""
    measured: dict[float, Measured] = {}
    low, high = -1, len(STRENGTHS)
    middle = STRENGTHS.index(BUILT_IN)
    while low + 1 < high:
        found = await measure.at(STRENGTHS[middle])
        measured[found.strength] = found
        low, high = (middle, high) if found.permitted else (low, middle)
        middle = (low + high) // 2
    return [measured[strength] for strength in sorted(measured)]


def choose(measured: Sequence[Measured]) -> Measured | None:
    """The lowest of the permitted strengths that finds the most terms; None if none is
    permitted."""
    permitted = [one for one in measured if one.permitted]
    return max(permitted, key=lambda one: (one.found, -one.strength), default=None)


class _Measure:
    """Measures strengths with one engine."""

    def __init__(
        self,
        decoder: Decoder,
        hotwords: Hotwords,
        with_terms: Sequence[Clip],
        without: Sequence[Clip],
        report: Report,
    ) -> None:
        self._decoder = decoder
        self._hotwords = hotwords
        self._with_terms = with_terms
        self._without = without
        self._report = report
        self._anyway: list[set[str]] | None = None
        """The terms that the engine writes into each control sentence by itself."""

    async def at(self, strength: float) -> Measured:
        """One strength."""
        if self._anyway is None:
            self._anyway = await self._terms(self._without, 0.0, _("without hotwords"))
        what = _("strength {strength:g}").format(strength=strength)
        found = await self._terms(self._with_terms, strength, f"{what}, hotwords")
        came = await self._terms(
            self._without, strength, _("{what}, control sentences").format(what=what)
        )
        said = [_terms_in(clip.said, self._hotwords) for clip in self._with_terms]
        return Measured(
            strength,
            control_words=sum(len(clip.said.split()) for clip in self._without),
            false_hits=sum(
                len(now - before) for now, before in zip(came, self._anyway, strict=True)
            ),
            found=sum(bool(one & other) for one, other in zip(found, said, strict=True)),
            said=len(said),
        )

    async def _terms(self, clips: Sequence[Clip], strength: float, what: str) -> list[set[str]]:
        """The terms in the text of each clip at this strength."""
        hotwords = replace(self._hotwords, strength=strength)
        found = []
        for number, clip in enumerate(clips, 1):
            self._report(what, number, len(clips))
            heard = await self._decoder.decode(clip.sound, hotwords)
            found.append(_terms_in(heard.text, hotwords))
        return found


def _terms_in(text: str, hotwords: Hotwords) -> set[str]:
    folded = text.casefold()
    return {
        term.spelling for term in hotwords.terms if occurrences(folded, term.spelling.casefold())
    }


def _spoken(
    hotwords: Hotwords, language: str, speakers: Sequence[voices.Voice]
) -> tuple[list[Clip], list[Clip]]:
    """The terms in sentences, each by another voice, and all control sentences by all voices that
    do not have a term. Blocks."""
    places, turns = cycle(carriers(language)), cycle(speakers)
    with_terms = []
    for term in hotwords.terms[:MOST_SAID]:
        words, voice = filled(next(places), term.spelling), next(turns)
        with_terms.append(Clip(str(voice), voices.speak(words, voice), words))
    without = [
        Clip(str(voice), voices.speak(one.said, voice), one.said)
        for voice in speakers
        for one in controls(language)
        if not _terms_in(one.said, hotwords)
    ]
    return with_terms, without


def _store(engine: str, model: str, wanted: str, chosen: Measured) -> None:
    """Store it; `wanted` is the model of the settings: a name, or the path of the user's own."""
    own = Path(wanted).expanduser()
    path = str(own) if own.is_absolute() else ""
    try:
        calibration.save(
            calibration.calibration_file(),
            Calibration(
                engine,
                model,
                path,
                calibration.model_hash(path),
                chosen.strength,
                chosen.control_words,
                chosen.false_hits,
                datetime.date.today().isoformat(),
            ),
        )
    except OSError as error:
        raise DictateError(
            _("{calibration_file} cannot be written: {strerror}").format(
                calibration_file=calibration.calibration_file(), strerror=error.strerror
            )
        ) from error


def _row(one: Measured) -> dict[str, Any]:
    return {
        **asdict(one),
        "per_1000": round(one.per_1000, 2),
        "at_most_per_1000": one.at_most_per_1000 and round(one.at_most_per_1000, 2),
        "permitted": one.permitted,
    }
