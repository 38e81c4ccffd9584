"""A Decoder that answers from rules, for tests of what is made of its texts."""

from collections.abc import Callable

import numpy as np

from dictate.events import Samples
from dictate.hotwords.model import Hotwords
from dictate.proof.decoder import Heard
from dictate.proof.trial import Clip


def clip(name: str, said: str = "") -> Clip:
    """A clip that the scripted decoder knows by its name."""
    return Clip(name, np.frombuffer(name.encode(), np.uint8).astype(np.float32), said)


class ScriptedDecoder:
    """`says` gets the name of a clip, and the effective strength of each term of the list by its
    spelling; it returns the text."""

    def __init__(self, says: Callable[[str, dict[str, float]], str]) -> None:
        self._says = says
        self.decoded: list[tuple[str, dict[str, float]]] = []

    async def decode(self, sound: Samples, hotwords: Hotwords) -> Heard:
        name = sound.astype(np.uint8).tobytes().decode()
        strengths = {term.spelling: term.weight * hotwords.strength for term in hotwords.terms}
        self.decoded.append((name, strengths))
        text = self._says(name, strengths)
        return Heard(text, text)
