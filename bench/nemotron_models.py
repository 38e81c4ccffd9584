"""The benchmark models: our own small one, and one of the full shape.

The full one has the layers of nvidia/nemotron-speech-streaming-en-0.6b with random weights: it
costs as much as the real one and recognises nothing. To decode as much as the real one, its joint
emits a word piece at a quarter of the frames, about three per second of speech.
"""

import random
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import numpy as np

from dictate.events import RATE, Samples
from dictate.microphone.sound_file import read_sound_file
from dictate.platform.resources import samples

SMALL: Final = Path(__file__).parents[1] / "tests" / "mini_model" / "mini.nemo"
LAYERS: Final = 24
WIDTH: Final = 1024
HEADS: Final = 8
FEATURES: Final = 128
CHANNELS: Final = 256
"""Channels of the subsampling convolutions."""
DECODER: Final = 640
DECODER_LAYERS: Final = 2
PIECES: Final = 1024
SPEAKING: Final = (0.2, 0.3)
"""Bounds for the share of frames that emit a word piece."""
CONTEXT: Final = [70, 6]
"""Look-back and look-ahead in frames, for a chunk of 560 ms."""
LONG_S: Final = 40
DRIFT: Final = 45
"""Frames of the looped recording."""


@contextmanager
def model_path(wanted: str) -> Iterator[Path]:
    """The .nemo file of "small" or "full" (2.5 GB of disk meanwhile); any other word is the path of
    a file."""
    if wanted == "small":
        yield SMALL
    elif wanted != "full":
        yield Path(wanted)
    else:
        with tempfile.TemporaryDirectory(prefix="dictate-bench-") as folder:
            path = Path(folder) / "full.nemo"
            build(Path(folder)).save_to(str(path))
            yield path


def build(folder: Path) -> Any:
    """A model of the full shape, on the CPU. Writes its tokenizer's files to the folder."""
    import torch
    from nemo.collections.asr.models import EncDecRNNTBPEModel

    config = EncDecRNNTBPEModel.restore_from(str(SMALL), return_config=True)
    _tokenizer(folder)
    # A path of the small model's own file would be looked for in it.
    config.tokenizer = {"dir": str(folder), "type": "bpe"}
    config.preprocessor.features = FEATURES
    config.encoder.update(
        feat_in=FEATURES,
        n_layers=LAYERS,
        d_model=WIDTH,
        n_heads=HEADS,
        subsampling_conv_channels=CHANNELS,
    )
    config.decoder.prednet.update(pred_hidden=DECODER, pred_rnn_layers=DECODER_LAYERS)
    config.joint.jointnet.joint_hidden = DECODER
    config.model_defaults.update(enc_hidden=WIDTH, pred_hidden=DECODER, joint_hidden=DECODER)
    # One piece per frame: a joint of random weights never stops once it emits.
    config.decoding.greedy.max_symbols = 1
    for derived in ("labels", "decoder.vocab_size", "joint.num_classes", "joint.vocabulary"):
        _forget(config, derived)
    torch.manual_seed(0)
    model = EncDecRNNTBPEModel(config).eval()
    model.encoder.set_default_att_context_size(CONTEXT)
    _speak_seldom(model)
    return model


def _forget(config: Any, key: str) -> None:
    *path, last = key.split(".")
    for step in path:
        config = config[step]
    config.pop(last, None)


def _tokenizer(folder: Path) -> None:
    import sentencepiece

    letters = random.Random(0)
    words = (
        "".join(letters.choices("abcdefghijklmnopqrstuvwxyz", k=letters.randint(2, 9)))
        for _ in range(4000)
    )
    text = folder / "words.txt"
    text.write_text("\n".join(words))
    sentencepiece.SentencePieceTrainer.train(
        input=str(text),
        model_prefix=str(folder / "tokenizer"),
        model_type="bpe",
        vocab_size=PIECES,
        bos_id=-1,
        eos_id=-1,
        minloglevel=2,
    )
    pieces = sentencepiece.SentencePieceProcessor(str(folder / "tokenizer.model"))
    names = [pieces.id_to_piece(i) for i in range(1, pieces.get_piece_size())]
    (folder / "vocab.txt").write_text(
        "\n".join(name[1:] if name.startswith("▁") else f"##{name}" for name in names)
    )


def _speak_seldom(model: Any) -> None:
    """Make the encoder alone decide where a piece is emitted: evenly over a long sound, and clearly
    enough in the self-test recording that rounding to bf16 changes nothing."""
    import torch

    voice = read_sound_file(samples()[1])
    known = _hidden(model, voice)
    hidden = _hidden(model, np.resize(voice, LONG_S * RATE))
    with torch.no_grad():
        # Random layers follow what is said, and drift with all that they look back on: the
        # direction is the one in which a frame moves most, by how far the mean drifts there.
        mean = torch.nn.functional.avg_pool1d(
            hidden.T[None], DRIFT, 1, DRIFT // 2, count_include_pad=False
        )[0].T
        moving, drifting = (hidden - mean)[CONTEXT[0] :], (mean - mean.mean(0))[CONTEXT[0] :]
        spread = drifting.T @ drifting
        spread += spread.trace() / len(spread) * torch.eye(len(spread))
        whiten = torch.linalg.inv(torch.linalg.cholesky(spread))
        _, axes = torch.linalg.eigh(whiten @ moving.T @ moving @ whiten.T)
        direction = whiten.T @ axes[:, -1]
        scores = hidden @ direction
        thresholds = torch.linspace(*(float(scores.quantile(share)) for share in SPEAKING), 100)
        nearest = (thresholds[:, None] - known @ direction).abs().min(1).values
        scale = 1 / scores.std()
        model.joint.pred.weight.zero_()
        model.joint.pred.bias.zero_()
        out = model.joint.joint_net[-1]
        out.weight.zero_()
        out.bias.zero_()
        # The last one is the blank. One of the pieces is always the likeliest.
        out.weight[-1] = direction * scale
        out.bias[-1] = 0.5 - thresholds[nearest.argmax()] * scale
        out.bias[PIECES // 2] = 0.5


def _hidden(model: Any, sound: Samples) -> Any:
    """The joint's projection of each frame, shape (frames, hidden)."""
    import torch

    with torch.no_grad():
        features, length = model.preprocessor(
            input_signal=torch.from_numpy(sound)[None], length=torch.tensor([len(sound)])
        )
        encoded, _ = model.encoder(audio_signal=features, length=length)
        return model.joint.enc(encoded[0].T).relu()
