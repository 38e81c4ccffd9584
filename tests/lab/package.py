"""An installed package that brings backends of its own, as another developer would write it."""

from collections.abc import Mapping
from pathlib import Path


def install(folder: Path, name: str, entry_points: Mapping[str, str], code: str = "") -> Path:
    """Install a package `name` into `folder`, which is to be put on the path of Python; `folder`.

    `code` is its only module, named as the package with _ in place of -. An entry point is named
    "engines/NAME" or "outputs/NAME", and leads to an object of that module, or to "module:object".
    """
    module = name.replace("-", "_")
    info = folder / f"{module}-1.0.dist-info"
    info.mkdir(parents=True)
    (folder / f"{module}.py").write_text(code)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    lines = []
    for entry_point, leads_to in entry_points.items():
        stage, _, backend = entry_point.partition("/")
        target = leads_to if ":" in leads_to else f"{module}:{leads_to}"
        lines.append(f"[dictate.{stage}]\n{backend} = {target}\n")
    (info / "entry_points.txt").write_text("".join(lines))
    return folder
