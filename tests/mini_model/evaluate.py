"""Measures the test model: wrong words, streaming against offline, and what boosting does.

python -m tests.mini_model.evaluate SOUND MODEL.nemo
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch
from nemo.collections.asr.models import ASRModel, EncDecRNNTBPEModel
from nemo.collections.asr.parts.context_biasing.biasing_multi_model import BiasingRequestItemConfig
from nemo.collections.asr.parts.context_biasing.boosting_graph_batched import (
    BoostingTreeModelConfig,
)
from nemo.collections.asr.parts.utils.rnnt_utils import Hypothesis
from nemo.utils import logging
from omegaconf import open_dict

from tests.mini_model import shape, synth, text
from tests.mini_model.score import errors
from tests.mini_model.train import features_of

ALPHAS = (0.0, 0.5, 1.0, 1.5, 2.0, 3.0)
SPECIAL = [term.special for term in text.TERMS]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sound", type=Path)
    parser.add_argument("model", type=Path)
    parser.add_argument("--count", type=int, default=200, help="recordings of each set, at most")
    args = parser.parse_args()
    logging.setLevel(logging.ERROR)
    torch.set_num_threads(1)
    model = ASRModel.restore_from(str(args.model), map_location="cpu").eval()
    sets = {name: synth.read(args.sound, name)[: args.count] for name in text.TESTS}
    _boosted(model, sets)
    for lookahead in shape.LOOKAHEADS:
        for name in ("known", "unheard", "stranger"):
            said = [recording.text for _, recording in sets[name]]
            offline = [_offline(model, sound, lookahead) for sound, _ in sets[name]]
            line = f"{lookahead[1]:2} {name}: {errors(said, offline):.1%} of words wrong"
            if name == "unheard":
                streamed = [_streamed(model, sound, lookahead) for sound, _ in sets[name]]
                same = sum(map(str.__eq__, offline, streamed))
                line += f", streamed as offline {same} of {len(said)}"
            print(line, flush=True)


def _boosted(model: EncDecRNNTBPEModel, sets: dict[str, list[synth.Stored]]) -> None:
    decoding = model.cfg.decoding
    with open_dict(decoding):
        decoding.greedy.loop_labels = True
        decoding.greedy.enable_per_stream_biasing = True
    model.change_decoding_strategy(decoding, verbose=False)
    trees = model.decoding.decoding.decoding_computer.biasing_multi_model
    for alpha in ALPHAS:
        phrases = BoostingTreeModelConfig(
            key_phrases_list=SPECIAL, context_score=1.0, depth_scaling=2.0
        )
        bias = BiasingRequestItemConfig(boosting_model_cfg=phrases, boosting_model_alpha=alpha)
        if alpha:
            bias.add_to_multi_model(model.tokenizer, trees)
        heard = {
            name: [
                _streamed(model, sound, (70, 6), bias if alpha else None) for sound, _ in sets[name]
            ]
            for name in ("terms", "clouds", "unheard")
        }
        if alpha:
            bias.remove_from_multi_model(trees)
        found = []
        for term in SPECIAL:
            spoken = [
                h for (_, r), h in zip(sets["terms"], heard["terms"], strict=True) if r.term == term
            ]
            found.append(f"{term} {sum(term in h for h in spoken)}/{len(spoken)}")
        wrong = [
            f"{name} {sum(any(term in h for term in SPECIAL) for h in heard[name])}"
            f"/{len(heard[name])}"
            for name in ("clouds", "unheard")
        ]
        print(f"alpha {alpha}: {', '.join(found)}; false: {', '.join(wrong)}", flush=True)


@torch.inference_mode()
def _offline(model: EncDecRNNTBPEModel, sound: synth.Pcm, lookahead: tuple[int, int]) -> str:
    model.encoder.set_default_att_context_size(list(lookahead))
    features, sizes = features_of(model, [sound])
    encoded, frames = model.encoder(audio_signal=features, length=sizes)
    decode = model.decoding.rnnt_decoder_predictions_tensor
    return str(decode(encoded, frames, return_hypotheses=True)[0].text)


@torch.inference_mode()
def _streamed(
    model: EncDecRNNTBPEModel,
    sound: synth.Pcm,
    lookahead: tuple[int, int],
    bias: BiasingRequestItemConfig | None = None,
) -> str:
    model.encoder.set_default_att_context_size(list(lookahead))
    model.encoder.setup_streaming_params()
    streaming = model.encoder.streaming_cfg
    features, sizes = features_of(model, [sound])
    features = features[:, :, : int(sizes[0])]  # what is beyond is zero, which would be loud
    caches = model.encoder.get_initial_cache_state(batch_size=1)
    heard = [Hypothesis.empty_with_biasing_cfg(bias)] if bias else None
    at, behind = 0, streaming.pre_encode_cache_size[1]
    while at < features.shape[-1]:
        step = streaming.chunk_size[1 if at else 0]
        start = max(0, at - behind) if at else 0
        chunk = features[:, :, start : at + step]
        if at and at - start < behind:
            missing = behind - (at - start)
            chunk = torch.nn.functional.pad(chunk, (missing, 0))
        _, _, *caches, heard = model.conformer_stream_step(
            processed_signal=chunk,
            processed_signal_length=torch.tensor([chunk.shape[-1]]),
            cache_last_channel=caches[0],
            cache_last_time=caches[1],
            cache_last_channel_len=caches[2],
            keep_all_outputs=at + step >= features.shape[-1],
            previous_hypotheses=heard,
            drop_extra_pre_encoded=streaming.drop_extra_pre_encoded if at else 0,
            return_transcription=True,
        )
        at += step
    return str(heard[0].text) if heard else ""


if __name__ == "__main__":
    main()
