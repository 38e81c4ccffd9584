"""What a model that is told the words may do with them."""

import pytest

from dictate.engines.told_words import echoes, too_long

TOLD = "About Python. Technical terms: Claude Code, Kubernetes."
TERMS = ("Claude Code", "Kubernetes")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Technical terms: Claude Code, Kubernetes.", True),
        ("Claude Code, Kubernetes", True),
        ("claude code kubernetes claude code kubernetes", True),
        ("about python technical terms", True),
        ("Claude Code", False),
        ("Kubernetes", False),
        ("Python", False),
        ("", False),
        ("please open Claude Code and ask it about Kubernetes", False),
        ("I use Claude Code for Kubernetes", False),
    ],
)
def test_an_echo(text: str, expected: bool) -> None:
    assert echoes(text, TOLD, TERMS) is expected
    assert not echoes(text, "", ())


def test_nobody_says_so_much() -> None:
    assert too_long("x" * 141, 2)
    assert not too_long("x" * 140, 2)
