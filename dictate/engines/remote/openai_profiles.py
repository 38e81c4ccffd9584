"""How the servers that speak OpenAI's way differ: where the sound goes, how one's own words reach
the model, and what comes back. Pure: nothing is sent here.

All take the sound as a WAV file in a form, and answer {"text": ...}; `vllm-chat` has it in a chat
message instead, as only that way every version of vLLM tells Qwen3-ASR the words.
"""

import base64
import json
import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final

from dictate.engines.prompt_guard import clean, most_tokens
from dictate.errors import EngineError
from dictate.hotwords.model import AUTO, Hotwords

MOST_TERMS: Final = 50
"""Others report that more help no more, and that long lists do harm."""
LONGEST_PROMPT: Final = 800
"""Characters. Whisper reads no more than 224 tokens, and of a longer prompt only the end."""
LONGEST_NAME: Final = 200
"""Characters; what is longer is no model's name."""

CONTROL: Final = ("<asr_text>", "</asr_text>")
"""Beside `<|...|>`, what steers Qwen3-ASR."""
_HEARD_IN = re.compile(r"\s*language\s+(\S+?)\s*<asr_text>")


class BadAnswer(EngineError):
    """What came is not what this kind of server answers."""


@dataclass(frozen=True, slots=True)
class Profile:
    """One make of server."""

    hotwords_as: str
    """How hotwords reach its model, for people."""
    path: str = "audio/transcriptions"
    """Below engine.base_url."""
    terms: str = "prompt"
    """The form's field for the terms."""
    chat: bool = False
    names_model: bool = True
    """Whether a request names the model."""
    no_language: str = ""
    """What the form says where the model shall find out; empty leaves the field away."""


_PROMPT: Final = "a sentence in the prompt"
PROFILES: Final = {
    "vllm-chat": Profile("a system message", path="chat/completions", chat=True),
    "vllm": Profile(_PROMPT),
    "sglang": Profile(_PROMPT),
    "speaches": Profile("hotwords, and the context as the prompt", terms="hotwords"),
    "whisper-cpp": Profile(_PROMPT, path="inference", names_model=False, no_language="auto"),
    "localai": Profile(_PROMPT),
    "openai": Profile("a sentence in the prompt, or keywords where the model has them"),
}


@dataclass(frozen=True, slots=True)
class Hints:
    """What a model is told before the sound."""

    context: str = ""
    """The user's own sentence."""
    terms: tuple[str, ...] = ()

    @property
    def prompt(self) -> str:
        """All of it, as a text: terms in a bare row do harm to some models."""
        if not self.terms:
            return self.context
        stop = "" if not self.context or self.context.endswith((".", "!", "?", "\u3002")) else "."
        return f"{self.context}{stop} Technical terms: {', '.join(self.terms)}.".strip()


NO_HINTS: Final = Hints()


@dataclass(frozen=True, slots=True)
class Request:
    """One request: a form beside the sound, or a JSON body that holds it."""

    path: str
    form: dict[str, Any] | None = None
    body: dict[str, Any] | None = None


def hints(hotwords: Hotwords, language: str) -> tuple[Hints, list[str]]:
    """What to tell the model, and one line for each term that it is not told."""
    terms = hotwords.for_language(language)
    heaviest = sorted(terms, key=lambda term: -term.weight) if hotwords.strength else []
    told = Hints(clean(hotwords.context, CONTROL)[:LONGEST_PROMPT])
    unusable = []
    for term in heaviest:
        spelling = clean(term.spelling, CONTROL)
        longer = Hints(told.context, (*told.terms, spelling))
        if not spelling:
            unusable.append(f"{term.spelling}: nothing is left of it without control tokens")
        elif len(longer.terms) > MOST_TERMS or len(longer.prompt) > LONGEST_PROMPT:
            unusable.append(
                f"{term.spelling}: not told to the server, which gets {MOST_TERMS} terms or "
                f"{LONGEST_PROMPT} characters, the heaviest first: give it a higher weight, or "
                "remove others (it is spelled your way all the same)"
            )
        else:
            told = longer
    return told, unusable


def request(profile: Profile, model: str, told: Hints, language: str, sound_s: float) -> Request:
    """What to ask; of a chat, all but the sound (`with_sound`)."""
    if profile.chat:
        messages = [{"role": "system", "content": told.prompt}] if told.prompt else []
        limit = most_tokens(sound_s)
        body = {"model": model, "messages": messages, "temperature": 0, "max_tokens": limit}
        return Request(profile.path, body=body)
    form: dict[str, Any] = {"response_format": "json"}
    if profile.names_model:
        form["model"] = model
    base = "" if language == AUTO else language.partition("-")[0].lower()
    if has_keywords(profile, model):
        lists = {"keywords[]": list(told.terms), "languages[]": [base] if base else []}
        rest = {"prompt": told.context}
    else:
        lists = {}
        apart = profile.terms != "prompt"
        rest = {"prompt": told.context if apart else told.prompt}
        if apart:
            rest[profile.terms] = ", ".join(told.terms)
        rest["language"] = base or profile.no_language
    form.update((name, value) for name, value in (*rest.items(), *lists.items()) if value)
    return Request(profile.path, form=form)


def has_keywords(profile: Profile, model: str) -> bool:
    """Whether this is one of OpenAI's models that take terms as a list."""
    return profile is PROFILES["openai"] and model.startswith(("gpt-transcribe", "gpt-live"))


def with_sound(body: dict[str, Any], wav: bytes) -> dict[str, Any]:
    """The body of a chat that asks for this sound's text."""
    sound = {"data": base64.b64encode(wav).decode(), "format": "wav"}
    content = [{"type": "input_audio", "input_audio": sound}]
    return {**body, "messages": [*body["messages"], {"role": "user", "content": content}]}


def answer(profile: Profile, raw: bytes) -> tuple[str, bool]:
    """The text of an answer, and whether it is whole. Raises BadAnswer."""
    data = json_object(raw)
    if not profile.chat:
        return heard(data.get("text")), True
    try:
        choice = data["choices"][0]
        return heard(choice["message"]["content"]), choice.get("finish_reason") != "length"
    except (KeyError, IndexError, TypeError, AttributeError) as error:
        raise BadAnswer("answers without a text") from error


def heard(text: object) -> str:
    """What was heard, without what models say around it: "language English<asr_text>good
    morning"."""
    if not isinstance(text, str):
        raise BadAnswer("answers without a text")
    if found := _HEARD_IN.match(text):
        text = "" if found[1] == "None" else text[found.end() :]
    return clean(text, CONTROL)


def json_object(raw: bytes) -> dict[str, Any]:
    """The JSON object of an answer. Raises BadAnswer."""
    try:
        data = json.loads(raw)
    except (ValueError, RecursionError) as error:
        page = raw.lstrip()[:1] == b"<"
        what = "a web page" if page else "something else"
        raise BadAnswer(f"answers with {what}, not with JSON") from error
    if not isinstance(data, dict):
        raise BadAnswer("answers with something else, not with a JSON object")
    return data


def guess(host: str, server: str, cards: Collection[dict[str, Any]], model: str) -> str:
    """The profile of a server, by its name, its Server header and its list of models. One of a make
    that nobody knows is taken for the common way of all."""
    if host == "openai.com" or host.endswith(".openai.com"):
        return "openai"
    if server.lower().startswith("whisper.cpp"):
        return "whisper-cpp"
    card = next((card for card in cards if card.get("id") == model), {})
    owner = str(card.get("owned_by"))
    if owner == "vllm":
        names = f"{model} {card.get('root')}".lower()
        return "vllm-chat" if "qwen3-asr" in names else "vllm"
    if owner.startswith("sglang"):
        return "sglang"
    return "speaches" if "task" in card else "openai"


def speech_models(cards: Collection[dict[str, Any]]) -> list[str]:
    """The names of the models that can be asked: of a server that says what each is for, only
    those for speech."""
    tasks = ("automatic-speech-recognition", None)
    names = [card.get("id") for card in cards if card.get("task") in tasks]
    return [name for name in names if isinstance(name, str) and _is_a_name(name)]


def _is_a_name(text: str) -> bool:
    return text.isprintable() and len(text) <= LONGEST_NAME
