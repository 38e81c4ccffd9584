"""One reader under the coverage-guided fuzzer atheris.

    python -m tests.campaigns.guided NAME SEED SECONDS FOLDER

FOLDER gets the inputs to begin with, those that reach more code, and those that were found.
"""

import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["dictate"], enable_loader_override=False):
    from tests.campaigns.readers import READERS, seeds


def main() -> None:
    """Until the seconds are over, or something is found."""
    name, seed, seconds, folder = sys.argv[1:]
    for number, content in enumerate(seeds(name)):
        (Path(folder) / f"seed-{number}").write_bytes(content)
    limits = [f"-seed={seed}", f"-max_total_time={seconds}", "-timeout=60", "-rss_limit_mb=2048"]
    more = ["-max_len=8192", "-print_final_stats=1", f"-artifact_prefix={folder}/"]
    atheris.Setup([sys.argv[0], *limits, *more, folder], READERS[name])
    atheris.Fuzz()


if __name__ == "__main__":
    main()
