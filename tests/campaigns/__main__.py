"""See the head of the package."""

import argparse
import importlib
import os
import sys
from typing import Final

from tests import proof_page
from tests.campaigns.result import Plan, Result
from tests.fault_matrix.page import store_campaign
from tests.lab.daemon import PYTHONPATH

NIGHT: Final = {
    "utterances": 10_000,
    "sway": 2_000,
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
    parser.add_argument(
        "--publish", action="store_true", help="put the lines into docs/reliability.md and proof.md"
    )
    options = parser.parse_args()
    # For the processes that are started: the engine process finds the engine `tones` there.
    os.environ["PYTHONPATH"] = PYTHONPATH
    found = 0
    for name in NIGHT if options.name == "all" else [options.name]:
        plan = Plan(options.seed, options.count or NIGHT[name], options.seconds)
        result: Result = importlib.import_module(f"tests.campaigns.{name}").run(plan)
        print(result.line, flush=True)
        found += len(result.findings)
        if options.publish:
            store_campaign(name, result.line)
            proof_page.main()
    return min(found, 1)


if __name__ == "__main__":
    sys.exit(main())
