"""The tokens of a model in ONNX files: text from tokens, and tokens from text."""

from functools import cached_property
from pathlib import Path
from typing import Any

from dictate.engines.token_text import WORD
from dictate.errors import EngineError
from dictate.translation import _

UNKNOWN = "<unk>"
BLANK = "<blk>"
"""What the list calls the blank, its last token."""
_LIST = "tokens.txt"
_MODEL = "tokenizer.model"


class Tokens:
    """The vocabulary of one model, without the blank, which is its last token."""

    def __init__(self, pieces: list[str], model: bytes | None = None) -> None:
        """`model` is the SentencePiece model they come from, if the folder has it."""
        self.pieces = pieces
        self._model = model

    @classmethod
    def read(cls, folder: Path) -> "Tokens":
        """The tokens of a model's folder. Raises EngineError."""
        try:
            # Not `splitlines`: a piece may be a character that it takes for the end of a line.
            lines = (folder / _LIST).read_text("utf-8").split("\n")
            pieces = [line.rpartition(" ")[0] for line in lines if line]
            numbers = [int(line.rpartition(" ")[2]) for line in lines if line]
        except (OSError, ValueError) as error:
            raise EngineError(
                _("{file} cannot be read: {error}").format(file=folder / _LIST, error=error)
            ) from error
        if numbers != list(range(len(numbers))) or len(pieces) < 2:
            raise EngineError(
                _("{file} is damaged: its numbers do not count up from 0").format(
                    file=folder / _LIST
                )
            )
        if pieces[-1] != BLANK:
            raise EngineError(
                _("{file} is cut off or damaged: it does not end in {blank}").format(
                    file=folder / _LIST, blank=BLANK
                )
            )
        model = folder / _MODEL
        found = cls(pieces[:-1], model.read_bytes() if model.is_file() else None)
        found._check(model)
        return found

    def _check(self, model: Path) -> None:
        """Raise EngineError if the tokenizer has tokens other than those of the list."""
        if not self._model:
            return
        try:
            tokenizer = self._encoder
        except (RuntimeError, OSError) as error:
            raise EngineError(
                _("{model} is damaged: it is not a model of SentencePiece").format(model=model)
            ) from error
        if [tokenizer.id_to_piece(i) for i in range(tokenizer.vocab_size())] != self.pieces:
            raise EngineError(
                _("{model} and {file} are of two different models").format(model=model, file=_LIST)
            )

    @property
    def count(self) -> int:
        """The number of tokens, and so the number of the blank."""
        return len(self.pieces)

    @property
    def unk_id(self) -> int:
        """The token of what the model cannot write."""
        return self.pieces.index(UNKNOWN) if UNKNOWN in self.pieces else -1

    def ids_to_tokens(self, tokens: list[int]) -> list[str]:
        """The piece of each token."""
        return [self.pieces[token] for token in tokens]

    def ids_to_text(self, tokens: list[int]) -> str:
        """The text of these tokens."""
        return "".join(self.ids_to_tokens(tokens)).replace(WORD, " ").strip(" ")

    def text_to_ids(self, text: str) -> list[int]:
        """The tokens with which the model writes this text."""
        found: list[int] = self._encoder.encode(text)
        return found

    @cached_property
    def _encoder(self) -> Any:
        import sentencepiece

        return sentencepiece.SentencePieceProcessor(model_proto=self._model or self._made_model())

    def _made_model(self) -> bytes:
        """A SentencePiece model of these pieces.

        The published files lack the model. A BPE vocabulary lists its pieces in the order in which
        they were merged, and the score of a piece is minus its place in that order (sentencepiece's
        `bpe_model_trainer.cc`): so the list is enough.
        """
        from sentencepiece.sentencepiece_model_pb2 import ModelProto

        proto = ModelProto()
        kinds = ModelProto.SentencePiece
        for place, piece in enumerate(self.pieces):
            entry = proto.pieces.add()
            entry.piece, entry.score = piece, float(-place)
            entry.type = kinds.UNKNOWN if piece == UNKNOWN else kinds.NORMAL
        proto.trainer_spec.model_type = proto.trainer_spec.BPE
        proto.trainer_spec.bos_id = proto.trainer_spec.eos_id = proto.trainer_spec.pad_id = -1
        proto.trainer_spec.vocab_size = len(self.pieces)
        proto.normalizer_spec.name = "identity"
        proto.normalizer_spec.add_dummy_prefix = True
        proto.normalizer_spec.remove_extra_whitespaces = True
        proto.normalizer_spec.escape_whitespaces = True
        serialized: bytes = proto.SerializeToString()
        return serialized
