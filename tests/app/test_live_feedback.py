"""What will become of the text is shown before the key is let go."""

import asyncio
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from dictate.app import live_feedback as module
from dictate.app.dictation import Backlog
from dictate.app.live_feedback import LiveFeedback, describe_backlog, describe_target, follow, spell
from dictate.app.session import Activity
from dictate.config.schema import Settings
from dictate.errors import Unavailable
from dictate.outputs import Destination, Focus
from dictate.ui.overlay.picture import Picture


class Output:
    """An output that says at once what has the focus, or raises."""

    def __init__(self, destination: Destination, *answers: Focus | Exception | None) -> None:
        self.destination = destination
        self.answers = list(answers)
        self.asked = 0

    async def focus(self) -> Focus | None:
        self.asked += 1
        answer = self.answers[min(self.asked, len(self.answers)) - 1]
        if isinstance(answer, Exception):
            raise answer
        return answer


FIREFOX, XTERM = Focus("1", "Firefox"), Focus("2", "xterm")


@pytest.mark.parametrize(
    ("output", "said"),
    [
        (Output(Destination.WINDOW, FIREFOX), "→ Firefox"),
        (Output(Destination.WINDOW, None), ""),
        (Output(Destination.WINDOW, Focus("0/3", "")), ""),
        (Output(Destination.WINDOW, Unavailable("the X server is gone")), ""),
        (Output(Destination.CLIPBOARD, None), "copies"),
        (Output(Destination.STREAM, None), ""),
    ],
)
def test_what_it_says(output: Any, said: str) -> None:
    assert asyncio.run(describe_target(output)) == said


@pytest.mark.parametrize("profile", ["main", "chat"])
def test_it_follows_the_focus_and_leaves_an_output_at_work_alone(
    monkeypatch: pytest.MonkeyPatch, profile: str
) -> None:
    monkeypatch.setattr(module, "EVERY_S", 0.01)
    output = Output(Destination.WINDOW, FIREFOX, XTERM)
    engine = SimpleNamespace(info=SimpleNamespace(device="remote: spark, 2.0 ms away"))
    picture = Picture()
    picture.session("recording", 1.0)
    again: list[int] = []

    async def main() -> None:
        async def landing() -> Any:
            return SimpleNamespace(name=profile, engine=engine, output=output)

        pipeline: Any = SimpleNamespace(
            listening=True,
            landing=landing,
            writing=True,
            show_again=lambda: again.append(output.asked),
        )
        following = asyncio.create_task(follow(pipeline, picture))
        await asyncio.sleep(0.1)
        assert output.asked == 0
        pipeline.writing = False
        await asyncio.sleep(0.1)
        assert again[:2] == [1, 2], "the partial is shown again each time"
        shown = picture.take()
        goes = "→ xterm" if profile == "main" else "→ xterm · chat"
        assert (shown["goes"], shown["remote"]) == (goes, "remote: spark")
        pipeline.listening = False
        await asyncio.wait_for(following, 5)

    asyncio.run(main())


def backlog(**changes: Any) -> Backlog:
    usual = Backlog(7, "slowpoke", loading=False, sound_s=200.0, worked_s=12.0, waited_s=30.0)
    return replace(usual, **changes)


@pytest.mark.parametrize(
    ("found", "shown"),
    [
        (backlog(), "hearing, 3 min 8 s behind"),
        (backlog(worked_s=188.0), "hearing, 12 s behind"),
        (backlog(waited_s=0.5), "hearing, 3 min 8 s behind"),
        (backlog(waited_s=0.5, worked_s=198.0), ""),
        (backlog(worked_s=None), "recognising 3 min 20 s of sound, 30 s so far"),
        (backlog(worked_s=200.0), "recognising 3 min 20 s of sound, 30 s so far"),
        (backlog(loading=True), "the engine loads, 30 s so far"),
        (backlog(waited_s=0.0, worked_s=188.0), "hearing, 12 s behind"),
        (backlog(waited_s=0.0, worked_s=197.0), ""),
        (backlog(waited_s=0.0, worked_s=None), ""),
        (backlog(waited_s=0.0, loading=True), "the engine loads: your words come later"),
    ],
)
def test_how_far_the_engine_is_is_said_once_the_user_waits(found: Backlog, shown: str) -> None:
    assert describe_backlog(found) == shown


def test_durations_are_spelled_for_people() -> None:
    assert [spell(each) for each in (0.4, 59.6, 200, 3720)] == [
        "0 s", "1 min 0 s", "3 min 20 s", "1 h 2 min",
    ]  # fmt: skip


@pytest.mark.fault("A7")
def test_a_microphone_that_is_not_ready_yet_is_shown_and_the_sound_waits_for_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def main() -> None:
        feedback = LiveFeedback(Settings(), lambda _: None)
        played: list[str] = []
        monkeypatch.setattr(feedback._sounds, "session", played.append)
        pipeline: Any = SimpleNamespace(
            activity=Activity.RECORDING, hears=False, listening=False, backlog=None
        )
        feedback.session_changed(pipeline)
        assert feedback.picture.take()["state"] == "opening"
        pipeline.hears = True
        feedback.session_changed(pipeline)
        assert feedback.picture.take()["state"] == "recording"
        pipeline.activity = Activity.READY
        feedback.session_changed(pipeline)
        assert feedback.picture.take()["state"] == ""
        assert played == ["opening", "recording", "ready"]
        await feedback._sounds.close()

    asyncio.run(main())


def test_a_slow_finish_is_shown_while_it_happens_and_reported_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "EVERY_S", 0.01)

    async def main() -> None:
        feedback = LiveFeedback(Settings(), lambda _: None)
        shown: list[str] = []
        slow: list[str] = []
        feedback.progressed.connect(shown.append)
        feedback.slow.connect(slow.append)
        pipeline: Any = SimpleNamespace(
            activity=Activity.FINISHING, listening=False, backlog=backlog()
        )
        feedback.session_changed(pipeline)
        await asyncio.sleep(0.1)
        pipeline.backlog = backlog(worked_s=150.0)
        await asyncio.sleep(0.1)
        assert feedback.picture.take()["progress"] == "hearing, 50 s behind"
        pipeline.activity = Activity.READY
        await asyncio.sleep(0.1)
        assert shown == ["hearing, 3 min 8 s behind", "hearing, 50 s behind", ""]
        (line,) = slow
        assert line.startswith("dictation 7: engine slowpoke: hearing, 3 min 8 s behind; a faster")

    asyncio.run(main())
