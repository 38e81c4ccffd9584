"""Taking back through IBus: what our engine asks an application, and asks of it."""

import asyncio
from typing import Final

from dictate.errors import DeliveryUnsure
from dictate.outputs.delete_surrounding import ANSWER_S, DeleteSurrounding
from dictate.outputs.ibus.bus import IBusLost, Told
from dictate.outputs.ibus.desktop import IBusDesktop
from dictate.outputs.ibus.engine import IBusEngine

_PAUSE_S: Final = 0.1
"""GNOME's applications drop a request that crosses news of theirs on the way."""


async def ask(engine: IBusEngine) -> Told | None:
    """What stands in the field now: an application that is shown something says it. None if this
    one does not. Raises IBusLost."""
    await engine.preedit(" ")
    told = await engine.tells(ANSWER_S, lambda _: True)
    await engine.preedit("")
    await asyncio.sleep(_PAUSE_S)
    return engine.around if told else None


async def take_back(
    desktop: IBusDesktop, engine: IBusEngine, taking: DeleteSurrounding, window: str
) -> None:
    """From here on nothing is asked for twice. Raises DeliveryUnsure."""

    def answered(_: str) -> bool:
        return engine.around is not None and any(map(taking.answered, engine.around.befores))

    told = engine.around
    try:
        while taking.left:
            if await desktop.focus() != window or engine.around != told:
                raise DeliveryUnsure("something happened there while the text was taken back")
            await engine.delete(taking.request())
            if not await engine.tells(ANSWER_S, answered):
                raise DeliveryUnsure("the application does not say that it took the text back")
            told = engine.around
            await asyncio.sleep(_PAUSE_S if taking.left else 0)
    except IBusLost as error:
        raise DeliveryUnsure(f"{error}, just as the text was taken back") from error
