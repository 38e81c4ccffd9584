"""Words that made the prose hard to read, and stay out of it."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PLACES = ("README.md", "config/*.toml", "docs/**/*.md", "dictate/**/*.py", "scripts/*")

BANNED = {
    r"^\W*\"*So (?:many|much|long|often|soon)\b(?! as\b)": "say 'Seconds that', 'Most'",
    r"^\W*\"\"\"(?:The|What)\b[^.]*\b(?:is|was) another\.": "say what has changed",
    r"\bis (?:no|not) news\b|\bnews (?:of|to)\b": "say event",
    r"\bof another make\b": "say third-party",
    r"(?:^|[.:;]\s+)Who (?:is|was|asks|has|does|did|leaves|cancels)\b[^?]*$": "say 'a caller that'",
    r"\b(?:lends|lent)\b": "say serve or share",
    r"\bit shall\b": "say must, or the plain present",
}
"""A pattern in one line, and what to write instead."""
EXEMPT = {"docs/decisions.md", "tests/test_prose.py"}
"""Files that quote."""


def lines() -> Iterator[tuple[str, int, str]]:
    """Each line in which people read prose: the file's path, the line's number, the line."""
    for place in PLACES:
        for path in sorted(ROOT.glob(place)):
            name = str(path.relative_to(ROOT))
            if name in EXEMPT or not path.is_file():
                continue
            for number, line in enumerate(path.read_text().splitlines(), 1):
                yield name, number, line


@pytest.mark.parametrize("pattern", BANNED)
def test_a_banned_phrase_is_nowhere(pattern: str) -> None:
    found = [
        f"{name}:{number}: {line.strip()}"
        for name, number, line in lines()
        if re.search(pattern, line)
    ]
    assert not found, f"{BANNED[pattern]}:\n" + "\n".join(found)


@pytest.mark.parametrize(
    "line",
    [
        '"""So many lines are kept."""',
        "# So long a stopping daemon waits",
        '"""The session\'s state is another."""',
        "# it is not news to nobody",
        "a client of another make may leave",
        "First. Who leaves has cancelled;",
        "what one end lends the other",
        "it shall be quiet",
    ],
)
def test_it_is_found(line: str) -> None:
    assert any(re.search(pattern, line) for pattern in BANNED)


@pytest.mark.parametrize(
    "line",
    [
        "So long as the key is down, it records.",
        '"""The seat. Raises Unavailable where there is another."""',
        "one model is another engine's fallback",
        "Who is the dictation for?",
        "so many words fit on a line that",
    ],
)
def test_plain_english_is_not(line: str) -> None:
    assert not any(re.search(pattern, line) for pattern in BANNED)
