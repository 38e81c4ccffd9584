"""Finds the tests that hold a row, in the source: no test has to be imported."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
MARK = "pytest.mark.fault"


@cache
def marked() -> dict[str, tuple[str, ...]]:
    """Test, as pytest names it but without its case -> the ids of the rows it holds."""
    found: dict[str, tuple[str, ...]] = {}
    for path in sorted((ROOT / "tests").glob("**/test_*.py")):
        source = path.read_text()
        if f"@{MARK}" in source or f"{MARK}(" in source:
            name = path.relative_to(ROOT).as_posix()
            found |= {f"{name}::{test}": ids for test, ids in marks_in(source, name)}
    return found


def tests_of(row: str) -> list[str]:
    """The tests that hold a row."""
    return [test for test, ids in marked().items() if row in ids]


def marks_in(source: str, name: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Each marked test of a file, and its ids. A mark anywhere else than on a test is an error:
    nobody would find it."""
    tree = ast.parse(source)
    seen = 0
    for test in tree.body:
        if not isinstance(test, ast.FunctionDef) or not test.name.startswith("test_"):
            continue
        calls = [call for decorator in test.decorator_list for call in _calls(decorator)]
        if calls:
            seen += len(calls)
            ids = [
                one.value for call in calls for one in call.args if isinstance(one, ast.Constant)
            ]
            if len(ids) != sum(len(call.args) for call in calls):
                raise ValueError(f"{name}: the ids of a mark `fault` are not written out")
            yield test.name, tuple(map(str, ids))
    if seen != len(list(_calls(tree))):
        raise ValueError(f"{name}: a mark `fault` stands elsewhere than on a test")


def _calls(tree: ast.AST) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == MARK:
            yield node
