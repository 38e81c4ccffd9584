"""Qwen3-ASR's language model, token by token, with cached keys and values.

Strategy: one cache for keys and values, large enough for the longest sound, is allocated at the
start. The tokens before the sound (the system turn with the context) are computed once for each
context and stay at the front of the cache; each decoding only moves the end back to there. A
decoding may begin with a draft, the text of an earlier decoding of less of the sound. The pass that
the sound needs anyway checks all of the draft, and keeps only what the model would have written
itself. So the text is that of a decoding without a draft, in fewer passes.
"""

import inspect
from dataclasses import dataclass
from typing import Any, Final

import torch
from transformers.cache_utils import Cache, DynamicLayer

from dictate.engines.prompt_guard import most_tokens
from dictate.engines.qwen3.graphs import STRETCH, Graphs, Recorder, stretched
from dictate.engines.qwen3.loop_guard import unlooped

MOST_BEFORE: Final = 1024
"""Maximum number of tokens before the sound."""
MOST_AFTER: Final = 64
"""Maximum number of tokens after it: the head of the answer, and a language."""
TOKENS_PER_S: Final = 13
"""Tokens of one second of sound."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """The tokens around the sound."""

    before: tuple[int, ...]
    after: tuple[int, ...]


class _Room(DynamicLayer):  # type: ignore[misc]
    """Keys and values of one layer, written at `length`; nothing is copied as they grow."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self._most = most
        self.length = 0
        self.still: tuple[torch.Tensor, int] | None = None
        """While a step is recorded: the position it writes to, shape (1,), and the number of tokens
        it attends to, written or not."""

    def lazy_initialization(self, key_states: torch.Tensor, value_states: torch.Tensor) -> None:
        heads, width = key_states.shape[1], key_states.shape[3]
        self.device = key_states.device
        self.keys = key_states.new_zeros(1, heads, self._most, width)
        self.values = value_states.new_zeros(1, heads, self._most, width)
        self.is_initialized = True

    def update(
        self, key_states: torch.Tensor, value_states: torch.Tensor, *_: Any, **__: Any
    ) -> tuple[torch.Tensor, torch.Tensor]:
        if not self.is_initialized:
            self.lazy_initialization(key_states, value_states)
        if self.still is not None:
            at, stretch = self.still
            self.keys.index_copy_(2, at, key_states)
            self.values.index_copy_(2, at, value_states)
            return self.keys[:, :, :stretch], self.values[:, :, :stretch]
        end = self.length + key_states.shape[2]
        self.keys[:, :, self.length : end] = key_states
        self.values[:, :, self.length : end] = value_states
        self.length = end
        return self.keys[:, :, :end], self.values[:, :, :end]

    def get_seq_length(self) -> int:
        return self.length


class Decoder:
    """The language model with its cache, which belongs to the decoding that began last."""

    def __init__(self, model: Any, longest_s: float, digits: frozenset[int] = frozenset()) -> None:
        around = MOST_BEFORE + MOST_AFTER
        most = around + int(TOKENS_PER_S * longest_s) + 1 + most_tokens(longest_s)
        layers = model.config.text_config.num_hidden_layers
        self._model = model
        self.room = stretched(most)
        """Tokens that fit into the cache."""
        self._rooms = [_Room(self.room) for _ in range(layers)]
        self._cache = Cache(layers=self._rooms)
        forward = inspect.signature(model.forward).parameters
        self._cache_name = "cache" if "cache" in forward else "past_key_values"
        self._embed = model.get_input_embeddings()
        ends = model.generation_config.eos_token_id
        self.ends = frozenset([ends] if isinstance(ends, int) else ends)
        self.digits = digits
        self.user: object = None
        """The decoding that the cache belongs to."""
        self.passes = 0
        self.graphs: Graphs | None = None
        self._before: tuple[int, ...] = ()

    @torch.inference_mode()
    def begin(self, before: tuple[int, ...]) -> None:
        """Have the tokens before the sound in the cache, and nothing else."""
        self.user = None
        if before != self._before:
            self.cut(0)
            self._before = ()
            self.run(self.embed(before), 1)
            self._before = before
        self.cut(len(before))

    @torch.inference_mode()
    def run(self, embedded: torch.Tensor, keep: int) -> list[int]:
        """Append these, shape (tokens, width); the likeliest token after each of the last
        `keep`."""
        self.passes += 1
        logits = self._model(
            inputs_embeds=embedded[None],
            use_cache=True,
            logits_to_keep=keep,
            **{self._cache_name: self._cache},
        ).logits
        tokens: list[int] = logits[0].argmax(-1).tolist()
        return tokens

    @torch.inference_mode()
    def step(self, token: int) -> int:
        """Append this token; the likeliest one after it."""
        if self.graphs is None:
            likeliest: int = self.run(self.embed([token]), 1)[0]
            return likeliest
        self.passes += 1
        said = self.graphs.step(token, self.length)
        self.cut(self.length + 1)
        return said

    @torch.inference_mode()
    def record(self, record: Recorder) -> None:
        """Use graphs for steps from here on; the cache must have been used before. Raises
        RuntimeError if they cannot be recorded."""
        # Recording writes its test tokens to the front of the cache.
        self.user, self._before = None, ()
        stretches = range(STRETCH, self.room + 1, STRETCH)
        self.graphs = Graphs(self._still, stretches, self._model.device, record)

    def _still(self, token: torch.Tensor, at: torch.Tensor, stretch: int) -> torch.Tensor:
        """Like `step`, but can be recorded: nothing in it depends on the number of tokens."""
        written = torch.arange(stretch, device=at.device) <= at
        for room in self._rooms:
            room.still = at, stretch
        try:
            logits = self._model(
                inputs_embeds=self._embed(token)[None],
                attention_mask=written[None, None, None],
                position_ids=at[None],
                use_cache=True,
                logits_to_keep=1,
                **{self._cache_name: self._cache},
            ).logits
        finally:
            for room in self._rooms:
                room.still = None
        likeliest: torch.Tensor = logits[0, -1].argmax()
        return likeliest

    def cut(self, length: int) -> None:
        """Keep the first `length` tokens and drop the rest."""
        for room in self._rooms:
            room.length = length

    @property
    def length(self) -> int:
        """Tokens in the cache."""
        return self._rooms[0].length

    def embed(self, tokens: tuple[int, ...] | list[int]) -> torch.Tensor:
        """The embedded tokens, shape (tokens, width)."""
        embedded: torch.Tensor = self._embed(torch.tensor(tokens, device=self._model.device).long())
        return embedded


class Decoding:
    """One text while it is decoded: the likeliest token at each step, nothing random."""

    def __init__(
        self,
        decoder: Decoder,
        prompt: Prompt,
        sound: torch.Tensor,
        sound_s: float,
        draft: list[int] | None = None,
    ) -> None:
        """`sound` is the encoded sound, shape (tokens, width)."""
        self._decoder = decoder
        self._prompt = prompt
        self._sound = sound
        self._most = most_tokens(sound_s)
        self._draft = (draft or [])[: self._most]
        self.tokens: list[int] = []
        """The tokens so far, without the end token."""
        self.done = False
        self.looped = False
        """Whether it ended because the model repeated itself."""

    @property
    def lost(self) -> bool:
        """Whether another decoding took the cache, so that this one cannot go on."""
        return bool(self.tokens) and self._decoder.user is not self

    @torch.inference_mode()
    def step(self) -> None:
        """One pass: the sound with the draft, or one more token."""
        if self.tokens:
            self._take([self._decoder.step(self.tokens[-1])])
        else:
            self._start()

    def finish(self) -> list[int]:
        """Decode the rest at once; all tokens."""
        while not self.done:
            self.step()
        return self.tokens

    def _start(self) -> None:
        decoder, draft = self._decoder, self._draft
        decoder.begin(self._prompt.before)
        decoder.user = self
        after = decoder.embed([*self._prompt.after, *draft])
        said = decoder.run(torch.cat([self._sound.to(after.dtype), after]), len(draft) + 1)
        agreed = 0
        while agreed < len(draft) and said[agreed] == draft[agreed]:
            agreed += 1
        decoder.cut(decoder.length - (len(draft) - agreed))
        self._take(said[: agreed + 1])

    def _take(self, new: list[int]) -> None:
        for token in new:
            if token in self._decoder.ends:
                self.done = True
                return
            self.tokens.append(token)
            keep = unlooped(self.tokens, self._decoder.digits)
            if keep < len(self.tokens):
                self.tokens, self.done, self.looped = self.tokens[:keep], True, True
                return
            if len(self.tokens) >= self._most:
                self.done = True
                return
