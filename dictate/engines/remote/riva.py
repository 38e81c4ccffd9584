"""NVIDIA Riva, and the speech NIMs, which have the same interface: gRPC.

The sound is sent while the user speaks. The server's interim results become the partials, its final
results the text. It ends a stretch at each pause; the text is that of all stretches. Each dictation
has a connection of its own, so nothing has to be repaired after a suspend.
"""

import statistics
import time
from collections.abc import Collection, Iterable
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dictate.config.schema import EngineSettings
from dictate.engines import Engine, EngineInfo, Utterance
from dictate.engines.language import Languages
from dictate.engines.pace import Pace
from dictate.engines.remote import answer_s, away, read_key, text_s, unreachable, unreadable
from dictate.engines.remote.address import parse_grpc
from dictate.errors import Unavailable
from dictate.events import RATE, Samples, pcm_from_samples
from dictate.hotwords.model import AUTO, Hotwords
from dictate.installation import install_command
from dictate.joining import join
from dictate.translation import _

if TYPE_CHECKING:
    from dictate.engines.remote.riva_client import Recognition, RivaClient

BOOST = 20.0
"""Boost of a term of weight 1 at strength 1. NVIDIA advises 20 to 100."""
MOST_BOOST = 100.0
"""Highest boost: with a higher one, terms appear where they were not said."""
MULTI = "multi"
"""In place of a language: a model with several languages finds out."""
PIECE = 3_200
"""Bytes of sound in one message: a tenth of a second."""
LARGEST_TEXT = 1_000_000
"""Maximum characters of a text: no dictation is longer, so a longer answer is wrong."""


class RivaEngine(Engine):
    """See the head of this file."""

    name = "riva"
    languages: tuple[str, ...] = ("und",)
    streams = True
    hotwords_as = _("boosted phrases (speech contexts)")
    local = False

    def __init__(self, settings: EngineSettings) -> None:
        super().__init__(settings)
        self.round_trip_s = 0.0
        self.pace = Pace()
        """How fast the server answers."""
        self.model = ""
        """The model to ask for; empty leaves the choice to the server."""
        self._codes: tuple[str, ...] = ()
        """The server's language codes; empty if it does not list them."""
        self._notes: tuple[str, ...] = ()

    def unavailable_reason(self) -> str | None:
        if find_spec("riva") is None or find_spec("riva.client") is None:
            return _("nvidia-riva-client is not installed: {install_command}").format(
                install_command=install_command("riva")
            )
        return unreachable(self.settings, parse_grpc, "grpcs://HOST:PORT")

    def client(self) -> "RivaClient":
        """A client of that server, not connected yet. Raises EngineError."""
        from dictate.engines.remote.riva_client import RivaClient

        settings = self.settings
        try:
            path = settings.certificate_file
            roots = Path(path).read_bytes() if path else None
        except OSError as error:
            raise unreadable("engine.certificate_file", error) from error
        return RivaClient(parse_grpc(settings.base_url), roots, read_key(settings))

    def load(self) -> None:
        """Connect to the server and find out its models. Raises EngineError."""
        with closing(self.client()) as client:
            asked = [client.ask() for __ in range(3)]
            self.round_trip_s = statistics.median(took_s for __, took_s in asked)
            self._choose(client, asked[-1][0].model_config)
        self.code(self.settings.language)

    def _choose(self, client: "RivaClient", cards: Collection[Any]) -> None:
        streaming = [card for card in cards if card.parameters.get("type", "online") == "online"]
        if cards and not streaming:
            has = ", ".join(card.model_name for card in cards)[:200]
            raise client.trouble(_("has no streaming model, only {has}").format(has=has))
        named = [card for card in streaming if card.model_name == self.settings.remote_model]
        self._notes = ()
        if self.settings.remote_model and streaming and not named:
            self._notes = (
                _("the server does not list the model {remote_model}").format(
                    remote_model=self.settings.remote_model
                ),
            )
        listed = named or streaming
        only = listed[0].model_name if len(listed) == 1 else ""
        self.model = self.settings.remote_model or only
        self._codes = tuple(
            code.strip()
            for card in listed
            for code in card.parameters.get("language_code", "").split(",")
            if code.strip()
        )
        self.languages = tuple(dict.fromkeys(c for c in self._codes if c != MULTI)) or ("und",)

    def code(self, language: str) -> str:
        """The server's code for this language, a BCP 47 tag or AUTO. Raises Unavailable with the
        codes there are."""
        if language.lower() == AUTO:
            language = MULTI
        if not self._codes:
            return language
        known = Languages({code: number for number, code in enumerate(self._codes)}, ())
        try:
            number = known.index(language)
        except Unavailable:
            if MULTI not in self._codes:
                raise
            return MULTI
        assert number is not None
        return self._codes[number]

    def prepare(self, hotwords: Hotwords) -> list[str]:
        # They are sent with each dictation, and the server does not report what it uses.
        del hotwords
        return []

    def begin(self, hotwords: Hotwords, language: str | None, chunk_ms: int = 0) -> Utterance:
        del chunk_ms
        return RivaUtterance(self, hotwords, language or self.settings.language)

    @property
    def facts(self) -> EngineInfo:
        host = parse_grpc(self.settings.base_url).host
        return EngineInfo(
            model=self.model,
            device=away(host, self.round_trip_s),
            notes=self._notes,
        )


def boosts(hotwords: Hotwords, language: str) -> dict[float, list[str]]:
    """The terms by their boost."""
    found: dict[float, list[str]] = {}
    for term in hotwords.for_language(language) if hotwords.strength else ():
        boost = min(MOST_BOOST, BOOST * hotwords.strength * term.weight)
        found.setdefault(boost, []).append(term.spelling)
    return found


class RivaUtterance(Utterance):
    """One dictation on a connection of its own."""

    def __init__(self, engine: RivaEngine, hotwords: Hotwords, language: str) -> None:
        from dictate.engines.remote.riva_client import Recognition, configured

        self._engine = engine
        self._samples = 0
        self._waiting = bytearray()
        """Sound that does not yet fill a piece."""
        self._heard: list[str] = []
        """The final texts of the stretches so far."""
        self._guess = ""
        """The interim text of the stretch after these."""
        self._returned = ""
        self._recognition: Recognition | None = None
        asked = configured(engine.code(language), engine.model, boosts(hotwords, language))
        self._client = engine.client()
        try:
            # A stream is answered only once there is a text; this request is answered at once,
            # if the server is up and accepts the key.
            self._client.ask()
            self._recognition = Recognition(self._client, asked, answer_s(engine.settings))
        finally:
            if self._recognition is None:
                self.cancel()

    def feed(self, samples: Samples) -> str | None:
        self._samples += len(samples)
        self._waiting += pcm_from_samples(np.nan_to_num(samples, posinf=1.0, neginf=-1.0))
        while len(self._waiting) >= PIECE:
            self._open.send(bytes(self._waiting[:PIECE]))
            del self._waiting[:PIECE]
        self._take(self._open.received())
        text = self._text
        if text == self._returned:
            return None
        self._returned = text
        return text

    def finish(self) -> str:
        try:
            if self._waiting:
                self._open.send(bytes(self._waiting))
            self._open.send(None)
            engine, sound_s = self._engine, self._samples / RATE
            began = time.monotonic()
            self._take(self._open.rest(text_s(engine.settings, engine.pace, sound_s)))
            engine.pace.measured(time.monotonic() - began, sound_s)
            return self._text
        finally:
            self.cancel()

    def cancel(self) -> None:
        if self._recognition is not None:
            self._recognition.close()
        self._client.close()

    def stop(self) -> None:
        super().stop()
        self._open.stop()

    @property
    def _open(self) -> "Recognition":
        assert self._recognition is not None
        return self._recognition

    @property
    def _text(self) -> str:
        # The server may end without a final text for the last stretch.
        return join(" ".join(text.split()) for text in (*self._heard, self._guess))

    def _take(self, responses: Iterable[Any]) -> None:
        for response in responses:
            results = [result for result in response.results if result.alternatives]
            if results:
                self._guess = ""
            for result in results:
                text = result.alternatives[0].transcript
                for code in getattr(result.alternatives[0], "language_code", ())[:1]:
                    self.language = code
                if result.is_final:
                    self._heard.append(text)
                else:
                    # An interim result has a stable and an unstable part, one after the other.
                    self._guess += text
            if sum(map(len, self._heard)) > LARGEST_TEXT:
                raise self._client.trouble(_("answers nonsense: more than anyone can say"))
