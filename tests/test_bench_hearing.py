"""The benchmark of hearing counts what it says it counts, in files that are what they were."""

from pathlib import Path

import pytest

from bench.hearing import count, score
from bench.hearing_speech import EVERYDAY, SIMILAR, TERMS, WITH_TERMS
from tests.lab.pinned import NotPinned, check, package_folder


def test_a_term_counts_in_its_spelling_and_as_a_word_of_its_own() -> None:
    assert count("pytest", "Run pytest, and pytest again.") == 2
    assert count("pytest", "Pytest or pytests or my_pytest") == 0
    assert count("Claude Code", "Claude Code, claude code, Claude Codes") == 1


def test_words_and_terms_of_clips_are_added_up() -> None:
    pytest.importorskip("whisper_normalizer", reason="whisper-normalizer is missing")
    found = score(
        [
            ("Run pytest on GitHub.", "run pie test on GitHub"),
            ("The clouds are dark.", "the Claude Code dark"),
            ("Twenty five", "25"),
        ]
    )
    assert (found.words, found.wrong) == (9, 4)
    assert (found.terms, found.right, found.false) == (2, 1, 1)
    assert found.cells() == ["44.4 %", "1 of 2", "1"]


def test_nothing_heard_is_all_wrong() -> None:
    pytest.importorskip("whisper_normalizer", reason="whisper-normalizer is missing")
    assert score([("good morning", "")]).cells() == ["100.0 %", "none said", "0"]


def test_each_term_is_said_twice_and_only_where_it_says_so() -> None:
    for term in TERMS:
        assert sum(count(term, text) for text in WITH_TERMS) == 2
        assert not any(count(term.lower(), text.lower()) for text in (*EVERYDAY, *SIMILAR))


def test_a_file_that_changed_or_is_missing_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("one")
    (tmp_path / "b").write_text("two")
    digest = "d17138d96382403690482a89da33475336ab36c046a6912a86badedd62301cb8"
    check(tmp_path, ["a", "b"], digest)
    with pytest.raises(NotPinned, match="differ from those that were pinned"):
        check(tmp_path, ["b", "a"], digest)
    (tmp_path / "b").write_text("2")
    with pytest.raises(NotPinned, match="differ from those that were pinned"):
        check(tmp_path, ["a", "b"], digest)
    (tmp_path / "b").unlink()
    with pytest.raises(NotPinned, match=r"b cannot be read \(No such file.*scripts/prepare peers"):
        check(tmp_path, ["a", "b"], digest)
    with pytest.raises(NotPinned, match="no_such_package is not installed"):
        package_folder("no_such_package")
