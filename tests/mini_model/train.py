"""Trains the test model, on two CPU cores.

    torchrun --nproc-per-node 2 -m tests.mini_model.train SOUND MODEL.nemo

SOUND is the folder that synth wrote. Each process takes half of every batch: for a model this small
that is faster than two threads in one.
"""

from __future__ import annotations

import argparse
import math
import random
import time
from pathlib import Path
from typing import Any, TypeAlias

import torch
from nemo.collections.asr.models import ASRModel, EncDecRNNTBPEModel
from nemo.utils import logging
from torch import distributed, nn
from torch.nn import functional

from tests.mini_model import loss, shape, synth
from tests.mini_model.score import errors

Tensor: TypeAlias = Any  # torch's types take minutes to follow (pyproject.toml)
Batch = tuple[Tensor, Tensor, Tensor, Tensor]

FRAMES = 9000
"""Feature frames (10 ms) in a batch, at most; and recordings in it."""
ROWS = 48
RATE = 1.6e-3
GOING_ON = 1.0e-3
"""The learning rate at its highest, for a new model and for one that has learnt before."""
WARM_UP = 100
"""Steps until the learning rate is reached; from there it falls as a cosine does."""
GUESSING = 0.2
"""The share of the time in which the encoder learns alone, from guesses and CTC."""
LOOK = 180
"""Seconds from one look at what is learnt to the next."""
QUIET = -12.0
"""The log-mel value of a quiet room: what a masked piece of time sounds like."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sound", type=Path)
    parser.add_argument("model", type=Path)
    parser.add_argument("--minutes", type=float, default=40, help="how long to train")
    parser.add_argument("--after", type=Path, help="a model to go on with")
    args = parser.parse_args()
    logging.setLevel(logging.ERROR)
    torch.set_num_threads(1)
    torch.manual_seed(0)
    random.seed(0)
    distributed.init_process_group("gloo")
    if args.after:
        model = ASRModel.restore_from(str(args.after), map_location="cpu")
    else:
        folder = args.model.parent / f"tokenizer{distributed.get_rank()}"
        model = shape.new_model(folder)
    Training(model, args.sound, args.model, args.minutes * 60, anew=not args.after).run()


class Training:
    """One run: its data, its model, and how far it is."""

    def __init__(
        self, model: EncDecRNNTBPEModel, sound: Path, path: Path, seconds: float, *, anew: bool
    ) -> None:
        self.model = model
        # It would make one process wait for the other where only one of them looks.
        model.encoder.sync_max_audio_length = False
        self.path = path
        self.seconds = seconds
        self.guessing = GUESSING if anew else 0.0
        self.rate = RATE if anew else GOING_ON
        self.blank: int = model.tokenizer.vocab_size
        pieces = model.tokenizer.ids_to_tokens(list(range(self.blank)))
        self.weights = torch.tensor([0.3 if p in ".?" else float(len(p)) for p in pieces])
        self.guesser = nn.Linear(shape.WIDTH, self.blank + 1)
        self.ctc = nn.Linear(shape.WIDTH, self.blank + 1)
        parts = (model, self.guesser, self.ctc)
        self.parameters = [p for part in parts for p in part.parameters()]
        self.batches = _batches(synth.read(sound, "train"))
        self.cache: dict[int, Batch] = {}
        self.held_out = synth.read(sound, "unheard")[:60]

    def run(self) -> None:
        optimizer = torch.optim.AdamW(self.parameters, RATE, (0.9, 0.98), weight_decay=1e-3)
        self.model.train()
        torch.manual_seed(distributed.get_rank())  # other noise in each half; the same until here
        start, step, looked = time.monotonic(), 0, 0.0
        order: list[int] = []
        losses: list[list[float]] = []
        while (gone := self._agreed(time.monotonic() - start)) < self.seconds:
            done = gone / self.seconds
            order = order or random.sample(range(len(self.batches)), len(self.batches))
            for group in optimizer.param_groups:
                cosine = 0.5 * (1 + math.cos(math.pi * done)) + 0.01
                group["lr"] = self.rate * min(1, (step + 1) / WARM_UP) * cosine
            parts = self._losses(self._batch(order.pop()), done)
            total = torch.stack(parts).sum()
            optimizer.zero_grad()
            total.backward()
            self._share_gradients()
            nn.utils.clip_grad_norm_(self.parameters, 1.0)
            optimizer.step()
            step += 1
            losses.append([float(part.detach()) for part in parts])
            if step % 25 == 0:
                means = torch.tensor(losses[-25:]).mean(0).tolist()
                shown = " ".join(f"{mean:.3f}" for mean in means)
                self._say(f"{gone / 60:.1f} min, step {step}: transducer, ctc, guess {shown}")
            if gone - looked > LOOK and done > self.guessing + 0.1:
                looked = gone
                self._keep()
        self._keep()
        self._say(f"{step} steps")

    def _agreed(self, seconds: float) -> float:
        """The first process's clock."""
        clock = torch.tensor(seconds)
        distributed.broadcast(clock, 0)
        return float(clock)

    def _share_gradients(self) -> None:
        gradients = [p.grad for p in self.parameters if p.grad is not None]
        every = torch.cat([gradient.flatten() for gradient in gradients])
        distributed.all_reduce(every)
        every /= distributed.get_world_size()
        for gradient, shared in zip(
            gradients, every.split([g.numel() for g in gradients]), strict=True
        ):
            gradient.copy_(shared.view_as(gradient))

    def _keep(self) -> None:
        """Save what there is, and look how good it is."""
        if distributed.get_rank() == 0:
            save(self.model, self.path)
            self._say(f"wrong words: {self._wrong():.1%}")
            self.model.train()

    def _say(self, line: str) -> None:
        if distributed.get_rank() == 0:
            print(line, flush=True)

    def _losses(self, batch: Batch, done: float) -> list[Tensor]:
        features, sizes, labels, lengths = batch
        encoded, frames = self.model.encoder(audio_signal=_masked(features), length=sizes)
        encoded = encoded[:, :, : int(frames.max())].transpose(1, 2)
        nothing = torch.zeros(())
        guessed = transduced = nothing
        if self.guessing > 0 and done < self.guessing + 0.25:
            guess = loss.spread_evenly(features, sizes, labels, lengths, self.weights, frames)
            logits = self.guesser(encoded).flatten(0, 1)
            guessed = functional.cross_entropy(logits, guess.flatten(), ignore_index=-100)
        scores = self.ctc(encoded).log_softmax(-1).transpose(0, 1)
        ctc = functional.ctc_loss(
            scores, labels, frames, lengths, blank=self.blank, zero_infinity=True
        )
        if done < self.guessing:
            return [nothing, 0.5 * ctc, guessed]
        predicted, _, _ = self.model.decoder(targets=labels, target_length=lengths)
        logits = self.model.joint.joint(encoded, predicted.transpose(1, 2))
        each = loss.transducer(logits, labels, frames, lengths)
        transduced = (each / lengths.clamp(min=3)).mean()
        return [0.8 * transduced, 0.2 * ctc, 0.2 * guessed]

    def _batch(self, number: int) -> Batch:
        if number not in self.cache:
            items = self.batches[number][distributed.get_rank() :: distributed.get_world_size()]
            features, sizes = features_of(self.model, [sound for sound, _ in items])
            ids = [self.model.tokenizer.text_to_ids(r.text) for _, r in items]
            rows = [torch.tensor(row, dtype=torch.long) for row in ids]
            labels = nn.utils.rnn.pad_sequence(rows, batch_first=True)
            lengths = torch.tensor([len(row) for row in ids])
            self.cache[number] = features.half(), sizes, labels, lengths
        features, *rest = self.cache[number]
        return features.float(), rest[0], rest[1], rest[2]

    @torch.inference_mode()
    def _wrong(self) -> float:
        self.model.eval()
        self.model.encoder.set_default_att_context_size(list(shape.LOOKAHEADS[0]))
        features, sizes = features_of(self.model, [sound for sound, _ in self.held_out])
        encoded, frames = self.model.encoder(audio_signal=features, length=sizes)
        decode = self.model.decoding.rnnt_decoder_predictions_tensor
        heard = [h.text for h in decode(encoded, frames, return_hypotheses=True)]
        for (_, recording), text in zip(self.held_out[:4], heard, strict=False):
            self._say(f"    {recording.text} | {text}")
        return errors([r.text for _, r in self.held_out], heard)


@torch.inference_mode()
def features_of(model: EncDecRNNTBPEModel, sounds: list[synth.Pcm]) -> tuple[Tensor, Tensor]:
    """Log-mel features of sounds, in one batch, and how many frames each has."""
    rows = [torch.from_numpy(sound.astype("float32")) / 32768 for sound in sounds]
    signal = nn.utils.rnn.pad_sequence(rows, batch_first=True)
    features, sizes = model.preprocessor(
        input_signal=signal, length=torch.tensor([len(row) for row in rows])
    )
    return features.clone(), sizes.clone()


def save(model: EncDecRNNTBPEModel, path: Path) -> None:
    """Half the size, with weights of 16 bits; what restores it makes 32 of them again. Features
    keep their 32."""
    model.eval()
    model.encoder.set_default_att_context_size(list(shape.LOOKAHEADS[0]))
    learnt = (model.encoder, model.decoder, model.joint)
    for part in learnt:
        part.half()
    model.save_to(str(path))
    for part in learnt:
        part.float()


def _batches(items: list[synth.Stored]) -> list[list[synth.Stored]]:
    """Recordings of like length together."""
    items = sorted(items, key=lambda item: len(item[0]))
    batches: list[list[synth.Stored]] = [[]]
    for item in items:
        frames = len(item[0]) // 160 + 1
        if (len(batches[-1]) + 1) * frames > FRAMES or len(batches[-1]) == ROWS:
            batches.append([])
        batches[-1].append(item)
    return [batch for batch in batches if len(batch) >= distributed.get_world_size()]


def _masked(features: Tensor) -> Tensor:
    """Through another microphone, and here and there silent for a moment or in some bands."""
    rows, bands, frames = features.shape
    loudness, tilt = 0.3 * torch.randn(rows, 1, 1), 0.4 * torch.randn(rows, 1, 1)
    features = features + loudness + tilt * torch.linspace(-1, 1, bands)[:, None]
    if torch.rand(()) < 0.5:
        start = int(torch.randint(frames, ()))
        features[:, :, start : start + int(torch.randint(1, 9, ()))] = QUIET
    if torch.rand(()) < 0.4:
        start = int(torch.randint(bands, ()))
        features[:, start : start + int(torch.randint(1, 9, ()))] = QUIET
    return features


if __name__ == "__main__":
    main()
