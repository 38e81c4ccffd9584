"""The prompt around a sound, as the tokens of Qwen3-ASR, and the text of its answer."""

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from dictate.engines.prompt_guard import clean
from dictate.engines.qwen3.load import Loaded
from dictate.engines.qwen3.prompt import context, language_name, tag_of
from dictate.hotwords.model import Hotwords

if TYPE_CHECKING:
    from dictate.engines.qwen3.decode import Prompt

TEXT_TAG: Final = "<asr_text>"
"""Separates the language from the text in an answer."""


class PromptRequest:
    """The prompt for a sound in one language: with the context, and without one."""

    def __init__(self, loaded: Loaded, hotwords: Hotwords, tag: str, draft: str = "") -> None:
        """`draft` is a text of the sound, which has a say in which terms of a long list count."""
        from dictate.engines.qwen3.decode import MOST_BEFORE

        self._processor = loaded.processor
        self._language = language_name(tag)
        self.control = tuple(loaded.processor.tokenizer.get_added_vocab())
        self.context = context(
            hotwords,
            tag,
            self.control,
            lambda text: len(self._prompt(text).before) <= MOST_BEFORE,
            draft,
        )
        self.prompt = self._prompt(self.context.text)
        self.plain = self._prompt("")

    def _prompt(self, system: str) -> "Prompt":
        from dictate.engines.qwen3.decode import Prompt

        text = prompt_text(self._processor, system, self._language)
        before, after = text.split(self._processor.audio_token)
        # The tokenizer splits at a control token, so the halves give the tokens of the whole.
        encode = self._processor.tokenizer.encode
        return Prompt(tuple(encode(before)), tuple(encode(after)))

    def text(self, tokens: list[int], *, whole: bool) -> str:
        """The text of these tokens, without the language that the model found. A text that is not
        yet `whole` may end within a character."""
        tokenizer = self._processor.tokenizer
        tag = tokenizer.convert_tokens_to_ids(TEXT_TAG)
        if tag in tokens:
            tokens = tokens[len(tokens) - tokens[::-1].index(tag) :]
        elif self._language is None and not whole:
            return ""
        said = clean(tokenizer.decode(tokens, skip_special_tokens=True), self.control)
        return said if whole else said.rstrip("\ufffd")

    def language(self, tokens: list[int]) -> str:
        """The language that the model found (BCP 47), if it was to find out; else empty."""
        tokenizer = self._processor.tokenizer
        tag = tokenizer.convert_tokens_to_ids(TEXT_TAG)
        if self._language is not None or tag not in tokens:
            return ""
        head = tokenizer.decode(tokens[: tokens.index(tag)], skip_special_tokens=True)
        return tag_of(head.strip().removeprefix("language"))


def prompt_text(processor: Any, system: str, language: str | None) -> str:
    """The prompt with one placeholder for the sound, by the model's own template. If the language
    is forced, the prompt contains the beginning of the answer."""
    head = [{"role": "system", "content": [{"type": "text", "text": system}]}] if system else []
    said = "" if language is None else f"language {language}{TEXT_TAG}"  # untranslated
    # The sound is not used; the template only needs one.
    sound = {"role": "user", "content": [{"type": "audio", "audio": np.zeros(1, np.float32)}]}
    answer = {"role": "assistant", "content": [{"type": "text", "text": said}]}
    try:
        text: str = processor.apply_chat_template(
            [*head, sound, answer], tokenize=False, continue_final_message=True
        )
    except ValueError:
        # The template of the first release leaves out the answer, which transformers look for.
        text = processor.apply_chat_template(
            [*head, sound], tokenize=False, add_generation_prompt=True
        )
        return text + said
    return text
