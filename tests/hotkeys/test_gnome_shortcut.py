"""The keys through GNOME's portal, against a portal of the tests: one session for all of them."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from dictate.config.schema import HotkeySettings
from dictate.errors import Refused, Unavailable
from dictate.hotkeys.portal import PortalKeySource
from tests.lab.bus import session_bus
from tests.lab.keys import Listening
from tests.lab.portal import Portal


@pytest.fixture
def portal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Portal]:
    monkeypatch.setenv("XDG_CURRENT_DESKTOP", "ubuntu:GNOME")
    with session_bus(tmp_path) as bus:
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", bus.address)
        with Portal(bus.address) as portal:
            yield portal


def source(key: str) -> PortalKeySource:
    return PortalKeySource(HotkeySettings(key=key))


@asynccontextmanager
async def both(portal: Portal) -> AsyncIterator[tuple[Listening, Listening]]:
    one, other = Listening(source("f9")), Listening(source("f8"))
    await asyncio.gather(one.__aenter__(), other.__aenter__())
    assert {portal.heard(), portal.heard()} == {"bound dictate f9 F9", "bound dictate f8 F8"}
    yield one, other
    await asyncio.gather(*(each.__aexit__(None, None, None) for each in (one, other)))


def test_keys_that_are_wanted_together_are_asked_for_at_once(portal: Portal) -> None:
    async def main() -> None:
        async with both(portal) as (one, other):
            portal.tell("press dictate f8")
            await other.wait_for("KeyDown")
            assert one.kinds == []
            portal.tell("press dictate f9")
            await one.wait_for("KeyDown")
            portal.tell("release")
            await one.wait_for("KeyUp")
            await other.wait_for("KeyUp")

    asyncio.run(main())


def test_a_key_that_comes_later_is_asked_for_together_with_the_others(portal: Portal) -> None:
    async def main() -> None:
        async with Listening(source("f9")) as one:
            assert portal.heard() == "bound dictate f9 F9"
            portal.tell("press")
            await one.wait_for("KeyDown")
            async with Listening(source("f8")) as other:
                assert [portal.heard(), portal.heard()] == [
                    "bound dictate f9 F9",
                    "bound dictate f8 F8",
                ]
                await one.wait_for("KeyUp")  # nobody would tell of its release any more
                portal.tell("press")
                await other.wait_for("KeyDown")
                await one.wait_for("KeyDown")

    asyncio.run(main())


def test_a_yes_whose_code_the_portal_forgot_is_a_yes(portal: Portal) -> None:
    portal.tell("garble")

    async def main() -> None:
        async with Listening(source("f9")) as keys:
            portal.tell("press")
            await keys.wait_for("KeyDown")

    asyncio.run(main())


@pytest.mark.parametrize(
    ("order", "error", "said"),
    [
        ("deny", Refused, r"you did not let dictate have f9"),
        ("take away", Refused, r"you have taken the key from f9"),
        ("forget", Unavailable, r"no App info.*run `dictate setup`"),
    ],
)
def test_what_the_user_is_told(
    portal: Portal, order: str, error: type[Exception], said: str
) -> None:
    portal.tell(order)

    async def main() -> None:
        with pytest.raises(error, match=said):
            async with Listening(source("f9")):
                pass

    asyncio.run(main())


def test_all_keys_hear_that_the_portal_is_gone(portal: Portal) -> None:
    async def main() -> None:
        async with both(portal) as keys:
            await asyncio.to_thread(portal.kill)
            for each in keys:
                with pytest.raises(Unavailable):
                    await asyncio.wait_for(each.task, 5)

    asyncio.run(main())


def test_no_modifier_alone(portal: Portal) -> None:
    """GNOME tells of its press only."""
    assert "does not report the release of ctrl_r" in (source("ctrl_r").unavailable_reason() or "")
    assert source("ctrl+alt+space").unavailable_reason() is None
