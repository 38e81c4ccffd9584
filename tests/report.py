"""Ends every run of the tests with what was not run, and why: nothing is skipped in silence."""

from collections import Counter

import pytest


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
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
