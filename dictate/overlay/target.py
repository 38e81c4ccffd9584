"""Where the text would go, if the key were let go now."""

import asyncio
from typing import Final

from dictate.errors import DictateError
from dictate.overlay.picture import Picture
from dictate.pipeline import Pipeline

EVERY_S: Final = 0.7
"""How often it is asked while somebody speaks: people change windows."""


async def follow(pipeline: Pipeline, picture: Picture) -> None:
    """Keep the picture right until nobody speaks any more."""
    while pipeline.session.listening:
        # An output at work shall have nothing else to do.
        if not pipeline.writing:
            picture.goes(await words(pipeline))
        await asyncio.sleep(EVERY_S)


async def words(pipeline: Pipeline) -> str:
    """In a word or two what the output would do now; empty if nobody knows."""
    if pipeline.output.name == "clipboard":
        return "copies"
    try:
        focus = await pipeline.output.focus()
    except DictateError:
        return ""
    return f"→ {focus.application}" if focus else ""
