"""Greedy decoding of a transducer, RNNT or TDT, with NeMo's rules, so that the texts are NeMo's.

The blank is decided without the boosting tree; where the model emits a token, the tree has a say in
which one (rnnt_label_looping.py and tdt_label_looping.py in NeMo). A TDT model also says how many
frames to go on.
"""

import copy
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dictate.engines.boost_phrases import BoostPhrases
from dictate.engines.onnx.model import Model
from dictate.engines.onnx.tree import BoostingTree, State
from dictate.engines.second_pass import MOST_KEPT

MOST_AT_ONCE: Final = 10
"""Maximum number of tokens at one frame: NeMo's default, which keeps a model from an endless
loop."""
BLOCK: Final = 8
"""Frames whose scores are computed at once. Those after the next token are computed in vain, but a
call costs more than they do."""
_NOTHING: Final = np.zeros((0, 0), np.float32)


@dataclass(frozen=True, slots=True)
class Prediction:
    """The prediction network after some tokens. Never changed, so a copy is free."""

    output: NDArray[np.float32]
    """Shape (1, width, 1)."""
    memory: tuple[NDArray[np.float32], ...]


class Frames:
    """The frames of one utterance, to be decoded again."""

    def __init__(self) -> None:
        self._steps: list[NDArray[np.float32]] = []
        self._count = 0

    def copy(self) -> "Frames":
        """An independent copy."""
        twin = Frames()
        twin._steps, twin._count = self._steps.copy(), self._count
        return twin

    def add(self, encoded: NDArray[np.float32]) -> None:
        """Those of a step, shape (1, width, n)."""
        self._count += encoded.shape[-1]
        self._steps.append(encoded)
        if self._count > MOST_KEPT:
            self._steps.clear()

    def decode(self, model: Model, tree: BoostingTree) -> list[int] | None:
        """The tokens of all; None if they are too many to be kept."""
        if self._count > MOST_KEPT:
            return None
        hypothesis = Hypothesis(model, tree)
        return [token for encoded in self._steps for token in hypothesis.take(encoded)]


class Hypothesis:
    """One reading of one sound, which goes on where it stopped."""

    def __init__(
        self, model: Model, tree: BoostingTree | None, kept: "Frames | None" = None
    ) -> None:
        """`kept` is where the frames are to be kept."""
        self._model = model
        self._tree = tree
        self._kept = kept
        self._state: State | None = None if tree is None else tree.root
        self._prediction: Prediction | None = None
        self._skip = 0
        """Frames of the next step that a TDT model has passed already."""

    def copy(self) -> "Hypothesis":
        """An independent copy: all else that it refers to is never changed."""
        twin: Hypothesis = copy.copy(self)
        twin._kept = None if self._kept is None else self._kept.copy()
        return twin

    def again(self, few: BoostPhrases) -> list[int] | None:
        """The tokens of all frames with these phrases; None if the frames are not kept, or are too
        many for that."""
        if self._kept is None:
            return None
        return self._kept.decode(self._model, BoostingTree(few, self._model.blank))

    def take(self, encoded: NDArray[np.float32]) -> list[int]:
        """The new tokens for frames of the encoder, shape (1, width, n)."""
        model = self._model
        if self._kept is not None:
            self._kept.add(encoded)
        if self._prediction is None:
            self._prediction = Prediction(*model.predict(model.blank, model.no_memory))
        tokens: list[int] = []
        at, here, count = self._skip, 0, encoded.shape[-1]
        joint, base = _NOTHING, at
        while at < count:
            if at - base >= len(joint):
                base = at
                joint = model.join(encoded[:, :, at : at + BLOCK], self._prediction.output)
            row = joint[at - base]
            label = int(row[: model.blank + 1].argmax())
            jump = model.jump(row)
            if label == model.blank:
                at, here = at + max(1, jump), 0
                continue
            if self._tree is not None and self._state is not None:
                label = int((row[: model.blank] + self._tree.scores(self._state)).argmax())
                self._state = self._tree.advance(self._state, label)
            tokens.append(label)
            self._prediction = Prediction(*model.predict(label, self._prediction.memory))
            joint = _NOTHING
            at, here = at + jump, 0 if jump else here + 1
            if here == MOST_AT_ONCE:
                at, here = at + 1, 0
        self._skip = at - count
        return tokens
