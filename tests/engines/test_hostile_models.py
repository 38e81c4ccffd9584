"""A model file from somebody else, which the user trusts by mistake (`engine.trust_model`): it may
fail to load, and can run no program and write no file."""

import io
import os
import pickle
import tarfile
from contextlib import suppress
from functools import cache
from pathlib import Path

import pytest

from dictate.engines.nemotron.engine import NemotronEngine
from dictate.errors import EngineError
from tests.lab import mini_model

CONFIG = "model_config.yaml"
WEIGHTS = "model_weights.ckpt"


@cache
def good() -> dict[str, bytes]:
    """The files in a model that works."""
    with tarfile.open(mini_model.settings().model) as archive:
        files = [(Path(member.name).name, archive.extractfile(member)) for member in archive]
        return {name: file.read() for name, file in files if file is not None}


def packed(path: Path, files: dict[str, bytes], *more: tarfile.TarInfo) -> Path:
    """A model file with these files, and members that are not only files."""
    with tarfile.open(path, "w") as archive:
        for name, data in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
        for entry in more:
            archive.addfile(entry, io.BytesIO(b"x") if entry.isfile() else None)
    return path


class Runs:
    """Pickled, it is a call of this command."""

    def __init__(self, command: str) -> None:
        self.command = command

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, (self.command,)


@pytest.fixture
def canary(tmp_path: Path) -> Path:
    return tmp_path / "canary"


def load(path: Path) -> None:
    NemotronEngine(mini_model.settings(model=str(path))).load()


@pytest.mark.fault("S11", "S12")
@pytest.mark.parametrize(
    "target",
    [
        "os.system",
        # Names that are allowed lead to modules that import others: hydra#3410 and its kind.
        "logging.os.system",
        "nemo.utils.model_utils.os.system",
        "nemo.no_such_module.os.system",
        "torch.nn.modules.module.os.system",
    ],
)
def test_a_configuration_that_names_a_function_to_call(
    tmp_path: Path, canary: Path, target: str
) -> None:
    """As in CVE-2025-23304, in one part of a model that is whole otherwise."""
    evil = f"preprocessor:\n  _target_: {target}\n  command: touch {canary}\n"
    config = good()[CONFIG].decode()
    before, _, after = config.partition("\npreprocessor:\n")
    rest = after.split("\n")
    while rest and rest[0].startswith(" "):
        rest.pop(0)
    path = packed(
        tmp_path / "evil.nemo", good() | {CONFIG: "\n".join([before, evil, *rest]).encode()}
    )
    with pytest.raises(EngineError, match="UnsafeTargetError"):
        load(path)
    assert not canary.exists()


@pytest.mark.fault("S11")
def test_weights_that_are_a_program(tmp_path: Path, canary: Path) -> None:
    weights = pickle.dumps(Runs(f"touch {canary}"))
    with pytest.raises(EngineError, match="cannot be loaded"):
        load(packed(tmp_path / "evil.nemo", good() | {WEIGHTS: weights}))
    assert not canary.exists()


@pytest.mark.fault("S11")
@pytest.mark.parametrize("way", ["up", "absolute", "link", "hard link"])
def test_files_that_want_to_lie_elsewhere(tmp_path: Path, canary: Path, way: str) -> None:
    names = {"up": "../" * 12 + str(canary).lstrip("/"), "absolute": str(canary)}
    through = tarfile.TarInfo(names.get(way, "door/canary"))
    through.size = 1
    door = tarfile.TarInfo("door")
    door.type = tarfile.SYMTYPE if way == "link" else tarfile.LNKTYPE
    door.linkname = str(tmp_path)
    members = [through] if way in names else [door, through]
    with suppress(EngineError):  # it may be refused as a whole
        load(packed(tmp_path / "evil.nemo", good(), *members))
    assert not canary.exists()
