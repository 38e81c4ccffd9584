"""What the encoder heard becomes tokens: the same way for a stream and for a whole sound."""

from typing import Any

import torch


class Decoder:
    """One utterance in the decoder, which goes on where it stopped.

    `hypotheses` are decoded beside each other, one for each biasing, None for none. `slot` is the
    language that the model is told, None where it is told none.
    """

    def __init__(self, model: Any, hypotheses: list[Any], slot: int | None) -> None:
        self._model = model
        self._slot = slot
        self.hypotheses = hypotheses

    def take(self, encoded: Any, length: Any) -> list[list[int]]:
        """The new token ids of each hypothesis, of frames of the encoder, shape (1, width, n)."""
        encoded = encoded.float()
        if self._slot is not None:
            encoded = prompted(self._model, encoded, self._slot)
        many = len(self.hypotheses)
        self.hypotheses = self._model.decoding.decoding(
            encoder_output=encoded.expand(many, -1, -1),
            encoded_lengths=length.expand(many),
            partial_hypotheses=self.hypotheses,
        )[0]
        return [_take(hypothesis) for hypothesis in self.hypotheses]


def prompted(model: Any, encoded: Any, slot: int) -> Any:
    """The frames as they are in the language of this slot, of the same shape.

    Not by the model's own `set_inference_prompt`: that is one language for all that is open.
    """
    frames = encoded.transpose(1, 2)
    prompt = frames.new_zeros(*frames.shape[:2], model.num_prompts)
    prompt[..., slot] = 1
    return model.prompt_kernel(torch.cat((frames, prompt), -1)).transpose(1, 2)


def _take(hypothesis: Any) -> list[int]:
    """The tokens of this step, out of the hypothesis: it would copy all of them at each step."""
    sequence = hypothesis.y_sequence
    tokens = sequence.tolist() if isinstance(sequence, torch.Tensor) else list(sequence)
    hypothesis.y_sequence, hypothesis.timestamp = None, None
    hypothesis.length = 0
    return tokens
