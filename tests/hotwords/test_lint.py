"""What lint says of a list: each rule finds its fault, and a list without one has none."""

from collections.abc import Mapping
from typing import Any

import pytest

from dictate.hotwords.lint import lint
from dictate.hotwords.lint.findings import Finding, Known, Severity, Tokens
from dictate.hotwords.model import Group, Guards, Hotwords, Term, TermState

SHARES = {"cloud": -11.2, "go": -6.3, "rust": -12.5, "john": -9.4, "storage": -11.1, "the": -3.2}
AFTER = {("cloud", "storage"): -4.8, ("the", "go"): -9.0, ("the", "rust"): -11.2}


class English:
    """Words that are the same after each other as anywhere, but for `AFTER`."""

    def word(self, word: str) -> float | None:
        return SHARES.get(word)

    def after(self, word: str, before: str) -> float | None:
        return AFTER.get((before, word), SHARES.get(word))


def found(*terms: Term | str, known: Mapping[str, Any] | None = None, **rest: Any) -> list[Finding]:
    listed = tuple(term if isinstance(term, Term) else Term(term) for term in terms)
    return lint(Hotwords(listed, **rest), Known(**{"english": English(), **(known or {})}))


def one(*terms: Term | str, known: Mapping[str, Any] | None = None, **rest: Any) -> Finding:
    (finding,) = found(*terms, known=known, **rest)
    return finding


def test_a_list_without_a_fault() -> None:
    good = Term("Claude Code", sounds_like=("cloud code",))
    assert found("Claude", good, "Kubernetes", "john", "O'Reilly", "pre-roll") == []


def test_a_group_for_a_profile_that_there_is_not_is_named() -> None:
    groups = (Group("home", ("main", "german")), Group("work", ("gemran",)))
    finding = one("Zed", known={"profiles": ("main", "german")}, groups=groups)
    assert finding.severity is Severity.WARNING
    assert 'the group "work" is for the profile "gemran"' in finding.problem
    assert "there are main, german" in finding.advice


def test_terms_of_groups_for_different_profiles_are_not_in_each_others_way() -> None:
    terms = (Term("Zed", group="a"), Term("zed", group="b"))
    apart = (Group("a", ("main",)), Group("b", ("german",)))
    known = {"profiles": ("main", "german")}
    assert found(*terms, known=known, groups=apart) == []
    assert found(*terms, known=known, groups=(apart[0], Group("b"))) != []


def test_what_the_engine_cannot_write_is_an_error() -> None:
    known = {"tokens": {"東京": Tokens((), "the model cannot write 東")}}
    finding = one("東京", known=known, guards=Guards(shortest=2))
    assert finding.severity is Severity.ERROR
    assert (finding.term, finding.problem) == ("東京", "the model cannot write 東")
    assert "sounds_like" in finding.advice


def test_a_term_in_single_letters_is_named_with_its_tokens() -> None:
    tokens = {
        "Hyprland": Tokens(("▁H", "y", "p", "r", "l", "a", "n", "d")),
        "Claude": Tokens(("▁Cl", "aude")),
    }
    finding = one("Hyprland", "Claude", known={"tokens": tokens})
    assert finding.term == "Hyprland"
    assert "▁H y p r l a n d" in finding.problem


@pytest.mark.parametrize(
    ("spelling", "signs"), [("US$", "$"), ("100%", "%"), ("snake_case", "_"), ("U.S.", ".")]
)
def test_signs_are_named_with_a_way_out(spelling: str, signs: str) -> None:
    finding = one(spelling, known={"said_as": lambda _: "as it is said"}, guards=Guards(shortest=1))
    assert finding.severity is Severity.WARNING
    assert f"for {signs}," in finding.problem
    assert finding.advice == 'add sounds_like = ["as it is said"]'
    assert found(Term(spelling, sounds_like=("said",)), guards=Guards(shortest=1)) == []
    assert found(spelling, known={"tokens": {spelling: Tokens(("x",))}}, guards=Guards(1)) == []


@pytest.mark.parametrize("spelling", ["C++", ".NET", "node.js", "R&D"])
def test_signs_whose_names_are_known_need_nothing(spelling: str) -> None:
    assert found(spelling) == []


@pytest.mark.parametrize(("spelling", "plain"), [("Zoë", "Zoe"), ("naïve Bayes", "naive Bayes")])
def test_accents_are_named_with_a_way_out(spelling: str, plain: str) -> None:
    finding = one(spelling)
    assert finding.severity is Severity.HINT
    assert finding.advice == f'add sounds_like = ["{plain}"]'
    assert found(Term(spelling, sounds_like=(plain,))) == []


def test_short_terms() -> None:
    assert "fewer than 3 letters" in one("AI").problem
    assert found("AI", guards=Guards(shortest=2)) == []


@pytest.mark.parametrize("twin", ["claude-code", "ClaudeCode", "CLAUDE CODE"])
def test_twins(twin: str) -> None:
    assert one("Claude Code", twin).problem.startswith("the same as Claude Code but for")


def test_no_twins() -> None:
    assert found("C-sharp", Term("C#-sharp", sounds_like=("x",))) == []
    english, german = Term("Claude-code", language="en"), Term("Claude code", language="de-CH")
    assert found(english, german) == []
    assert found(Term("Claude code"), Term("Claudecode", state=TermState.QUARANTINED)) == []


def test_terms_of_one_sound() -> None:
    sounds = {"Sara": ["S EH R AH"], "Sarah": ["S AA R AH", "S EH R AH"], "Sahara": ["S"]}
    finding = one("Sara", "Sarah", "Sahara", known={"sounds": sounds})
    assert (finding.term, finding.severity) == ("Sarah", Severity.WARNING)
    assert "the same as Sara" in finding.problem


def test_ordinary_words_in_capitals() -> None:
    very, some = found("Rust", "Gogo", "Go", "John", "RUST-Go", guards=Guards(shortest=1))
    assert (very.term, very.severity) == ("Go", Severity.WARNING)
    assert (some.term, some.severity) == ("Rust", Severity.HINT)
    assert found(Term("Rust", language="de")) == []


def test_common_words_of_nearly_the_same_sound() -> None:
    near = {"K L AO D": [(0.08, "cloud"), (0.1, "clawed"), (0.2, "clone"), (0.0, "claude")]}
    known = {"sounds": {"Claude": ["K L AO D"]}, "close_words": lambda sounds: near[sounds]}
    finding = one("Claude", known=known)
    assert finding.severity is Severity.HINT
    assert finding.problem == 'sounds nearly like "cloud", "clawed"'


@pytest.mark.parametrize(
    ("form", "problem"),
    [
        ("cloud", "ordinary English"),
        ("Cloud  Storage", "ordinary English"),
        ("Nemo", "is written Nemo, which is a term"),
        ("clot", "is written Nemo, which has it, too"),
        ("cloud code", ""),
        ("claude", ""),
    ],
)
def test_spoken_forms(form: str, problem: str) -> None:
    findings = found(Term("Nemo", sounds_like=("clot",)), Term("Claude", sounds_like=(form,)))
    assert [f.term for f in findings] == ["Claude"] * bool(problem)
    assert all(problem in f.problem for f in findings)


def test_a_term_within_another() -> None:
    assert found("Claude", "Claude Code") == []
    finding = one("CLAUDE", "My Claude Code")
    assert finding.term == "My Claude Code"
    assert "Claude in it is written CLAUDE" in finding.problem


def test_replacements_come_first() -> None:
    tables: dict[str, Any] = {
        "replacements": (("claude", "Claude"), ("nemo", "Captain")),
        "replacements_in": (("de", (("kloot", ""),)),),
    }
    terms = Term("Claude", sounds_like=("kloot",)), "Nemo"
    claude, nemo = found(*terms, **tables)
    assert (claude.problem.partition(" of ")[0], nemo.term) == (
        "a replacement makes nothing", "Nemo",
    )  # fmt: skip


def test_spoken_commands_go_away() -> None:
    assert "no longer writes `,`" in one("Comma", known={"spoken": {"comma": "`,`"}}).problem


def test_snippets_that_take_something_away() -> None:
    rest: dict[str, Any] = {
        "snippets": (("my card", "Ada"), ("greeting", "Hello")),
        "replacements": (("Insert Greeting", "never"),),
    }
    replaced, term = found("Insert my card", known={"snippet_word": "insert"}, **rest)
    assert (replaced.term, term.term) == ("", "Insert my card")
    assert 'writes the snippet "my card"' in term.problem
    assert 'comes before the replacement of "Insert Greeting"' in replaced.problem
    bare, command = found(known={"spoken": {"my card": "a line end"}}, **rest)
    assert '"my card" no longer writes a line end' in bare.problem
    assert 'each "greeting" that you say becomes the snippet' in command.problem
    assert found("my card", known={"snippet_word": "insert"}, snippets=rest["snippets"]) == []


def test_what_was_not_heard_for_long() -> None:
    day = 86400.0
    known = {"now": 100 * day, "last_used": {"Claude": 9 * day, "Nemo": 11 * day}}
    finding = one("Claude", "Nemo", "Never Known", known=known)
    assert (finding.term, finding.problem) == ("Claude", "not heard for 91 days")


def test_the_size_of_the_list() -> None:
    known = {"comfort": [(3, "hard"), (2, "less")]}
    assert found("One-ly", "Two-ly", known=known) == []
    finding = one("One-ly", "Two-ly", "Three-ly", "Four-ly", known=known)
    assert (finding.term, finding.problem) == ("", "4 terms are more than 3: hard")


def test_the_worst_comes_first_with_its_place() -> None:
    tokens = {"Zulu": Tokens(problem="no")}
    places = {"Zulu": "hotwords.toml:7"}
    findings = found("Zoë", "AI", "Zulu", known={"tokens": tokens, "places": places})
    assert [f.term for f in findings] == ["Zulu", "AI", "Zoë"]
    assert [f.place for f in findings] == ["hotwords.toml:7", "", ""]
