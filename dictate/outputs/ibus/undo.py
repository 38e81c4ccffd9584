"""Takes a text back through IBus: asks for the surrounding text, and has the application delete."""

import asyncio
from typing import Final

from dictate.errors import DeliveryUnsure
from dictate.outputs.delete_surrounding import ANSWER_S, DeleteSurrounding
from dictate.outputs.ibus.bus import IBusLost, SurroundingText
from dictate.outputs.ibus.desktop import IBusDesktop
from dictate.outputs.ibus.engine import IBusEngine
from dictate.translation import _

_PAUSE_S: Final = 0.1
"""Seconds. GNOME's applications drop a request that crosses a report of theirs."""


async def ask(desktop: IBusDesktop, engine: IBusEngine) -> SurroundingText | None:
    """The text in the field now: an application reports it when it gets a preedit. None if this one
    does not. Raises IBusLost."""
    await desktop.until_recalled(engine)
    await engine.preedit(" ")
    reported = await desktop.reports(engine.preedit_at, ANSWER_S)
    await engine.preedit("")
    await asyncio.sleep(_PAUSE_S)
    return engine.surrounding if reported else None


async def take_back(
    desktop: IBusDesktop, engine: IBusEngine, deletion: DeleteSurrounding, window: str
) -> None:
    """Delete the text. From here on no request is repeated. Raises DeliveryUnsure."""

    def answered(__: str) -> bool:
        now = engine.surrounding
        return now is not None and any(map(deletion.answered, now.befores))

    before = engine.surrounding
    try:
        while deletion.left:
            if await desktop.focus() != window or engine.surrounding != before:
                raise DeliveryUnsure(_("something happened there while the text was taken back"))
            await engine.delete(deletion.request())
            if not await engine.reports(ANSWER_S, answered):
                raise DeliveryUnsure(_("the application does not say that it took the text back"))
            before = engine.surrounding
            await asyncio.sleep(_PAUSE_S if deletion.left else 0)
    except IBusLost as error:
        raise DeliveryUnsure(
            _("{error}, just as the text was taken back").format(error=error)
        ) from error
