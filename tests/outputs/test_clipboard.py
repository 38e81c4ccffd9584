"""Copying: there for every program, as long as the daemon lives, and after it with a manager."""

import asyncio
from collections.abc import Iterator

import pytest

from dictate.config.schema import OutputSettings
from dictate.errors import NotDelivered
from dictate.outputs import Receipt
from dictate.outputs.clipboard import ClipboardOutput
from tests.lab.clipboard import copy, manager, paste
from tests.lab.xserver import XServer, need

pytestmark = pytest.mark.desktop

TEXT = "Grüße, “Claude” 日本 😀\nzwei"


@pytest.fixture
def x(monkeypatch: pytest.MonkeyPatch) -> Iterator[XServer]:
    need("xclip")
    with XServer(window_manager=False) as server:
        monkeypatch.setenv("DISPLAY", server.display)
        yield server


def test_copies_until_somebody_else_does(x: XServer) -> None:
    async def main() -> None:
        output = ClipboardOutput(OutputSettings())
        await output.open()
        for text in (TEXT, "next", "x" * 500_000):
            assert await output.write(text, None) is Receipt.COPIED
            for _ in range(2):
                assert await asyncio.to_thread(paste, x) == text.encode()
        assert await asyncio.to_thread(paste, x, "clipboard", "image/png") is None
        await asyncio.to_thread(copy, x, b"theirs")
        assert await asyncio.to_thread(paste, x) == b"theirs"
        assert await output.write(TEXT, None) is Receipt.COPIED
        assert await asyncio.to_thread(paste, x) == TEXT.encode()
        await output.close()

    asyncio.run(main())
    assert paste(x) is None


def test_a_clipboard_manager_inherits(x: XServer) -> None:
    manager(x)

    async def main() -> None:
        output = ClipboardOutput(OutputSettings())
        await output.write(TEXT, None)
        await output.close()

    asyncio.run(main())
    assert paste(x) == TEXT.encode()


@pytest.mark.fault("C11")
def test_the_server_dies_and_comes_back(x: XServer) -> None:
    async def main() -> None:
        output = ClipboardOutput(OutputSettings())
        await output.write(TEXT, None)
        await asyncio.to_thread(x.kill)
        with pytest.raises(NotDelivered):
            await output.write(TEXT, None)
        await asyncio.to_thread(x.start, x.display)
        assert await output.write(TEXT, None) is Receipt.COPIED
        assert await asyncio.to_thread(paste, x) == TEXT.encode()
        await output.close()

    asyncio.run(main())
