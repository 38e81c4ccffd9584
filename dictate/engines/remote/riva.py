"""NVIDIA Riva, and the speech NIMs, which are spoken to in the same way: gRPC.

The sound is sent while the user speaks; what the server thinks it hears becomes the partials, and
what it is done with the text. It ends a stretch at each pause, and the text is all of them. Each
dictation has a connection of its own, so nothing has to be mended after a sleep.
"""

import statistics
from collections.abc import Collection, Iterable
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dictate.config.schema import EngineSettings
from dictate.engines import Engine, EngineInfo, Utterance
from dictate.engines.language import Languages
from dictate.engines.remote import answer_s, away, read_key, unreachable, unreadable
from dictate.engines.remote.address import parse_grpc
from dictate.errors import Unavailable
from dictate.events import Samples, pcm_from_samples
from dictate.hotwords.model import AUTO, Hotwords

if TYPE_CHECKING:
    from dictate.engines.remote.riva_client import Recognition, RivaClient

BOOST = 20.0
"""Of a term of weight 1 at strength 1. NVIDIA advises 20 to 100, ..."""
MOST_BOOST = 100.0
"""... and the more, the more often a term is heard where it was not said."""
MULTI = "multi"
"""Instead of a language: a model of several finds out."""
PIECE = 3_200
"""Bytes of one message: a tenth of a second."""
LARGEST_TEXT = 1_000_000
"""Characters. No dictation is longer, so a longer answer is nonsense."""


class RivaEngine(Engine):
    """See the head of this file."""

    name = "riva"
    languages: tuple[str, ...] = ("und",)
    streams = True
    hotwords_as = "boosted phrases (speech contexts)"
    local = False

    def __init__(self, settings: EngineSettings) -> None:
        super().__init__(settings)
        self.round_trip_s = 0.0
        self.model = ""
        """What is asked over there, if there is no choice."""
        self._codes: tuple[str, ...] = ()
        """The languages over there, in its own words; empty where it does not say."""
        self._notes: tuple[str, ...] = ()

    def unavailable_reason(self) -> str | None:
        if find_spec("riva") is None or find_spec("riva.client") is None:
            return 'nvidia-riva-client is not installed: pip install "dictate[riva]"'
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
        """Reach the server, and find out what it has. Raises EngineError."""
        with closing(self.client()) as client:
            asked = [client.ask() for _ in range(3)]
            self.round_trip_s = statistics.median(took_s for _, took_s in asked)
            self._choose(client, asked[-1][0].model_config)
        self.code(self.settings.language)

    def _choose(self, client: "RivaClient", cards: Collection[Any]) -> None:
        streaming = [card for card in cards if card.parameters.get("type", "online") == "online"]
        if cards and not streaming:
            has = ", ".join(card.model_name for card in cards)[:200]
            raise client.trouble(f"has no model that hears while you speak, only {has}")
        named = [card for card in streaming if card.model_name == self.settings.remote_model]
        self._notes = ()
        if self.settings.remote_model and streaming and not named:
            self._notes = (f"the server does not list the model {self.settings.remote_model}",)
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
        """What this language, a BCP 47 tag or AUTO, is called over there. Raises Unavailable with
        what there is."""
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
        # They travel with each dictation, and what the model makes of them nobody tells.
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

        self._waiting = bytearray()
        """Sound that does not fill a piece yet."""
        self._heard: list[str] = []
        """The stretches that the server is done with, ..."""
        self._guess = ""
        """... and what it thinks of the one after them."""
        self._returned = ""
        self._recognition: Recognition | None = None
        asked = configured(engine.code(language), engine.model, boosts(hotwords, language))
        self._client = engine.client()
        try:
            # A stream is not answered before there is something to say; this is, if anybody is
            # there who lets us in.
            self._client.ask()
            self._recognition = Recognition(self._client, asked, answer_s(engine.settings))
        finally:
            if self._recognition is None:
                self.cancel()

    def feed(self, samples: Samples) -> str | None:
        self._waiting += pcm_from_samples(np.nan_to_num(samples, posinf=1.0, neginf=-1.0))
        while len(self._waiting) >= PIECE:
            self._open.send(bytes(self._waiting[:PIECE]))
            del self._waiting[:PIECE]
        self._take(self._open.news())
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
            self._take(self._open.rest())
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
        # A server that ends without having been done with the last stretch still heard it.
        return " ".join(" ".join((*self._heard, self._guess)).split())

    def _take(self, responses: Iterable[Any]) -> None:
        for response in responses:
            results = [result for result in response.results if result.alternatives]
            if results:
                self._guess = ""
            for result in results:
                text = result.alternatives[0].transcript
                if result.is_final:
                    self._heard.append(text)
                else:
                    # What it is sure of, and what it is less sure of, come one after the other.
                    self._guess += text
            if sum(map(len, self._heard)) > LARGEST_TEXT:
                raise self._client.trouble("answers nonsense: more than anybody can say")
