"""What of a list is boosted, and how the trees are kept."""

from typing import Any

from dictate.engines.boost_phrases import ALPHA, BoostPhrases, boost_phrases, variants
from dictate.engines.nemotron.boosting import MOST_TREES, BoostingTreeCache
from dictate.hotwords.model import Guards, Hotwords, Term

UNKNOWN = 0


def encode(text: str) -> list[int]:
    """A token for each letter; digits are unknown."""
    return [UNKNOWN if letter.isdigit() else ord(letter) for letter in text]


def found(*terms: Term, **more: Any) -> tuple[BoostPhrases, list[str]]:
    return boost_phrases(Hotwords(terms, **more), "en", encode, UNKNOWN)


def test_each_term_stands_in_the_cases_that_a_model_may_write() -> None:
    assert list(variants("Claude Code")) == ["Claude Code", "claude code"]
    assert list(variants("pytest")) == ["pytest", "Pytest"]
    assert list(variants("iPhone case")) == [
        "iPhone case",
        "iphone case",
        "Iphone Case",
        "IPhone case",
    ]


def test_a_term_that_the_model_cannot_write_is_refused_by_name() -> None:
    good, refused = found(Term("Claude"), Term("R2D2"))
    assert good.texts == ("Claude", "claude")
    assert len(refused) == 1
    assert "'R2D2'" in refused[0]
    assert "(2)" in refused[0]
    assert "sounds_like" in refused[0]


def test_a_short_term_is_refused_unless_wanted() -> None:
    good, refused = found(Term("Go"), Term("Qt", sounds_like=("cute",)), Term("C++"), Term("vim"))
    said = ("C plus plus", "c plus plus", "C Plus Plus")
    assert good.texts == ("cute", "Cute", *said, "vim", "Vim")
    assert [line.split()[0] for line in refused] == ["'Go'"]
    assert found(Term("Go"), guards=Guards(shortest=1))[1] == []


def test_weights_and_strength() -> None:
    good, _ = found(Term("Claude", weight=0.5), Term("pytest", weight=3.0), strength=2.0)
    assert good.weights == (0.5, 0.5, 3.0, 3.0)
    assert good.alpha == 2 * ALPHA


def test_of_two_terms_with_the_same_letters_the_heavier_counts() -> None:
    good, _ = found(Term("Vim", weight=2.0), Term("vim", weight=0.5))
    assert dict(zip(good.texts, good.weights, strict=True)) == {"Vim": 2.0, "vim": 2.0}


def test_a_long_list_is_boosted_less_unless_the_cap_is_off() -> None:
    many = tuple(Term("word" + "x" * number) for number in range(101))
    assert found(*many[:100])[0].alpha == ALPHA
    assert found(*many)[0].alpha < ALPHA
    assert found(*many, guards=Guards(cap=False))[0].alpha == ALPHA


class MultiModel:
    """Stands in for NeMo's, and remembers what it holds."""

    def __init__(self) -> None:
        self.holds: set[int] = set()
        self.added = 0

    def add_model(self, model: object, alpha: float) -> int:
        del model, alpha
        self.added += 1
        self.holds.add(self.added)
        return self.added

    def remove_model(self, number: int) -> None:
        self.holds.remove(number)


def one(number: int) -> BoostPhrases:
    return BoostPhrases(((number + 1,),), (str(number),), (1.0,), 1.5)


def test_a_tree_is_built_once_for_each_content_and_the_oldest_idle_one_goes(
    monkeypatch: Any,
) -> None:
    monkeypatch.setattr("dictate.engines.nemotron.boosting.build", lambda *_: object())
    decoder = MultiModel()
    trees = BoostingTreeCache(decoder, 256)
    held = trees.take(one(0))
    assert held is not None
    again = trees.take(one(0))
    assert again is held
    assert decoder.added == 1
    for number in range(1, 20):
        tree = trees.take(one(number))
        assert tree is not None
        tree.release()
    assert held.number in decoder.holds, "a tree in use must stay"
    assert len(decoder.holds) <= MOST_TREES + 1


def test_nothing_to_boost_is_no_tree() -> None:
    trees = BoostingTreeCache(MultiModel(), 256)
    assert trees.take(BoostPhrases()) is None
    assert trees.take(BoostPhrases(((1,),), ("a",), (1.0,), 0.0)) is None
