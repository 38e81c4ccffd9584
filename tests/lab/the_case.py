"""The sentence with which this project began: two names, and a storage in the cloud."""

import re

from dictate.hotwords.model import Hotwords, Term

CASE = (
    "I need to ask Claude about the project deadline. The cloud storage is almost full, but Claude "
    "Code can help."
)
NAMES = Hotwords((Term("Claude"), Term("Claude Code")))
RIGHT = ["Claude", "cloud storage", "Claude Code"]
"""What `names` finds in it."""


def names(text: str) -> list[str]:
    """The names and the clouds of a text, in their order."""
    return re.findall(r"Claude Code|Claude|[Cc]loud(?:s? storage)?", text)
