"""One run of the engine process."""

import json
import logging
from collections.abc import Collection
from dataclasses import asdict
from pathlib import Path

from dictate.config.schema import EngineSettings
from dictate.platform.child_process import ChildProcess, python_module

log = logging.getLogger(__name__)


class EngineProcess(ChildProcess):
    """Loads one engine and listens at a socket; see `worker.py`."""

    def __init__(self, settings: EngineSettings, path: Path, without: Collection[str] = ()) -> None:
        """`without` names the engines that "auto" shall not choose."""
        self.path = path
        """Its socket."""
        words = ["--engine", settings.use, "--socket", str(path)]
        words += ["--settings", json.dumps(asdict(settings))]
        for name in without:
            words += ["--without", name]
        command = python_module("dictate.engines.worker", *words)
        super().__init__("the engine", command, log, answers=False)
