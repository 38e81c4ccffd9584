"""`dictatectl hotwords lint`."""

import contextlib
import json
import sys
from argparse import Namespace
from collections import Counter
from typing import Any, Final

from dictate import console
from dictate.client.child_answer import answer_of_child
from dictate.client.daemon_client import NotRunning, ask, ask_about_hotwords, ask_status
from dictate.console import line, paint, safe
from dictate.ctl.exit_codes import FAILED, OK
from dictate.errors import ConfigError, DictateError
from dictate.labels import label
from dictate.platform import paths
from dictate.translation import _, ngettext

_COLOURS: Final = {"error": "red", "warning": "yellow", "hint": "dim"}
_MODULE: Final = "dictate.diagnostics.hotword_lint"


def lint(arguments: Namespace) -> int:
    """Say what is wrong with the hotwords of the file that the daemon uses."""
    file, engine = str(paths.hotwords_file()), ""
    beside: dict[str, Any] = {}
    with contextlib.suppress(NotRunning):  # then it will use the usual ones
        status = ask_status()
        file, engine = status["hotwords_file"] or file, status["engine"]
        with contextlib.suppress(DictateError):  # the engine or the journal has failed
            beside["socket"] = ask("EngineSocket")
        with contextlib.suppress(DictateError):
            beside["counts"] = ask_about_hotwords("Counts")
    words = ("--beside", "--hotwords", file, *(("--engine", engine) if engine else ()))
    answer = answer_of_child(_("the lint"), _MODULE, *words, given=f"{json.dumps(beside)}\n")
    if answer["problems"]:
        raise ConfigError(answer["problems"])
    findings = answer["findings"]
    if arguments.json:
        console.as_json({name: answer[name] for name in ("findings", "tokens", "note")})
    else:
        _show(answer, file)
    return FAILED if any(one["severity"] != "hint" for one in findings) else OK


def _show(answer: dict[str, Any], file: str) -> None:
    findings, tokens = answer["findings"], answer["tokens"]
    if answer["note"]:
        line(answer["note"], sys.stderr)
    for finding in findings:
        where = f"{finding['place']}: " if finding["place"] else ""
        severity = paint(label(finding["severity"]), _COLOURS[finding["severity"]])
        term = f"{safe(finding['term'])}: " if finding["term"] else ""
        line(f"{where}{severity}: {term}{safe(finding['problem'])}")
        line(paint(f"    {safe(finding['advice'])}", "dim"))
        # Once for each term, where it is first named.
        if seen := tokens.pop(finding["term"], None):
            line(paint(_("    the engine expects: {seen}").format(seen=safe(seen[0])), "dim"))
    many = Counter(str(finding["severity"]) for finding in findings)
    counts = [_counted(severity, count) for severity, count in many.items()]
    line(f"{file}: {', '.join(counts) or _('nothing to say')}")


def _counted(severity: str, count: int) -> str:
    known = {
        "error": ngettext("{count} error", "{count} errors", count),
        "warning": ngettext("{count} warning", "{count} warnings", count),
        "hint": ngettext("{count} hint", "{count} hints", count),
    }
    return known[severity].format(count=count)
