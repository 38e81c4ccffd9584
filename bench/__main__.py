"""`python -m bench`: nearly every benchmark, one after the other, as Markdown tables; `python -m
bench NAME` is one of them, whose options follow."""

import sys
from importlib import import_module
from pathlib import Path

ALL = (
    *("release_to_text", "around_cursor", "press_to_sample", "footprint", "overlay", "nemotron"),
    *("qwen3", "remote"),
)


def main() -> None:
    """Run what was asked for."""
    if len(sys.argv) > 1 and not sys.argv[1].startswith("-"):
        name = sys.argv.pop(1)
        if not (Path(__file__).parent / f"{name}.py").is_file():
            raise SystemExit(f"there is no benchmark {name!r}: bench/README.md lists them")
        import_module(f"bench.{name}").main()
        return
    for name in ALL:
        print(f"\n## {name}\n")
        import_module(f"bench.{name}").main()


if __name__ == "__main__":
    main()
