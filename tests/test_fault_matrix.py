"""The fault matrix is whole: each row has a test or the reason why it has none, and
docs/reliability.md says what the tests of today came to."""

import json

import pytest

from tests import proof_page
from tests.fault_matrix import marks, page
from tests.fault_matrix.rows import KNOWN, ROWS, Row

pytest_plugins = ["pytester"]

SIZES = {"A": 14, "B": 11, "C": 14, "D": 11, "E": 7, "F": 11, "G": 6, "S": 20}
"""74 faults and 20 threats."""

TESTS = """
from pathlib import Path
import pytest

@pytest.mark.fault("A1", "A2")
@pytest.mark.parametrize("seconds", [1.0, 2.0])
def test_it_is_killed(record_property, seconds):
    record_property("detected_s", seconds)
    record_property("recovered_s", 2 * seconds)

@pytest.mark.fault("A3")
@pytest.mark.flaky(reruns=1)
def test_at_the_second_try(record_property):
    record_property("recovered_s", 9.0)
    record_property("lost", 1)
    first = Path("tried")
    if not first.exists():
        first.touch()
        raise AssertionError("at first")

@pytest.mark.fault("B1")
def test_often(record_property):
    record_property("runs", 200)
    record_property("doubled", 2)

@pytest.mark.fault("B2")
def test_elsewhere():
    pytest.skip("it needs a kernel")

def test_of_no_row():
    pass
"""


def test_there_are_74_faults_and_20_threats() -> None:
    ids = [f"{letter}{n}" for letter, size in SIZES.items() for n in range(1, size + 1)]
    assert [row.id for row in ROWS] == ids


def test_each_row_has_a_test_or_the_reason_why_it_has_none() -> None:
    wrong = [row.id for row in ROWS if bool(marks.tests_of(row.id)) == bool(row.no_test)]
    assert wrong == []


def test_each_mark_names_a_row() -> None:
    unknown = {test: set(ids) - set(KNOWN) for test, ids in marks.marked().items()}
    assert {test: ids for test, ids in unknown.items() if ids} == {}


def test_each_row_that_has_tests_has_figures_of_one() -> None:
    """`make proof` runs them."""
    figures = page.stored()

    def measured(row: Row) -> bool:
        return any(figures[test]["runs"] for test in marks.tests_of(row.id) if test in figures)

    assert [row.id for row in ROWS if marks.tests_of(row.id) and not measured(row)] == []


def test_both_pages_say_what_stands_in_rows_tests_and_figures() -> None:
    """`make docs` writes them anew."""
    assert page.DOCUMENT.read_text() == page.page()
    assert proof_page.DOCUMENT.read_text() == proof_page.page()


@pytest.mark.parametrize("where", ["pytestmark = {}", "class TestIt:\n  @{}\n  def test_a(): ..."])
def test_a_mark_that_nobody_would_find_is_an_error(where: str) -> None:
    source = where.format(f'{marks.MARK}("A1")')
    with pytest.raises(ValueError, match=r"test_x\.py"):
        list(marks.marks_in(source, "tests/test_x.py"))


def test_the_marks_of_a_file_are_found_without_importing_it() -> None:
    assert list(marks.marks_in("import gone\n" + TESTS, "tests/test_x.py")) == [
        ("test_it_is_killed", ("A1", "A2")),
        ("test_at_the_second_try", ("A3",)),
        ("test_often", ("B1",)),
        ("test_elsewhere", ("B2",)),
    ]


@pytest.mark.parametrize("workers", [(), ("-n", "1")], ids=["alone", "a worker"])
def test_figures_of_cases_rounds_and_second_tries_come_together(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, workers: tuple[str, ...]
) -> None:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    pytester.makeini("[pytest]\nmarkers =\n    fault: a\n")
    pytester.makepyfile(test_x=TESTS)
    plugins = ["-ptests.fault_matrix.plugin", "-ppytest_rerunfailures", "-pxdist"]
    for _ in range(2):
        pytester.runpytest(*plugins, *workers, "--fault-figures=figures.json")
        (pytester.path / "tried").unlink()
    found = json.loads((pytester.path / "figures.json").read_text())
    killed = found["test_x.py::test_it_is_killed"]
    assert (killed["runs"], killed["failed"]) == (4, 0)
    assert sorted(killed["detected_s"]) == [1.0, 1.0, 2.0, 2.0]
    assert sorted(killed["recovered_s"]) == [2.0, 2.0, 4.0, 4.0]
    again = found["test_x.py::test_at_the_second_try"]
    assert (again["runs"], again["failed"], again["lost"]) == (2, 2, 2)
    assert again["recovered_s"] == [9.0, 9.0]
    often = found["test_x.py::test_often"]
    assert (often["runs"], often["doubled"]) == (400, 4)
    assert found["test_x.py::test_elsewhere"]["skipped"] == "it needs a kernel"
    assert set(found) == {f"test_x.py::{name}" for name, _ in marks.marks_in(TESTS, "")}
    assert "Python" in killed["measured"]
