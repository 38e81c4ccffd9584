"""Qwen3-ASR models of the true classes in any size, made on the spot: weights without sense, the
true code paths. For the tests, and for the benchmark.

The tokenizer is the true class with the 256 bytes as its vocabulary, the control tokens of the
published one, and a few whole words that a script can say.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

CONTROL = {
    "bos": "<|im_start|>",
    "eos": "<|im_end|>",
    "audio_bos_token": "<|audio_start|>",
    "audio_token": "<|audio_pad|>",
    "audio_eos_token": "<|audio_end|>",
}
TEXT_TAG = "<asr_text>"
SYSTEM_AND_SOUND = (
    "{%- set ns = namespace(system='') -%}"
    "{%- for m in messages if m.role == 'system' -%}"
    "{%- set ns.system = m.content if m.content is string else m.content[0].text -%}{%- endfor -%}"
    "{{- '<|im_start|>system\n' + ns.system + '<|im_end|>\n' -}}"
    "{%- for m in messages if m.role == 'user' -%}"
    "{{- '<|im_start|>user\n<|audio_start|><|audio_pad|><|audio_end|><|im_end|>\n' -}}"
    "{%- endfor -%}"
)
ANSWER = (
    "{%- for m in messages if m.role == 'assistant' -%}"
    "{{- '<|im_start|>assistant\n' + (m.content if m.content is string else m.content[0].text) "
    "+ '<|im_end|>\n' -}}{%- endfor -%}"
)
OPEN = "{%- if add_generation_prompt -%}{{- '<|im_start|>assistant\n' -}}{%- endif -%}"
TEMPLATE = SYSTEM_AND_SOUND + ANSWER + OPEN
OLD_TEMPLATE = SYSTEM_AND_SOUND + OPEN
"""As it was published first: it leaves the assistant's turn out."""


@dataclass(frozen=True, slots=True)
class Shape:
    """How large a model is, in the words of its configuration."""

    audio: dict[str, Any]
    text: dict[str, Any]
    vocabulary: int = 0
    """Tokens; 0 for as many as the tokenizer has."""
    spread: float = 0.02
    """Of the random weights."""


TINY = Shape(
    audio={
        "encoder_layers": 2,
        "encoder_attention_heads": 2,
        "encoder_ffn_dim": 64,
        "d_model": 32,
        "output_dim": 64,
        "downsample_hidden_size": 8,
    },
    text={
        "hidden_size": 64,
        "intermediate_size": 96,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "head_dim": 16,
    },
    spread=0.3,
)


def write(
    folder: Path,
    shape: Shape = TINY,
    *,
    words: Sequence[str] = (),
    for_ever: bool = False,
    template: str = TEMPLATE,
    half: bool = False,
) -> None:
    """Write a model with random weights to `folder`, in the files of the published ones; `half` is
    bf16.

    With `words` it says these, once or `for_ever`, whatever it hears: each word calls up the next,
    and nothing else in it has a say.
    """
    import torch
    from transformers import Qwen3ASRForConditionalGeneration
    from transformers.utils import logging

    logging.disable_progress_bar()
    made = processor(template, words)
    ids = made.tokenizer.convert_tokens_to_ids
    config = configuration(shape, made.tokenizer)
    torch.manual_seed(1)
    model = Qwen3ASRForConditionalGeneration(config).eval()
    if words:
        said = [ids(word.replace(" ", "\u0120")) for word in words]
        last = said[0] if for_ever else ids("<|im_end|>")
        _script(model, [ids(TEXT_TAG), *said, last])
    model.generation_config.eos_token_id = config.eos_token_id
    model.generation_config.pad_token_id = config.pad_token_id
    (model.bfloat16() if half else model).save_pretrained(folder)
    made.save_pretrained(folder)


def configuration(shape: Shape, tokenizer: Any) -> Any:
    """The `Qwen3ASRConfig` of this shape. The head is not the table of embeddings again, as in the
    published models: a script needs one of its own."""
    from transformers import Qwen3ASRConfig

    ids, spread = tokenizer.convert_tokens_to_ids, {"initializer_range": shape.spread}
    text = {
        "model_type": "qwen3",
        "vocab_size": shape.vocabulary or len(tokenizer),
        "max_position_embeddings": 65536,
        "tie_word_embeddings": False,
    }
    return Qwen3ASRConfig(
        audio_config={"model_type": "qwen3_asr_encoder", **shape.audio, **spread},
        text_config={**text, **shape.text, **spread},
        audio_token_id=ids("<|audio_pad|>"),
        timestamp_token_id=len(tokenizer) - 1,
        pad_token_id=ids("<|im_end|>"),
        eos_token_id=[ids("<|endoftext|>"), ids("<|im_end|>")],
        tie_word_embeddings=False,
        **spread,
    )


def processor(template: str = TEMPLATE, words: Sequence[str] = ()) -> Any:
    """A `Qwen3ASRProcessor` whose tokenizer knows these words."""
    from transformers import Qwen2Tokenizer, Qwen3ASRFeatureExtractor, Qwen3ASRProcessor
    from transformers.convert_slow_tokenizer import bytes_to_unicode

    vocabulary = {letter: number for number, letter in enumerate(bytes_to_unicode().values())}
    for word in words:
        vocabulary.setdefault(word.replace(" ", "\u0120"), len(vocabulary))
    named = {name: token for name, token in CONTROL.items() if name.startswith("audio")}
    tokenizer = Qwen2Tokenizer(
        vocab=vocabulary,
        merges=[],
        pad_token="<|endoftext|>",
        eos_token="<|im_end|>",
        extra_special_tokens=named,
    )
    tokenizer.add_tokens([CONTROL["bos"], CONTROL["eos"]], special_tokens=True)
    tokenizer.add_tokens([TEXT_TAG])
    return Qwen3ASRProcessor(Qwen3ASRFeatureExtractor(), tokenizer, chat_template=template)


def _script(model: Any, tokens: Sequence[int]) -> None:
    """Each of these tokens is followed by the next: a token's embedding passes through unchanged,
    as all that would be added to it is zero, and the head knows what comes after which."""
    import torch

    with torch.no_grad():
        for layer in model.model.language_model.layers:
            layer.self_attn.o_proj.weight.zero_()
            layer.mlp.down_proj.weight.zero_()
        table = model.model.language_model.embed_tokens.weight
        model.lm_head.weight.zero_()
        for one, other in pairwise(tokens):
            model.lm_head.weight[other] += table[one] / table[one].norm() ** 2
