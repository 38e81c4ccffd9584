"""The text of a growing token sequence, without decoding all of it each time."""

import copy
from collections.abc import Collection
from typing import Any, Final

MANY: Final = 64
"""Undecided tokens above which those before the last beginning of a word are decoded for good."""
WORD: Final = "\u2581"
"""The first character of a SentencePiece token that begins a word."""


class TokenText:
    """Tokens in, text out; words that are complete are decoded once."""

    def __init__(self, tokenizer: Any, unwritten: Collection[int] = ()) -> None:
        """`unwritten` are tokens that are never part of the text."""
        self._tokenizer = tokenizer
        self._unwritten = unwritten
        self._done: list[str] = []
        self._open: list[int] = []
        self._tag: int | None = None

    def copy(self) -> "TokenText":
        """An independent copy."""
        twin: TokenText = copy.copy(self)
        twin._done, twin._open = self._done.copy(), self._open.copy()
        return twin

    @property
    def text(self) -> str:
        """The whole text so far."""
        text = " ".join([*self._done, self._tokenizer.ids_to_text(self._open)])
        # If a token is left out, the spaces on both sides of it remain.
        return " ".join(filter(None, text.split(" ")))

    @property
    def language(self) -> str:
        """The language that the model named last (BCP 47); empty if it named none."""
        if self._tag is None:
            return ""
        piece: str = self._tokenizer.ids_to_tokens([self._tag])[0]
        return piece.strip(f"{WORD}<>")

    def append(self, tokens: list[int]) -> None:
        """Take more tokens."""
        self._tag = next(
            (token for token in reversed(tokens) if token in self._unwritten), self._tag
        )
        self._open += [token for token in tokens if token not in self._unwritten]
        if len(self._open) <= MANY:
            return
        pieces = self._tokenizer.ids_to_tokens(self._open)
        begins = [at for at, piece in enumerate(pieces) if at and piece.startswith(WORD)]
        if begins:
            self._done.append(self._tokenizer.ids_to_text(self._open[: begins[-1]]))
            self._open = self._open[begins[-1] :]
