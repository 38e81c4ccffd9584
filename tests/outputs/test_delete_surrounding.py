"""How much to ask an application to delete, which may count bytes or characters."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dictate.errors import NotDelivered
from dictate.outputs.delete_surrounding import DeleteSurrounding


def by_bytes(before: str, count: int) -> str:
    return before.encode()[:-count].decode()


def by_characters(before: str, count: int) -> str:
    return before[:-count]


def all_as_bytes(before: str, count: int) -> str:
    """A desktop makes bytes of characters, an application takes them for characters."""
    return by_characters(before, len(before[-count:].encode()))


WAYS = [by_bytes, by_characters]


@pytest.mark.parametrize("way", WAYS)
@given(kept=st.text(), text=st.text(min_size=1))
def test_all_of_it_and_nothing_else(way: Callable[[str, int], str], kept: str, text: str) -> None:
    """Or nothing at all: then the reason is said before anything is asked for."""
    before = kept + text
    try:
        taking = DeleteSurrounding(text, before)
    except NotDelivered:
        return
    while taking.left:
        before = way(before, taking.request())
        assert before.startswith(kept)
        assert taking.answered(before)
    assert before == kept


@given(kept=st.text(), text=st.text(min_size=1))
def test_what_is_asked_first_stays_inside_it_in_a_third_way_too(kept: str, text: str) -> None:
    try:
        taking = DeleteSurrounding(text, kept + text, passed_on=True)
    except NotDelivered:
        return
    assert all_as_bytes(kept + text, taking.request()).startswith(kept)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    "text",
    ["a", "Das Über", "日本語", "oh 😀", "e\u0301", "two\nlines ü", "шалом שלום", "αβγ " * 500],
)
def test_texts_of_every_kind(way: Callable[[str, int], str], text: str) -> None:
    before = "beföre " + text
    taking = DeleteSurrounding(text, before)
    for _ in range(2):
        if taking.left:
            before = way(before, taking.request())
            assert taking.answered(before)
    assert (taking.left, before) == ("", "beföre ")


@pytest.mark.parametrize(
    ("text", "before"),
    [
        ("text", "text and more"),
        ("two\nlines", "lines"),
        ("text", ""),
        ("", "text"),
        ("Über uns", "Über uns"),
        ("👍", "👍"),
    ],
)
def test_what_is_refused(text: str, before: str) -> None:
    with pytest.raises(NotDelivered, match="undo it there"):
        DeleteSurrounding(text, before)


def test_no_answer_counts_that_does_not_come_of_the_request() -> None:
    for told in ("haha haha", "haha", "", "haha hah", "other"):
        assert not DeleteSurrounding("haha ", "haha haha ").answered(told)
    assert not DeleteSurrounding("haha", "haha").answered("haha")
    assert DeleteSurrounding("haha", "haha haha").answered("haha ")


def test_an_application_that_tells_from_another_place_on() -> None:
    """Of a long text only some is told, as much as before."""
    whole = "".join(f"{n} ü, " for n in range(1000))
    taking = DeleteSurrounding(whole[-20:], whole[-1500:])
    for _ in range(2):
        whole = by_characters(whole, taking.request())
        assert not taking.answered(whole[-1500:] + "x")
        assert taking.answered(whole[-1500:])
    assert taking.left == ""
