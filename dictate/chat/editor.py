"""Has a language model edit a text: prompt, question, and the guards over its answer."""

import asyncio
import logging
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

from dictate.chat import guards, prompts
from dictate.chat.client import ChatClient
from dictate.chat.prompts import Prompt
from dictate.config.schema import PolishSettings
from dictate.errors import ChatError
from dictate.hotwords.model import AUTO, Hotwords
from dictate.translation import _

log = logging.getLogger(__name__)

SHORTEST_S: Final = 4.0
LONGEST_S: Final = 15.0
"""The least and the most seconds that the model has."""
BASE_S: Final = 2.0
PER_CHARACTER_S: Final = 0.006


def budget_s(characters: int) -> float:
    """The seconds that the model has for a text of this length."""
    return min(LONGEST_S, max(SHORTEST_S, BASE_S + PER_CHARACTER_S * characters))


class TextEditor:
    """All methods belong on the loop."""

    def __init__(
        self, settings: PolishSettings, folder: Path, on_trouble: Callable[[str], None]
    ) -> None:
        """The user's own prompts are in `folder`; `on_trouble` gets a line if one is broken."""
        self.settings = settings
        self._folder = folder
        self._on_trouble = on_trouble
        self._reported = ""
        self._client = ChatClient()

    def apply(self, settings: PolishSettings) -> None:
        """Use these from the next text on."""
        self.settings = settings

    def warm(self) -> None:
        """A text may come soon."""
        self._client.warm()

    async def polish(self, raw: str, hotwords: Hotwords, language: str | None) -> str:
        """The polished text; `language` is that of the text, None if unknown. Raises ChatError, and
        then the raw text stays."""
        terms = await asyncio.to_thread(_terms_in, raw, hotwords, language)
        answer = await self._ask(Prompt.POLISH, raw, terms, language=_named(language))
        base = _base(language)
        return await asyncio.to_thread(guards.polished, raw, answer, terms, base)

    async def edit(
        self, selection: str, instruction: str, hotwords: Hotwords, language: str | None
    ) -> str:
        """The text that replaces the selection. Raises ChatError, and then the selection stays."""
        said = partial(_terms_in, f"{selection}\n{instruction}", hotwords, language)
        terms = await asyncio.to_thread(said)
        values = {"instruction": instruction, "language": _named(language)}
        answer = await self._ask(Prompt.EDIT, selection, terms, **values)
        return await asyncio.to_thread(guards.edited, selection, answer)

    async def models(self) -> list[str]:
        """The names of the server's models. Raises ChatError."""
        return await self._client.models(self.settings)

    async def close(self) -> None:
        """End the process. Idempotent."""
        await self._client.close()

    async def _ask(self, prompt: Prompt, text: str, terms: list[str], **values: str) -> str:
        if len(text) > guards.MOST_CHARACTERS:
            raise ChatError(
                _("the text has more than {most_characters:,} characters").format(
                    most_characters=guards.MOST_CHARACTERS
                )
            )
        read = await asyncio.to_thread(prompts.read, prompt, self._folder)
        if read.problem and read.problem != self._reported:
            self._on_trouble(
                _("{problem}; the prompt of Dictate is used instead").format(problem=read.problem)
            )
        self._reported = read.problem
        # What replaces a text is rarely longer, and may be in a script of several tokens a letter.
        most_tokens = 512 + 3 * len(text)
        filled = read.filled(text=text, terms=", ".join(terms) or "none", **values)
        began = time.monotonic()
        answer = await self._client.ask(self.settings, filled, most_tokens, budget_s(len(text)))
        log.debug("the model answered after %.0f ms", (time.monotonic() - began) * 1000)
        return answer


def _terms_in(text: str, hotwords: Hotwords, language: str | None) -> list[str]:
    """The terms that stand in the text: no others leave this machine."""
    spellings = {term.spelling for term in hotwords.for_language(language)}
    return sorted(spelling for spelling in spellings if spelling in text)


def _named(language: str | None) -> str:
    return language if language and language.lower() != AUTO else "that of the text"  # untranslated


def _base(language: str | None) -> str | None:
    base = (language or AUTO).replace("_", "-").partition("-")[0].lower()
    return None if base in (AUTO, "und") else base
