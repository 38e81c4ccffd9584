"""One run of the engine process."""

import json
import logging
from collections.abc import Collection
from dataclasses import asdict
from pathlib import Path

from dictate.config.schema import EngineSettings
from dictate.platform.child_process import ChildProcess, python_module

log = logging.getLogger(__name__)

LOADING_S = 600.0
"""Seconds in which a model must be loaded; after that its process counts as hung."""
FROZEN_S = 20.0
"""Seconds in which a process that loads a model must have used a processor or a disk. A model may
take minutes to load, but not to do nothing."""


class EngineProcess(ChildProcess):
    """Loads one engine and listens at a socket; see `worker.py`."""

    def __init__(
        self, settings: EngineSettings, socket: Path, excluded: Collection[str] = ()
    ) -> None:
        """`excluded` names the engines that "auto" must not choose."""
        self.socket = socket
        words = ["--engine", settings.use, "--socket", str(socket)]
        words += ["--settings", json.dumps(asdict(settings))]
        for name in excluded:
            words += ["--exclude", name]
        command = python_module("dictate.engines.worker", *words)
        # untranslated
        super().__init__(f"engine {engine_name(settings)}", command, log, answers=False)


def engine_name(settings: EngineSettings) -> str:
    """The engine that these settings ask for, as the log calls it."""
    return settings.use.partition(":")[0]
