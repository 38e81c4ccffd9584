"""What is proposed after a correction."""

import pytest

from dictate.hotwords.proposal import Action, Harm, Proof, propose, propose_spelling, term_in


@pytest.mark.parametrize(
    ("right", "term"),
    [
        ("Anthropic about", "Anthropic"),
        ("the Claude Code of friday", "Claude Code"),
        ("naïve Bayes", "naïve Bayes"),
        ("Bank of England", "Bank of England"),
        ("kubectl", "kubectl"),
        ("to be", "to be"),
        ("friday", "friday"),
        ("C++ for", "C++"),
    ],
)
def test_ordinary_words_at_the_ends_are_no_part_of_a_term(right: str, term: str) -> None:
    assert term_in(right, {"friday"}) == term


def proof(wrong: str, *, harms: int = 0, literal: tuple[int, ...] = ()) -> Proof:
    found = Proof("Claude Code", wrong, "Claude Code", checked=3, literal=list(literal))
    found.harms = [Harm(7, "a", "b")] * harms
    return found


@pytest.mark.parametrize(
    ("found", "reason", "action", "why"),
    [
        (proof("cloud code"), "", Action.ADD, "3 other dictations stayed"),
        (proof("cloud code", harms=2), "", Action.REPLACE, "changed other dictations of yours (7)"),
        (proof("cloud code"), "no engine", Action.REPLACE, "no engine; and no other"),
        (
            proof("cloud code", literal=(4,)),
            "no engine",
            Action.LEAVE,
            "(dictation 4)",
        ),
        (proof("cloud", harms=1), "", Action.LEAVE, "a single word"),
    ],
)
def test_the_term_then_a_replacement_then_nothing(
    found: Proof, reason: str, action: Action, why: str
) -> None:
    propose(found, reason)
    assert found.action is action
    assert why in found.why


@pytest.mark.parametrize(
    ("checked", "why"),
    [(0, "no other dictation could be checked"), (1, "one other dictation stayed as it was")],
)
def test_a_proposal_says_how_little_was_checked(checked: int, why: str) -> None:
    found = proof("cloud code")
    found.checked = checked
    propose(found, "")
    assert found.why.endswith(why)


def test_the_same_words_in_other_dictations_are_shown_and_are_no_harm() -> None:
    found = proof("cloud code", literal=(2, 1))
    found.alike = [2, 1]
    propose(found, "")
    assert found.action is Action.ADD
    assert '"cloud code" in dictation 1, 2 would be "Claude Code", too' in found.why
    assert "one other dictation stayed" in found.why
    again = proof("cloud code", literal=(2, 1))
    again.alike = [2, 1]
    propose(again, "no engine")
    assert again.action is Action.REPLACE


def test_a_spelling_that_is_used_elsewhere_is_left() -> None:
    for literal, action in (((), Action.ADD), ((4,), Action.LEAVE)):
        found = proof("claude code", literal=literal)
        propose_spelling(found)
        assert found.action is action
