"""`make proof`: runs the marked tests and writes docs/reliability.md and docs/proof.md.

    python -m tests.fault_matrix --run --rounds 3 tests/faults
    make vm ARGS='--fault-figures /mnt/figures.json'
    python -m tests.fault_matrix --add .venv/vm/out/figures.json

Words it does not know go to pytest.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from tests import proof_page
from tests.fault_matrix import page
from tests.fault_matrix.marks import ROOT

WORKERS = ("-n", "2", "--dist", "loadfile", "--no-loadscope-reorder")


def main() -> None:
    """Run, store, write; exits as the worst run of pytest did."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.fault_matrix",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--run", action="store_true", help="run the marked tests first")
    parser.add_argument("--rounds", type=int, default=1, help="how often (default: once)")
    parser.add_argument("--add", type=Path, metavar="FILE", help="figures of another machine")
    arguments, words = parser.parse_known_args()
    if words and not arguments.run:
        parser.error(f"without --run nothing is done with: {' '.join(words)}")
    status = 0
    if arguments.run:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, "figures.json")
            status = max(_run(file, words) for _ in range(arguments.rounds))
            page.store(json.loads(file.read_text()))
    if arguments.add:
        page.store(json.loads(arguments.add.read_text()))
    page.DOCUMENT.write_text(page.page())
    proof_page.main()
    sys.exit(status)


def _run(file: Path, words: list[str]) -> int:
    """Pytest's exit status; its figures are added to those of the file."""
    command = [sys.executable, "-m", "pytest", "-m", "fault", *WORKERS, "--fault-figures"]
    return subprocess.run([*command, str(file), *words], cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    main()
