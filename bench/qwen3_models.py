"""The Qwen3-ASR models that are measured: a tiny one, and two of the published shapes.

Their weights are random, so that they cost what the real ones cost and understand nothing. What
they say is written down, a word for each token: words that are in no list of hotwords, and so many
that no sound is long enough for all. The head is a matrix of its own, as a script needs one; in the
published models it is the table of embeddings, which saves memory and no time.
"""

import random
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from tests.lab import random_qwen3
from tests.lab.random_qwen3 import TINY, Shape

WORDS: Final = 600
_TEXT: Final[dict[str, Any]] = {
    "num_hidden_layers": 28,
    "num_attention_heads": 16,
    "num_key_value_heads": 8,
    "head_dim": 128,
}
SHAPES: Final = {
    "tiny": TINY,
    # Qwen3-ASR-0.6B
    "full": Shape(
        audio={
            "encoder_layers": 18,
            "encoder_attention_heads": 14,
            "encoder_ffn_dim": 3584,
            "d_model": 896,
            "output_dim": 1024,
        },
        text={"hidden_size": 1024, "intermediate_size": 3072, **_TEXT},
        vocabulary=151_936,
    ),
    # Qwen3-ASR-1.7B
    "1.7b": Shape(
        audio={
            "encoder_layers": 24,
            "encoder_attention_heads": 16,
            "encoder_ffn_dim": 4096,
            "d_model": 1024,
            "output_dim": 2048,
        },
        text={"hidden_size": 2048, "intermediate_size": 6144, **_TEXT},
        vocabulary=151_936,
    ),
}


@contextmanager
def model_path(wanted: str) -> Iterator[Path]:
    """The folder of "tiny", "full" or "1.7b", which take up to 5 GB of disk while they are needed;
    any other word is the path of one."""
    shape = SHAPES.get(wanted)
    if shape is None:
        yield Path(wanted)
        return
    with tempfile.TemporaryDirectory(prefix="dictate-bench-") as folder:
        random_qwen3.write(Path(folder), shape, words=words(), half=wanted != "tiny")
        yield Path(folder)


def words() -> list[str]:
    """What the models say, always the same."""
    letters = random.Random(0)
    return [f" {''.join(letters.choices('bcdfgaeiou', k=4))}{number}" for number in range(WORDS)]
