"""A tiny Qwen3-ASR of the true classes, made here: weights without sense, the true code paths.

The tokenizer is the true class with the 256 bytes as its vocabulary, the control tokens of the
published one, and a few whole words that a script can say.
"""

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from dictate.config import EngineSettings
from dictate.engines import device, qwen3_load
from dictate.engines.qwen3 import Qwen3Engine

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


SAYS = ("Please", " open", " the", " window", ".")


def engine(folder: Path, **changes: object) -> Qwen3Engine:
    """An engine for the model in `folder`, not yet loaded; with settings over the defaults. Skips
    where the packages are not installed."""
    wanted = {"use": "qwen3", "model": str(folder), "trust_model": True, **changes}
    return Qwen3Engine(EngineSettings(**wanted))  # type: ignore[arg-type]


def make(
    folder: Path, *, words: Sequence[str] = (), for_ever: bool = False, template: str = TEMPLATE
) -> Path:
    """Write a model with random weights to `folder`, in the files of the published ones. Skips
    where the packages are not installed.

    With `words` it says these, once or `for_ever`, whatever it hears: each word calls up the next,
    and nothing else in it has a say.
    """
    if reason := qwen3_load.why_not():
        pytest.skip(f"qwen3: {reason}")
    with device.quiet():
        _make(folder, words, template, for_ever=for_ever)
    return folder


def _make(folder: Path, words: Sequence[str], template: str, *, for_ever: bool) -> None:
    import torch
    from transformers import Qwen3ASRConfig, Qwen3ASRForConditionalGeneration
    from transformers.utils import logging

    logging.disable_progress_bar()
    processor = _processor(template, words)
    tokenizer = processor.tokenizer
    ids = tokenizer.convert_tokens_to_ids
    config = Qwen3ASRConfig(
        audio_config={
            "model_type": "qwen3_asr_encoder",
            "encoder_layers": 2,
            "encoder_attention_heads": 2,
            "encoder_ffn_dim": 64,
            "d_model": 32,
            "output_dim": 64,
            "downsample_hidden_size": 8,
            "initializer_range": 0.3,
        },
        text_config={
            "model_type": "qwen3",
            "vocab_size": len(tokenizer),
            "hidden_size": 64,
            "intermediate_size": 96,
            "num_hidden_layers": 2,
            "num_attention_heads": 4,
            "num_key_value_heads": 2,
            "head_dim": 16,
            "max_position_embeddings": 65536,
            "tie_word_embeddings": False,
            "initializer_range": 0.3,
        },
        audio_token_id=ids("<|audio_pad|>"),
        timestamp_token_id=len(tokenizer) - 1,
        pad_token_id=ids("<|im_end|>"),
        eos_token_id=[ids("<|endoftext|>"), ids("<|im_end|>")],
        initializer_range=0.3,
        tie_word_embeddings=False,
    )
    torch.manual_seed(1)
    model = Qwen3ASRForConditionalGeneration(config).eval()
    if words:
        said = [ids(word.replace(" ", "\u0120")) for word in words]
        last = said[0] if for_ever else ids("<|im_end|>")
        _script(model, [ids(TEXT_TAG), *said, last])
    model.generation_config.eos_token_id = config.eos_token_id
    model.generation_config.pad_token_id = config.pad_token_id
    model.save_pretrained(folder)
    processor.save_pretrained(folder)


def _processor(template: str, words: Sequence[str]) -> Any:
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
