"""What a stage finds out without the daemon, in a process of its own."""

import json
import subprocess
from typing import Any, Final

from dictate.errors import DictateError
from dictate.platform.child_process import python_module
from dictate.translation import _

CHECK_S: Final = 60.0
"""Seconds to wait for what runs in a process of ours, such as the check."""


def answer_of_child(what: str, module: str, *words: str, given: str = "") -> Any:
    """The JSON that a module of ours prints, which gets `given` on standard input. `what` it does
    is for messages. Raises DictateError.

    It runs in a process of its own, because the stages are large and may hang.
    """
    command = python_module(module, *words)
    try:
        done = subprocess.run(
            command, input=given.encode(), capture_output=True, timeout=CHECK_S, check=True
        )
        return json.loads(done.stdout)
    except subprocess.TimeoutExpired as error:
        raise DictateError(
            _("{what} did not finish within {check_s:.0f} s").format(what=what, check_s=CHECK_S)
        ) from error
    except (subprocess.CalledProcessError, ValueError) as error:
        said = getattr(error, "stderr", b"").decode(errors="replace")
        raise DictateError(
            _("{what} failed; run `{command}` to see why\n{said}").format(
                what=what, command=" ".join(command), said=said
            )
        ) from error
