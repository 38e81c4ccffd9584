"""Decides which tests get a second try, and how many second tries a run may need.

A desktop, a sound server and a process that is killed depend on timing that a busy machine changes.
Only tests of those, marked `desktop` or `faults`, are tried twice. All others fail at once. A run
that needs more than `MOST` second tries fails: something is wrong then, even if all passed in the
end. `--force-reruns=0` forgives nothing.
"""

from collections.abc import Generator

import pytest

MOST = 3
"""Maximum number of second tries in one run, over all workers."""
RETRIED = ("desktop", "faults")
"""Marks of tests that get a second try."""
MARKED_FOLDERS = {"tests/desktop": "desktop", "tests/faults": "faults"}
"""Folders below which every test has the mark."""


@pytest.hookimpl(wrapper=True)
def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> Generator[None]:
    # Before -m selects, which is what the other implementations do.
    for item in items:
        for folder, mark in MARKED_FOLDERS.items():
            if item.path.is_relative_to(config.rootpath / folder):
                item.add_marker(mark)
        marked = any(item.get_closest_marker(name) for name in RETRIED)
        if marked and not _is_property(item):
            item.add_marker(pytest.mark.flaky(reruns=1))
    return (yield)


def _is_property(item: pytest.Item) -> bool:
    """Whether hypothesis runs it: a second run would try other examples."""
    return bool(getattr(getattr(item, "obj", None), "is_hypothesis_test", False))


def pytest_sessionfinish(session: pytest.Session) -> None:
    if len(_failed_once(session.config)) > MOST and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    failed = _failed_once(config)
    if len(failed) > MOST:
        terminalreporter.section("too many second tries", red=True)
        terminalreporter.line(
            f"The run fails: {len(failed)} tests failed at their first try, and at most {MOST} may:"
        )
        for name in failed:
            terminalreporter.line(f"  {name}")


def _failed_once(config: pytest.Config) -> list[str]:
    """Tests that were tried again; on a worker none, as only the controller sees all reports."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    return [report.nodeid for report in reporter.stats.get("rerun", [])] if reporter else []
