"""Qwen3-ASR: time from release to final text, by the work done before the release.

Each sound is recognised in three variants, in turns: as the engine does it (the encoder works while
the sound comes, and the last partial is a draft), with only the encoder ahead, and with everything
at the release. Then with hotword lists whose context is computed before the release (warm) or not
(cold). Sound is fed as fast as it is taken.
"""

import argparse
import json
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from unittest.mock import patch

import numpy as np

from bench.figures import machine, say
from bench.qwen3_models import model_path
from bench.qwen3_report import AHEAD, AS_IT_IS, LATE, tables
from dictate.config.schema import EngineSettings
from dictate.engines import prompt_guard
from dictate.engines.qwen3 import utterance as qwen3
from dictate.engines.qwen3.engine import Qwen3Engine
from dictate.events import RATE, Samples
from dictate.hotwords.model import Hotwords, Term
from dictate.microphone.sound_file import read_sound_file
from dictate.platform.resources import samples

WAYS: Final = (AS_IT_IS, AHEAD, LATE)
SPOKEN: Final = 4
"""Tokens per second of sound: a scripted model never ends by itself."""
PIECE: Final = RATE // 50
HOTWORDS_S: Final = 5


@dataclass(frozen=True, slots=True)
class Plan:
    """What to measure, and how often."""

    model: str
    device: str
    engine: dict[str, Any]
    runs: int
    seconds: Sequence[int]
    hotwords: Sequence[int]


@dataclass(frozen=True, slots=True)
class Heard:
    """One dictation: milliseconds from release to text, and of one decoder step."""

    release_ms: float
    step_ms: float
    text: str


def main() -> None:
    """Print the tables; with --json also write the figures."""
    parser = argparse.ArgumentParser(prog="python -m bench.qwen3", description=__doc__)
    parser.add_argument("--model", default="tiny", help="tiny, full (0.6B), 1.7b, or a folder")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument("--engine", type=json.loads, default={}, help="settings of [engine]: JSON")
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--seconds", type=int, nargs="+", default=[1, 5, 15, 30, 60])
    parser.add_argument("--hotwords", type=int, nargs="+", default=[0, 20, 100])
    parser.add_argument("--json", type=Path)
    arguments, _ = parser.parse_known_args()
    given = vars(arguments)
    file = given.pop("json")
    found = measure(Plan(**given))
    if file is not None:
        file.write_text(json.dumps(found))
    print(tables(found))


def measure(plan: Plan) -> dict[str, Any]:
    """All figures of one run, ready for JSON; `qwen3_report.py` reads them."""
    with model_path(plan.model) as path:
        settings = EngineSettings(
            use="qwen3", model=str(path), trust_model=True, device=plan.device, **plan.engine
        )
        engine = Qwen3Engine(settings)
        say("the model loads")
        began = time.perf_counter()
        engine.load()
        load_s = time.perf_counter() - began
    voice = read_sound_file(samples()[1])
    # Only after loading: the buffers are sized for real texts.
    with (
        patch.object(prompt_guard, "TOKENS_PER_S", SPOKEN),
        patch.object(prompt_guard, "FREE_TOKENS", 0),
    ):
        for way in WAYS:
            hear(engine, np.resize(voice, 2 * RATE), Hotwords(), way)
        facts = engine.facts
        return {
            "machine": machine(),
            "device": facts.device,
            "model": plan.model,
            "asked": plan.engine,
            "precision": facts.precision,
            "notes": facts.notes,
            "load_s": load_s,
            "weights_bytes": weights_bytes(engine),
            "lengths": {
                str(seconds): _length(engine, np.resize(voice, seconds * RATE), plan.runs)
                for seconds in plan.seconds
            },
            "contexts": {
                str(number): _context(engine, voice, number, plan.runs) for number in plan.hotwords
            },
        }


def hear(engine: Qwen3Engine, sound: Samples, hotwords: Hotwords, way: str) -> Heard:
    """One dictation in one of the WAYS."""
    share = qwen3.PARTIAL_SHARE if way == AS_IT_IS else 0.0
    with patch.object(qwen3, "PARTIAL_SHARE", share):
        utterance = engine.begin(hotwords, None)
        if way != LATE:
            for start in range(0, len(sound), PIECE):
                utterance.feed(sound[start : start + PIECE])
        began = time.perf_counter()
        if way == LATE:
            utterance.feed(sound)
        text = utterance.finish()
        release_ms = (time.perf_counter() - began) * 1000
    return Heard(release_ms, utterance.effort.step_ms, text)


def weights_bytes(engine: Qwen3Engine) -> int:
    """Bytes read for one more token: the layers and the head."""
    model = engine._loaded.model  # noqa: SLF001
    parts = (model.model.language_model.layers, model.lm_head)
    return sum(weight.nbytes for part in parts for weight in part.parameters())


def _length(engine: Qwen3Engine, sound: Samples, runs: int) -> dict[str, dict[str, list[Any]]]:
    """Way -> its figures."""
    found: dict[str, list[Heard]] = {way: [] for way in WAYS}
    for run in range(runs):
        for way in _in_turn(WAYS, run):
            heard = hear(engine, sound, Hotwords(), way)
            # A large model takes long: after an interrupt, keep the results so far.
            what = f"{len(sound) // RATE} s, run {run + 1} of {runs}: {way}"
            say(f"{what}: {heard.release_ms:.0f} ms, a step {heard.step_ms:.1f} ms")
            found[way].append(heard)
    return {
        way: {
            "release_ms": [one.release_ms for one in each],
            "step_ms": [one.step_ms for one in each],
            "texts": [one.text for one in each],
        }
        for way, each in found.items()
    }


def _context(engine: Qwen3Engine, voice: Samples, number: int, runs: int) -> dict[str, Any]:
    """The figures with a number of hotwords, and their number of tokens before the sound."""
    sound, other = np.resize(voice, HOTWORDS_S * RATE), _names(number + 1, -1)
    found: dict[str, Any] = {"prepare_ms": [], "warm": {}, "cold": {}}
    for run in range(runs):
        hotwords = _names(number, run)
        for way in (AS_IT_IS, LATE):
            for state in ("cold", "warm"):
                engine.prepare(other)
                if state == "warm":
                    began = time.perf_counter()
                    engine.prepare(hotwords)
                    found["prepare_ms"].append((time.perf_counter() - began) * 1000)
                heard = hear(engine, sound, hotwords, way)
                what = f"{number} hotwords, run {run + 1} of {runs}: {way}, {state}"
                say(f"{what}: {heard.release_ms:.0f} ms")
                found[state].setdefault(way, []).append(heard.release_ms)
    asked = engine._request(hotwords, engine.settings.language)  # noqa: SLF001
    return found | {"tokens": len(asked.prompt.before), "told": len(asked.context.terms)}


def _in_turn(ways: Sequence[str], run: int) -> list[str]:
    first = run % len(ways)
    return [*ways[first:], *ways[:first]]


def _names(number: int, seed: int) -> Hotwords:
    letters = random.Random(seed)
    names = ("".join(letters.choices("KLMNPRSTVXYZ", k=6)) for _ in range(number))
    return Hotwords(tuple(map(Term, names)))


if __name__ == "__main__":
    main()
