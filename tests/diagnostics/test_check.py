"""What the check says of things that do not work, and that one of them hides no other."""

import os
from pathlib import Path

import pytest

from dictate.backends import Backends
from dictate.config.schema import OutputSettings, SecondSettings, Settings
from dictate.diagnostics import check
from dictate.diagnostics.check import Row
from dictate.platform import paths


def rows(stage: str, settings: Settings | None = None) -> list[Row]:
    return [row for row in check.rows(settings or Settings()) if row["stage"] == stage]


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


def outputs(monkeypatch: pytest.MonkeyPatch, use: str) -> dict[str, Row]:
    monkeypatch.setattr(check, "OUTPUTS", DOOR)
    found = rows("output", Settings(output=OutputSettings(use=use)))
    return {str(row["name"]): row for row in found}


def test_auto_takes_the_first_that_works(monkeypatch: pytest.MonkeyPatch) -> None:
    found = outputs(monkeypatch, "auto")
    assert [name for name, row in found.items() if row["chosen"]] == ["works"]
    assert found["works"]["why_not"] == found["spare"]["why_not"] == ""
    assert found["refuses"]["why_not"] == "no such thing here: buy one"
    assert "ModuleNotFoundError" in str(found["missing"]["why_not"])
    assert "ZeroDivisionError" in str(found["breaks"]["why_not"])


def test_what_the_user_chose_is_chosen_even_if_it_cannot_work(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = outputs(monkeypatch, "refuses:argument")
    assert [name for name, row in found.items() if row["chosen"]] == ["refuses"]


def test_a_name_that_nothing_has_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    found = outputs(monkeypatch, "wtpye")
    assert found["wtpye"]["chosen"] is True
    assert "choose from auto, missing" in str(found["wtpye"]["why_not"])


def test_no_hotkey_may_be_wanted() -> None:
    from dictate.config.schema import HotkeySettings

    found = rows("hotkey", Settings(hotkey=HotkeySettings(use="none")))
    assert found == [{"stage": "hotkey", "name": "none", "chosen": True, "why_not": ""}]


def test_all_mistakes_in_the_users_files_are_said() -> None:
    config, hotwords = paths.config_file(), paths.hotwords_file()
    config.parent.mkdir(parents=True)
    assert ["defaults" in str(row["name"]) for row in rows("files")] == [True, True]
    config.write_text("[engine]\nuze = 1\n[nonsense]\n")
    hotwords.write_text("= broken")
    config_row, hotwords_row = rows("files")
    assert "uze" in str(config_row["why_not"])
    assert "nonsense" in str(config_row["why_not"])
    assert hotwords_row["why_not"] != ""


def test_a_journal_folder_that_can_be_made_is_well_and_is_not_made() -> None:
    (row,) = rows("journal")
    assert row["why_not"] == ""
    assert not paths.state_dir().exists()


def test_a_journal_folder_that_cannot_be_used_is_said(tmp_path: Path) -> None:
    folder = paths.state_dir()
    folder.symlink_to(tmp_path)
    assert "is a symlink" in str(rows("journal")[0]["why_not"])
    folder.unlink()
    folder.write_text("mine")
    assert "a file stands where" in str(rows("journal")[0]["why_not"])
    folder.unlink()
    if os.geteuid() == 0:
        folder.mkdir()
        os.chown(folder, 65534, 65534)
        assert "another user" in str(rows("journal")[0]["why_not"])


def test_a_disk_almost_full_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check, "LEAST_FREE_MB", 1e15)
    assert "make room" in str(rows("journal")[0]["why_not"])


def test_what_the_second_way_uses_is_checked_where_it_is_something_else() -> None:
    everything = SecondSettings(key="f8", engine="scripted:nowhere", output="clipboard")
    found = check.rows(Settings(second=everything))
    unavailable_reason = {(row["stage"], row["name"]): str(row["why_not"]) for row in found}
    assert "there is no file" in unavailable_reason["second engine", "scripted"]
    assert "DISPLAY" in unavailable_reason["second output", "clipboard"]
    assert "DISPLAY" in unavailable_reason["second key", "x11"]
    assert ("second engine", "nemotron") not in unavailable_reason
    same = check.rows(Settings(second=SecondSettings(language="de")))
    assert not [row for row in same if str(row["stage"]).startswith("second")]
