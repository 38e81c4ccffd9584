"""Writes each text as a line to standard output."""

import asyncio
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future

from dictate.errors import DeliveryUnsure
from dictate.outputs import Destination, Focus, Output, Receipt
from dictate.translation import _


class StdoutOutput(Output):
    """UTF-8, whatever the locale is. A slow reader delays nothing but the text."""

    name = "stdout"
    destination = Destination.STREAM

    def unavailable_reason(self) -> str | None:
        if sys.stdout is None or sys.stdout.closed:
            return _("standard output is closed")
        if self.settings.use == "auto" and not sys.stdout.isatty():
            # The user did not choose it: it may be a log, where dictated text does not belong.
            return _("standard output is no terminal; if you mean it, say so: --output stdout")
        return None

    async def write(self, text: str, focus: Focus | None) -> Receipt:  # noqa: ARG002
        try:
            await _in_thread(lambda: _print(text))
        except (OSError, ValueError) as error:  # ValueError: it has been closed
            raise DeliveryUnsure(
                _("standard output cannot be written: {error}").format(error=error)
            ) from error
        return Receipt.DELIVERED


def _print(text: str) -> None:
    sys.stdout.flush()
    sys.stdout.buffer.write(f"{text}\n".encode())
    sys.stdout.buffer.flush()


async def _in_thread(work: Callable[[], None]) -> None:
    """Like asyncio.to_thread, but a reader that never reads does not keep the program from
    ending."""
    done: Future[None] = Future()

    def run() -> None:
        try:
            work()
        except BaseException as error:
            done.set_exception(error)
        else:
            done.set_result(None)

    threading.Thread(target=run, name="dictate-stdout", daemon=True).start()
    await asyncio.wrap_future(done)
