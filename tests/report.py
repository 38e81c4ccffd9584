"""Lists at the end of each run which tests were not run, and why, and which failed at their first
try, and how."""

from collections import Counter

import pytest


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    _not_run(terminalreporter)
    _tried_again(terminalreporter)


def _tried_again(terminalreporter: pytest.TerminalReporter) -> None:
    again = terminalreporter.stats.get("rerun", [])
    if not again:
        return
    terminalreporter.section("failed, and was tried again")
    for report in again:
        terminalreporter.section(report.nodeid, "_")
        terminalreporter.line(report.longreprtext)
        for name, content in report.sections:
            terminalreporter.section(name, "-")
            terminalreporter.line(content)


def _not_run(terminalreporter: pytest.TerminalReporter) -> None:
    reasons: Counter[tuple[str, str]] = Counter()
    for kind in ("skipped", "xfailed", "deselected"):
        for report in terminalreporter.stats.get(kind, []):
            if isinstance(report, pytest.TestReport | pytest.CollectReport):
                reasons[_reason(report), report.nodeid.partition("::")[0]] += 1
            else:
                reasons["deselected on the command line", report.nodeid.partition("::")[0]] += 1
    terminalreporter.section("not run, and why")
    for (reason, path), count in sorted(reasons.items()):
        terminalreporter.line(f"{count:4} in {path}: {reason}")
    if not reasons:
        terminalreporter.line("Everything was run.")


def _reason(report: pytest.TestReport | pytest.CollectReport) -> str:
    if isinstance(report, pytest.TestReport) and hasattr(report, "wasxfail"):
        return f"expected to fail: {report.wasxfail}"
    if isinstance(report.longrepr, tuple):
        return report.longrepr[2].removeprefix("Skipped: ")
    return str(report.longrepr)
