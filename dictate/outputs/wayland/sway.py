"""The process of the focused window. Wayland does not report it, but sway does, on a socket."""

import asyncio
import json
import os
import struct
from typing import Any, Final

_MAGIC: Final = b"i3-ipc"
_HEADER: Final = struct.Struct("=6sII")
"""The magic, the size of what follows, and the kind of the message."""
_GET_TREE: Final = 4
_ANSWER_S: Final = 0.2
"""Seconds that sway has to answer. It needs a millisecond."""


async def focused_process() -> int | None:
    """None if this is not sway, or if it does not answer."""
    try:
        async with asyncio.timeout(_ANSWER_S):
            reader, writer = await asyncio.open_unix_connection(os.environ.get("SWAYSOCK", ""))
            try:
                writer.write(_HEADER.pack(_MAGIC, 0, _GET_TREE))
                _, size, _ = _HEADER.unpack(await reader.readexactly(_HEADER.size))
                tree = json.loads(await reader.readexactly(size))
            finally:
                writer.close()
    except (OSError, TimeoutError, ValueError, asyncio.IncompleteReadError):
        return None
    return _focused(tree)


def _focused(node: dict[str, Any]) -> int | None:
    if node.get("focused"):
        return node.get("pid")
    below = map(_focused, [*node.get("nodes", ()), *node.get("floating_nodes", ())])
    return next((process for process in below if process), None)
