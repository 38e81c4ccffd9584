"""Benchmarks an engine on a graphics card; see `nemotron_gpu.sh --help` and `qwen3_gpu.sh --help`.

Strategy: find the card, measure its memory bandwidth, then run the engine's benchmark in a separate
process for each model and configuration, so that none inherits the memory of another. A failure is
reported and the rest goes on. A bare machine lacks the packages, so they are imported only after a
check.
"""

import argparse
import json
import subprocess
import sys
import time
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class Subject:
    """What is measured, unless the command line says otherwise."""

    needed: tuple[str, ...]
    """Required modules besides torch."""
    models: tuple[str, ...]
    hotwords: tuple[str, ...]
    seconds: tuple[str, ...]


SUBJECTS: Final = {
    "nemotron": Subject(
        needed=("nemo", "numpy", "platformdirs", "rapidfuzz", "soundfile", "soxr"),
        models=("small", "full"),
        hotwords=("0", "100", "1000", "10000"),
        seconds=("1", "5", "20", "60"),
    ),
    "qwen3": Subject(
        needed=(
            "transformers",
            "numpy",
            "platformdirs",
            "pocketsphinx",
            "rapidfuzz",
            "soundfile",
            "soxr",
        ),
        models=("full", "1.7b"),
        hotwords=("0", "20", "100"),
        seconds=("1", "5", "15", "30", "60"),
    ),
}
"""Benchmarks by name: `bench.NAME`, with NAME_models.py and NAME_report.py."""
CONFIGURATIONS: Final[tuple[dict[str, Any], ...]] = (
    {"precision": "fp32"},
    {"precision": "bf16"},
    {"precision": "fp32", "cuda_graphs": True},
    {"precision": "bf16", "cuda_graphs": True},
)
"""Variants of [engine] to measure, one line each."""
COPIES: Final = 20
SIZE: Final = {"cuda": 1 << 30, "cpu": 1 << 28}
"""Bytes of one copy: larger than any cache."""


def main() -> int:
    """Write results.json and results.md; 0 if everything was measured, 2 without a card."""
    name, *words = sys.argv[1:]
    subject = SUBJECTS[name]
    parser = argparse.ArgumentParser(prog=f"bench/{name}_gpu.sh")
    parser.add_argument("--out", type=Path, default=Path(f"{name}-results"))
    parser.add_argument("--device", choices=("cuda", "cpu"), default="cuda")
    parser.add_argument("--models", nargs="+", default=subject.models)
    parser.add_argument("--engine", type=json.loads, nargs="+", default=CONFIGURATIONS)
    parser.add_argument("--runs", default="15")
    parser.add_argument("--seconds", nargs="+", default=subject.seconds)
    parser.add_argument("--hotwords", nargs="+", default=subject.hotwords)
    arguments = parser.parse_args(words)
    if reason := _why_not(subject, arguments.device):
        print(reason, file=sys.stderr)
        return 2
    models = import_module(f"bench.{name}_models")

    arguments.out.mkdir(parents=True, exist_ok=True)
    failure = arguments.out / "failure.txt"
    failure.unlink(missing_ok=True)
    bandwidth = _bandwidth(arguments.device)
    print(f"{_card(arguments.device)}: a copy reaches {bandwidth / 1e9:.0f} GB/s", flush=True)
    words = ["--device", arguments.device, "--runs", arguments.runs]
    words += ["--seconds", *arguments.seconds, "--hotwords", *arguments.hotwords]
    results, failed = [], []
    for model in arguments.models:
        with models.model_path(model) as path:
            for engine in arguments.engine:
                if arguments.device == "cpu" and engine.get("cuda_graphs"):
                    continue
                print(f"{model} {json.dumps(engine)} ...", flush=True)
                began = time.perf_counter()
                found = _run(name, path, engine, words, failure)
                if found is None:
                    failed.append(f"{model} {json.dumps(engine)}")
                    continue
                results.append(found | {"model": model, "bandwidth": bandwidth})
                print(f"... {time.perf_counter() - began:.0f} s", flush=True)
                # After each one: a borrowed machine may be gone before the last is measured.
                _write(name, arguments.out, arguments.device, results)
    print("\n".join(f"failed: {name}" for name in failed) or f"all is in {arguments.out}")
    return 1 if failed else 0


def _why_not(subject: Subject, device: str) -> str | None:
    """Why nothing can be measured, or None."""
    if find_spec("torch") is None:
        return "PyTorch is missing in this Python: PYTHON=/path/to/python names another"
    import torch

    missing = [name for name in subject.needed if find_spec(name) is None]
    if missing:
        return f"{', '.join(missing)} missing: --wheels DIR brings them (--help says how)"
    if device == "cpu" or torch.cuda.is_available():
        return None
    return (
        "no NVIDIA card can be used: nvidia-smi must show one, and torch must be built for CUDA "
        f"(this one: {torch.version.cuda or 'without'}). --device cpu goes through all of this on "
        "the processor instead."
    )


def _card(device: str) -> str:
    import torch

    from bench.figures import machine

    if device == "cpu":
        return machine()
    return f"{machine()}, {torch.cuda.get_device_name()}, torch {torch.__version__}"


def _bandwidth(device: str) -> float:
    """Peak memory bandwidth of a copy, bytes read and written per second."""
    import torch

    source = torch.ones(SIZE[device], dtype=torch.uint8, device=device)
    target = torch.empty_like(source)

    def wait() -> None:
        if device == "cuda":
            torch.cuda.synchronize()

    best = float("inf")
    for _ in range(COPIES):
        wait()
        began = time.perf_counter()
        target.copy_(source)
        wait()
        best = min(best, time.perf_counter() - began)
    if device == "cuda":
        del source, target
        torch.cuda.empty_cache()
    return 2 * SIZE[device] / best


def _run(
    name: str, model: Path, engine: dict[str, Any], words: list[str], failure: Path
) -> dict[str, Any] | None:
    """The result of one process; None if it failed, with its output in the file."""
    file = failure.with_name("run.json")
    file.unlink(missing_ok=True)
    told = ["--model", str(model), "--engine", json.dumps(engine), "--json", str(file), *words]
    done = subprocess.run(
        [sys.executable, "-m", f"bench.{name}", *told],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode == 0:
        found: dict[str, Any] = json.loads(file.read_text())
        file.unlink()
        return found
    with failure.open("a") as log:
        log.write(f"{json.dumps(engine)} on {model.name}: exit {done.returncode}\n{done.stderr}\n")
    print(f"failed: {failure} has its words", file=sys.stderr)
    return None


def _write(name: str, out: Path, device: str, results: list[dict[str, Any]]) -> None:
    report = import_module(f"bench.{name}_report")
    (out / "results.json").write_text(json.dumps(results, indent=1))
    parts = [f"# {_card(device)}\n"]
    for found in results:
        engine = ", ".join(f"{key} = {value}" for key, value in found["asked"].items())
        parts.append(f"## {found['model']} model, {engine}\n\n{report.tables(found)}")
    (out / "results.md").write_text("\n".join(parts))


if __name__ == "__main__":
    sys.exit(main())
