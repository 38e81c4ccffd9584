"""Models of the other kinds that the main engine takes, each made of the small model's weights.

- "prompt": the class of Nemotron 3.5, which needs the language. With "en-US", it writes
  what the small model writes; with "de-DE" it ends each sentence with "!" instead of ".", and with
  "auto" with the tag "<en-US>", which must never be shown.
- "whole": a full-context encoder, as Parakeet has, which does not stream.
- "tdt": the same with a decoder that says how long each token lasts.
- "ctc" and "telephone", with random weights: what it does not take, an encoder without a transducer
  and a model of sound at 8 kHz.

How the prompt reaches the text: the last layer normalisation leaves one direction of the encoder's
output, of 128, without any variation. Each language moves the output along it, and two units that
are added to the joint network see how far.
"""

import tarfile
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from dictate.engines.device import quiet
from dictate.engines.nemotron.engine import NemotronEngine
from tests.lab.mini_model import MINI, settings

KINDS = ("prompt", "whole", "tdt")
PROMPTS = {"en-US": 0, "en-GB": 1, "de-DE": 9, "zh-CN": 4, "zh-TW": 5, "pt": 13, "auto": 101}
MOVES = {"de-DE": 1.0, "auto": 2.0}
TAG, BANG = "<en-US>", "!"
DURATIONS = [0, 1, 2, 3, 4]

_made = TemporaryDirectory(prefix="other-models-")


@cache
def path(kind: str) -> Path:
    """The .nemo file of this kind. Skips where NeMo is not installed."""
    if reason := NemotronEngine(settings()).unavailable_reason():
        pytest.skip(f"nemotron: {reason}")
    with quiet():  # pytest takes each of NeMo's warnings for a failure
        return _make(kind, Path(_made.name))


@cache
def engine(kind: str, language: str = "en") -> NemotronEngine:
    """One loaded engine of this kind and language for all tests of a run."""
    made = NemotronEngine(settings(model=str(path(kind)), language=language))
    made.load()
    return made


def _make(kind: str, folder: Path) -> Path:
    from nemo.collections.asr.models import (
        EncDecCTCModelBPE,
        EncDecRNNTBPEModel,
        EncDecRNNTBPEModelWithPrompt,
    )
    from omegaconf import OmegaConf, open_dict

    small: Any = EncDecRNNTBPEModel.restore_from(str(MINI), map_location="cpu")
    weights = {name: value.float() for name, value in small.state_dict().items()}
    config = OmegaConf.create(OmegaConf.to_container(small.cfg))
    tokenizer = folder / f"{kind}-tokenizer"
    _copy_tokenizer(tokenizer, [BANG, TAG] if kind == "prompt" else [])
    with open_dict(config):
        config.pop("target")
        config.tokenizer = {"dir": str(tokenizer), "type": "bpe"}
        if kind == "prompt":
            config.joint.jointnet.joint_hidden = config.model_defaults.joint_hidden = 130
            config.model_defaults.initialize_prompt_feature = True
            config.model_defaults.num_prompts = 128
            config.model_defaults.prompt_dictionary = PROMPTS
        else:
            config.encoder.att_context_style = "regular"
            config.encoder.att_context_size = [-1, -1]
            config.encoder.pop("att_context_probs")
        if kind == "tdt":
            config.model_defaults.tdt_durations = DURATIONS
            config.model_defaults.num_tdt_durations = len(DURATIONS)
            config.joint.num_extra_outputs = len(DURATIONS)
            config.decoding.model_type = "tdt"
            config.decoding.durations = DURATIONS
        if kind == "telephone":
            config.preprocessor.sample_rate = config.sample_rate = 8000
        if kind == "ctc":
            config.decoder = {
                "_target_": "nemo.collections.asr.modules.ConvASRDecoder",
                "feat_in": config.model_defaults.enc_hidden,
                "num_classes": config.decoder.vocab_size,
                "vocabulary": config.joint.vocabulary,
            }
            config.pop("joint")
            config.pop("decoding")
    classes = {"prompt": EncDecRNNTBPEModelWithPrompt, "ctc": EncDecCTCModelBPE}
    made = classes.get(kind, EncDecRNNTBPEModel)(config)
    if kind == "prompt":
        _teach_languages(weights, small)
    if kind == "tdt":
        _add_durations(weights)
    if kind in KINDS:
        made.load_state_dict(weights, strict=True)
    made.save_to(str(folder / f"{kind}.nemo"))
    return folder / f"{kind}.nemo"


def _copy_tokenizer(folder: Path, more: list[str]) -> None:
    from sentencepiece import sentencepiece_model_pb2

    folder.mkdir()
    with tarfile.open(MINI) as archive:
        for member in archive.getmembers():
            for name in ("tokenizer.model", "vocab.txt"):
                if member.name.endswith(name):
                    content = archive.extractfile(member)
                    assert content is not None
                    (folder / name).write_bytes(content.read())
    model = sentencepiece_model_pb2.ModelProto()
    model.ParseFromString((folder / "tokenizer.model").read_bytes())
    for piece in more:
        model.pieces.add(piece=piece, score=0.0, type=model.SentencePiece.USER_DEFINED)
    (folder / "tokenizer.model").write_bytes(model.SerializeToString())


def _teach_languages(weights: dict[str, Any], small: Any) -> None:
    """The prompt network, two more tokens, and two more units of the joint network."""
    import torch

    last = small.encoder.layers[-1].norm_out
    width = len(last.weight)
    still = 1 / last.weight.detach()
    still /= still.norm()
    rest = float(still @ last.bias.detach())  # where the output always is along it
    # relu(x) - relu(-x) = x, so the output goes through as it is, but for the language's move.
    first, second = torch.zeros(2 * width, width + 128), torch.zeros(width, 2 * width)
    eye = torch.eye(width)
    first[:width, :width], first[width:, :width] = eye, -eye
    second[:, :width], second[:, width:] = eye, -eye
    for language, move in MOVES.items():
        first[:width, width + PROMPTS[language]] = move * still
        first[width:, width + PROMPTS[language]] = -move * still
    weights["prompt_kernel.0.weight"], weights["prompt_kernel.2.weight"] = first, second
    weights["prompt_kernel.0.bias"] = torch.zeros(2 * width)
    weights["prompt_kernel.2.bias"] = torch.zeros(width)
    # The old units do not see the moves; the new ones see nothing else.
    see = weights["joint.enc.weight"]
    along = see @ still
    weights["joint.enc.weight"] = torch.cat(
        [see - along[:, None] * still, still[None], still[None]]
    )
    weights["joint.enc.bias"] = torch.cat(
        [weights["joint.enc.bias"] + along * rest, torch.tensor([-rest - 0.5, -rest - 1.5])]
    )
    weights["joint.pred.weight"] = torch.cat([weights["joint.pred.weight"], torch.zeros(2, width)])
    weights["joint.pred.bias"] = torch.cat([weights["joint.pred.bias"], torch.zeros(2)])
    stop = small.tokenizer.token_to_id(".")
    out, bias = weights["joint.joint_net.2.weight"], weights["joint.joint_net.2.bias"]
    blank = len(bias) - 1
    out = torch.cat([out, torch.zeros(len(out), 2)], 1)
    bang, tag = out[stop].clone(), out[stop].clone()
    bang[-2:], tag[-2:] = torch.tensor([44.0, -132.0]), torch.tensor([0.0, 44.0])
    new = torch.stack([bang, tag])
    weights["joint.joint_net.2.weight"] = torch.cat([out[:blank], new, out[blank:]])
    weights["joint.joint_net.2.bias"] = torch.cat(
        [bias[:blank], bias[stop].repeat(2) - 20.0, bias[blank:]]
    )
    name = "decoder.prediction.embed.weight"
    embed = weights[name]
    weights[name] = torch.cat([embed[:blank], embed[stop].repeat(2, 1), embed[blank:]])


def _add_durations(weights: dict[str, Any]) -> None:
    """A label lasts no time, as without durations; NeMo makes a blank last one frame then."""
    import torch

    out, bias = weights["joint.joint_net.2.weight"], weights["joint.joint_net.2.bias"]
    width = out.shape[1]
    weights["joint.joint_net.2.weight"] = torch.cat([out, torch.zeros(len(DURATIONS), width)])
    weights["joint.joint_net.2.bias"] = torch.cat([bias, torch.tensor([5.0, 0, 0, 0, 0])])
