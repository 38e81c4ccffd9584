"""How the servers with OpenAI's interface differ: where the sound goes, how hotwords reach the
model, and what the answer looks like. Pure: nothing is sent here.

All take the sound as a WAV file in a form and answer {"text": ...}. `vllm-chat` sends it in a chat
message instead, because only then does every version of vLLM pass the hotwords to Qwen3-ASR.
"""

import base64
import json
import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final

from dictate.engines.prompt_guard import clean, most_tokens
from dictate.engines.qwen3.prompt import tag_of
from dictate.engines.selection import MOST_PROMPTED, ranked
from dictate.errors import EngineError
from dictate.hotwords.model import AUTO, Hotwords
from dictate.translation import _

LONGEST_PROMPT: Final = 800
"""Maximum characters of a prompt. Whisper reads only the last 224 tokens of it."""
LONGEST_NAME: Final = 200
"""Maximum characters of a model's name."""

USUAL_MODEL: Final = "whisper-1"
"""The name under which most servers of this kind have a model, whatever it is."""
CONTROL: Final = ("<asr_text>", "</asr_text>")
"""Tokens that steer Qwen3-ASR, in addition to `<|...|>`."""
_QUOTED = re.compile(r"[`'\"]([\w.:/-]+)[`'\"]")
_TAG = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_HEARD_IN = re.compile(r"\s*language\s+(\S+?)\s*<asr_text>")


class BadAnswer(EngineError):
    """The answer is not what this kind of server returns."""


@dataclass(frozen=True, slots=True)
class ServerProfile:
    """One kind of server."""

    hotwords_as: str
    """How hotwords reach its model, for people."""
    path: str = "audio/transcriptions"
    """Below engine.base_url."""
    terms: str = "prompt"
    """The field of the form for the terms."""
    chat: bool = False
    names_model: bool = True
    """Whether a request names the model."""
    no_language: str = ""
    """The language in the form if the model is to find out; empty omits the field."""


_PROMPT: Final = _("a sentence in the prompt")
PROFILES: Final = {
    "vllm-chat": ServerProfile(_("a system message"), path="chat/completions", chat=True),
    "vllm": ServerProfile(_PROMPT),
    "sglang": ServerProfile(_PROMPT),
    "speaches": ServerProfile(_("hotwords, and the context as the prompt"), terms="hotwords"),
    "whisper-cpp": ServerProfile(_PROMPT, path="inference", names_model=False, no_language="auto"),
    "localai": ServerProfile(_PROMPT),
    "openai": ServerProfile(_("a sentence in the prompt, or keywords where the model has them")),
}


@dataclass(frozen=True, slots=True)
class Hints:
    """The text that the model gets with the sound."""

    context: str = ""
    """The user's own sentence."""
    terms: tuple[str, ...] = ()

    @property
    def prompt(self) -> str:
        """All of it in sentences: a bare list of terms does harm to some models."""
        if not self.terms:
            return self.context
        stop = "" if not self.context or self.context.endswith((".", "!", "?", "\u3002")) else "."
        # untranslated
        return f"{self.context}{stop} Technical terms: {', '.join(self.terms)}.".strip()


NO_HINTS: Final = Hints()


@dataclass(frozen=True, slots=True)
class Request:
    """One request: a form beside the sound, or a JSON body that holds it."""

    path: str
    form: dict[str, Any] | None = None
    body: dict[str, Any] | None = None


def hints(hotwords: Hotwords, language: str) -> tuple[Hints, list[str]]:
    """The hints for the model, and one line for each term that is left out."""
    terms = hotwords.for_language(language) if hotwords.strength else ()
    found = Hints(clean(hotwords.context, CONTROL)[:LONGEST_PROMPT])
    unusable = []
    for term in ranked(terms):
        spelling = clean(term.spelling, CONTROL)
        longer = Hints(found.context, (*found.terms[:MOST_PROMPTED], spelling))
        if not spelling:
            unusable.append(
                _("{spelling}: nothing is left of it without control tokens").format(
                    spelling=term.spelling
                )
            )
        elif len(longer.terms) > MOST_PROMPTED or len(longer.prompt) > LONGEST_PROMPT:
            unusable.append(
                _(
                    "{spelling}: not sent to the server, which gets {most_prompted} terms or "
                    "{longest_prompt} characters, the heaviest first: give it a higher "
                    "weight, or remove others (it is still spelled your way)"
                ).format(
                    spelling=term.spelling,
                    most_prompted=MOST_PROMPTED,
                    longest_prompt=LONGEST_PROMPT,
                )
            )
        else:
            found = longer
    return found, unusable


def request(
    profile: ServerProfile, model: str, given: Hints, language: str, sound_s: float
) -> Request:
    """The request; for a chat, all but the sound (`with_sound`)."""
    if profile.chat:
        messages = [{"role": "system", "content": given.prompt}] if given.prompt else []
        limit = most_tokens(sound_s)
        body = {"model": model, "messages": messages, "temperature": 0, "max_tokens": limit}
        return Request(profile.path, body=body)
    form: dict[str, Any] = {"response_format": "json"}
    if profile.names_model and model:
        form["model"] = model
    base = "" if language == AUTO else language.partition("-")[0].lower()
    if has_keywords(profile, model):
        lists = {"keywords[]": list(given.terms), "languages[]": [base] if base else []}
        rest = {"prompt": given.context}
    else:
        lists = {}
        apart = profile.terms != "prompt"
        rest = {"prompt": given.context if apart else given.prompt}
        if apart:
            rest[profile.terms] = ", ".join(given.terms)
        rest["language"] = base or profile.no_language
    form.update((name, value) for name, value in (*rest.items(), *lists.items()) if value)
    return Request(profile.path, form=form)


def has_keywords(profile: ServerProfile, model: str) -> bool:
    """Whether this model of OpenAI takes terms as a list."""
    return profile is PROFILES["openai"] and model.startswith(("gpt-transcribe", "gpt-live"))


def with_sound(body: dict[str, Any], wav: bytes) -> dict[str, Any]:
    """The body of a chat with this sound."""
    sound = {"data": base64.b64encode(wav).decode(), "format": "wav"}
    content = [{"type": "input_audio", "input_audio": sound}]
    return {**body, "messages": [*body["messages"], {"role": "user", "content": content}]}


def answer(profile: ServerProfile, raw: bytes) -> tuple[str, bool]:
    """The text of an answer, and whether it is complete. Raises BadAnswer."""
    data = json_object(raw)
    if not profile.chat:
        return heard(data.get("text")), True
    try:
        choice = data["choices"][0]
        return heard(choice["message"]["content"]), choice.get("finish_reason") != "length"
    except (KeyError, IndexError, TypeError, AttributeError) as error:
        raise BadAnswer(_("answers without a text")) from error


def detected_language(profile: ServerProfile, raw: bytes) -> str:
    """The language that the model found (BCP 47); empty if the answer does not say. `raw` is an
    answer with a text."""
    data = json_object(raw)
    if profile.chat:
        found = _HEARD_IN.match(data["choices"][0]["message"]["content"])
        return tag_of(found[1]) if found else ""
    named = data.get("language")
    if not isinstance(named, str):
        return ""
    return named if _TAG.fullmatch(named) else tag_of(named)


def heard(text: object) -> str:
    """The text without what models put around it, as in "language English<asr_text>good
    morning"."""
    if not isinstance(text, str):
        raise BadAnswer(_("answers without a text"))
    if found := _HEARD_IN.match(text):
        text = "" if found[1] == "None" else text[found.end() :]
    return clean(text, CONTROL)


def json_object(raw: bytes) -> dict[str, Any]:
    """The JSON object of an answer. Raises BadAnswer."""
    try:
        data = json.loads(raw)
    except (ValueError, RecursionError) as error:
        page = raw.lstrip()[:1] == b"<"
        what = _("a web page") if page else _("something else")
        raise BadAnswer(_("answers with {what}, not with JSON").format(what=what)) from error
    if not isinstance(data, dict):
        raise BadAnswer(_("answers with something else, not with a JSON object"))
    return data


def guess(host: str, server: str, cards: Collection[dict[str, Any]], model: str) -> str:
    """The profile of a server, by its name, its Server header and its list of models. A server of
    an unknown kind gets the profile that most have in common."""
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
    """The names of the usable models: if the server says what each is for, only those for
    speech."""
    tasks = ("automatic-speech-recognition", None)
    names = [card.get("id") for card in cards if card.get("task") in tasks]
    return [name for name in names if isinstance(name, str) and _is_a_name(name)]


def named_model(refusal: str, tried: Collection[str]) -> str:
    """The one model that a refusal names beside those that were tried; empty if it names none, or
    several."""
    named = {name for name in _QUOTED.findall(refusal) if name not in tried and _is_a_name(name)}
    return named.pop() if len(named) == 1 else ""


def _is_a_name(text: str) -> bool:
    return text.isprintable() and len(text) <= LONGEST_NAME
