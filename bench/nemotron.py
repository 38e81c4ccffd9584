"""The main engine beside NeMo's own streaming code: one process, in turns, on the same sounds.

It measures the time of a chunk and of the end by utterance length, with hotword lists of several
lengths, and the start with its memory. `nemotron_rivals.py` defines the competitors and the end.
Sound is fed as fast as it is taken; all lengths differ, so that the end falls anywhere in a chunk.
"""

import argparse
import json
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bench.figures import machine, say
from bench.nemotron_models import model_path
from bench.nemotron_report import tables
from bench.nemotron_rivals import CHUNK_MS, SUBJECTS, Heard, Ours, Setup, Subject, Words
from bench.nemotron_start import start
from dictate.events import RATE, Samples
from dictate.microphone.sound_file import read_sound_file
from dictate.platform.resources import samples

GOLDEN = 0.618034
"""Its multiples fall evenly between whole numbers."""
HOTWORDS_S = 5
REBUILDS = 3


@dataclass(frozen=True, slots=True)
class Plan:
    """What to measure, and how often."""

    model: str
    device: str
    engine: dict[str, Any]
    runs: int
    seconds: Sequence[int]
    hotwords: Sequence[int]


def main() -> None:
    """Print the tables; with --json also write the figures."""
    parser = argparse.ArgumentParser(prog="python -m bench.nemotron", description=__doc__)
    parser.add_argument("--model", default="small", help="small, full, or a .nemo file")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument("--engine", type=json.loads, default={}, help="settings of [engine]: JSON")
    parser.add_argument("--runs", type=int, default=15)
    parser.add_argument("--seconds", type=int, nargs="+", default=[1, 2, 5, 10, 30, 60])
    parser.add_argument("--hotwords", type=int, nargs="+", default=[0, 100, 1000, 10_000])
    parser.add_argument("--json", type=Path)
    arguments, _ = parser.parse_known_args()
    given = vars(arguments)
    file = given.pop("json")
    found = measure(Plan(**given))
    if file is not None:
        file.write_text(json.dumps(found))
    print(tables(found))


def measure(plan: Plan) -> dict[str, Any]:
    """All figures of one run, ready for JSON; `nemotron_report.py` reads them."""
    with model_path(plan.model) as path:
        setup = Setup(path, plan.device, plan.engine)
        say("from nothing to ready")
        starts = {name: start(name, setup) for name in SUBJECTS}
        subjects = [kind(setup) for kind in SUBJECTS.values()]
        for subject in subjects:
            subject.load()
    ours = next(subject for subject in subjects if isinstance(subject, Ours))
    facts = ours.engine.facts
    voice = read_sound_file(samples()[1])
    for subject in subjects:
        for way in subject.ways.values():
            way(voice, ())
    return {
        "machine": machine(),
        "device": facts.device,
        "model": plan.model,
        "asked": plan.engine,
        "precision": facts.precision,
        "notes": facts.notes,
        "chunk_ms": CHUNK_MS,
        "weights_bytes": ours.weights_bytes,
        "starts": starts,
        "lengths": {
            str(seconds): _length(subjects, voice, seconds, plan.runs) for seconds in plan.seconds
        },
        "lists": _lists(subjects, voice, plan.hotwords, plan.runs),
    }


def _length(
    subjects: Sequence[Subject], voice: Samples, seconds: int, runs: int
) -> dict[str, dict[str, list[Any]]]:
    """Way -> its figures, for utterances of `seconds` and up to a chunk more."""
    found: dict[str, list[Heard]] = {}
    for run in range(runs):
        say(f"{seconds} s, run {run + 1} of {runs}")
        more = run * GOLDEN % 1 * CHUNK_MS / 1000
        sound = np.resize(voice, round((seconds + more) * RATE))
        for subject in _in_turn(subjects, run):
            for name, way in subject.ways.items():
                found.setdefault(name, []).append(way(sound, ()))
    return {name: _columns(heard) for name, heard in found.items()}


def _lists(
    subjects: Sequence[Subject], voice: Samples, numbers: Sequence[int], runs: int
) -> dict[str, dict[str, dict[str, list[Any]]]]:
    """Subject -> number of hotwords -> its figures. Each subject goes its last way."""
    rebuilt: dict[tuple[str, int], list[float]] = {}
    for subject in subjects:
        say(f"lists of hotwords: {subject.name}")
        for number in numbers:
            for words in [_names(number, seed) for seed in range(REBUILDS)]:
                began = time.perf_counter()
                subject.learn(words)
                took_ms = (time.perf_counter() - began) * 1000
                rebuilt.setdefault((subject.name, number), []).append(took_ms)
    heard: dict[tuple[str, int], list[Heard]] = {}
    for run in range(runs):
        say(f"with hotwords, run {run + 1} of {runs}")
        more = run * GOLDEN % 1 * CHUNK_MS / 1000
        sound = np.resize(voice, round((HOTWORDS_S + more) * RATE))
        for subject in _in_turn(subjects, run):
            *_, way = subject.ways.values()
            for number in numbers:
                found = way(sound, _names(number, REBUILDS - 1))
                heard.setdefault((subject.name, number), []).append(found)
    return {
        subject.name: {
            str(number): _columns(heard[subject.name, number])
            | {"rebuild_ms": rebuilt[subject.name, number]}
            for number in numbers
        }
        for subject in subjects
    }


def _in_turn(subjects: Sequence[Subject], run: int) -> list[Subject]:
    first = run % len(subjects)
    return [*subjects[first:], *subjects[:first]]


def _columns(heard: Sequence[Heard]) -> dict[str, list[Any]]:
    return {
        "finish_ms": [one.finish_ms for one in heard],
        "chunk_ms": [one.chunk_ms for one in heard],
        "texts": [one.text for one in heard],
    }


def _names(number: int, seed: int) -> Words:
    letters = random.Random(seed)
    return tuple("".join(letters.choices("abcdefghiklmnoprstuvw", k=9)) for _ in range(number))


if __name__ == "__main__":
    main()
