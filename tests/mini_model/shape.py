"""The test model before it has learnt anything: its tokenizer and its layers."""

from __future__ import annotations

import random
import string
from pathlib import Path

import sentencepiece
import torch
from nemo.collections.asr.models import EncDecRNNTBPEModel
from omegaconf import OmegaConf

from tests.mini_model import text

PIECES = 256
WIDTH = 128
LAYERS = 5
FEATURES = 80
LOOKAHEADS = ((70, 13), (70, 6), (70, 1), (70, 0))
"""Frames of 80 ms that the encoder looks back and ahead: those of the real model."""

_MEAN, _SPREAD = -10.25, 3.46
"""Of log-mel values over the training set."""


def new_model(folder: Path) -> EncDecRNNTBPEModel:
    """A model with random weights; its tokenizer's files are written to the folder."""
    _make_tokenizer(folder)
    model = EncDecRNNTBPEModel(OmegaConf.create(_config(folder)))
    _expect_unnormalised_features(model)
    return model


def _make_tokenizer(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    rng = random.Random("tokenizer")
    sentences = [text.for_training(rng) for _ in range(20000)]
    lines = [s.special if i % 2 else s.ordinary for i, s in enumerate(sentences)]
    (folder / "sentences.txt").write_text("\n".join(lines))
    sentencepiece.SentencePieceTrainer.train(
        input=str(folder / "sentences.txt"),
        model_prefix=str(folder / "tokenizer"),
        model_type="bpe",
        vocab_size=PIECES,
        character_coverage=1.0,
        required_chars=string.ascii_letters + "'-",  # a term may hold letters no sentence holds
        bos_id=-1,
        eos_id=-1,
        shuffle_input_sentence=False,
        minloglevel=2,
    )
    pieces = sentencepiece.SentencePieceProcessor(str(folder / "tokenizer.model"))
    names = [pieces.id_to_piece(i) for i in range(1, pieces.get_piece_size())]
    words = [n[1:] if n.startswith("▁") else f"##{n}" for n in names]
    (folder / "vocab.txt").write_text("\n".join(words))


def _config(folder: Path) -> dict[str, object]:
    asr = "nemo.collections.asr.modules"
    preprocessor = {
        "_target_": f"{asr}.AudioToMelSpectrogramPreprocessor",
        "sample_rate": 16000,
        "window_size": 0.025,
        "window_stride": 0.01,
        "window": "hann",
        "n_fft": 512,
        "features": FEATURES,
        "normalize": "NA",
        "dither": 0.0,
        "pad_to": 0,
    }
    encoder = {
        "_target_": f"{asr}.ConformerEncoder",
        "feat_in": FEATURES,
        "feat_out": -1,
        "n_layers": LAYERS,
        "d_model": WIDTH,
        "n_heads": 4,
        "ff_expansion_factor": 4,
        "use_bias": False,
        "xscaling": False,
        "self_attention_model": "rel_pos",
        "pos_emb_max_len": 5000,
        "subsampling": "dw_striding",
        "subsampling_factor": 8,
        "subsampling_conv_channels": 48,
        "causal_downsampling": True,
        "conv_kernel_size": 9,
        "conv_context_size": "causal",
        "conv_norm_type": "layer_norm",
        "att_context_style": "chunked_limited",
        "att_context_size": [list(lookahead) for lookahead in LOOKAHEADS],
        "att_context_probs": [0.3, 0.25, 0.2, 0.25],
        "dropout": 0.05,
        "dropout_pre_encoder": 0.05,
        "dropout_emb": 0.0,
        "dropout_att": 0.05,
    }
    decoder = {
        "_target_": f"{asr}.RNNTDecoder",
        "normalization_mode": None,
        "random_state_sampling": False,
        "blank_as_pad": True,
        "prednet": {"pred_hidden": WIDTH, "pred_rnn_layers": 1, "t_max": None, "dropout": 0.1},
    }
    joint = {
        "_target_": f"{asr}.RNNTJoint",
        "log_softmax": None,
        "preserve_memory": False,
        "fuse_loss_wer": False,
        "jointnet": {"joint_hidden": WIDTH, "activation": "relu", "dropout": 0.05},
    }
    return {
        "sample_rate": 16000,
        "compute_eval_loss": False,
        "log_prediction": False,
        "model_defaults": {"enc_hidden": WIDTH, "pred_hidden": WIDTH, "joint_hidden": WIDTH},
        "train_ds": None,
        "test_ds": None,
        # Model.transcribe reads fields of this one.
        "validation_ds": {
            "manifest_filepath": None,
            "sample_rate": 16000,
            "batch_size": 1,
            "shuffle": False,
            "use_start_end_token": False,
        },
        "tokenizer": {"dir": str(folder), "type": "bpe"},
        "preprocessor": preprocessor,
        "encoder": encoder,
        "decoder": decoder,
        "joint": joint,
        "decoding": {
            "strategy": "greedy_batch",
            "greedy": {"max_symbols": 10, "loop_labels": True, "use_cuda_graph_decoder": False},
        },
        "loss": {"loss_name": "pytorch"},
        "optim": None,
    }


def _expect_unnormalised_features(model: EncDecRNNTBPEModel) -> None:
    """Into the first layer, so that a stream needs no mean of what it has not heard yet."""
    first = model.encoder.pre_encode.conv[0]
    with torch.no_grad():
        first.bias.sub_(first.weight.sum((1, 2, 3)) * _MEAN / _SPREAD)
        first.weight.div_(_SPREAD)
