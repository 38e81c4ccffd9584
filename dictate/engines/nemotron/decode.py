"""Decodes the encoder's frames into tokens, alike for a stream and for a whole sound."""

import copy
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import torch

from dictate.engines.boost_phrases import BoostPhrases
from dictate.engines.nemotron.boosting import BoostingTree
from dictate.engines.second_pass import MOST_KEPT


class Decoder:
    """One utterance in the decoder, which goes on where it stopped.

    `hypotheses` are decoded side by side, one for each biasing, None for no biasing. `prompt_index`
    is that of the language, None for a model without a language prompt. `once` makes a tree for a
    single decoding; without it the frames are not kept, to be decoded `again`.
    """

    def __init__(
        self,
        model: Any,
        hypotheses: list[Any],
        prompt_index: int | None,
        once: Callable[[BoostPhrases], AbstractContextManager[BoostingTree]] | None = None,
    ) -> None:
        self._model = model
        self._prompt_index = prompt_index
        self.hypotheses = hypotheses
        self._once = once
        self._kept: list[tuple[Any, Any]] = []
        self._count = 0

    def copy(self) -> "Decoder":
        """An independent copy. No tensor is ever changed in place, but NeMo appends the tokens of a
        step to its hypotheses."""
        twin: Decoder = copy.copy(self)
        twin.hypotheses = [copy.copy(hypothesis) for hypothesis in self.hypotheses]
        for hypothesis in filter(None, twin.hypotheses):
            hypothesis.y_sequence = hypothesis.timestamp = None  # as after each step
        twin._kept = self._kept.copy()
        return twin

    def take(self, encoded: Any, length: Any) -> list[list[int]]:
        """The new token ids of each hypothesis for frames of the encoder, shape (1, width, n)."""
        encoded = encoded.float()
        if self._prompt_index is not None:
            encoded = prompted(self._model, encoded, self._prompt_index)
        if self._once is not None:
            self._keep(encoded, length)
        many = len(self.hypotheses)
        self.hypotheses = self._model.decoding.decoding(
            encoder_output=encoded.expand(many, -1, -1),
            encoded_lengths=length.expand(many),
            partial_hypotheses=self.hypotheses,
        )[0]
        return [_take(hypothesis) for hypothesis in self.hypotheses]

    def _keep(self, encoded: Any, length: Any) -> None:
        self._count += encoded.shape[-1]
        # Copies: a CUDA graph writes each step to the same place.
        self._kept.append((encoded.clone(), length.clone()))
        if self._count > MOST_KEPT:
            self._kept.clear()

    def again(self, few: BoostPhrases) -> list[int] | None:
        """The tokens of all frames with these phrases; None if the frames are not kept, or are too
        many for that."""
        if self._once is None or not self._kept:
            return None
        with torch.inference_mode(), self._once(few) as tree:
            encoded = torch.cat([frames[:, :, : int(length)] for frames, length in self._kept], -1)
            decoded = self._model.decoding.decoding(
                encoder_output=encoded,
                encoded_lengths=torch.tensor([encoded.shape[-1]], device=encoded.device),
                partial_hypotheses=[tree.hypothesis()],
            )[0]
        return _take(decoded[0])


def prompted(model: Any, encoded: Any, prompt_index: int) -> Any:
    """The frames with the language of this index applied, of the same shape.

    The model's own `set_inference_prompt` would set one language for all open utterances.
    """
    frames = encoded.transpose(1, 2)
    prompt = frames.new_zeros(*frames.shape[:2], model.num_prompts)
    prompt[..., prompt_index] = 1
    return model.prompt_kernel(torch.cat((frames, prompt), -1)).transpose(1, 2)


def _take(hypothesis: Any) -> list[int]:
    """Move the tokens of this step out of the hypothesis, which would copy all at each step."""
    sequence = hypothesis.y_sequence
    tokens = sequence.tolist() if isinstance(sequence, torch.Tensor) else list(sequence)
    hypothesis.y_sequence, hypothesis.timestamp = None, None
    hypothesis.length = 0
    return tokens
