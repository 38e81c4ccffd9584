"""`dictatectl hotwords lint`."""

import contextlib
from argparse import Namespace
from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

from dictate import console
from dictate.console import line, paint, safe
from dictate.ctl.client import NotRunning
from dictate.ctl.commands import answer_of_child, ask_status
from dictate.ctl.exit_codes import FAILED, OK
from dictate.errors import ConfigError
from dictate.platform import paths

_COLOURS: Final = {"error": "red", "warning": "yellow", "hint": "dim"}
_MODULE: Final = "dictate.diagnostics.hotword_lint"


def lint(arguments: Namespace) -> int:
    """Say what is wrong with the hotwords of the file that the daemon uses."""
    file, engine = str(paths.hotwords_file()), ""
    with contextlib.suppress(NotRunning):  # then it will use the usual ones
        status = ask_status()
        file, engine = status["hotwords_file"] or file, status["engine"]
    words = ("--hotwords", file, *(("--engine", engine) if engine else ()))
    answer = answer_of_child("the lint", _MODULE, *words)
    if answer["problems"]:
        raise ConfigError(answer["problems"])
    findings = answer["findings"]
    if arguments.json:
        console.as_json(findings)
    else:
        _show(findings, file)
    return FAILED if any(one["severity"] != "hint" for one in findings) else OK


def _show(findings: Sequence[dict[str, Any]], file: str) -> None:
    for finding in findings:
        where = f"{finding['place']}: " if finding["place"] else ""
        severity = paint(finding["severity"], _COLOURS[finding["severity"]])
        term = f"{safe(finding['term'])}: " if finding["term"] else ""
        line(f"{where}{severity}: {term}{safe(finding['problem'])}")
        line(paint(f"    {safe(finding['advice'])}", "dim"))
    many = Counter(str(finding["severity"]) for finding in findings)
    counts = [f"{count} {severity}{'s' * (count > 1)}" for severity, count in many.items()]
    line(f"{file}: {', '.join(counts) or 'nothing to say'}")
