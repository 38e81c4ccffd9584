"""One chat server with OpenAI's interface: Ollama, llama-server, vLLM, or one elsewhere.

Only the process of `host.py` uses this. Each exchange has a time limit and its answer is bounded,
as with the remote engines, whose HTTP client this is.
"""

import json
import ssl
from dataclasses import dataclass
from typing import Any, Final

from dictate.chat.answer_text import without_thinking
from dictate.config.schema import PolishSettings
from dictate.engines.remote import read_key, unreachable, unreadable
from dictate.engines.remote.address import parse_web
from dictate.engines.remote.openai_client import Answer, OpenAIClient
from dictate.engines.remote.openai_profiles import BadAnswer, json_object
from dictate.errors import EngineError
from dictate.translation import _

LONGEST_TEXT: Final = 12_000
"""Maximum characters of a text from the model."""
QUOTED: Final = 12
"""Characters from which a message of the server may be a quotation."""
MOST_NAMED: Final = 8
"""Maximum number of models that a message names."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is to be sent to the model, and how long it may take."""

    prompt: str
    most_tokens: int
    within_s: float


class ChatServer:
    """A connection that is kept for the next question. Close it. All methods raise EngineError."""

    def __init__(self, settings: PolishSettings) -> None:
        reason = unreachable(settings, parse_web, "http://127.0.0.1:11434/v1", table="polish")
        if reason is not None:
            raise EngineError(reason)
        try:
            trust = ssl.create_default_context(cafile=settings.certificate_file or None)
        except (OSError, ValueError) as error:
            raise unreadable("polish.certificate_file", error) from error
        web, key = parse_web(settings.base_url), read_key(settings, "polish")
        self._client = OpenAIClient(web, trust, key)
        self._model = settings.model

    def close(self) -> None:
        """Hang up. Idempotent."""
        self._client.close()

    def models(self, within_s: float) -> list[str]:
        """The names of the server's models."""
        found = self._client.get("models", within_s)
        self._check(found)
        cards = self._json(found).get("data")
        names = [card.get("id") for card in cards or () if isinstance(card, dict)]
        return [name for name in names if isinstance(name, str) and name]

    def ask(self, question: Question) -> str:
        """The model's answer."""
        if not self._model:
            self._model = self._only_model(question.within_s)
        body = {
            "model": self._model,
            "messages": [{"role": "user", "content": question.prompt}],
            "temperature": 0,
            "max_tokens": question.most_tokens,
            "stream": False,
        }
        # Not by the library, which would send half a surrogate pair as no UTF-8.
        raw = json.dumps(body).encode()
        headers = {"Content-Type": "application/json"}
        found = self._client.ask(
            "chat/completions", question.within_s, content=raw, headers=headers
        )
        self._check(found, question.prompt)
        return self._text(self._json(found))

    def _json(self, found: Answer) -> dict[str, Any]:
        try:
            return json_object(found.raw)
        except BadAnswer as error:
            raise self._client.trouble(
                _("{error}: see polish.base_url").format(error=error)
            ) from None

    def _text(self, answer: dict[str, Any]) -> str:
        try:
            choice = answer["choices"][0]
            text = choice["message"]["content"]
        except (KeyError, IndexError, TypeError):
            text = None
        if not isinstance(text, str):
            raise self._client.trouble(_("answers without a text: see polish.base_url"))
        if choice.get("finish_reason") == "length":
            raise self._client.trouble(_("cut its answer off: the model wrote too much"))
        text = without_thinking(text)
        if len(text) > LONGEST_TEXT:
            raise self._client.trouble(
                _("answers with more than {longest_text:,} characters").format(
                    longest_text=LONGEST_TEXT
                )
            )
        return text

    def _only_model(self, within_s: float) -> str:
        names = self.models(within_s)
        if len(names) == 1:
            return names[0]
        if not names:
            raise self._client.trouble(_("lists no model: set polish.model"))
        more = (
            _(" and {count} more").format(count=len(names) - MOST_NAMED)
            if len(names) > MOST_NAMED
            else ""
        )
        has = ", ".join(names[:MOST_NAMED])
        raise self._client.trouble(
            _("has {has}{more}: set polish.model to the one to use").format(has=has, more=more)
        )

    def _check(self, found: Answer, prompt: str = "") -> None:
        status = found.status
        if 200 <= status < 300:
            return
        says = self._client.says(found)
        # Some servers repeat the key in what they say about it, some the text: it would be logged.
        if status in (401, 403) or _quotes(says, prompt):
            says = ""
        if status < 400:
            what = _("sends us to another address, which is not followed: see polish.base_url")
        elif status in (401, 403):
            what = _("does not take our key: see polish.api_key_file")
        elif status in (404, 405):
            what = _(
                "does not know what it was asked for: see polish.model, and "
                "polish.base_url, which mostly ends in /v1"
            )
        elif status == 429:
            what = _("has had enough for now, or the account is used up")
        else:
            what = _("has trouble of its own") if status >= 500 else _("refuses what it was asked")
        because = _("; it says: {says}").format(says=says) if says else ""
        raise self._client.trouble(
            _("{what} (status {status}{because})").format(what=what, status=status, because=because)
        )


def _quotes(says: str, prompt: str) -> bool:
    """Whether a message has a piece of the prompt in it, with whatever white space."""
    words = " ".join(prompt.split())
    return any(says[at : at + QUOTED] in words for at in range(len(says) - QUOTED + 1))
