"""The process of the focused window. Wayland does not report it, but sway does, on a socket."""

import asyncio
from typing import Any, Final

from dictate.platform import sway

_ANSWER_S: Final = 0.2
"""Seconds that sway has to answer. It needs a millisecond."""


async def focused_process() -> int | None:
    """None if this is not sway, or if it does not answer."""
    try:
        async with asyncio.timeout(_ANSWER_S):
            tree = await sway.ask(sway.GET_TREE)
    except (OSError, TimeoutError, ValueError, EOFError):
        return None
    return _focused(tree)


def _focused(node: dict[str, Any]) -> int | None:
    if node.get("focused"):
        return node.get("pid")
    below = map(_focused, [*node.get("nodes", ()), *node.get("floating_nodes", ())])
    return next((process for process in below if process), None)
