"""The cost of a remote engine: time from release to final text beside the same engine locally, by
round-trip time; bytes sent; and the wait for the text when the remote machine fails.

The remote machine is `dictate serve` behind a relay on loopback that delays each byte by half a
round trip. Both engines are scripted, so this times the transport and not an engine.
"""

import argparse
import asyncio
import contextlib
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from bench.figures import machine, quantiles
from dictate.config.schema import EngineSettings
from dictate.engines.client import EngineClient
from dictate.hotwords.model import Hotwords, Term
from tests.lab.engine import Whole, loud, until
from tests.lab.failing import FAULTS
from tests.lab.scripted import script
from tests.lab.serving import Serving, pretending

LINE = "the same five words always"
WORDS = Hotwords(tuple(Term(f"Word Number {number}") for number in range(20)))
SPOKEN_S = 2.0


class Relay:
    """A relay to a Unix socket with a round-trip time."""

    def __init__(self, target: Path, round_trip_ms: float) -> None:
        self.up = 0
        """Bytes sent to the engine."""
        self._target = target
        self._half_s = round_trip_ms / 2000
        self._tasks: set[asyncio.Task[None]] = set()

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Relay one connection."""
        far_reader, far_writer = await asyncio.open_unix_connection(str(self._target))
        for source, sink, up in ((reader, far_writer, True), (far_reader, writer, False)):
            task = asyncio.create_task(self._carry(source, sink, up=up))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _carry(
        self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, *, up: bool
    ) -> None:
        loop = asyncio.get_running_loop()
        while data := await source.read(65_536):
            self.up += len(data) if up else 0
            loop.call_later(self._half_s, sink.write, data)
        loop.call_later(self._half_s, sink.close)


@asynccontextmanager
async def linked(settings: EngineSettings, folder: Path) -> AsyncIterator[EngineClient]:
    """A client that is ready, or knows that its engine is missing."""
    link = EngineClient(settings, folder / "e")
    await link.start()
    try:
        await until(lambda: link.state in ("ready", "failed"))
        yield link
    finally:
        await link.stop()


async def timed(link: EngineClient, runs: int) -> list[float]:
    """Milliseconds from the last sound to the text, for `runs` utterances in real time."""
    took = []
    piece_s = 0.02
    for number in range(runs):
        utterance = link.begin(number, WORDS, "en")
        began = time.perf_counter()
        for piece in range(round(SPOKEN_S / piece_s)):
            await asyncio.sleep(max(0.0, began + piece * piece_s - time.perf_counter()))
            utterance.feed(loud(piece_s))
        released = time.perf_counter()
        final = await utterance.finish(Whole(loud(SPOKEN_S)))
        took.append((time.perf_counter() - released) * 1000)
        if final.text != LINE:
            raise SystemExit(f"heard {final.text!r}")
    return took


async def failing(folder: Path, runs: int) -> None:
    """The wait for the text when the remote machine fails, with the default deadline."""
    says = script(folder / "here", LINE)
    for number, (name, play) in enumerate(FAULTS.items()):
        own = folder / f"{number}"
        own.mkdir()
        with pretending(own, play) as address:
            settings = EngineSettings(use="wyoming", address=address, fallback=f"scripted:{says}")
            async with linked(settings, own) as link:
                took = await timed(link, runs)
        print(f"| {name} | {min(took) / 1000:.1f} | {max(took) / 1000:.1f} |", flush=True)


async def measure(folder: Path, server: Serving, trips: list[float], runs: int) -> None:
    """The table."""
    says = script(folder / "here", LINE)
    async with linked(EngineSettings(use=f"scripted:{says}"), folder) as link:
        print(f"| on this machine | {quantiles(await timed(link, runs))} | |", flush=True)
    for trip_ms in trips:
        relay = Relay(server.socket, trip_ms)
        path = folder / "relay"
        with contextlib.suppress(FileNotFoundError):
            path.unlink()
        async with (
            await asyncio.start_unix_server(relay.accept, str(path)),
            linked(EngineSettings(use="wyoming", address=str(path)), folder) as link,
        ):
            before = relay.up
            took = quantiles(await timed(link, runs))
            up = (relay.up - before) / (runs * SPOKEN_S) / 1000
            print(f"| {trip_ms:g} ms away | {took} | {up:.1f} kB/s |", flush=True)


def main() -> None:
    """Print it."""
    parser = argparse.ArgumentParser(prog="bench.remote", description=__doc__)
    parser.add_argument("--trips", type=float, nargs="+", default=[0, 2, 20, 100], metavar="MS")
    parser.add_argument("--runs", type=int, default=30, metavar="N")
    parser.add_argument("--failing", type=int, default=5, metavar="N", help="runs for each fault")
    arguments = parser.parse_args()
    print(f"{machine()}\n")
    print("| engine | release to final, ms: p50 | p95 | p99 | upload, while you speak |")
    print("|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as name, Serving(Path(name) / "server") as server:
        asyncio.run(measure(Path(name), server, arguments.trips, arguments.runs))
    print("\n| the other machine | release to the text from this one, s: least | most |")
    print("|---|---|---|")
    with tempfile.TemporaryDirectory() as name:
        asyncio.run(failing(Path(name), arguments.failing))


if __name__ == "__main__":
    main()
