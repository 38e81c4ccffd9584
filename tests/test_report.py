"""What a run reports at its end (what was not run, and why, and what failed at its first try), and
which tests get a second try."""

import pytest

from tests.retries import MOST

pytest_plugins = ["pytester"]
TESTS = """
import pytest
def test_a(): pytest.skip("xvfb is missing: apt install xvfb")
def test_b(): pytest.skip("xvfb is missing: apt install xvfb")
def test_c(): pass
"""


FAILS_ONCE = """
from pathlib import Path
import pytest
@pytest.mark.parametrize("number", range({count}))
def test_a(number):
    print("what it had printed")
    already = Path(f"already{{number}}")
    there = already.exists()
    already.touch()
    assert there, "the bus was gone"
"""
FAILS_ONCE_BY_HYPOTHESIS = """
from pathlib import Path
from hypothesis import given, strategies
@given(strategies.none())
def test_a(nothing):
    there = Path("already").exists()
    Path("already").touch()
    assert there
"""
DESKTOP = "import pytest\npytestmark = pytest.mark.desktop\n"
PLUGINS = [
    f"-p{name}" for name in ("tests.report", "tests.retries", "pytest_rerunfailures", "xdist")
]
WORKERS = pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "two workers"])


@pytest.fixture(autouse=True)
def no_other_plugins(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each run would import them anew."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")


def done(
    pytester: pytest.Pytester, *arguments: str, tests: str = TESTS, path: str = "test_it.py"
) -> pytest.RunResult:
    """A run of these tests, which lie at `path`, with our plugins."""
    pytester.makeini("[pytest]\nmarkers =\n    desktop: a\n    faults: b\n    vm: c\n")
    file = pytester.path / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(tests)
    return pytester.runpytest(*PLUGINS, *arguments)


def run(
    pytester: pytest.Pytester, *arguments: str, tests: str = TESTS, path: str = "test_it.py"
) -> str:
    """What pytest prints; these tests pass."""
    passed = done(pytester, *arguments, tests=tests, path=path)
    assert passed.ret == pytest.ExitCode.OK
    return passed.stdout.str()


def counts(result: pytest.RunResult) -> tuple[int, int, int]:
    """Passed, failed, and tried again."""
    outcomes = result.parseoutcomes()
    return outcomes.get("passed", 0), outcomes.get("failed", 0), outcomes.get("rerun", 0)


def test_what_was_skipped_is_listed_with_the_reason(pytester: pytest.Pytester) -> None:
    assert "   2 in test_it.py: xvfb is missing: apt install xvfb" in run(pytester)


def test_what_was_deselected_is_listed(pytester: pytest.Pytester) -> None:
    printed = run(pytester, "-k", "test_c")
    assert "2 in test_it.py: deselected on the command line" in printed


@WORKERS
def test_what_failed_at_the_first_try_is_shown(
    pytester: pytest.Pytester, workers: tuple[str, ...]
) -> None:
    printed = run(pytester, *workers, tests=DESKTOP + FAILS_ONCE.format(count=1))
    section = printed.partition("failed, and was tried again")[2]
    assert "test_it.py::test_a" in section
    assert "AssertionError: the bus was gone" in section
    assert "what it had printed" in section


@pytest.mark.parametrize("path", ["tests/desktop/test_it.py", "tests/faults/test_it.py"])
def test_tests_in_these_folders_get_a_second_try(pytester: pytest.Pytester, path: str) -> None:
    assert "1 passed, 1 rerun" in run(pytester, tests=FAILS_ONCE.format(count=1), path=path)


@pytest.mark.parametrize("mark", ["desktop", "faults"])
def test_their_marks_select(pytester: pytest.Pytester, mark: str) -> None:
    (pytester.path / "test_pure.py").write_text("def test_b(): pass")
    tests = "def test_a(): pass"
    assert "1 passed, 1 deselected" in run(
        pytester, "-m", mark, tests=tests, path=f"tests/{mark}/test_it.py"
    )


@pytest.mark.parametrize(
    ("tests", "path"),
    [
        (FAILS_ONCE.format(count=1), "tests/text/test_it.py"),
        ("import pytest\npytestmark = pytest.mark.vm\n" + FAILS_ONCE.format(count=1), "test_it.py"),
        (FAILS_ONCE_BY_HYPOTHESIS, "tests/faults/test_it.py"),
    ],
    ids=["pure", "another mark", "hypothesis"],
)
def test_all_others_fail_at_once(pytester: pytest.Pytester, tests: str, path: str) -> None:
    failed = done(pytester, tests=tests, path=path)
    assert failed.ret == pytest.ExitCode.TESTS_FAILED
    assert counts(failed) == (0, 1, 0)


def test_what_fails_twice_fails(pytester: pytest.Pytester) -> None:
    failed = done(pytester, tests=f"{DESKTOP}def test_a(): assert False")
    assert failed.ret == pytest.ExitCode.TESTS_FAILED
    assert counts(failed) == (0, 1, 1)


@WORKERS
def test_a_run_needs_few_second_tries(pytester: pytest.Pytester, workers: tuple[str, ...]) -> None:
    passed = done(pytester, *workers, tests=DESKTOP + FAILS_ONCE.format(count=MOST))
    assert passed.ret == pytest.ExitCode.OK
    assert counts(passed) == (MOST, 0, MOST)
    assert "too many second tries" not in passed.stdout.str()


@WORKERS
def test_a_run_that_needs_more_fails(pytester: pytest.Pytester, workers: tuple[str, ...]) -> None:
    failed = done(pytester, *workers, tests=DESKTOP + FAILS_ONCE.format(count=MOST + 1))
    assert failed.ret == pytest.ExitCode.TESTS_FAILED
    assert counts(failed) == (MOST + 1, 0, MOST + 1)
    section = failed.stdout.str().partition("too many second tries")[2]
    for number in range(MOST + 1):
        assert f"test_it.py::test_a[{number}]" in section


def test_nothing_is_forgiven_where_that_is_asked_for(pytester: pytest.Pytester) -> None:
    failed = done(pytester, "--force-reruns=0", tests=DESKTOP + FAILS_ONCE.format(count=1))
    assert failed.ret == pytest.ExitCode.TESTS_FAILED
    assert counts(failed) == (0, 1, 0)
