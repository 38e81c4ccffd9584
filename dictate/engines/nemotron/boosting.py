"""The user's terms as phrase-boosting trees of NeMo's greedy decoder.

The tree of a list is built in a thread of its own, ahead of the dictation, and kept for later
dictations with the same list.
"""

import contextlib
from collections import OrderedDict
from collections.abc import Iterator
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from threading import Lock
from typing import Any, Final

from dictate.engines.boost_phrases import CONTEXT_SCORE, DEPTH_SCALING, BoostPhrases

MOST_TREES: Final = 4
"""Maximum number of trees that are kept, apart from those in use."""


class BoostingTree:
    """The tree of one list in the decoder; `release` it when the utterance is over."""

    def __init__(self, number: int) -> None:
        self.number = number
        """Its id in the decoder's multi-model."""
        self.users = 0

    def hypothesis(self) -> Any:
        """An empty hypothesis that is decoded with this tree."""
        from nemo.collections.asr.parts.context_biasing.biasing_multi_model import (
            BiasingRequestItemConfig,
        )
        from nemo.collections.asr.parts.utils.rnnt_utils import Hypothesis

        request = BiasingRequestItemConfig(
            multi_model_id=self.number, auto_manage_multi_model=False
        )
        return Hypothesis.empty_with_biasing_cfg(request)

    def release(self) -> None:
        """An utterance that used it is over."""
        self.users -= 1


class BoostingTreeCache:
    """All trees of one decoder. `prepare` may run on any thread, the rest on the engine's."""

    def __init__(self, multi_model: Any, vocabulary: int) -> None:
        self._multi_model = multi_model
        self._vocabulary = vocabulary
        self._builder = ThreadPoolExecutor(1, "boosting")
        self._lock = Lock()
        self._building: dict[BoostPhrases, Future[Any]] = {}
        self._trees: OrderedDict[BoostPhrases, BoostingTree] = OrderedDict()

    def prepare(self, wanted: BoostPhrases) -> None:
        """Build the tree unless it exists."""
        if (building := self._build(wanted)) is not None:
            # If it gave way to others, the utterance that wants it has it built again.
            with contextlib.suppress(CancelledError):
                building.result()

    def _build(self, wanted: BoostPhrases) -> Future[Any] | None:
        """The tree in the making; None if there is nothing to make."""
        with self._lock:
            if not wanted.tokens or wanted.alpha <= 0 or wanted in self._trees:
                return None
            if wanted not in self._building:
                self._building[wanted] = self._builder.submit(build, wanted, self._vocabulary)
            return self._building[wanted]

    def take(self, wanted: BoostPhrases) -> BoostingTree | None:
        """The tree, to be released; None if there is nothing to boost. Waits for a tree that is
        being built."""
        if not wanted.tokens or wanted.alpha <= 0:
            return None
        if (building := self._build(wanted)) is not None:
            try:
                number = self._multi_model.add_model(building.result(), wanted.alpha)
                self._trees[wanted] = BoostingTree(number)
            finally:
                with self._lock:
                    self._building.pop(wanted, None)
                    self._evict(wanted)
        self._trees.move_to_end(wanted)
        tree = self._trees[wanted]
        tree.users += 1
        return tree

    @contextlib.contextmanager
    def once(self, wanted: BoostPhrases) -> Iterator[BoostingTree]:
        """A small tree for a single decoding."""
        number = self._multi_model.add_model(build(wanted, self._vocabulary), wanted.alpha)
        try:
            yield BoostingTree(number)
        finally:
            self._multi_model.remove_model(number)

    def _evict(self, keep: BoostPhrases) -> None:
        idle = [key for key, tree in self._trees.items() if not tree.users and key != keep]
        for key in idle[: max(0, len(self._trees) - MOST_TREES)]:
            self._multi_model.remove_model(self._trees.pop(key).number)
        for key in [key for key in self._building if key != keep][:-1]:
            self._building.pop(key).cancel()


def build(wanted: BoostPhrases, vocabulary: int) -> Any:
    """A GPUBoostingTreeModel on the CPU. It takes about 10 ms for 100 terms, 2 s for 10,000."""
    from nemo.collections.asr.parts.context_biasing.boosting_graph_batched import (
        GPUBoostingTreeModel,
    )
    from nemo.collections.asr.parts.context_biasing.context_graph_universal import ContextGraph

    graph = ContextGraph(context_score=CONTEXT_SCORE, depth_scaling=DEPTH_SCALING)
    graph.build(
        token_ids=[list(tokens) for tokens in wanted.tokens],
        phrases=list(wanted.texts),
        scores=[CONTEXT_SCORE * weight for weight in wanted.weights],
        uniform_weights=False,
    )
    return GPUBoostingTreeModel.from_context_graph(
        graph,
        vocab_size=vocabulary,
        unk_score=0.0,
        final_eos_score=0.0,
        use_triton=None,
        uniform_weights=False,
    )
