"""What a list of hotwords costs the daemon's loop, with each dictation and when it is loaded.

    python -m bench.hotword_lists [TERMS...]

An engine process that reads out lines serves; no model is needed. Reported are milliseconds of the
loop's thread for one dictation (median of 20) and the longest stretch without a turn for others.
"""

import asyncio
import statistics
import sys
import tempfile
import time
from pathlib import Path

from dictate.config.schema import EngineSettings
from dictate.engines.client import EngineClient
from dictate.hotwords.model import Hotwords, Term

SECOND = b"\x00\x20" * 16_000


async def _longest_wait(stop: asyncio.Event) -> float:
    """The longest time in milliseconds that the loop gave no turn."""
    longest, last = 0.0, time.perf_counter()
    while not stop.is_set():
        await asyncio.sleep(0)
        longest, last = max(longest, time.perf_counter() - last), time.perf_counter()
    return longest * 1000


async def _dictate(client: EngineClient, hotwords: Hotwords, number: int) -> None:
    utterance = client.begin(number, hotwords, None)
    utterance.feed(SECOND)

    async def whole() -> bytes:
        return SECOND

    await utterance.finish(whole)


async def _measured(client: EngineClient, hotwords: Hotwords) -> str:
    stop = asyncio.Event()
    waiting = asyncio.create_task(_longest_wait(stop))
    await asyncio.sleep(0)
    await client.prepare(hotwords)
    stop.set()
    load_wait_ms = await waiting
    took = []
    for number in range(21):
        before = time.thread_time()
        await _dictate(client, hotwords, number)
        took.append((time.thread_time() - before) * 1000)
    stop.clear()
    waiting = asyncio.create_task(_longest_wait(stop))
    for number in range(5):
        await _dictate(client, hotwords, number)
    stop.set()
    return (
        f"{len(hotwords.terms):>6} terms: {statistics.median(took[1:]):6.2f} ms a dictation "
        f"(the first: {took[0]:.2f}), longest stretch {await waiting:6.2f} ms, "
        f"while it is loaded {load_wait_ms:6.2f} ms"
    )


async def _main(sizes: list[int]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        lines = Path(folder) / "lines"
        lines.write_text("Hello.\n")
        client = EngineClient(EngineSettings(use=f"scripted:{lines}"), Path(folder) / "socket")
        await client.start()
        await client.supervisor.until_settled()
        for size in sizes:
            terms = tuple(
                Term(f"Some Term {n}", sounds_like=(f"sum turn {n}", f"some torn {n}"))
                for n in range(size)
            )
            print(await _measured(client, Hotwords(terms)), flush=True)
        await client.stop()


if __name__ == "__main__":
    asyncio.run(_main([int(size) for size in sys.argv[1:]] or [0, 100, 10_000]))
