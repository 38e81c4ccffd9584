"""A piece of sound in an encoder that does not stream."""

from typing import Any

import torch

from dictate.engines.nemotron.decode import Decoder
from dictate.events import Samples


@torch.inference_mode()
def recognise(model: Any, decoder: Decoder, sound: Samples) -> list[list[int]]:
    """The new token ids of each hypothesis of the decoder for the next piece of sound."""
    frames, length = model.preprocessor(
        input_signal=torch.from_numpy(sound)[None].to(model.device),
        length=torch.tensor([len(sound)], device=model.device),
    )
    dtype = next(model.encoder.parameters()).dtype
    encoded, length = model.encoder(audio_signal=frames.to(dtype), length=length)
    return decoder.take(encoded, length)
