"""A tiny Qwen3-ForcedAligner of the true class, made here out of a tiny Qwen3-ASR."""

from pathlib import Path
from typing import Any

from dictate.engines import device
from tests.lab import tiny_qwen3

MARK = "<timestamp>"
TEMPLATE = (
    "{%- for m in messages -%}{%- for c in m.content -%}"
    "{%- if c.type == 'audio' -%}{{- '<|audio_start|><|audio_pad|><|audio_end|>' -}}"
    f"{{%- else -%}}{{{{- c.text + '{MARK}{MARK}' -}}}}{{%- endif -%}}"
    "{%- endfor -%}{%- endfor -%}"
)
"""What the published one renders for one sound and at least one word."""
CLASSES = 400


def make(folder: Path, *, pace: float | None = None) -> Path:
    """Write an aligner to `folder`. Its weights are random, and what it says has no sense;
    with `pace` it is a clock: the times go up by steps of nearly `pace` seconds, divided by the
    seconds of sound, from one mark to the next, or down from 8 s where `pace` is negative. Skips
    where the packages are not installed."""
    tiny_qwen3.make(folder)
    with device.quiet():
        import torch
        from transformers import Qwen3ASRConfig, Qwen3ASRForTokenClassification, Qwen3ASRProcessor

        processor = Qwen3ASRProcessor.from_pretrained(folder)
        processor.chat_template = TEMPLATE
        processor.tokenizer.add_tokens([MARK], special_tokens=True)
        mark = processor.tokenizer.convert_tokens_to_ids(MARK)
        config = Qwen3ASRConfig.from_pretrained(folder, timestamp_token_id=mark, num_labels=CLASSES)
        config.text_config.vocab_size = len(processor.tokenizer)
        torch.manual_seed(1)
        model = Qwen3ASRForTokenClassification(config).eval()
        if pace is not None:
            _wind_up(model, mark, pace)
        model.save_pretrained(folder)
        processor.save_pretrained(folder)
    return folder


def _wind_up(model: Any, mark: int, pace: float) -> None:
    """Attention without preferences is an average over all that was before. So a mark can see which
    share of it was marks: that grows from mark to mark, and the class is proportional to it."""
    import torch

    with torch.no_grad():
        body = model.model.language_model
        first = body.layers[0].self_attn
        for layer in body.layers:
            for part in (layer.self_attn.q_proj, layer.self_attn.o_proj, layer.mlp.down_proj):
                part.weight.zero_()
        # Channel 0 says "a mark", of the text as of the sound; channel 1 gets the share of marks.
        table = body.embed_tokens.weight
        table[:, :2] = 0
        table[mark] = 0
        table[mark, 0] = 1
        last = model.model.multi_modal_projector.linear_2
        last.weight[:2] = 0
        last.bias[:2] = 0
        first.v_proj.weight.zero_()
        first.v_proj.weight[0, 0] = 1
        first.o_proj.weight[1, 0] = 1
        # The best class k is the one at which -k**2 + 2 k m is greatest: the one nearest to m.
        share = table.shape[1] ** 0.5  # a mark's channel 0, as the layer norm hands it on
        tokens_per_s, class_s = 13, 0.08
        m = pace * tokens_per_s / class_s / share
        classes = torch.arange(CLASSES, dtype=torch.float32)
        model.score.weight.zero_()
        begin = 8 / class_s if pace < 0 else 0
        model.score.weight[:, 0] = -(classes**2) + 2 * classes * begin
        model.score.weight[:, 1] = 2 * classes * m
