"""`dictate serve --zeroconf`: who looks for a Wyoming server finds it, and can use it as it is."""

import asyncio
import contextlib
import signal
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from ifaddr import get_adapters
from wyoming.asr import Transcribe, Transcript
from wyoming.audio import AudioChunk, AudioStart, AudioStop
from wyoming.client import AsyncClient
from wyoming.info import Describe, Info
from zeroconf import ServiceStateChange, Zeroconf
from zeroconf.asyncio import AsyncServiceBrowser, AsyncZeroconf

from dictate.errors import Unavailable
from dictate.events import RATE
from dictate.server import discovery
from dictate.server.discovery import SERVICE, Announcement
from dictate.server.server import ServerOptions, serve
from tests.lab.engine import loud, until
from tests.lab.scripted import script
from tests.lab.serving import LINE, Serving

PATIENCE_S = 40.0
GROUP = "224.0.0.251"
IP_MULTICAST_ALL = 49
"""Of Linux; the socket module does not know it."""


class Looking:
    """Looks for Wyoming servers on this machine, as Home Assistant does on its network."""

    def __init__(self, zeroconf: AsyncZeroconf) -> None:
        self._zeroconf = zeroconf
        self.names: set[str] = set()
        """Those that are there now."""
        self.seen: list[str] = []
        self._browser = AsyncServiceBrowser(zeroconf.zeroconf, SERVICE, handlers=[self._on_change])

    def _on_change(
        self, zeroconf: Zeroconf, service_type: str, name: str, state_change: ServiceStateChange
    ) -> None:
        if state_change is ServiceStateChange.Removed:
            self.names.discard(name)
        else:
            self.names.add(name)
            self.seen.append(name)

    async def where(self, name: str) -> str:
        """The address of this server, as a URI."""
        info = await self._zeroconf.async_get_service_info(SERVICE, name)
        assert info is not None
        (address,) = info.parsed_addresses()
        return f"tcp://{address}:{info.port}"


@asynccontextmanager
async def looking() -> AsyncIterator[Looking]:
    async with asyncio.timeout(PATIENCE_S), AsyncZeroconf(interfaces=["127.0.0.1"]) as zeroconf:
        yield Looking(zeroconf)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
        return port


def serving(folder: Path, *words: str, lines: tuple[str, ...] = (LINE,)) -> Serving:
    return Serving(folder, "--tcp", f"127.0.0.1:{free_port()}", *words, lines=lines)


async def talk(uri: str, language: str = "en-US") -> tuple[Info, str]:
    """What Home Assistant does: it asks who is there, and on another connection sends the sound
    of a satellite: 16 kHz, 16 bit, mono, in pieces of 1024 samples."""
    async with AsyncClient.from_uri(uri, read_timeout=20.0) as client:
        await client.write_event(Describe().event())
        event = await client.read_event()
        assert event is not None
        info = Info.from_event(event)
    async with AsyncClient.from_uri(uri, read_timeout=20.0) as client:
        await client.write_event(Transcribe(language=language).event())
        await client.write_event(AudioStart(RATE, 2, 1).event())
        for _ in range(20):
            await client.write_event(AudioChunk(RATE, 2, 1, loud(1024 / RATE)).event())
        await client.write_event(AudioStop().event())
        while event := await client.read_event():
            if Transcript.is_type(event.type):
                return info, Transcript.from_event(event).text
    raise AssertionError("it hung up")


def test_who_looks_finds_it_and_is_heard(tmp_path: Path) -> None:
    async def main() -> None:
        async with looking() as here:
            with serving(tmp_path / "server", "--zeroconf") as server:
                await until(lambda: here.names)
                (name,) = here.names
                host = socket.gethostname().partition(".")[0]
                assert name == f"dictate-{host}.{SERVICE}"
                uri = await here.where(name)
                assert uri == f"tcp://{server.command[-2]}"
                info, text = await talk(uri)
                assert info.asr[0].name == "dictate"
                assert info.asr[0].models[0].languages == ["en"]
                assert text == LINE
                # It is withdrawn as soon as no new client is taken, not when its time is over.
                async with AsyncClient.from_uri(uri) as under_way:
                    await under_way.write_event(AudioStart(RATE, 2, 1).event())
                    await under_way.write_event(Describe().event())
                    assert await under_way.read_event()
                    assert server.process is not None
                    server.process.send_signal(signal.SIGTERM)
                    async with asyncio.timeout(10):
                        await until(lambda: not here.names)
                    assert server.process.poll() is None
                assert await asyncio.to_thread(server.process.wait, 20) == 0

    asyncio.run(main())


def test_it_is_announced_when_it_can_hear(tmp_path: Path) -> None:
    """Who asks a server that still loads is told what it may know; others ask only once."""

    async def main() -> None:
        async with looking() as here:
            server = serving(tmp_path / "server", "--zeroconf", lines=("!loading 3", LINE))
            starting = asyncio.create_task(asyncio.to_thread(server.start))
            try:
                await asyncio.sleep(2)
                assert not here.seen
                await starting
                assert server.said[-1] == "fake is loaded"
                await until(lambda: here.names)
            finally:
                await starting
                server.__exit__()

    asyncio.run(main())


def test_two_on_one_machine_and_one_that_is_not_announced(tmp_path: Path) -> None:
    async def main() -> None:
        async with looking() as here:
            with (
                serving(tmp_path / "quiet") as quiet,
                serving(tmp_path / "one", "--zeroconf", lines=("one",)) as one,
                serving(tmp_path / "two", "--zeroconf", lines=("two",)) as two,
            ):
                await until(lambda: len(here.names) == 2)
                uris = {await here.where(name) for name in here.names}
                assert uris == {f"tcp://{server.command[-2]}" for server in (one, two)}
                assert sorted([(await talk(uri))[1] for uri in uris]) == ["one", "two"]
                assert quiet.command[-1] not in repr(uris)

    asyncio.run(main())


def overhear(address: str) -> socket.socket:
    """Whatever is announced on the interface of this address, and on no other."""
    ear = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    ear.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    ear.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    ear.setsockopt(socket.IPPROTO_IP, IP_MULTICAST_ALL, 0)
    ear.bind((GROUP, 5353))
    member = socket.inet_aton(GROUP) + socket.inet_aton(address)
    ear.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, member)
    ear.setblocking(False)
    return ear


def heard(ear: socket.socket) -> bytes:
    came = bytearray()
    with contextlib.suppress(BlockingIOError):
        while True:
            came += ear.recv(65_536)
    return bytes(came)


def test_a_port_of_this_machine_is_announced_to_this_machine_alone() -> None:
    own = [str(ip.ip) for adapter in get_adapters() for ip in adapter.ips if isinstance(ip.ip, str)]
    ears = {address: overhear(address) for address in own}

    async def main() -> None:
        announcement = Announcement("127.0.0.1", 1234)
        assert (await announcement.announce()).startswith("found by Zeroconf as dictate-")
        await announcement.close()
        await announcement.close()

    asyncio.run(main())
    for address, ear in ears.items():
        with ear:
            assert (b"dictate-" in heard(ear)) == address.startswith("127."), address


def test_without_the_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(discovery, "find_spec", lambda _: None)
    offer = ServerOptions(tcp=f"127.0.0.1:{free_port()}", zeroconf=True)
    with pytest.raises(Unavailable, match=r'pip install "dictate\[zeroconf\]"'):
        serve(offer, f"scripted:{script(tmp_path / 'script', LINE)}")


def test_a_client_that_asks_for_a_language_that_is_not_there(tmp_path: Path) -> None:
    """Home Assistant waits for a text or for the end; an error alone would keep it waiting."""

    async def main(uri: str) -> None:
        async with asyncio.timeout(PATIENCE_S):
            with pytest.raises(AssertionError, match="it hung up"):
                await talk(uri, "de-DE")
            assert (await talk(uri, "en-GB"))[1] == ""

    port = free_port()
    words = ["--tcp", f"127.0.0.1:{port}"]
    with Serving(tmp_path / "server", *words, engine="pocketsphinx"):
        asyncio.run(main(f"tcp://127.0.0.1:{port}"))
