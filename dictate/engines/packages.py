"""The packages that an extra of ours brings, and without which an engine cannot work."""

from importlib.util import find_spec
from typing import Final

from dictate.installation import install_command
from dictate.translation import _, ngettext

PACKAGES: Final[dict[str, tuple[str, ...]]] = {
    "nemotron": ("torch", "nemo"),
    "onnx": ("onnxruntime", "sentencepiece"),
    "qwen3": ("torch", "transformers"),
}
"""What an engine imports; the extra has the name of the engine."""


def lacking(engine: str) -> list[str]:
    """The packages that this engine imports, and that are missing. Imports nothing heavy."""
    return [name for name in PACKAGES[engine] if find_spec(name) is None]


def why_lacking(engine: str) -> str | None:
    """Which packages this engine lacks and how to install them, or None."""
    if not (missing := lacking(engine)):
        return None
    return ngettext(
        "{missing} is missing: {install_command}",
        "{missing} are missing: {install_command}",
        len(missing),
    ).format(missing=_(" and ").join(missing), install_command=install_command(engine))
