"""How terms with signs are said."""

import pytest

from dictate.hotwords.spoken_form import spoken_form


@pytest.mark.parametrize(
    ("spelling", "said"),
    [
        ("C++", "C plus plus"),
        ("C#", "C sharp"),
        (".NET", "dot NET"),
        ("node.js", "node dot js"),
        ("AT&T", "AT and T"),
        ("TCP/IP", "TCP slash IP"),
        ("#dictate", "hash dictate"),
        ("Claude Code", ""),
        ("Inc.", ""),
        ("O'Reilly", ""),
        ("co-pilot", ""),
        ("Zoë", ""),
        ("naïve Bayes", ""),
        ("", ""),
    ],
)
def test_signs_are_named_and_accents_stay(spelling: str, said: str) -> None:
    assert spoken_form(spelling) == said
