"""Asks sway on its socket. The protocol is i3's: https://i3wm.org/docs/ipc.html."""

import asyncio
import json
import os
import struct
from typing import Any, Final

GET_TREE: Final = 4
GET_INPUTS: Final = 100

_MAGIC: Final = b"i3-ipc"
_HEADER: Final = struct.Struct("=6sII")
"""The magic, the size of what follows, and the kind of the message."""


async def ask(kind: int) -> Any:
    """The answer to a message of this kind. It has no limit of time: the caller sets one.

    Raises OSError if this is not sway, and EOFError or ValueError if the answer is none.
    """
    reader, writer = await asyncio.open_unix_connection(os.environ.get("SWAYSOCK", ""))
    try:
        writer.write(_HEADER.pack(_MAGIC, 0, kind))
        _, size, _ = _HEADER.unpack(await reader.readexactly(_HEADER.size))
        return json.loads(await reader.readexactly(size))
    finally:
        writer.close()
