"""The engine dies, hangs or talks nonsense while it makes a draft; speech comes back meanwhile."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from dictate.engines.client import EngineClient, UtteranceClient
from dictate.events import RATE
from dictate.hotwords.model import Hotwords
from tests.faults.test_engine_faults import DEADLINE_S, LINE, run, speak
from tests.faults.test_remote_faults import HERE, linked
from tests.lab.engine import Whole, loud, ready, running, until
from tests.lab.serving import Serving

NONE = Hotwords()
SOUND = loud(1)


async def asked(engine: EngineClient) -> UtteranceClient:
    """An utterance of one second that is asked for a draft."""
    await ready(engine)
    utterance = engine.begin(1, NONE, None)
    utterance.feed(SOUND)
    utterance.ask_for_draft()
    return utterance


def answered(utterance: UtteranceClient) -> Callable[[], bool]:
    assert utterance._draft is not None
    return utterance._draft.answer.done


@pytest.mark.parametrize("fault", ["crash", "hang", "garbage", "huge"])
def test_a_draft_that_costs_the_process_costs_no_text(tmp_path: Path, fault: str) -> None:
    async def main() -> None:
        async with running(tmp_path, f"!{fault} draft", LINE, deadline_s=DEADLINE_S) as engine:
            utterance = await asked(engine)
            await until((tmp_path / "script.said").exists)  # the fault is happening
            utterance.feed(SOUND)
            whole = Whole(2 * SOUND)
            final = await utterance.finish(whole)
            assert (final.text, final.audio_s, final.drafted, whole.asked) == (LINE, 2, False, 1)
            await ready(engine)
            assert engine.supervisor.run == 2
            assert await speak(engine, 2) == LINE

    run(main)


def test_a_draft_that_is_here_survives_its_process(tmp_path: Path) -> None:
    async def main() -> None:
        async with running(tmp_path, "!crash", LINE) as engine:
            utterance = await asked(engine)
            await until(answered(utterance))
            engine.supervisor.restart(engine.supervisor.run, "the test wants it")
            await until(utterance._live.done)
            whole = Whole(SOUND)
            final = await utterance.finish(whole)
            assert (final.text, final.drafted, whole.asked) == (LINE, True, 0)

    run(main)


def test_a_draft_that_fails_is_the_ordinary_end(tmp_path: Path) -> None:
    async def main() -> None:
        async with running(tmp_path, "!raise out of memory draft", LINE) as engine:
            utterance = await asked(engine)
            await until(answered(utterance))
            final = await utterance.finish(Whole(b""))
            assert (final.text, final.drafted, engine.supervisor.run) == (LINE, False, 1)

    run(main)


def test_cancelled_while_a_draft_is_made(tmp_path: Path) -> None:
    async def main() -> None:
        async with running(tmp_path, "!slow 0.2 draft", "never said", LINE) as engine:
            utterance = await asked(engine)
            await until((tmp_path / "script.said").exists)
            finishing = asyncio.create_task(utterance.finish(Whole(b"")))
            await asyncio.sleep(0)
            utterance.cancel()
            with pytest.raises(asyncio.CancelledError):
                await finishing
            assert await speak(engine, 2) == LINE
            assert engine.supervisor.run == 1

    run(main)


def test_speech_that_comes_back_while_a_draft_is_made_or_has_just_been(tmp_path: Path) -> None:
    async def main() -> None:
        async with running(tmp_path, "!slow 0.2 draft", LINE) as engine:
            utterance = await asked(engine)
            await until((tmp_path / "script.said").exists)
            utterance.drop_draft()
            utterance.feed(SOUND)
            # The late answer to the first question is not taken for one to the second.
            utterance.ask_for_draft()
            await until(answered(utterance))
            assert utterance._draft is not None
            answer = utterance._draft.answer.result()
            assert answer is not None
            assert answer[0].audio_s == 2
            utterance.drop_draft()  # its answer has just arrived
            utterance.drop_draft()
            utterance.feed(SOUND)
            final = await utterance.finish(Whole(b""))
            assert (final.text, final.audio_s, final.drafted) == (LINE, 3, False)
            assert engine.supervisor.run == 1

    run(main)


def test_another_machine_makes_drafts_and_dies_at_one(tmp_path: Path) -> None:
    lines = (LINE, "!crash draft", "never said")
    with Serving(tmp_path / "there", lines=lines) as server:

        async def main() -> None:
            async with linked(tmp_path, str(server.socket)) as link:
                utterance = await asked(link)
                await until(answered(utterance))
                utterance.feed(bytes(RATE))
                final = await utterance.finish(Whole(b""))
                assert (final.text, final.audio_s, final.drafted) == (LINE, 1, True)
                utterance = await asked(link)
                await until(answered(utterance))
                whole = Whole(SOUND)
                final = await utterance.finish(whole)
                assert (final.text, final.drafted, whole.asked) == (HERE, False, 1)

        run(main)
