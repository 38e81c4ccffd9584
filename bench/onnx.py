"""The engine `onnx` beside NeMo on the processor: the same weights, the same sounds, one run.

Each subject has a process of its own, on one core or two. It loads the model, and recognises sounds
of several lengths, without hotwords and with a list of them. Sound is fed as fast as it is taken;
all lengths differ, so that the end falls anywhere in a chunk.

What drafts cost is measured on speech with pauses, with a draft in each and without, in turns.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from bench.figures import machine, memory_mb, percentile, say, table
from bench.nemotron_models import model_path
from dictate.config.schema import EngineSettings
from dictate.engines import ENGINES, Engine
from dictate.events import RATE, Samples
from dictate.hotwords.model import Hotwords, Term
from dictate.microphone.sound_file import read_sound_file
from dictate.platform.resources import samples

CHUNK_MS: Final = 560
PIECE: Final = RATE // 50
PHRASES: Final = 8
PHRASE_S: Final = 2.5
PAUSE_S: Final = 0.8
DRAFT_AFTER_S: Final = 0.3
"""A speaker with pauses: number and seconds of the phrases, seconds of the pause after each, and
when in a pause a draft is asked for."""
GOLDEN: Final = 0.618034
"""Its multiples fall evenly between whole numbers."""


@dataclass(frozen=True, slots=True)
class Subject:
    """An engine in a process of its own."""

    engine: str
    path: str
    device: str
    cores: int
    seconds: tuple[int, ...]
    runs: int
    terms: int

    @property
    def name(self) -> str:
        """For the tables."""
        kind = "NeMo fp32" if self.engine == "nemotron" else Path(self.path).name
        cores = f"{self.cores} core{'s' if self.cores > 1 else ''}"
        return f"{kind}, {cores}" if self.device == "cpu" else f"{kind}, {self.device}"


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(prog="python -m bench.onnx", description=__doc__)
    parser.add_argument("--model", default="small", help="small, full, or a .nemo file")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument("--runs", type=int, default=15)
    parser.add_argument("--seconds", type=int, nargs="+", default=[1, 3, 10, 30])
    parser.add_argument("--cores", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--terms", type=int, default=100)
    parser.add_argument("--without-nemo", action="store_true")
    parser.add_argument("--child", type=json.loads, help=argparse.SUPPRESS)
    arguments, _ = parser.parse_known_args()
    if arguments.child is not None:
        print(json.dumps(_measure(Subject(**arguments.child))))
        return
    device, cores = arguments.device, arguments.cores if arguments.device == "cpu" else [2]
    work = tuple(arguments.seconds), arguments.runs, arguments.terms
    # The operations on 8 bits are for processors.
    precision = "int8" if device == "cpu" else "fp32"
    with _files(arguments.model, precision) as (nemo, folder):
        subjects = [Subject("onnx", str(folder), device, count, *work) for count in cores]
        if not arguments.without_nemo:
            subjects.append(Subject("nemotron", str(nemo), device, max(cores), *work))
        found = {subject.name: _run(subject) for subject in subjects}
    print(f"{machine()}; model: {arguments.model}; lists of {arguments.terms} terms\n")
    print(_tables(found))


@contextmanager
def _files(model: str, precision: str) -> Iterator[tuple[Path, Path]]:
    """The .nemo file, and the folder of the ONNX files made of it."""
    from dictate.engines.nemotron.load import load
    from dictate.engines.onnx.export import export

    with model_path(model) as nemo, tempfile.TemporaryDirectory(prefix="dictate-bench-") as work:
        folder = Path(work) / f"onnx {precision}"
        export(load(nemo, "cpu"), folder, CHUNK_MS, say, quantise=precision == "int8")
        yield nemo, folder


def _run(subject: Subject) -> dict[str, Any]:
    say(subject.name)
    words = [sys.executable, "-m", "bench.onnx", "--child", json.dumps(asdict(subject))]
    done = subprocess.run(words, stdout=subprocess.PIPE, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def _measure(subject: Subject) -> dict[str, Any]:
    """In a process of its own: all figures of one subject."""
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: subject.cores])
    settings = EngineSettings(
        use=subject.engine,
        model=subject.path,
        trust_model=True,
        chunk_ms=CHUNK_MS,
        device=subject.device,
    )
    engine: Engine = ENGINES.make(subject.engine, settings)
    began = time.perf_counter()
    engine.load()
    load_s = time.perf_counter() - began
    voice = read_sound_file(samples()[1])
    lists = {"without": Hotwords(), "with": _hotwords(subject.terms)}
    found: dict[str, Any] = {"load_s": load_s, "device": engine.facts.device}
    for name, hotwords in lists.items():
        engine.prepare(hotwords)
        for seconds in subject.seconds:
            rows = []
            for run in range(subject.runs):
                more = run * GOLDEN % 1 * CHUNK_MS / 1000
                sound = np.resize(voice, round((seconds + more) * RATE))
                rows.append(_recognise(engine, hotwords, sound))
            columns = zip(*rows, strict=True)
            found[f"{name} {seconds}"] = dict(zip(("rtf", "final", "step"), columns, strict=True))
        found[f"drafts {name}"] = _drafts(engine, hotwords, voice, max(1, subject.runs // 5))
    found["memory_mb"] = memory_mb(os.getpid())
    found["peak_mb"] = _peak_mb()
    return found


def _recognise(engine: Engine, hotwords: Hotwords, sound: Samples) -> tuple[float, float, float]:
    """Real-time factor, milliseconds from the last sample to the text, and of the median step."""
    began = time.perf_counter()
    utterance = engine.begin(hotwords, None, CHUNK_MS)
    for at in range(0, len(sound), PIECE):
        utterance.feed(sound[at : at + PIECE])
    released = time.perf_counter()
    utterance.finish()
    now = time.perf_counter()
    step_ms = utterance.effort.step_ms
    return (now - began) / (len(sound) / RATE), (now - released) * 1000, step_ms


def _drafts(
    engine: Engine, hotwords: Hotwords, voice: Samples, runs: int
) -> dict[str, list[float]]:
    """Milliseconds of each draft and each end, and seconds of processor time for the whole, with
    drafts and without."""
    found: dict[str, list[float]] = {"draft": [], "final": [], "with": [], "without": []}
    for run in range(runs):
        for drafting in (True, False) if run % 2 else (False, True):
            began = time.process_time()
            utterance = engine.begin(hotwords, None, CHUNK_MS)
            for phrase in range(PHRASES):
                # The pause begins anywhere in a chunk.
                more = (run * PHRASES + phrase) * GOLDEN % 1 * CHUNK_MS / 1000
                speech = np.resize(voice, round((PHRASE_S + more) * RATE))
                before, after = DRAFT_AFTER_S, PAUSE_S - DRAFT_AFTER_S
                quiet = (np.zeros(round(part * RATE), np.float32) for part in (before, after))
                for sound, asks in zip((speech, *quiet), (False, drafting, False), strict=True):
                    for at in range(0, len(sound), PIECE):
                        utterance.feed(sound[at : at + PIECE])
                    if asks:
                        asked = time.perf_counter()
                        utterance.draft()
                        found["draft"].append((time.perf_counter() - asked) * 1000)
            released = time.perf_counter()
            utterance.finish()
            found["final"].append((time.perf_counter() - released) * 1000)
            found["with" if drafting else "without"].append(time.process_time() - began)
    return found


def _hotwords(count: int) -> Hotwords:
    letters = random.Random(count)
    alphabet = "abcdefghiklmnoprstuvw"
    names = ("".join(letters.choices(alphabet, k=letters.randint(5, 12))) for _ in range(count))
    return Hotwords(tuple(map(Term, names)))


def _peak_mb() -> float:
    # Not getrusage: its figure survives the exec, so it may be the parent's.
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM:"))


def _tables(found: dict[str, dict[str, Any]]) -> str:
    starts = table(
        ("subject", "runs on", "load s", "memory MB", "peak MB"),
        [
            (
                *(name, one["device"], f"{one['load_s']:.1f}"),
                *(f"{one['memory_mb']:.0f}", f"{one['peak_mb']:.0f}"),
            )
            for name, one in found.items()
        ],
    )
    head = ("subject", "hotwords", "utterance s", "RTF p50", "RTF p95", "step ms p50")
    rows = []
    for name, one in found.items():
        for key in (key for key in one if key.startswith(("with ", "without "))):
            words, seconds = key.split()
            columns = one[key]
            rows.append(
                (
                    *(name, words, seconds),
                    f"{percentile(50, columns['rtf']):.2f}",
                    f"{percentile(95, columns['rtf']):.2f}",
                    f"{percentile(50, columns['step']):.0f}",
                    f"{percentile(50, columns['final']):.0f}",
                    f"{percentile(95, columns['final']):.0f}",
                )
            )
    speed = table((*head, "final ms p50", "final ms p95"), rows)
    return f"{starts}\n\n{speed}\n\n{_draft_table(found)}"


def _draft_table(found: dict[str, dict[str, Any]]) -> str:
    head = ("subject", "hotwords", "draft ms p50", "draft ms p95", "final ms p50")
    rows = []
    for name, one in found.items():
        for words in ("without", "with"):
            columns = one[f"drafts {words}"]
            ratios = [a / b for a, b in zip(columns["with"], columns["without"], strict=True)]
            rows.append(
                (
                    *(name, words),
                    f"{percentile(50, columns['draft']):.0f}",
                    f"{percentile(95, columns['draft']):.0f}",
                    f"{percentile(50, columns['final']):.0f}",
                    f"{percentile(50, columns['without']):.2f}",
                    f"{percentile(50, columns['with']):.2f}",
                    f"{percentile(50, ratios):.2f}",
                )
            )
    cost = ("processor s without drafts", "with", "ratio p50")
    return table((*head, *cost), rows)


if __name__ == "__main__":
    main()
