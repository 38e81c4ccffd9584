"""A preview is found in the text of a field, and never taken for what the user wrote."""

import pytest

from dictate.outputs import FieldText
from dictate.outputs.shown_preview import beside

LONG = "So it goes on. " * 100


def field(before: str, selected: str = "", after: str = "") -> FieldText:
    return FieldText(before + selected + after, len(before), len(before + selected))


@pytest.mark.parametrize(
    ("now", "first", "found"),
    [
        # The application tells of no preview.
        (field("Milk. ", after="!"), field("Milk. ", after="!"), field("Milk. ", after="!")),
        (field("Milk."), field("Milk."), field("Milk.")),
        (
            field("one ", "two", " three"),
            field("one ", "two", " three"),
            field("one ", "two", " three"),
        ),
        # It tells of this one, or still of the one before.
        (
            field("Milk. Milk. Bread.", after="!"),
            field("Milk. ", after="!"),
            field("Milk. ", after="!"),
        ),
        (field("Milk. Milk.", after="!"), field("Milk. ", after="!"), field("Milk. ", after="!")),
        (field("Milk. Bread."), field(""), field("")),
        (field((LONG + "Milk.")[-1200:]), field(LONG[-1400:]), field(LONG[-1400:])),
        # It stands instead of what was selected.
        (
            field("one Milk.", after=" three"),
            field("one ", "two", " three"),
            field("one ", after=" three"),
        ),
        # The user has typed, moved or clicked meanwhile.
        (field("one and"), field("one "), field("one and")),
        (field("", after="one Milk."), field("one "), None),
        (field("Milk. one Milk."), field("one "), None),
        (field("one Milk.", "two"), field("one ", "two"), None),
        # It could not be read before.
        (field("one "), None, field("one ")),
        (field("one Milk."), None, None),
    ],
)
def test_what_stands_beside_a_preview(
    now: FieldText, first: FieldText | None, found: FieldText | None
) -> None:
    assert beside(now, first, {"Milk.", "Milk. Bread."}) == found
