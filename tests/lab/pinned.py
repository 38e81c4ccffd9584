"""Files that packages ship, and that figures and tests depend on: found, and checked by SHA-256."""

import hashlib
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path


class NotPinned(Exception):
    """A file that is missing, or is not the one that was pinned."""


def package_folder(package: str) -> Path:
    """The folder of an installed package of Python. Raises NotPinned."""
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise NotPinned(f"the package {package} is not installed: run `scripts/prepare peers`")
    return Path(spec.origin).parent


def check(folder: Path, names: Sequence[str], digest: str) -> None:
    """Compare these files with a digest, which `sha256sum NAMES | sha256sum` in the folder prints.
    Raises NotPinned."""
    lines = []
    for name in names:
        try:
            with (folder / name).open("rb") as file:
                lines.append(f"{hashlib.file_digest(file, 'sha256').hexdigest()}  {name}\n")
        except OSError as error:
            raise NotPinned(
                f"{error.filename} cannot be read ({error.strerror}): run `scripts/prepare peers`"
            ) from error
    if hashlib.sha256("".join(lines).encode()).hexdigest() != digest:
        raise NotPinned(f"{folder}: the files differ from those that were pinned")
