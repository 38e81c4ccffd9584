"""The keys together: which is listened to when, and what a press of each means."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, ClassVar

import pytest

from dictate.config.profile_schema import KeySettings, ProfileSettings
from dictate.config.schema import HotkeySettings, Settings
from dictate.errors import Unavailable
from dictate.hotkeys import KEY_SOURCES, KeyDown, KeySource, KeyUp, keys, listener
from dictate.hotkeys.hotkey import Press
from dictate.hotkeys.keys import Keys

HOTKEY = HotkeySettings(use="held", key="a", cancel_key="c", mode="hold", tap_ms=50)
SETTINGS = Settings(
    hotkey=HOTKEY, profile=(ProfileSettings("second"),), key=(KeySettings("b", "second"),)
)


class HandHeldSource(KeySource):
    """The test presses."""

    name = "held"
    listening: ClassVar[dict[str, "HandHeldSource"]] = {}
    """By the key that each listens for."""

    def unavailable_reason(self) -> str | None:
        return None

    async def run(
        self, on_key: Callable[[KeyDown | KeyUp], None], on_ready: Callable[[], None]
    ) -> None:
        self.on_key = on_key
        self.dies = asyncio.Event()
        self.listening[self.settings.key] = self
        on_ready()
        try:
            await self.dies.wait()
            raise Unavailable("the desktop is gone")
        finally:
            del self.listening[self.settings.key]


class Rig:
    def __init__(self) -> None:
        self.heard: list[str] = []
        self.keys = Keys(
            SETTINGS,
            on_press=lambda profile, press: self.hear(profile or "main", press),
            on_edit=lambda press: self.hear("edit", press),
            on_cancel=lambda: self.heard.append("cancel"),
            on_paste=lambda: self.heard.append("paste"),
            on_undo=lambda: self.heard.append("undo"),
            on_correct=lambda: self.heard.append("correct"),
            on_state=lambda: None,
        )

    def hear(self, which: str, press: Press) -> None:
        self.heard.append(f"{which} {press.name}")

    async def listens_for(self, names: str) -> None:
        async with asyncio.timeout(5):
            while "".join(sorted(HandHeldSource.listening)) != names:  # noqa: ASYNC110
                await asyncio.sleep(0.01)

    def down(self, key: str) -> None:
        HandHeldSource.listening[key].on_key(KeyDown(asyncio.get_running_loop().time()))

    def up(self, key: str) -> None:
        HandHeldSource.listening[key].on_key(KeyUp(asyncio.get_running_loop().time()))


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    monkeypatch.setitem(KEY_SOURCES.table, "held", f"{__name__}:HandHeldSource")

    def runner(way: Callable[[Rig], Coroutine[Any, Any, None]]) -> None:
        async def whole() -> None:
            rig = Rig()
            running = asyncio.create_task(rig.keys.run())
            await rig.listens_for("ab")
            await way(rig)
            running.cancel()
            await asyncio.wait({running})
            assert HandHeldSource.listening == {}

        asyncio.run(whole())

    return runner


def test_the_key_to_edit_is_held_like_the_hotkey(run: Callable[..., None]) -> None:
    async def way(rig: Rig) -> None:
        hotkey = replace(SETTINGS.hotkey, edit_key="e")
        rig.keys.apply(replace(SETTINGS, hotkey=hotkey))
        await rig.listens_for("abe")
        rig.down("e")
        rig.down("a")
        await asyncio.sleep(0.06)
        rig.up("a")
        rig.up("e")
        assert rig.heard == ["edit START_HELD", "edit STOP"]

    run(way)


def test_each_press_is_of_its_key_and_only_the_first_that_is_down_counts(
    run: Callable[..., None],
) -> None:
    async def way(rig: Rig) -> None:
        rig.down("b")
        rig.down("a")
        await asyncio.sleep(0.06)
        rig.up("a")
        rig.up("b")
        rig.down("a")
        await asyncio.sleep(0.06)
        rig.up("a")
        assert rig.heard == [
            *("second START_HELD", "second STOP", "main START_HELD", "main STOP"),
        ]

    run(way)


def test_the_key_that_cancels_is_listened_for_only_while_there_is_something(
    run: Callable[..., None],
) -> None:
    async def way(rig: Rig) -> None:
        for _ in range(2):
            rig.keys.session(recording=True, under_way=True)
            await rig.listens_for("abc")
            rig.down("a")
            rig.down("c")
            rig.up("c")
            rig.up("a")
            assert rig.heard.count("cancel") == 1
            rig.heard.clear()
            rig.keys.session(recording=False, under_way=False)
            await rig.listens_for("ab")

    run(way)


@pytest.mark.fault("B1")
@pytest.mark.parametrize("how", ["another key", "the source dies"])
def test_a_key_that_nobody_listens_to_any_more_counts_as_released(
    run: Callable[..., None], how: str
) -> None:
    async def way(rig: Rig) -> None:
        rig.down("b")
        await asyncio.sleep(0.06)
        if how == "another key":
            rig.keys.apply(replace(SETTINGS, key=(KeySettings("d", "second"),)))
            await rig.listens_for("ad")
        else:
            HandHeldSource.listening["b"].dies.set()
            await rig.listens_for("a")
        assert rig.heard == ["second START_HELD", "second STOP"]
        rig.down("a")
        assert rig.heard[2:] == ["main START_HELD"]

    run(way)


def test_keys_of_profiles_come_and_go_with_the_settings(run: Callable[..., None]) -> None:
    async def way(rig: Rig) -> None:
        profiles = (*SETTINGS.profile, ProfileSettings("chat"))
        more = (KeySettings("d", "chat"), KeySettings("e", "second"), KeySettings("f", "main"))
        rig.keys.apply(replace(SETTINGS, profile=profiles, key=(*SETTINGS.key, *more)))
        await rig.listens_for("abdef")
        assert [rig.keys.state_of(name) for name in ("second", "chat", "main")] == ["b", "d", "f"]
        for key, profile in (("d", "chat"), ("e", "second"), ("f", "main")):
            rig.down(key)
            await asyncio.sleep(0.06)
            rig.up(key)
            assert rig.heard == [f"{profile} START_HELD", f"{profile} STOP"]
            rig.heard.clear()
        rig.down("d")
        await asyncio.sleep(0.06)
        rig.keys.apply(SETTINGS)
        await rig.listens_for("ab")
        assert rig.heard == ["chat START_HELD", "chat STOP"]
        assert rig.keys.state_of("chat") == "none"
        assert not rig.keys.bound("chat", down=True)
        rig.keys.apply(replace(SETTINGS, profile=profiles))  # the desktop may have its key
        assert rig.keys.bound("chat", down=True)
        assert rig.heard[2:] == ["chat START_HELD"]

    run(way)


def test_a_shortcut_of_the_desktop_is_a_key_like_ours(run: Callable[..., None]) -> None:
    async def way(rig: Rig) -> None:
        for profile, other, name in (("", "second", "main"), ("second", "", "second")):
            rig.keys.bound(profile, down=True)
            rig.keys.bound(profile, down=True)  # it may repeat itself
            rig.keys.bound(other, down=True)
            await asyncio.sleep(0.06)
            rig.keys.bound(other, down=False)
            rig.keys.bound(profile, down=False)
            assert rig.heard == [f"{name} START_HELD", f"{name} STOP"]
            rig.heard.clear()

    run(way)


def test_a_release_without_a_profile_is_that_of_the_key_that_is_down(
    run: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keys, "REPEATS_S", 0.1)
    monkeypatch.setattr(keys, "OVERTAKEN_S", 0)

    async def way(rig: Rig) -> None:
        assert not rig.keys.bound("", down=False)
        rig.keys.bound("second", down=True)
        await asyncio.sleep(0.06)
        assert rig.keys.bound("", down=False)
        assert rig.heard == ["second START_HELD", "second STOP"]
        assert not rig.keys.bound("", down=False)
        # The press that stood for a lost release is released, too.
        rig.keys.bound("second", down=True)
        await asyncio.sleep(0.15)
        rig.keys.bound("second", down=True)
        assert rig.keys.bound("", down=False)
        assert rig.heard[2:] == ["second START_HELD", "second STOP"]
        assert not rig.keys.bound("second", down=False)
        # The hotkey's own release comes first.
        rig.heard.clear()
        rig.keys.bound("", down=True)
        rig.keys.bound("second", down=True)
        await asyncio.sleep(0.06)
        rig.keys.bound("", down=False)
        assert rig.heard == ["main START_HELD", "main STOP"]

    run(way)


def test_while_paused_no_key_begins_anything(run: Callable[..., None]) -> None:
    async def way(rig: Rig) -> None:
        rig.keys.bound("", down=True)
        rig.keys.pause(paused=True)
        await asyncio.sleep(0.06)
        rig.keys.bound("", down=False)
        rig.heard.clear()
        await rig.listens_for("")
        rig.keys.bound("", down=True)
        rig.keys.bound("second", down=True)
        assert rig.heard == []
        assert rig.keys.states["hotkey"] == "none: paused"
        rig.keys.pause(paused=False)
        await rig.listens_for("ab")
        rig.down("a")
        assert rig.heard == ["main START_HELD"]

    run(way)


@pytest.mark.parametrize("key", ["b", ""], ids=["its key is known", "only the desktop knows it"])
def test_a_pause_lets_go_of_each_key_that_the_desktop_has_for_us(
    monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    """With hotkey.use = "none" nothing changes for the listener of such a key."""
    held = SimpleNamespace(holds=True)
    monkeypatch.setattr(listener, "bound_in", lambda key: held if key == "b" else None)

    async def whole() -> None:
        rig = Rig()
        settings = replace(SETTINGS, hotkey=replace(HOTKEY, use="none"))
        rig.keys.apply(replace(settings, key=(KeySettings(key, "second"),) if key else ()))
        running = asyncio.create_task(rig.keys.run())
        await asyncio.sleep(0.05)
        rig.keys.bound("second", down=True)
        await asyncio.sleep(0.06)
        rig.keys.pause(paused=True)
        assert rig.heard == ["second START_HELD", "second STOP"]
        async with asyncio.timeout(5):
            while rig.keys.state_of("second") != "none: paused":  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        rig.keys.bound("second", down=True)
        assert len(rig.heard) == 2
        rig.keys.pause(paused=False)
        rig.keys.bound("second", down=True)
        assert rig.heard[2:] == ["second START_HELD"]
        running.cancel()
        await asyncio.wait({running})

    asyncio.run(whole())


def test_saved_settings_do_not_make_a_key_forget_that_it_records(
    run: Callable[..., None],
) -> None:
    """The next press ends what a call over the bus began, and the one after it is not swallowed."""

    async def way(rig: Rig) -> None:
        rig.keys.session(recording=True, under_way=True)
        hotkey = replace(SETTINGS.hotkey, mode="double_tap", key="x")
        rig.keys.apply(replace(SETTINGS, hotkey=hotkey))
        await rig.listens_for("bcx")
        rig.down("x")
        rig.up("x")
        assert rig.heard == ["main STOP"]

    run(way)


@pytest.mark.fault("B1")
def test_after_a_lost_release_the_next_press_is_it(
    run: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """sway tells of no release if another key was pressed meanwhile."""
    monkeypatch.setattr(keys, "REPEATS_S", 0.1)

    async def way(rig: Rig) -> None:
        for down in (True, None, True, False, True, None, False):
            if down is None:
                await asyncio.sleep(0.15)
            else:
                rig.keys.bound("", down=down)
        assert rig.heard == ["main START_HELD", "main STOP"] * 2

    run(way)


def test_looking_for_a_desktop_meanwhile_lets_no_key_go(
    run: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a desktop whose own shortcut is the only key, every few seconds."""
    monkeypatch.setattr(listener, "FIRST_BACKOFF_S", 0.02)
    monkeypatch.setattr(listener, "LONGEST_BACKOFF_S", 0.02)

    async def way(rig: Rig) -> None:
        monkeypatch.setattr(HandHeldSource, "unavailable_reason", lambda _: "no desktop")
        for source in list(HandHeldSource.listening.values()):
            source.dies.set()
        await rig.listens_for("")
        rig.keys.bound("", down=True)
        await asyncio.sleep(0.2)
        rig.keys.bound("", down=False)
        assert rig.heard == ["main START_HELD", "main STOP"]

    run(way)


def test_a_release_that_overtakes_its_press_is_not_lost(run: Callable[..., None]) -> None:
    async def way(rig: Rig) -> None:
        rig.keys.bound("", down=False)
        await asyncio.sleep(0.02)
        rig.keys.bound("", down=True)
        assert rig.heard == ["main START_HELD", "main DISCARD"]
        rig.keys.bound("", down=True)
        assert rig.heard[2:] == ["main START_HELD"]

    run(way)


def test_a_key_that_the_desktop_runs_our_command_at_counts_as_active(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """No source listens to it beside that: a press would count twice."""
    bound: list[str] = ["a"]
    desktop = SimpleNamespace(holds=False)
    monkeypatch.setattr(listener, "bound_in", lambda key: desktop if key in bound else None)
    monkeypatch.setattr(listener, "LOOK_S", 0.01)
    monkeypatch.setitem(KEY_SOURCES.table, "held", f"{__name__}:HandHeldSource")
    monkeypatch.setattr(KEY_SOURCES, "auto", ("held",))

    async def whole() -> None:
        rig = Rig()
        rig.keys.apply(replace(SETTINGS, hotkey=replace(HOTKEY, use="auto")))
        running = asyncio.create_task(rig.keys.run())
        await rig.listens_for("b")
        assert rig.keys.states["hotkey"] == "a"
        assert not rig.keys.holds
        rig.keys.bound("", down=True)
        assert rig.heard == ["main START_HELD"]
        rig.keys.bound("", down=False)
        bound.clear()
        await rig.listens_for("ab")
        assert rig.keys.holds
        rig.keys.pause(paused=True)
        bound.append("a")
        await rig.listens_for("")
        assert rig.keys.states["hotkey"] == "none: paused"
        running.cancel()
        await asyncio.wait({running})

    asyncio.run(whole())


def test_without_x11_no_key_cancels_and_nobody_is_bothered(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-1")
    states: list[str] = []

    async def main() -> None:
        heard = Keys(
            Settings(hotkey=HotkeySettings(use="auto", key="f9")),
            on_press=lambda *_: None,
            on_edit=lambda _: None,
            on_cancel=lambda: None,
            on_paste=lambda: None,
            on_undo=lambda: None,
            on_correct=lambda: None,
            on_state=lambda: states.append(heard.states["cancel"]),
        )
        running = asyncio.create_task(heard.run())
        heard.session(recording=True, under_way=True)
        async with asyncio.timeout(10):
            while not any("Wayland" in state for state in states):  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        running.cancel()
        await asyncio.wait({running})

    asyncio.run(main())
    assert not [record for record in caplog.records if "escape" in record.getMessage()]


@pytest.mark.parametrize(
    ("settings", "cancels"),
    [
        (HotkeySettings(), "escape"),
        (HotkeySettings(use="portal"), ""),
        (HotkeySettings(cancel_key=""), ""),
        (HotkeySettings(key="escape"), ""),
        (HotkeySettings(cancel_key="f4"), "f4"),
    ],
)
def test_the_cancel_key_that_is_chosen(settings: HotkeySettings, cancels: str) -> None:
    wanted = keys._wanted(settings, {}, under_way=True)["cancel"]
    assert (wanted.key if wanted.use != "none" else "") == cancels
    assert keys._wanted(settings, {}, under_way=False)["cancel"].use == "none"


def test_the_other_actions_have_keys_of_their_own() -> None:
    names = ("paste", "undo", "correct")
    settings = HotkeySettings(paste_key="f6", undo_key="f7", correct_key="f8")
    wanted = keys._wanted(settings, {}, under_way=False)
    assert [wanted[name].key for name in names] == ["f6", "f7", "f8"]
    edits = keys._wanted(HotkeySettings(edit_key="f9"), {}, under_way=False)["edit"]
    assert (edits.key, edits.mode) == ("f9", HotkeySettings().mode)  # it is held
    nothing = keys._wanted(HotkeySettings(), {}, under_way=False)
    assert {nothing[name].use for name in names} == {"none"}
