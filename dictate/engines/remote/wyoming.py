"""Another machine's engine: `dictate serve` there, or any Wyoming server.

Each utterance has a connection of its own, so nothing has to be repaired after a suspend: the next
dictation simply connects. To `dictate serve`, only as much sound is sent ahead as fits into
WINDOW_S and some round trips. More waits here, so that the daemon sees the real progress of the
engine. Other servers report nothing before their transcript.
"""

import statistics
import time
from collections.abc import Collection, Sequence
from contextlib import closing, suppress

import numpy as np
from wyoming.asr import Transcribe
from wyoming.audio import AudioChunk, AudioStart, AudioStop
from wyoming.event import Event
from wyoming.info import Describe, Info
from wyoming.ping import Ping

from dictate.config.schema import EngineSettings
from dictate.engines import (
    Draft,
    Engine,
    EngineInfo,
    TermReport,
    Utterance,
    UtteranceStats,
    inspection,
)
from dictate.engines.hotword_events import hash_event, hotwords_bytes
from dictate.engines.pace import Pace
from dictate.engines.protocol import (
    PROGRAM,
    AskDraft,
    BadEvent,
    BeginUtterance,
    Drafted,
    DropDraft,
    EngineState,
    Inspected,
    Known,
    PartialText,
    Progress,
    StatusEvent,
    Timings,
    UnusableTerms,
    WatchStatus,
)
from dictate.engines.remote import answer_s, away, missing_file, text_s
from dictate.engines.remote.address import FORMS, Address, parse
from dictate.engines.remote.connection import NO_PROGRESS, REACH_S, Remote
from dictate.errors import EngineError
from dictate.events import RATE, Samples, pcm_from_samples
from dictate.hotwords.model import AUTO, Guards, Hotwords, Term
from dictate.translation import _

WINDOW_S = 0.5
"""Seconds of sound that may be sent to `dictate serve` ahead of its engine."""
WINDOW_ROUND_TRIPS = 20
"""Round trips of sound in addition to that, so that a distant server does not have to wait."""
QUIET_S = 1.5
"""Seconds without an event from `dictate serve` after which the client checks that it is up."""
DRAFT_S = 0.5
"""Seconds that sound waits here for a draft of `dictate serve`, besides a round trip. A server that
other clients keep busy makes none."""
PIECE = 3_200
"""Bytes of sound in one audio-chunk: a tenth of a second, because each has a head of 180 bytes."""


class WyomingEngine(Engine):
    """See the head of this file."""

    name = "wyoming"
    languages: tuple[str, ...] = ("und",)
    streams = False
    hotwords_as = ""  # until the server reports it
    local = False

    def __init__(self, settings: EngineSettings) -> None:
        super().__init__(settings)
        self.ours = False
        """Whether the server is `dictate serve` and knows our events."""
        self.round_trip_s = 0.0
        self.pace = Pace()
        """How fast a server answers that reports no progress."""
        self.there = StatusEvent(state=EngineState.READY)
        """The state of the server's engine."""
        self.keeps_lists = False
        """Whether `dictate serve` takes a list by its hash; older ones do not."""
        self._taken: tuple[Hotwords, list[str]] | None = None

    def unavailable_reason(self) -> str | None:
        settings = self.settings
        if not settings.address:
            return _("engine.address is empty: set it to {forms}").format(forms=FORMS)
        try:
            self._address()
        except ValueError as error:
            return f"engine.address: {error}"
        return missing_file(settings, "token_file", "certificate_file")

    def _address(self) -> Address:
        return parse(self.settings.address)

    def connect(self) -> Remote:
        """A new connection. Raises EngineError."""
        return Remote(self._address(), self.settings)

    def check_there(self) -> None:
        """Ask on a connection of its own. Raises EngineError if there is no answer."""
        with closing(self.connect()) as remote:
            _described(remote)

    def load(self) -> None:
        """Connect to the server and wait until its engine is loaded. Raises EngineError."""
        with closing(self.connect()) as remote:
            info = Info.from_event(_described(remote))
            self.ours = any(program.name == PROGRAM for program in info.asr)
            self.round_trip_s = _round_trip_s(remote)
            if self.ours:
                self.there = self._until_loaded(remote)
            else:
                self.there = _third_party(info)
        there = self.there
        self.languages = tuple(map(str, there.languages)) or ("und",)
        self.streams = there.streams
        self.can_draft = there.can_draft
        self.hotwords_as = there.hotwords_as
        self.punctuates = there.punctuates

    def _until_loaded(self, remote: Remote) -> StatusEvent:
        """With a fallback, this does not wait for a model that takes long to load."""
        remote.send(WatchStatus().event())
        began = time.monotonic()
        while True:
            event = remote.next(REACH_S)
            if event is None:
                remote.send(Ping().event())
                event = remote.expect(lambda __: True, REACH_S)
            if event.type == StatusEvent.type:
                status = StatusEvent.from_event(event)
                if status.state == "failed":
                    raise remote.trouble(
                        _("does not work: {message}").format(message=status.message[:1000])
                    )
                if status.state == "ready":
                    return status
            waited_s = time.monotonic() - began
            if self.settings.fallback != "none" and waited_s > answer_s(self.settings):
                raise remote.trouble(_("still loads its model"))

    def prepare(self, hotwords: Hotwords) -> list[str]:
        if not self.ours:
            return []
        if self._taken is None or self._taken[0] != hotwords:
            with closing(self.connect()) as remote:
                remote.send(WatchStatus().event(), hotwords_bytes(hotwords))
                # A long list takes long on that machine.
                patience_s = answer_s(self.settings) * (1 + len(hotwords.terms) // 1000)
                answer = remote.expect(lambda event: event.type == UnusableTerms.type, patience_s)
                unusable = UnusableTerms.from_event(answer)
                self.keeps_lists = unusable.kept
                self._taken = hotwords, [str(line) for line in unusable.terms]
        return list(self._taken[1])

    def inspect(self, terms: Sequence[Term], guards: Guards) -> list[TermReport]:
        if not self.keeps_lists:  # nor does it answer this, then
            return super().inspect(terms, guards)
        with closing(self.connect()) as remote:
            remote.send(inspection.question(terms, guards))
            wanted = Inspected.type
            answer = remote.expect(lambda event: event.type == wanted, answer_s(self.settings))
            return inspection.reports(answer)

    def begin(self, hotwords: Hotwords, language: str | None, chunk_ms: int = 0) -> Utterance:
        return WyomingUtterance(self, hotwords, language, chunk_ms)

    @property
    def facts(self) -> EngineInfo:
        there = self.there
        where = away(self._address().host, self.round_trip_s)
        return EngineInfo(
            model=" ".join(dict.fromkeys(filter(None, (there.name, there.model)))),
            device=", ".join(filter(None, (where, there.device))),
            precision=there.precision,
            chunk_ms=there.chunk_ms,
            rtf=there.rtf,
            notes=tuple(map(str, there.notes)),
        )


def _described(remote: Remote) -> Event:
    """The `info` of the server, which every server returns. Raises EngineError."""
    remote.send(Describe().event())
    return remote.expect(lambda event: event.type == "info", REACH_S)


def _round_trip_s(remote: Remote) -> float:
    """The median of a few round trips, by `describe`: not every server knows `ping`."""
    took = []
    for __ in range(3):
        began = time.monotonic()
        _described(remote)
        took.append(time.monotonic() - began)
    return statistics.median(took)


def _third_party(info: Info) -> StatusEvent:
    """The state of a third-party server, by its `info`."""
    models = [model for program in info.asr for model in program.models]
    if not info.asr:
        raise EngineError(_("the server at engine.address does not turn speech into text"))
    return StatusEvent(
        state=EngineState.READY,
        name=info.asr[0].name,
        model=models[0].name if models else "",
        languages=[language for model in models for language in model.languages],
        hotwords_as=_("names beside the sound, if that server uses them"),
    )


def served_tag(language: str | None, known: Collection[str]) -> str | None:
    """What a third-party server calls this language, a BCP 47 tag or AUTO; None leaves it to the
    server. Whisper, for one, refuses a tag with a country."""
    if language is None or language.lower() == AUTO:
        return None
    general = language.partition("-")[0].lower()
    return general if language not in known and general in known else language


class WyomingUtterance(Utterance):
    """One dictation on a connection of its own."""

    def __init__(
        self, engine: WyomingEngine, hotwords: Hotwords, language: str | None, chunk_ms: int
    ) -> None:
        self._engine = engine
        self._waiting = bytearray()
        """Sound that does not yet fill a piece."""
        self._sent_s = 0.0
        self._heard_s = 0.0
        """Seconds of sound that the server reports as processed."""
        self._text = ""
        self._returned = ""
        self._pieces = ""
        """The text that a third-party server has streamed so far."""
        self._silent = True
        """Whether all sound so far is digital silence."""
        self._timings = Timings(0.0, 0.0, 0.0)
        self._drafts = 0
        """Drafts that were asked for."""
        self._drafted: Drafted | None = None
        self._remote = engine.connect()
        try:
            # Every server answers this at once, so a server that does not is down.
            self._remote.send(Describe().event())
            if engine.ours:
                self._send_hotwords(hotwords)
            self._remote.send(*self._head(hotwords, language, chunk_ms))
        except EngineError:
            self.cancel()
            raise

    def _send_hotwords(self, hotwords: Hotwords) -> None:
        """Name the list by its hash, and send it only if the server does not know it: many clients
        share its room for lists. The question costs a round trip, in which sound waits here."""
        known = False
        if self._engine.keeps_lists:
            self._remote.send(hash_event(hotwords))
            answer = self._remote.expect(lambda event: event.type == Known.type, REACH_S)
            known = Known.from_event(answer).known
        if not known:
            self._remote.send(hotwords_bytes(hotwords))

    def _head(self, hotwords: Hotwords, language: str | None, chunk_ms: int) -> list[Event]:
        start = AudioStart(RATE, 2, 1).event()
        if self._engine.ours:
            # Our own engine process gives quiet sound to us once more.
            begin = BeginUtterance(0, chunk_ms=chunk_ms, louder=False)
            return [begin.event(), Transcribe(language=language).event(), start]
        names = [term.spelling for term in hotwords.for_language(language)]
        tag = served_tag(language, self._engine.languages)
        transcribe = Transcribe(language=tag, transcript_names=names or None)
        return [transcribe.event(), start]

    @property
    def effort(self) -> UtteranceStats:
        took = self._timings
        return UtteranceStats(took.chunk_ms, took.steps, took.step_ms, took.note)

    @property
    def finish_ms(self) -> float:
        """Milliseconds that the server took for the end."""
        return self._timings.finish_ms

    def feed(self, samples: Samples) -> str | None:
        self._silent = self._silent and not samples.any()
        pcm = pcm_from_samples(np.nan_to_num(samples, posinf=1.0, neginf=-1.0))
        self._waiting += pcm
        while len(self._waiting) >= PIECE:
            self._send_piece()
        self._take_what_is_there()
        if self._text == self._returned:
            return None
        self._returned = self._text
        return self._text

    def draft(self) -> Draft | None:
        if not self._engine.can_draft:
            return None
        self._send_piece()
        self._drafts += 1
        self._drafted = None
        self._remote.send(AskDraft(self._drafts).event())
        until = time.monotonic() + DRAFT_S + self._engine.round_trip_s
        while self._drafted is None and time.monotonic() < until:
            event = self._wait(until)
            if event is not None and self._take(event):
                raise self._remote.trouble(_("answered before the end"))
        drafted = self._drafted
        if drafted is None:
            self._remote.send(DropDraft().event())
        if drafted is None or drafted.reason:
            return None
        plain, self.plain = self.plain, None
        return Draft(drafted.text, plain, drafted.language, self._timings.note)

    def finish(self) -> str:
        engine = self._engine
        try:
            self._send_piece()
            if self._silent and not self._engine.ours:
                return ""  # Whisper writes "You" for a microphone that is muted
            self._remote.send(AudioStop().event())
            limit_s = answer_s(engine.settings)
            if not engine.ours:
                limit_s = text_s(engine.settings, engine.pace, self._sent_s)
            began, signs = time.monotonic(), self.signs
            until = began + limit_s
            while time.monotonic() < until:
                event = self._wait(until)
                if event is not None and self._take(event):
                    engine.pace.measured(time.monotonic() - began, self._sent_s)
                    return self._text
                if engine.ours and signs != self.signs:
                    until, signs = time.monotonic() + limit_s, self.signs
            raise self._remote.silence(limit_s)
        finally:
            self.cancel()

    def cancel(self) -> None:
        # The server discards an open utterance when its connection ends.
        self._remote.close()

    def _send_piece(self) -> None:
        piece = bytes(self._waiting[:PIECE])
        del self._waiting[:PIECE]
        if piece:
            self._remote.send(AudioChunk(RATE, 2, 1, piece).event())
            self._sent_s += len(piece) / (2 * RATE)
            self._take_what_is_there()

    def _take_what_is_there(self) -> None:
        """Process the events that have arrived; wait while too much sound is ahead of the
        engine."""
        limit_s, signs = answer_s(self._engine.settings), self.signs
        until = time.monotonic() + limit_s
        window_s = WINDOW_S + WINDOW_ROUND_TRIPS * self._engine.round_trip_s
        while True:
            full = self._engine.ours and self._sent_s - self._heard_s > window_s
            event = self._wait(until) if full else self._remote.next(0)
            if event is not None and self._take(event):
                raise self._remote.trouble(_("answered before the end"))
            if signs != self.signs:
                until, signs = time.monotonic() + limit_s, self.signs
            if time.monotonic() > until:
                raise self._remote.silence(limit_s, NO_PROGRESS)
            if event is None and not full:
                self._check_answered()
                return

    def _wait(self, until: float) -> Event | None:
        """The next event, or None if none comes by then, or for a while. Raises EngineError if the
        server is down: even a busy one answers `describe`."""
        left_s = max(0.0, until - time.monotonic())
        event = self._remote.next(min(QUIET_S, left_s, self._unanswered_s()))
        if event is None:
            self._check_answered()
            if self._engine.ours and left_s > QUIET_S and self._remote.answered:
                self._engine.check_there()
        return event

    def _unanswered_s(self) -> float:
        """Seconds left for the first answer; infinite once it came."""
        if self._remote.answered:
            return float("inf")
        return max(0.0, self._remote.began + REACH_S - time.monotonic())

    def _check_answered(self) -> None:
        if self._unanswered_s() == 0:
            raise self._remote.silence(REACH_S)

    def _take(self, event: Event) -> bool:
        """Process an event of the server; whether it was the last one."""
        match event.type:
            case Progress.type:
                self._heard_s = min(Progress.from_event(event).audio_s, self._sent_s)
                self.signs += 1
            case PartialText.type:
                self._text = PartialText.from_event(event).text
            case Drafted.type:
                drafted = Drafted.from_event(event)
                if drafted.number == self._drafts:
                    self._drafted = drafted
            case Timings.type:
                with suppress(BadEvent):  # they are not worth the text
                    self._timings = Timings.from_event(event)
                    self.plain = self._timings.plain
            case "transcript-chunk":
                self._pieces += str(event.data.get("text"))
                # Some servers put two spaces between two segments.
                self._text = " ".join(self._pieces.split())
            case "transcript":
                text = event.data.get("text")
                if not isinstance(text, str):
                    raise self._remote.trouble(_("answers nonsense: a transcript without a text"))
                self._text = text if self._engine.ours else " ".join(text.split())
                self.language = str(event.data.get("language") or "")
                return True
            case "error":
                raise self._remote.error_in(event)
        return False
