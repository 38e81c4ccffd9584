"""The verdict follows from what was measured."""

from dictate.proof.decoder import Heard
from dictate.proof.trial import Compared, Reading, Tried, changes
from dictate.proof.verdict import Evidence, Kind, advised_weight, judge
from tests.lab.scripted_decoder import clip

WEIGHTS = (0.5, 1.0, 1.6, 2.5, 4.0)
SAID = "I asked Claude Code today."


def tried(*turns: float | None, without: str = "i asked cloud coat today") -> list[Tried]:
    """Clips that turn at these weights."""
    return [
        Tried(
            clip(f"voice {number}", SAID),
            Heard(without, without),
            "Claude Code" in without,
            tuple(reading(weight, turn is not None and weight >= turn) for weight in WEIGHTS),
        )
        for number, turn in enumerate(turns)
    ]


def reading(weight: float, right: bool) -> Reading:
    text = "i asked Claude Code today" if right else "i asked cloud coat today"
    return Reading(weight, Heard(text, text), right, by_text_step=False, changes=())


def compared(before: str, after: str) -> Compared:
    heard = Heard(after, after)
    made = Reading(
        1.0, heard, "Claude Code" in after, by_text_step=False, changes=changes(before, after)
    )
    return Compared(clip("c"), Heard(before, before), made)


def evidence(found: list[Tried], **more: object) -> Evidence:
    values: dict[str, object] = {
        "spelling": "Claude Code",
        "engine": "fake",
        "takes_hotwords": True,
        "unusable": "",
        "tried": found,
        "weight": advised_weight(found),
        **more,
    }
    return Evidence(**values)  # type: ignore[arg-type]


def test_the_default_strength_is_enough_where_most_clips_are_right() -> None:
    found = judge(evidence(tried(0.5, 1.0, 1.0, 4.0), controls=[compared("a", "a")]))
    assert (found.kind, found.weight) == (Kind.WORKS, 1.0)
    assert found.sentence == (
        '"Claude Code" works at the default strength: right in 3 of 4 clips, 0 without it; '
        "none of 1 control sentences changed."
    )


def test_a_higher_weight_is_named_with_what_the_default_gives() -> None:
    found = judge(evidence(tried(1.0, 1.6, 1.6, 1.6)))
    assert (found.kind, found.weight) == (Kind.WEIGHT, 1.6)
    assert (
        "needs weight 1.6: right in 4 of 4 clips, 0 without it, 1 at the default" in found.sentence
    )


def test_a_term_that_is_right_now_and_then_works_in_part() -> None:
    found = judge(evidence(tried(2.5, None, None, None)))
    assert (found.kind, found.weight) == (Kind.PARTLY, 2.5)
    assert 'what is heard instead: "cloud coat"' in found.sentence


def test_a_term_that_is_never_right_cannot_work_and_the_reason_is_said() -> None:
    found = judge(evidence(tried(None, None)))
    assert (found.kind, found.weight) == (Kind.CANNOT, None)
    assert 'it hears "cloud coat". A form that you never mean' in found.sentence
    assert "takes no hotwords" in judge(evidence(tried(None), takes_hotwords=False)).sentence
    assert "(too short)" in judge(evidence(tried(None), unusable="too short")).sentence


def test_a_form_that_is_too_long_to_be_the_term_is_not_advised() -> None:
    found = judge(evidence(tried(None, without="i asked one two three four five six today")))
    assert "it hears nothing that could be it" in found.sentence


def test_a_term_that_is_right_anyway_needs_no_hotword() -> None:
    found = judge(evidence(tried(0.5, 0.5, without="i asked Claude Code today")))
    assert (found.kind, found.weight, found.kind.good) == (Kind.KNOWN, None, False)


def test_a_changed_control_sentence_is_harm() -> None:
    hurt = compared("the cloud storage", "the Claude Code storage")
    found = judge(evidence(tried(1.0, 1.0), controls=[hurt, compared("a", "a")]))
    assert (found.kind, found.kind.good) == (Kind.HARMS, False)
    assert "1 of 2 control sentences changed" in found.sentence


def test_the_term_in_a_dictation_of_the_users_is_no_harm_but_other_changes_are() -> None:
    turned = compared("ask cloud coat now", "ask Claude Code now")
    found = judge(evidence(tried(1.0), history=[turned]))
    assert found.kind is Kind.WORKS
    assert "1 of 1 dictations of yours changed" in found.sentence
    other = compared("we have a plan", "we have plan")
    assert judge(evidence(tried(1.0), history=[other])).kind is Kind.HARMS


def test_weights_are_stepped_down_below_one_that_harms() -> None:
    found = tried(0.5, 1.0, 1.6, 1.6)
    steps = [
        advised_weight(found),
        advised_weight(found, below=1.6),
        advised_weight(found, below=1.0),
    ]
    assert steps == [1.6, 1.0, 0.5]
    assert advised_weight(found, below=0.5) is None
    assert advised_weight([]) is None
