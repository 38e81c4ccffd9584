"""Gathers what the tests of the matrix tell, over all workers, into the file that
`--fault-figures` names."""

import json
import platform
import subprocess
from collections.abc import Generator
from pathlib import Path
from typing import Any, TypedDict

import pytest

from bench.figures import machine

SECONDS = ("detected_s", "recovered_s")
COUNTS = ("lost", "doubled", "misplaced")
PACKAGES = ("dbus", "pipewire", "pulseaudio", "sway", "wireplumber", "xvfb")
"""Packages of Debian whose versions belong to the figures."""


class Figures(TypedDict):
    """What one test came to, all its cases and rounds together."""

    measured: str
    """When, where, and with which versions."""
    runs: int
    """How often the fault was injected and survived."""
    failed: int
    """How often a case failed, those that were tried again included."""
    skipped: str
    """Why it was not run, or empty."""
    detected_s: list[float]
    recovered_s: list[float]
    lost: int
    doubled: int
    misplaced: int


def nothing() -> Figures:
    """Before the first run."""
    return Figures(
        measured="",
        runs=0,
        failed=0,
        skipped="",
        detected_s=[],
        recovered_s=[],
        lost=0,
        doubled=0,
        misplaced=0,
    )


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--fault-figures", metavar="FILE", help="add what the marked tests tell")


def pytest_configure(config: pytest.Config) -> None:
    file = config.getoption("--fault-figures")
    if file and not hasattr(config, "workerinput"):
        config.pluginmanager.register(Gathering(Path(file)))


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None]:
    item.user_properties.clear()  # of an earlier try
    return (yield)


class Gathering:
    """What was told so far. It begins with what the file has: more rounds add to the first."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._all: dict[str, Figures] = json.loads(file.read_text()) if file.exists() else {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if "fault" not in report.keywords:
            return
        figures = self._all.setdefault(report.nodeid.partition("[")[0], nothing())
        if report.outcome == "skipped":
            figures["skipped"] = skip_reason(report)
        elif report.outcome != "passed":  # "failed", or "rerun" of pytest-rerunfailures
            figures["failed"] += 1
        elif report.when == "call":
            _add(figures, dict_of_lists(report.user_properties))

    def pytest_sessionfinish(self) -> None:
        here = measured()
        for figures in self._all.values():
            figures["measured"] = here
        self._file.write_text(json.dumps(self._all))


def measured() -> str:
    """When and where, and the versions of what is killed, hung and unplugged."""
    asked = ["dpkg-query", "-W", "-f", "${Package} ${Version}\\n", *PACKAGES]
    try:
        said = subprocess.run(asked, capture_output=True, text=True, check=False).stdout
    except OSError:  # not Debian
        said = ""
    system = platform.freedesktop_os_release()["PRETTY_NAME"]
    versions = [line.partition("+")[0].partition("-")[0] for line in said.splitlines()]
    return ", ".join([machine(), system, f"Linux {platform.release()}", *versions])


def skip_reason(report: pytest.TestReport) -> str:
    """Why a test was skipped."""
    what = report.longrepr
    return what[2].removeprefix("Skipped: ") if isinstance(what, tuple) else str(what)


def dict_of_lists(properties: list[tuple[str, Any]]) -> dict[str, list[Any]]:
    """What `record_property` got, by name."""
    found: dict[str, list[Any]] = {}
    for name, value in properties:
        found.setdefault(name, []).append(value)
    return found


def _add(figures: Figures, told: dict[str, list[Any]]) -> None:
    figures["runs"] += sum(told.get("runs", [1]))
    for name in SECONDS:
        figures[name] += [round(float(value), 3) for value in told.get(name, [])]  # type: ignore[literal-required]
    for name in COUNTS:
        figures[name] += sum(told.get(name, []))  # type: ignore[literal-required]
