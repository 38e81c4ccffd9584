"""See the head of the package."""

import argparse
import importlib
import json
import os
import sys
from pathlib import Path
from typing import Any, Final

from tests.campaigns.result import Plan, Result
from tests.lab.daemon import PYTHONPATH

NIGHT: Final = {
    "utterances": 10_000,
    "keys": 100_000,
    "calls": 100_000,
    "soak": 10_000,
    "journals": 2_000,
    "files": 200_000,
}
"""Each campaign, a module of this package, and its steps at the length of a night."""


def main() -> int:
    """The exit status: 1 if anything was found."""
    parser = argparse.ArgumentParser(prog="python -m tests.campaigns")
    parser.add_argument("name", choices=[*NIGHT, "all"])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, help="steps; the default is a night's")
    parser.add_argument("--seconds", type=float, default=float("inf"))
    parser.add_argument("--results", type=Path, help="a JSON file that gets the figures")
    options = parser.parse_args()
    # For the processes that are started: the engine process finds the engine `tones` there.
    os.environ["PYTHONPATH"] = PYTHONPATH
    found = 0
    for name in NIGHT if options.name == "all" else [options.name]:
        plan = Plan(options.seed, options.count or NIGHT[name], options.seconds)
        result: Result = importlib.import_module(f"tests.campaigns.{name}").run(plan)
        print(result.line, flush=True)
        found += len(result.findings)
        if options.results:
            _keep(options.results, result)
    return min(found, 1)


def table(results: dict[str, dict[str, Any]]) -> str:
    """What a file of results says, as Markdown."""
    rows = "".join(
        f"| {it['name']} | {_grouped(it['done'])} {it['unit']} |"
        f" {', '.join(f'{_grouped(value)} {name}' for name, value in it['figures'].items())} |"
        f" {len(it['findings'])} | {it['seed']} |\n"
        for it in results.values()
    )
    return f"| campaign | steps | figures | findings | seed |\n|---|---|---|---|---|\n{rows}"


def _grouped(value: float | str) -> str:
    if isinstance(value, str):
        return value
    return f"{value:,.0f}".replace(",", " ") if value == int(value) else f"{value:g}"


def _keep(path: Path, result: Result) -> None:
    kept = json.loads(path.read_text()) if path.exists() else {}
    kept[result.name] = result.as_json()
    path.write_text(json.dumps(kept, indent=2) + "\n")


if __name__ == "__main__":
    sys.exit(main())
