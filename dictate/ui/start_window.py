"""Starts a window of ours in the system's Python, which has GTK: `start_window.py WINDOW.py ...`.

The window may import those of our modules that need the standard library only.
"""

import runpy
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path


def _know_our_package() -> None:
    """Make `dictate` importable, but not what is installed beside it for another Python."""
    root = Path(__file__).parents[1]
    spec = spec_from_file_location(
        "dictate", root / "__init__.py", submodule_search_locations=[str(root)]
    )
    assert spec is not None
    assert spec.loader is not None
    package = module_from_spec(spec)
    sys.modules["dictate"] = package
    spec.loader.exec_module(package)


if __name__ == "__main__":
    _know_our_package()
    del sys.argv[0]
    runpy.run_path(sys.argv[0], run_name="__main__")
