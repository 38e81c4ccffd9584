"""The engine process: one model, one thread that runs it, and a Wyoming server in front of it.

    python -m dictate.engines.worker --engine NAME[:ARG] --socket PATH [--settings JSON]

It serves before the model is loaded, so that the user can speak at once: the sound stays in the
socket until the engine's thread comes to it. Every call to the engine is made on that one thread,
in order. The process ends when its standard input does: it dies with its parent, even when the
engine's thread hangs for ever.
"""

import argparse
import asyncio
import json
import logging
import os
import signal
import socket
from pathlib import Path

from dictate.config.schema import EngineSettings
from dictate.engines.client_connection import ClientConnection
from dictate.engines.host import EngineHost
from dictate.engines.protocol import LARGEST_EVENT
from dictate.platform.lifeline import die_with_input
from dictate.platform.log_lines import log_to_stderr


async def serve(host: EngineHost, path: Path) -> None:
    """Serve on a Unix socket at `path`, for this user only, until killed."""

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await ClientConnection(host, reader, writer).run()

    server = await asyncio.start_unix_server(accept, sock=bind(path), limit=LARGEST_EVENT)
    loading = asyncio.create_task(host.load())
    async with server:
        await server.serve_forever()
    await loading


def bind(path: Path) -> socket.socket:
    """A listening socket that was never open to other users: made under another name, and renamed
    once it is private."""
    # A short name: the path of a socket has at most 107 bytes.
    aside = path.with_name(f".{os.getpid()}")
    aside.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o177)
    try:
        listener.bind(str(aside))
    except OSError as error:
        listener.close()
        raise OSError(f"{path}: {error}") from error
    finally:
        os.umask(before)
    listener.listen(64)
    aside.replace(path)
    return listener


def main() -> None:
    """Run one engine until the parent is gone."""
    parser = argparse.ArgumentParser(prog="dictate.engines.worker", description=main.__doc__)
    parser.add_argument("--engine", required=True, metavar="NAME[:ARG]")
    parser.add_argument("--socket", required=True, type=Path, metavar="PATH")
    # untranslated
    parser.add_argument("--settings", default="{}", metavar="JSON", help="of EngineSettings")
    # untranslated
    parser.add_argument("--exclude", default=[], action="append", metavar="NAME", help="for auto")
    arguments = parser.parse_args()
    settings = EngineSettings(**{**json.loads(arguments.settings), "use": arguments.engine})
    log_to_stderr(logging.WARNING, "%(message)s")
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    die_with_input()
    asyncio.run(serve(EngineHost(settings, arguments.exclude), arguments.socket))


if __name__ == "__main__":
    main()
