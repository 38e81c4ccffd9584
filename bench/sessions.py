"""How many clients one engine serves at the same time: time from release to final text of each, all
dictating at once in real time through `dictate serve`.

The engine is our own small model unless another is named. There is no pause between two dictations,
so a session here is more load than a person.
"""

import argparse
import asyncio
import tempfile
import time
from contextlib import AsyncExitStack
from pathlib import Path

from bench.figures import machine, quantiles
from bench.nemotron_models import SMALL
from bench.remote import WORDS, linked
from dictate.config.schema import EngineSettings
from dictate.engines.client import EngineClient
from dictate.events import pcm_from_samples
from dictate.microphone.sound_file import read_sound_file
from dictate.platform.resources import samples
from tests.lab.engine import Whole
from tests.lab.serving import Serving

PIECE_S = 0.02
PIECE = 640


async def dictate(link: EngineClient, pcm: bytes, runs: int, late_s: float) -> list[float]:
    """Milliseconds from release to text, for a number of dictations in real time."""
    took = []
    await asyncio.sleep(late_s)
    for number in range(runs):
        utterance = link.begin(number, WORDS, "en")
        began = time.perf_counter()
        for at in range(0, len(pcm), PIECE):
            due = began + at / PIECE * PIECE_S
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            utterance.feed(pcm[at : at + PIECE])
        released = time.perf_counter()
        final = await utterance.finish(Whole(pcm))
        took.append((time.perf_counter() - released) * 1000)
        if not final.text:
            raise SystemExit("nothing was heard")
    return took


async def measure(folder: Path, server: Serving, numbers: list[int], runs: int) -> None:
    """A row for each number of sessions."""
    pcm = pcm_from_samples(read_sound_file(samples()[1]))
    settings = EngineSettings(use="wyoming", address=str(server.socket))
    for number in numbers:
        async with AsyncExitStack() as stack:
            links = []
            for one in range(number):
                own = folder / f"{number}-{one}"
                own.mkdir()
                links.append(await stack.enter_async_context(linked(settings, own)))
            for link in links:
                await link.prepare(WORDS)
            # They do not all release at the same moment.
            spread_s = len(pcm) / PIECE * PIECE_S / number
            every = await asyncio.gather(
                *(dictate(link, pcm, runs, one * spread_s) for one, link in enumerate(links))
            )
        took = [one for session in every for one in session]
        print(f"| {number} | {quantiles(took)} |", flush=True)


def main() -> None:
    """Print it."""
    parser = argparse.ArgumentParser(prog="bench.sessions", description=__doc__)
    parser.add_argument("--sessions", type=int, nargs="+", default=[1, 2, 4, 8], metavar="N")
    parser.add_argument("--runs", type=int, default=8, metavar="N", help="dictations in each")
    parser.add_argument("--model", type=Path, default=SMALL, help="a .nemo file")
    arguments = parser.parse_args()
    print(f"{machine()}\n")
    print("| sessions at once | release to final, ms: p50 | p95 | p99 |")
    print("|---|---|---|---|")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "server"
        config = folder / "dictate" / "config.toml"
        config.parent.mkdir(parents=True)
        config.write_text(f'[engine]\nmodel = "{arguments.model}"\ntrust_model = true\n')
        with Serving(folder, engine="nemotron") as server:
            asyncio.run(measure(Path(name), server, arguments.sessions, arguments.runs))


if __name__ == "__main__":
    main()
