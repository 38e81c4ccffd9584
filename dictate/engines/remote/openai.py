"""A server with OpenAI's interface: vLLM, SGLang, speaches, whisper.cpp, LocalAI, OpenAI itself.

It takes a sound as a whole, so there are no partials, and the sound waits here until the release. A
long dictation is sent in pieces, cut in pauses. A piece without speech is not sent. The connection
is made when the user begins and is kept warm, so that the release waits for neither TCP nor TLS.
Each dictation has its own connection, so nothing has to be repaired after a suspend.
"""

import io
import ssl
import statistics
import time
import wave
from contextlib import closing
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import numpy as np

from dictate.config.schema import EngineSettings
from dictate.engines import SHORTEST_S, Engine, EngineInfo, Utterance
from dictate.engines.pace import Pace
from dictate.engines.prompt_guard import echoes, too_long
from dictate.engines.remote import answer_s, away, read_key, text_s, unreachable, unreadable
from dictate.engines.remote.address import parse_web
from dictate.engines.remote.openai_profiles import (
    NO_HINTS,
    PROFILES,
    USUAL_MODEL,
    BadAnswer,
    Hints,
    Request,
    ServerProfile,
    answer,
    detected_language,
    guess,
    has_keywords,
    hints,
    json_object,
    named_model,
    request,
    speech_models,
    with_sound,
)
from dictate.engines.speech_gate import FRAME_BYTES, SpeechGate, frames
from dictate.errors import EngineError
from dictate.events import RATE, Samples, pcm_from_samples
from dictate.hotwords.model import Hotwords
from dictate.installation import install_command
from dictate.joining import join
from dictate.translation import _

if TYPE_CHECKING:
    from dictate.engines.remote.openai_client import Answer, OpenAIClient

WARM_S = 4.0
"""Seconds without a request after which the connection is used, so that the server keeps it. The
most common servers hang up after 5 seconds."""
PIECE_S = 120
"""Seconds of sound after which it is sent at the next pause; some servers take at most 25 MB."""
LONGEST_PIECE_S = 180
"""Seconds of sound after which it is sent in any case."""
_SECOND = 2 * RATE


class OpenAIEngine(Engine):
    """See the head of this file."""

    name = "openai"
    languages = ("und",)
    streams = False
    hotwords_as = _("a sentence before the sound")
    punctuates = True
    local = False

    def __init__(self, settings: EngineSettings) -> None:
        super().__init__(settings)
        self.round_trip_s = 0.0
        self.pace = Pace()
        """How fast the server answers."""
        self.model = ""
        """The model on the server."""
        self.profile: ServerProfile = PROFILES["openai"]
        self._profile_name = ""
        self._notes: list[str] = []
        self._trust: ssl.SSLContext | None = None
        self._hinted: tuple[tuple[Hotwords, str], tuple[Hints, list[str]]] | None = None

    def unavailable_reason(self) -> str | None:
        if find_spec("httpx2") is None:
            return _("httpx2 is not installed: {install_command}").format(
                install_command=install_command("openai")
            )
        return unreachable(self.settings, parse_web, "https://HOST/v1")

    def client(self) -> "OpenAIClient":
        """A client of that server, not connected yet. Raises EngineError."""
        from dictate.engines.remote.openai_client import OpenAIClient

        settings = self.settings
        try:
            if self._trust is None:
                self._trust = ssl.create_default_context(cafile=settings.certificate_file or None)
        except (OSError, ValueError) as error:
            raise unreadable("engine.certificate_file", error) from error
        return OpenAIClient(parse_web(settings.base_url), self._trust, read_key(settings))

    def load(self) -> None:
        """Connect to the server and find out its kind and its models. Raises EngineError."""
        with closing(self.client()) as client:
            # Probe first: do not wait for a server that is down.
            self.round_trip_s = statistics.median(client.knock() for __ in range(3))
            found = client.get("models", answer_s(self.settings))
            self._choose(client, found, _cards(client, found))
        lists = has_keywords(self.profile, self.model)
        self.hotwords_as = _("keywords") if lists else self.profile.hotwords_as

    def _choose(self, client: "OpenAIClient", found: "Answer", cards: list[dict[str, Any]]) -> None:
        settings = self.settings
        host = parse_web(settings.base_url).host
        names = speech_models(cards)
        self.model = settings.remote_model or (names[0] if len(names) == 1 else "")
        self._profile_name = settings.profile
        if settings.profile == "auto":
            self._profile_name = guess(host, found.server, cards, self.model)
        self.profile = PROFILES[self._profile_name]
        self._notes = []
        if self.profile.names_model and not self.model:
            if names:
                has = ", ".join(names[:20])
                raise client.trouble(
                    _("has {has}: set engine.remote_model to the one to use").format(has=has)
                )
            self.model = self._default_model(client)
            taken = self.model or _("its default")
            self._notes.append(
                _("the server does not list its models: {model} is used").format(model=taken)
            )
        if self.profile.chat and settings.language != "auto":
            self._notes.append(_("the model finds out the language itself: the server takes none"))
        if names and self.model and self.model not in names:
            self._notes.append(
                _("the server does not list the model {model}").format(model=self.model)
            )

    def _default_model(self, client: "OpenAIClient") -> str:
        """The model of a server that lists none, found by requests with a second of silence; empty
        if it chooses one itself. Raises EngineError."""
        settings, wav = self.settings, _wav(bytes(_SECOND))
        tried: list[str] = []
        candidates, says = ["", USUAL_MODEL], ""
        while candidates and not self.profile.chat:
            tried.append(candidates.pop(0))
            asked = request(self.profile, tried[-1], NO_HINTS, settings.language, 1.0)
            found = client.ask(asked.path, text_s(settings, self.pace, 1.0), **_form(asked, wav))
            if 200 <= found.status < 300:
                return tried[-1]
            if found.status in (401, 403):
                client.check(found)
            says = client.says(found) or _("status {status}").format(status=found.status)
            name = named_model(says, tried)
            if name and len(tried) == 2:
                candidates.append(name)
        because = _("; it says: {says}").format(says=says) if says else ""
        raise client.trouble(
            _(
                "does not say which models it has: set engine.remote_model to the one to "
                "use, and see engine.base_url{because}"
            ).format(because=because)
        )

    def prepare(self, hotwords: Hotwords) -> list[str]:
        return list(self.hints(hotwords, self.settings.language)[1])

    def hints(self, hotwords: Hotwords, language: str) -> tuple[Hints, list[str]]:
        """As the function of this name; the last answer is kept, because a list may be long."""
        if self._hinted is None or self._hinted[0] != (hotwords, language):
            self._hinted = (hotwords, language), hints(hotwords, language)
        return self._hinted[1]

    def begin(self, hotwords: Hotwords, language: str | None, chunk_ms: int = 0) -> Utterance:
        del chunk_ms
        return OpenAIUtterance(self, hotwords, language or self.settings.language)

    @property
    def facts(self) -> EngineInfo:
        host = parse_web(self.settings.base_url).host
        return EngineInfo(
            model=" ".join(filter(None, (self._profile_name, self.model))),
            device=away(host, self.round_trip_s),
            notes=tuple(self._notes),
        )


def _cards(client: "OpenAIClient", found: "Answer") -> list[dict[str, Any]]:
    """The server's list of models; empty if it has none."""
    if found.status in (401, 403) or found.status >= 500:
        client.check(found)
    try:
        cards = json_object(found.raw).get("data")
    except BadAnswer:
        return []
    return [card for card in cards if isinstance(card, dict)] if isinstance(cards, list) else []


class OpenAIUtterance(Utterance):
    """One dictation on a connection of its own."""

    def __init__(self, engine: OpenAIEngine, hotwords: Hotwords, language: str) -> None:
        self._engine = engine
        self._language = language
        self._hints, __ = engine.hints(hotwords, language)
        self._gate = SpeechGate()
        self._spoken = False
        self._rest = bytearray()
        """Sound that does not yet fill a frame."""
        self._sound = bytearray()
        """Sound that is not sent yet."""
        self._texts: list[str] = []
        """The texts of the pieces that were sent."""
        self._client = engine.client()
        try:
            self._client.knock()
        except EngineError:
            self.cancel()
            raise

    def feed(self, samples: Samples) -> str | None:
        self._rest += pcm_from_samples(np.nan_to_num(samples, posinf=1.0, neginf=-1.0))
        whole = len(self._rest) // FRAME_BYTES * FRAME_BYTES
        for frame in frames(bytes(self._rest[:whole])):
            self._take(frame)
        del self._rest[:whole]
        if time.monotonic() - self._client.used > WARM_S:
            self._client.knock()
        return None

    def _take(self, frame: bytes) -> None:
        inside = self._gate.inside
        self._gate.process(frame)
        self._spoken |= self._gate.inside and self._gate.is_speech
        self._sound += frame
        # Only at the end of a stretch: just before one may be the beginning of a word.
        longest_s = PIECE_S if inside and not self._gate.inside else LONGEST_PIECE_S
        if len(self._sound) >= longest_s * _SECOND:
            self._send()

    def finish(self) -> str:
        try:
            self._sound += self._rest
            self._send()
            return join(self._texts)
        finally:
            self.cancel()

    def cancel(self) -> None:
        self._client.close()

    def stop(self) -> None:
        super().stop()
        self._client.stop()

    def _send(self) -> None:
        """Send the sound so far, if there is speech in it."""
        pcm, spoken = bytes(self._sound), self._spoken
        self._sound.clear()
        self._spoken = False
        if spoken and len(pcm) >= SHORTEST_S * _SECOND:
            self._texts.append(self._ask(pcm))

    def _ask(self, pcm: bytes) -> str:
        """The text of this sound. If it cannot be trusted, it is requested once more without hints.
        Raises EngineError."""
        engine, sound_s = self._engine, len(pcm) / _SECOND
        began = time.monotonic()
        until = began + text_s(engine.settings, engine.pace, sound_s)
        wav = _wav(pcm)
        hints = self._hints
        text, whole = self._once(wav, sound_s, hints, until)
        if hints != NO_HINTS and (not whole or echoes(text, hints.prompt, hints.terms)):
            text, whole = self._once(wav, sound_s, NO_HINTS, until)
        if not whole:
            raise self._client.trouble(
                _(
                    "answers with more than can be said in {sound_s:.0f} s: its model "
                    "repeats itself"
                ).format(sound_s=sound_s)
            )
        engine.pace.measured(time.monotonic() - began, sound_s)
        return text

    def _once(self, wav: bytes, sound_s: float, hints: Hints, until: float) -> tuple[str, bool]:
        engine = self._engine
        asked = request(engine.profile, engine.model, hints, self._language, sound_s)
        left_s = max(0.0, until - time.monotonic())
        raw = self._client.post(asked.path, left_s, **_form(asked, wav))
        try:
            text, whole = answer(engine.profile, raw)
        except BadAnswer as error:
            raise self._client.trouble(
                _("{error}: see engine.base_url and engine.profile").format(error=error)
            ) from None
        self.language = detected_language(engine.profile, raw) or self.language
        return text, whole and not too_long(text, sound_s)


def _form(asked: Request, wav: bytes) -> dict[str, Any]:
    """The arguments with which the library sends this request and the sound."""
    if asked.body is not None:
        return {"json": with_sound(asked.body, wav)}
    return {"data": asked.form, "files": {"file": ("speech.wav", wav, "audio/wav")}}


def _wav(pcm: bytes) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes(pcm)
    return file.getvalue()
