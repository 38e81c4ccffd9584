"""The default strength of hotwords for each engine and model, as measured on this machine.

`dictatectl hotwords calibrate` measures it and stores it in the state folder. `hotwords.strength`
in config.toml multiplies it: 1 is the default.
"""

import hashlib
import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Final

from dictate.platform import paths
from dictate.platform.own_files import read_own
from dictate.translation import _

log = logging.getLogger(__name__)

BUILT_IN: Final = 1.0
"""The strength of an engine that is not calibrated."""
_SAMPLE_BYTES: Final = 1 << 16
"""Bytes at the start and the end of each file of a model that are looked at: all of it would take
seconds."""

DefaultStrength = Callable[[str, str], float]
"""Engine and model -> the strength that stands for 1."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """What was measured for one engine and model. The file has the same names."""

    engine: str
    model: str
    """As the engine reports it; empty if it has one only."""
    model_path: str
    """Where the user's own model is; empty for one of ours, whose name stands for its files."""
    model_hash: str
    """Of the files at `model_path`."""
    strength: float
    control_words: int
    """Words of the control sentences that were spoken at this strength."""
    false_hits: int
    """Terms that turned up in them."""
    measured: str
    """The date."""


def calibration_file() -> Path:
    """Where they are stored."""
    return paths.state_dir() / "calibration.json"


def load(path: Path) -> tuple[Calibration, ...]:
    """All that count: a model that has changed since is no longer known. A file that cannot be read
    means that nothing is calibrated. Blocks."""
    try:
        found = json.loads(read_own(path))
        each = [_calibration(one) for one in found]
    except (FileNotFoundError, NotADirectoryError):
        return ()
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        log.warning("%s cannot be used, so the built-in strengths are: %r", path, error)
        return ()
    return tuple(one for one in each if one.model_hash == model_hash(one.model_path))


def save(path: Path, new: Calibration) -> None:
    """Store one, in place of an earlier one of its engine and model. Blocks. Raises OSError,
    UnsafeFolder."""
    others = [one for one in load(path) if (one.engine, one.model) != (new.engine, new.model)]
    _write(path, [*others, new])


def reset(path: Path) -> list[Calibration]:
    """Forget all; what was forgotten. Blocks. Raises OSError."""
    gone = list(load(path))
    path.unlink(missing_ok=True)
    return gone


def default_strength(known: Sequence[Calibration]) -> DefaultStrength:
    """The strength that stands for 1, by engine and model."""
    strengths = {(one.engine, one.model): one.strength for one in known}
    return lambda engine, model: strengths.get((engine, model), BUILT_IN)


def difference(old: Sequence[Calibration], new: Sequence[Calibration]) -> list[str]:
    """One line for each default strength that changed."""
    before, after = default_strength(old), default_strength(new)
    names = dict.fromkeys((one.engine, one.model) for one in (*old, *new))
    return [
        _("default strength of hotwords, {filter}: {before:g} -> {after:g}").format(
            filter=" ".join(filter(None, name)), before=before(*name), after=after(*name)
        )
        for name in names
        if before(*name) != after(*name)
    ]


def _calibration(found: dict[str, object]) -> Calibration:
    """Raises KeyError, TypeError."""
    values = {field.name: found[field.name] for field in fields(Calibration)}
    for field in fields(Calibration):
        assert isinstance(field.type, type)
        kinds = (int, float) if field.type is float else (field.type,)
        if not isinstance(values[field.name], kinds):
            raise TypeError(f"{field.name} is {type(values[field.name]).__name__}")
    return Calibration(**values)  # type: ignore[arg-type]


def model_hash(model_path: str) -> str:
    """A hash of the file at this path, or of those in this folder; empty if there is none.
    Blocks."""
    path = Path(model_path)
    if not model_path or not path.exists():
        return ""
    found = hashlib.sha256()
    files = sorted(path.rglob("*")) if path.is_dir() else [path]
    for file in filter(Path.is_file, files):
        size = file.stat().st_size
        found.update(f"{file.name} {size}\n".encode())
        with file.open("rb") as opened:
            found.update(opened.read(_SAMPLE_BYTES))
            opened.seek(max(0, size - _SAMPLE_BYTES))
            found.update(opened.read())
    return found.hexdigest()


def _write(path: Path, known: Sequence[Calibration]) -> None:
    paths.safe_dir(path.parent)
    aside = path.with_name(f".{path.name}.new")
    aside.write_text(json.dumps([asdict(one) for one in known], indent=2) + "\n", "utf-8")
    aside.replace(path)
