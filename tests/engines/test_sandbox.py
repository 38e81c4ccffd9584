"""The process of a local engine has no network, in any of its threads and children; it has Unix
sockets. An engine that declares itself remote keeps the network."""

import asyncio
import json
import socket
from pathlib import Path

import pytest
from wyoming.asr import Transcribe
from wyoming.audio import AudioStart, AudioStop
from wyoming.event import Event

from dictate.engines.protocol import StatusEvent, WatchStatus
from dictate.events import RATE
from tests.lab.engine import PATIENCE_S, Worker

REFUSED = "Address family not supported by protocol"


def reach(folder: Path, engine: str) -> tuple[dict[str, object], StatusEvent]:
    """What an engine of this name reached, and the status of its process."""

    async def main() -> tuple[dict[str, object], StatusEvent]:
        with socket.create_server(("127.0.0.1", 0)) as server:
            use = f"{engine}:{server.getsockname()[1]}"
            with Worker(folder, "", engine=use, module="tests.lab.network_probe") as worker:
                one = await worker.connect()
                for event in (Transcribe().event(), AudioStart(RATE, 2, 1).event()):
                    await one.write_event(event)
                await one.write_event(AudioStop().event())
                said = await one.read_event()
                await one.write_event(WatchStatus().event())
                status = await one.read_event()
                await one.disconnect()
        assert isinstance(said, Event)
        assert isinstance(status, Event)
        return json.loads(said.data["text"]), StatusEvent.from_event(status)

    async def in_time() -> tuple[dict[str, object], StatusEvent]:
        async with asyncio.timeout(PATIENCE_S):
            return await main()

    return asyncio.run(in_time())


@pytest.mark.fault("S10", "S11")
def test_a_local_engine_reaches_nobody(tmp_path: Path) -> None:
    tried, status = reach(tmp_path, "probe")
    ways = {"loading", "tcp", "thread", "udp", "routes"}
    assert {way: tried[way] for way in ways} == dict.fromkeys(ways, REFUSED)
    assert tried["child"] == 1
    assert tried["ring"] == -1
    assert tried["pair"] == "ok"
    assert status.state == "ready"
    assert list(status.notes) == []


def test_an_engine_elsewhere_keeps_the_network(tmp_path: Path) -> None:
    tried, status = reach(tmp_path, "remote")
    ways = {"loading", "tcp", "thread", "pair"}
    assert {way: tried[way] for way in ways} == dict.fromkeys(ways, "ok")
    assert tried["child"] == 0
    assert list(status.notes) == []


def test_where_it_cannot_be_closed_it_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_LIBSECCOMP", "1")
    tried, status = reach(tmp_path, "probe")
    assert tried["tcp"] == "ok"
    assert status.state == "ready"
    assert len(status.notes) == 1
    assert "cannot be closed" in status.notes[0]
