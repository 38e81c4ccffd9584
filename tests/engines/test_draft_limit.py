"""A slow machine makes no drafts, and makes them again when it is fast."""

from pathlib import Path

from dictate.engines.draft_limit import LONGEST_S, MOST_RTF, DraftLimit


def test_before_anything_is_measured_there_are_drafts() -> None:
    assert DraftLimit().exceeded == ""


def test_an_end_that_takes_long_is_the_last_draft_until_one_is_short() -> None:
    limit = DraftLimit()
    limit.measured(LONGEST_S + 0.1, 1.0, 10.0)
    assert "took 500 ms" in limit.exceeded
    limit.measured(LONGEST_S, 1.0, 10.0)
    assert limit.exceeded == ""


def test_an_engine_that_is_busy_with_the_sound_makes_none() -> None:
    limit = DraftLimit()
    limit.measured(0.1, 10 * MOST_RTF + 0.1, 10.0)
    assert "RTF 0.61" in limit.exceeded
    limit.measured(0.1, 1.0, 0.5)
    assert limit.exceeded, "a short sound says nothing about the speed"
    limit.measured(0.1, 10 * MOST_RTF, 10.0)
    assert limit.exceeded == ""


def test_a_machine_that_saves_power_makes_none(tmp_path: Path) -> None:
    profile = tmp_path / "profile"
    limit = DraftLimit(profile)
    assert limit.exceeded == ""
    for name, saves in (("balanced", False), ("low-power", True), ("performance", False)):
        profile.write_text(f"{name}\n")
        assert bool(limit.exceeded) == saves
