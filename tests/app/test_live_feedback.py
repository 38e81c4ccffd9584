"""What will become of the text is shown before the key is let go."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from dictate.app import live_feedback as module
from dictate.app.live_feedback import describe_target, follow
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


def test_it_follows_the_focus_and_leaves_an_output_at_work_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "EVERY_S", 0.01)
    output = Output(Destination.WINDOW, FIREFOX, XTERM)
    engine = SimpleNamespace(info=SimpleNamespace(device="remote: spark, 2.0 ms away"))
    picture = Picture()
    picture.session("recording", 1.0)
    again: list[int] = []

    async def main() -> None:
        pipeline: Any = SimpleNamespace(
            listening=True,
            recording_profile=SimpleNamespace(engine=engine, output=output),
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
        assert (shown["goes"], shown["remote"]) == ("→ xterm", "remote: spark")
        pipeline.listening = False
        await asyncio.wait_for(following, 5)

    asyncio.run(main())
