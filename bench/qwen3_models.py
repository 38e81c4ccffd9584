"""The Qwen3-ASR benchmark models: a tiny one, and two of the published shapes.

Their weights are random: they cost as much as the real ones and recognise nothing. They emit a
script, one word per token: words that are in no hotword list, and more than any sound has room for.
The script needs a separate output matrix; the published models share it with the embeddings, which
saves memory but no time.
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
    """The folder of "tiny", "full" or "1.7b" (up to 5 GB of disk meanwhile); any other word is the
    path of a folder."""
    shape = SHAPES.get(wanted)
    if shape is None:
        yield Path(wanted)
        return
    with tempfile.TemporaryDirectory(prefix="dictate-bench-") as folder:
        random_qwen3.write(Path(folder), shape, words=words(), half=wanted != "tiny")
        yield Path(folder)


def words() -> list[str]:
    """The script that the models emit."""
    letters = random.Random(0)
    return [f" {''.join(letters.choices('bcdfgaeiou', k=4))}{number}" for number in range(WORDS)]
