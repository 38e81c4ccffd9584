from dictate.app.finish_times import LATEST, FinishTimes
from dictate.app.observer import Timing


def test_the_latest_texts_are_summed_up() -> None:
    times = FinishTimes()
    assert times.summary == {}
    for number in range(LATEST + 1):
        times.add(
            Timing(
                tail_ms=100.0 * number,
                engine_ms=2.0,
                journal_ms=5.0,
                output_ms=10.0,
                total_ms=100.0 * number + 17,
                early=number % 2 == 1,
            )
        )
    assert times.summary == {
        "texts": 20.0,
        "early": 10.0,
        "slowest_ms": 2017.0,
        "total_ms": 1067.0,
        "tail_ms": 1050.0,
        "engine_ms": 2.0,
        "journal_ms": 5.0,
        "output_ms": 10.0,
    }
