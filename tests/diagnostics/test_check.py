"""What the check says of things that do not work, and that one of them hides no other."""

import os
from pathlib import Path
from types import SimpleNamespace

import pytest

from dictate import labels
from dictate.backends import Backends
from dictate.config.profile_schema import KeySettings, ProfileSettings
from dictate.config.schema import (
    EngineSettings,
    HotkeySettings,
    OutputSettings,
    Settings,
    SoundSettings,
    TextSettings,
)
from dictate.diagnostics import check
from dictate.diagnostics.check import CheckRow
from dictate.platform import paths


def rows(stage: str, settings: Settings | None = None) -> list[CheckRow]:
    return [row for row in check.rows(settings or Settings()) if row.stage == stage]


class Works:
    def __init__(self, settings: object) -> None:
        self.settings = settings

    def unavailable_reason(self) -> str | None:
        return None


class Refuses(Works):
    def unavailable_reason(self) -> str | None:
        return "no such thing here: buy one"


class Breaks(Works):
    def unavailable_reason(self) -> str | None:
        raise ZeroDivisionError


DOOR: Backends[Works] = Backends(
    stage="output",
    table={
        "missing": "no.such.module:Class",
        "breaks": f"{__name__}:Breaks",
        "refuses": f"{__name__}:Refuses",
        "works": f"{__name__}:Works",
        "spare": f"{__name__}:Works",
    },
    auto=("missing", "breaks", "refuses", "works", "spare"),
)


def outputs(monkeypatch: pytest.MonkeyPatch, use: str) -> dict[str, CheckRow]:
    monkeypatch.setattr(check, "OUTPUTS", DOOR)
    found = rows("output", Settings(output=OutputSettings(use=use)))
    return {row.name: row for row in found}


def test_auto_takes_the_first_that_works(monkeypatch: pytest.MonkeyPatch) -> None:
    found = outputs(monkeypatch, "auto")
    assert [name for name, row in found.items() if row.chosen] == ["works"]
    assert found["works"].reason == found["spare"].reason == ""
    assert found["refuses"].reason == "no such thing here: buy one"
    assert "ModuleNotFoundError" in found["missing"].reason
    assert "ZeroDivisionError" in found["breaks"].reason


def test_what_the_user_chose_is_chosen_even_if_it_cannot_work(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = outputs(monkeypatch, "refuses:argument")
    assert [name for name, row in found.items() if row.chosen] == ["refuses"]


def test_a_name_that_nothing_has_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    found = outputs(monkeypatch, "wtpye")
    assert found["wtpye"].chosen is True
    assert "choose from auto, missing" in found["wtpye"].reason


def test_no_hotkey_may_be_wanted() -> None:
    found = rows("hotkey", Settings(hotkey=HotkeySettings(use="none")))
    (row,) = found
    assert row.as_dict() == {
        "stage": "hotkey", "name": "none", "chosen": True, "why_not": "", "needed": False,
    }  # fmt: skip


def test_all_mistakes_in_the_users_files_are_said() -> None:
    config, hotwords = paths.config_file(), paths.hotwords_file()
    config.parent.mkdir(parents=True)
    assert ["defaults" in row.name for row in rows("files")] == [True, True]
    config.write_text("[engine]\nuze = 1\n[nonsense]\n")
    hotwords.write_text("= broken")
    config_row, hotwords_row = rows("files")
    assert "uze" in config_row.reason
    assert "nonsense" in config_row.reason
    assert hotwords_row.reason != ""


def test_a_journal_folder_that_can_be_made_is_well_and_is_not_made() -> None:
    (row,) = rows("journal")
    assert row.reason == ""
    assert not paths.state_dir().exists()


def test_a_journal_folder_that_cannot_be_used_is_said(tmp_path: Path) -> None:
    folder = paths.state_dir()
    folder.symlink_to(tmp_path / "nowhere")
    assert "which is missing: mount its disk" in rows("journal")[0].reason
    folder.unlink()
    folder.write_text("mine")
    assert "a file stands where" in rows("journal")[0].reason
    folder.unlink()
    if os.geteuid() == 0:
        folder.mkdir()
        os.chown(folder, 65534, 65534)
        assert "another user" in rows("journal")[0].reason


def test_a_disk_almost_full_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check, "MIN_FREE_MB", 1e15)
    assert "make room" in rows("journal")[0].reason


def test_what_the_second_way_uses_is_checked_where_it_is_something_else() -> None:
    everything = ProfileSettings("second", engine="scripted:nowhere", output="clipboard")
    found = check.rows(Settings(profile=(everything,), key=(KeySettings("f8", "second"),)))
    unavailable_reason = {(row.stage, row.name): row.reason for row in found}
    assert "there is no file" in unavailable_reason["second engine", "scripted"]
    assert "DISPLAY" in unavailable_reason["second output", "clipboard"]
    assert "DISPLAY" in unavailable_reason["second key", "x11"]
    assert ("second engine", "nemotron") not in unavailable_reason
    same = check.rows(Settings(profile=(ProfileSettings("second", language="de"),)))
    assert not [row for row in same if row.stage.startswith("second")]


def test_every_part_that_is_no_name_of_a_backend_has_words(
    working: pytest.MonkeyPatch,
) -> None:
    working.setattr(check, "sounds_reason", lambda: "")
    working.setattr(labels, "_", lambda text: f"<{text}>")
    key = "f7"
    settings = Settings(
        hotkey=HotkeySettings(
            cancel_key=key, paste_key=key, undo_key=key, correct_key=key, edit_key=key
        ),
        sounds=SoundSettings(enabled=True),
        text=TextSettings(numbers=True),
    )
    found = check.rows(settings)
    ours = {row.stage for row in found if row.stage.endswith(" key")}
    assert len(ours) == 5
    ours |= {row.name for row in found if row.stage in ("desktop", "text")}
    assert len(ours) == 10
    assert [name for name in ours if labels.label(name) != f"<{name}>"] == []
    assert labels.label("none") == "none"


# The verdict ------------------------------------------------------------------------------------


STAGES = ("MICROPHONES", "DETECTORS", "ENGINES", "OUTPUTS", "KEY_SOURCES")


def door(stage: str, auto: tuple[str, ...]) -> Backends[Works]:
    table = {"refuses": f"{__name__}:Refuses", "works": f"{__name__}:Works"}
    return Backends(stage=stage, table=table, auto=auto)


@pytest.fixture
def working(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """A machine on which all works, and each stage has a backend that is not needed."""
    for stage in STAGES:
        monkeypatch.setattr(check, stage, door(stage.lower(), ("works",)))
    for reason in ("_display_reason", "_bus_reason", "overlay_reason"):
        monkeypatch.setattr(check, reason, lambda: "")
    return monkeypatch


def test_where_all_works_nothing_is_red_and_the_verdict_says_what_to_do(
    working: pytest.MonkeyPatch,
) -> None:
    found = check.rows(Settings())
    assert not [row for row in found if row.needed and row.reason]
    assert [row.name for row in found if row.reason] == ["refuses"] * len(STAGES)
    assert found[-1] == CheckRow("verdict", "Dictate works here: hold Right Ctrl and talk")


@pytest.mark.parametrize(
    ("settings", "how"),
    [
        (HotkeySettings(key="ctrl+alt+space"), "hold Ctrl+Alt+Space and talk"),
        (HotkeySettings(key="f9", mode="toggle"), "press F9, talk, and press it again"),
        (HotkeySettings(key="alt_gr", mode="double_tap"), "tap AltGr, then hold it and talk"),
        (HotkeySettings(use="none"), "`dictatectl start` and `dictatectl stop` dictate"),
    ],
)
def test_the_verdict_names_the_key_and_what_to_do_with_it(
    working: pytest.MonkeyPatch, settings: HotkeySettings, how: str
) -> None:
    assert check.rows(Settings(hotkey=settings))[-1].name == f"Dictate works here: {how}"


@pytest.mark.parametrize(
    ("stage", "name"),
    [
        ("MICROPHONES", "microphone"),
        ("DETECTORS", "speech detector"),
        ("ENGINES", "engine"),
        ("OUTPUTS", "output"),
    ],
)
def test_without_one_of_the_stages_it_cannot_work_and_the_verdict_says_why(
    working: pytest.MonkeyPatch, stage: str, name: str
) -> None:
    working.setattr(check, stage, door(name, ("refuses",)))
    last = check.rows(Settings())[-1]
    assert last.reason == f"no {name} works; refuses: no such thing here: buy one"
    assert last.name == f"Dictate cannot work here yet: {last.reason}"


def test_where_no_key_works_the_verdict_says_what_the_greeting_does(
    working: pytest.MonkeyPatch,
) -> None:
    working.setattr(check, "KEY_SOURCES", door("key", ("refuses",)))
    working.delenv("WAYLAND_DISPLAY", raising=False)
    last = check.rows(Settings())[-1]
    meanwhile = "Until then, `dictatectl start` and `dictatectl stop` dictate"
    assert last.reason == f"no key works: refuses: no such thing here: buy one. {meanwhile}"
    assert last.name == f"Dictate works here, but {last.reason}"
    working.setenv("WAYLAND_DISPLAY", "wayland-1")
    working.setenv("SWAYSOCK", "there")
    assert check.rows(Settings())[-1].name == (
        "Dictate works here, but no key works yet: run `dictate setup --keys`: your desktop then"
        f" runs Dictate at a key. {meanwhile}"
    )


@pytest.mark.parametrize("use", ["auto", "none"])
@pytest.mark.parametrize(
    ("holds", "how"),
    [(True, "hold F9 and talk"), (False, "press F9, talk, and press it again")],
)
def test_a_key_that_the_desktop_only_presses_is_not_to_be_held(
    working: pytest.MonkeyPatch, use: str, holds: bool, how: str
) -> None:
    working.setattr(check, "bound_in", lambda key: SimpleNamespace(holds=holds))
    settings = Settings(hotkey=HotkeySettings(use=use, key="f9"))
    assert check.rows(settings)[-1].name == f"Dictate works here: {how}"


def test_what_only_makes_it_better_does_not_keep_it_from_working(
    working: pytest.MonkeyPatch,
) -> None:
    working.setattr(check, "ENGINES", door("engine", ("refuses", "works")))
    working.setattr(check, "overlay_reason", lambda: "GTK is missing")
    last = check.rows(Settings())[-1]
    assert last.reason == ""
    assert "it would be better with engine refuses (no such thing here: buy one)" in last.name
    assert "desktop overlay (GTK is missing)" in last.name


def test_a_chosen_engine_that_does_not_work_is_needed_and_the_others_are_not(
    working: pytest.MonkeyPatch,
) -> None:
    settings = Settings(engine=EngineSettings(use="refuses"))
    found = {row.name: row for row in check.rows(settings) if row.stage == "engine"}
    assert (found["refuses"].needed, found["works"].needed) == (True, False)
