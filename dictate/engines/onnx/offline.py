"""A piece of sound in an encoder that does not stream."""

from dictate.engines.onnx.decode import Hypothesis
from dictate.engines.onnx.features import Features, normalised
from dictate.engines.onnx.model import Model
from dictate.events import Samples


def recognise(
    model: Model, hypotheses: list[Hypothesis], prompt_index: int | None, sound: Samples
) -> list[list[int]]:
    """The new token ids of each hypothesis for the next piece of sound."""
    features = Features(model.mels)
    features.add(sound)
    frames = features.make(last=True)
    if model.normalises:
        frames = normalised(frames)
    encoded, _ = model.encode(frames, (), prompt_index)
    return [hypothesis.take(encoded) for hypothesis in hypotheses]
