"""Whether the chat server answers, and has the model."""

import asyncio

from dictate.chat.client import ChatClient
from dictate.config.schema import PolishSettings
from dictate.errors import ChatError
from dictate.translation import _


def unavailable_reason(settings: PolishSettings) -> str:
    """Why no text can be polished or edited now, and what to do; empty if it can. It blocks for
    some seconds, and needs no running loop."""

    async def ask() -> list[str]:
        client = ChatClient()
        try:
            return await client.models(settings)
        finally:
            await client.close()

    try:
        names = asyncio.run(ask())
    except ChatError as error:
        return str(error)
    if not settings.model:
        several = _("the server has {names}: set polish.model to the one to use").format(
            names=", ".join(names[:8])
        )
        return several if len(names) != 1 else ""
    # Ollama's "name" means "name:latest".
    if names and not {settings.model, f"{settings.model}:latest"} & set(names):
        return _("the server does not list the model {model}, but {names}").format(
            model=settings.model, names=", ".join(names[:8])
        )
    return ""
