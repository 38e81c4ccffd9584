"""A preview is found in the text of a field, and never taken for what the user wrote."""

import pytest

from dictate.outputs import FieldText
from dictate.outputs.preview_marks import MARK, marked, without_preview


def field(before: str, selected: str = "", after: str = "") -> FieldText:
    return FieldText(before + selected + after, len(before), len(before + selected))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (field("Milk. ", after="!"), field("Milk. ", after="!")),
        (field("Milk. " + marked("Milk."), after="!"), field("Milk. ", after="!")),
        (field(marked("Milk. Bread.")), field("")),
        # The user wrote the same words, and the application tells of no preview.
        (field("Milk."), field("Milk.")),
        (field("one ", "two", " three"), field("one ", "two", " three")),
        # The cursor is not where we put it.
        (field("one ", after=marked("two")), None),
        (field("one " + marked("two")[:-1], after=MARK), None),
        (field("one " + marked("two"), "three"), field("one ", "three")),
        # Half of it has come.
        (field("one two" + MARK), None),
        (field(marked("one") + marked("two")), None),
    ],
    ids=str,
)
def test_what_stands_beside_a_preview(text: FieldText, found: FieldText | None) -> None:
    assert without_preview(text) == found


def test_no_preview_has_no_marks() -> None:
    assert marked("") == ""
