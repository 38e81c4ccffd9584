"""What is wrong is in the status until it works again, and no longer."""

import asyncio
import io
from typing import Any
from unittest.mock import AsyncMock, MagicMock

import pytest

from dictate.app import event_dispatcher
from dictate.app.event_dispatcher import MICROPHONE, NOTICE, EventDispatcher
from dictate.app.observer import Timing
from dictate.app.terminal import Terminal
from dictate.dbus.service import Service
from dictate.hotwords.corrections import Correction
from dictate.outputs import Receipt


def test_each_trouble_goes_when_its_own_source_works_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(event_dispatcher, "sdnotify", MagicMock())

    async def scenario() -> None:
        service, notifier = Service(), MagicMock(show=AsyncMock())
        dispatcher = EventDispatcher(service, notifier, Terminal(io.StringIO()), MagicMock())

        def shown() -> str:
            return service._status["trouble"]

        dispatcher.trouble("config.toml:3: a mistake", "config.toml")
        dispatcher.trouble("there is no microphone", MICROPHONE)
        dispatcher.trouble("20 ms of sound were lost")
        assert shown() == "20 ms of sound were lost"
        dispatcher.mended(NOTICE)
        assert shown() == "there is no microphone"
        dispatcher.held(1, "the window is gone")
        assert shown() == "held: the window is gone"
        dispatcher.mended(MICROPHONE)
        assert shown() == "held: the window is gone"
        dispatcher.delivered(2, Receipt.DELIVERED, Timing())
        assert shown() == "config.toml:3: a mistake"
        dispatcher.mended("config.toml")
        assert shown() == ""
        await asyncio.sleep(0)

    asyncio.run(scenario())


@pytest.mark.parametrize("forgotten", [2, None])
def test_a_held_dictation_that_the_user_forgot_is_no_trouble(
    monkeypatch: pytest.MonkeyPatch, forgotten: int | None
) -> None:
    monkeypatch.setattr(event_dispatcher, "sdnotify", MagicMock())

    async def scenario() -> None:
        service, notifier = Service(), MagicMock(show=AsyncMock())
        dispatcher = EventDispatcher(service, notifier, Terminal(io.StringIO()), MagicMock())
        dispatcher.held(2, "the window is gone")
        dispatcher.forgotten(1)
        assert service._status["trouble"] == "held: the window is gone"
        dispatcher.forgotten(forgotten)
        assert service._status["trouble"] == ""
        await asyncio.sleep(0)

    asyncio.run(scenario())


def test_a_noticed_correction_shows_its_words_and_can_be_clicked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(event_dispatcher, "sdnotify", MagicMock())
    clicked = MagicMock()

    async def scenario() -> Any:
        notifier = MagicMock(show=AsyncMock())
        dispatcher = EventDispatcher(Service(), notifier, Terminal(io.StringIO()), MagicMock())
        dispatcher.noticed([Correction("cloud", "Claude"), Correction("clod", "Clot")], clicked)
        await asyncio.sleep(0)
        return notifier.show

    shown = asyncio.run(scenario()).await_args
    assert shown.args[1] == '"cloud" became "Claude", and 1 more'
    assert shown.kwargs["private"]
    shown.kwargs["action"].click()
    clicked.assert_called_once_with()
