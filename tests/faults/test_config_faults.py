"""Files that break, hang or exhaust a careless reader: each ends in one clear error, at once."""

import itertools
import os
import re
from collections.abc import Callable
from pathlib import Path
from unittest.mock import Mock

import pytest
import tomli
from hypothesis import given, settings
from hypothesis import strategies as st

from dictate.config import config_file
from dictate.config.schema import Settings
from dictate.config.sources import CommandLineOverrides, ConfigFiles
from dictate.errors import ConfigError, UnsafeFolder
from dictate.hotwords import hotwords_file
from dictate.platform import paths
from dictate.toml import toml_file
from dictate.toml.positions import lines_of

BOMBS = {
    "brackets in brackets": "x = " + "[" * 1000,
    "brackets in brackets, line by line": "x = " + "[\n" * 100_000,
    "tables in tables": "x = " + "{a=" * 400,
    "a dotted key of 40 kB": "a" + ".a" * 20_000 + " = 1",
    "dotted keys, many lines": ("a" + ".a" * 2000 + " = 1\n") * 60,
    "a quoted dotted key": '"a"' + ' . "a"' * 500 + " = 1",
    "a dotted table": "[" + "a." * 1900 + "a]",
    "an endless line": "x = " + "1" * 100_000,
    "a string of 200 kB": 'x = """' + "\\n" * 1000 + ("\\n" * 1000 + "\n") * 100 + '"""',
    "quotes that never end": '\\"""\n' * 50_000 + "\\",
    "a quote that never ends": 'words = ["""a\n' + "word\n" * 40_000,
    "a million words": "words = [\n" + '"word",\n' * 1_000_000 + "]\n",
    "brackets as deep as the parser goes": "x = " + "[" * 400 + "]" * 400,
    "too many brackets": "x = [\n" + ("[]," * 1000 + "\n") * 80 + "]",
    "a number of 100 000 digits": "x = " + "9" * 100_000,
}


@pytest.mark.timeout(20)  # some of them keep a careless parser busy for minutes
@pytest.mark.parametrize("text", BOMBS.values(), ids=BOMBS)
@pytest.mark.fault("S13")
def test_a_bomb_is_one_short_problem(text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        config_file.parse(text)
    (problem,) = caught.value.problems
    assert problem.startswith("config.toml:")
    assert len(problem) < 200
    with pytest.raises(ConfigError):
        hotwords_file.parse(text)


@pytest.mark.timeout(20)
@pytest.mark.parametrize("text", BOMBS.values(), ids=BOMBS)
@pytest.mark.fault("E3", "S13")
def test_a_bomb_cannot_be_edited(tmp_path: Path, text: str) -> None:
    path = tmp_path / "config.toml"
    path.write_text(text)
    with pytest.raises(ConfigError):
        config_file.set_option(path, "engine.tail_ms", 5)
    assert path.read_text() == text


@pytest.mark.fault("E3")
def test_what_is_too_large_is_neither_read_nor_parsed(tmp_path: Path) -> None:
    """Each of the two refuses it by itself: a file may grow after one looked at it, and not every
    text comes from a file."""
    path = tmp_path / "config.toml"
    text = "#" * (toml_file.LARGEST_BYTES + 1)
    path.write_text(text)
    with pytest.raises(ConfigError, match="more than 256 kB"):
        toml_file.read(path)
    with pytest.raises(ConfigError, match="more than 256 kB"):
        toml_file.parse(text, path.name)
    path.write_text(text[1:])
    assert toml_file.parse(toml_file.read(path) or "", path.name).data == {}


def a_folder(path: Path) -> None:
    path.mkdir()


def a_fifo(path: Path) -> None:
    os.mkfifo(path)


def a_circle(path: Path) -> None:
    path.symlink_to(path.name)


def a_device(path: Path) -> None:
    path.symlink_to("/dev/zero")


def latin_1(path: Path) -> None:
    path.write_bytes(b'[engine]\n\nlanguage = "fran\xe7ais"\n')


def utf_16(path: Path) -> None:
    path.write_text('words = ["Zo\u00eb"]\n', "utf-16")


def not_text(path: Path) -> None:
    path.write_bytes(bytes(range(256)) * 40)


def a_giant(path: Path) -> None:
    path.write_bytes(b"#" * 5_000_000)


def a_file_below_a_file(path: Path) -> None:
    path.parent.rmdir()
    path.parent.write_text("")


def nul_bytes(path: Path) -> None:
    path.write_bytes(b"[engine]\n\0\n")


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (a_folder, "not a regular file"),
        (a_fifo, "not a regular file"),
        (a_circle, "in a circle"),
        (a_device, "not a regular file"),
        (latin_1, ":3: byte 0xe7 is not UTF-8"),
        (utf_16, ":1: byte 0xff is not UTF-8"),
        (not_text, "byte 0x80 is not UTF-8"),
        (a_giant, "more than (256|4,096) kB"),
        (a_file_below_a_file, "Not a directory"),
        (nul_bytes, r":2: Invalid statement \(column 1\)"),
    ],
)
@pytest.mark.fault("E4")
def test_what_is_no_text_file_is_told(
    tmp_path: Path, make: Callable[[Path], None], told: str
) -> None:
    path = tmp_path / "dictate" / "config.toml"
    path.parent.mkdir()
    make(path)
    with pytest.raises(ConfigError, match=r"config\.toml") as caught:
        config_file.load(path)
    assert re.search(told, str(caught.value))
    with pytest.raises(ConfigError):
        hotwords_file.load(path, 1.0)
    if make not in (latin_1, utf_16, not_text):
        with pytest.raises(ConfigError):
            config_file.set_option(path, "engine.tail_ms", 5)


def test_a_file_that_may_not_be_read_is_told(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text("")
    path.chmod(0)
    user = os.geteuid()
    os.seteuid(user or 65534)  # root may read everything
    try:
        with pytest.raises(ConfigError, match="Permission denied"):
            config_file.load(path)
    finally:
        os.seteuid(user)


@pytest.mark.fault("E4")
def test_a_link_that_vanishes_while_it_is_read_is_a_file_that_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A program that replaces links, between two looks of ours at the same one."""
    files = ConfigFiles(tmp_path / "config.toml", tmp_path / "hotwords.toml")
    files.config.write_text("[text]\nspacing = 'trailing'\n")
    files.hotwords.write_text('words = ["Claude"]\n')
    before = files.read(CommandLineOverrides())
    for path in (files.config, files.hotwords):
        path.unlink()
        path.symlink_to("nowhere")
    monkeypatch.setattr(Path, "readlink", Mock(side_effect=FileNotFoundError))
    after = files.read(CommandLineOverrides(), before)
    assert (after.settings, after.hotwords) == (before.settings, before.hotwords)
    assert [problem.absent for problem in after.problems.values()] == [True, True]


def test_a_dangling_link_counts_as_no_file(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.symlink_to(tmp_path / "nowhere.toml")
    assert config_file.load(path) == Settings()


def test_a_byte_order_mark_and_windows_line_ends_do_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes(b"\xef\xbb\xbf[engine]\r\ntail_ms = 5\r\n")
    assert config_file.load(path).engine.tail_ms == 5


@pytest.mark.fault("E5")
def test_a_failed_write_leaves_the_old_file_and_no_litter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "config.toml"
    path.write_text("[engine]\n")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ConfigError, match="No space left"):
        config_file.set_option(path, "engine.tail_ms", 5)
    assert path.read_text() == "[engine]\n"
    assert list(tmp_path.glob("*config.toml*")) == [path]


@settings(deadline=None, max_examples=300)
@given(st.text(alphabet="[]{}\"'\\#=,.\n a1-\u00e9", max_size=60) | st.text(max_size=60))
@pytest.mark.fault("E1", "S13")
def test_any_text_ends_in_a_document_or_a_config_error(text: str) -> None:
    try:
        document = toml_file.parse(text, "x")
    except ConfigError:
        return
    assert document.data == tomli.loads(text)
    lines_of(text)


VALUES = st.recursive(
    st.sampled_from(['"a"', "'b # c'", "1.5", "true", '"""x\n]"""', "'''\n{'''", "07:32:00"]),
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda items: "[ # c ]\n" + ", # d\n".join(items) + "\n]")
        | st.lists(inner, max_size=2).map(
            lambda items: "{" + ", ".join(f"k{n} = {item}" for n, item in enumerate(items)) + "}"
        )
    ),
    max_leaves=6,
)


@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["", "[t{}]\n", "[[l]]\n"]), VALUES), max_size=5))
def test_each_key_is_found_in_the_line_where_it_stands(parts: list[tuple[str, str]]) -> None:
    text = ""
    expected = {}
    for number, (header, value) in enumerate(parts):
        text += header.format(number) + f"# about key{number}\n\n"
        expected[f"key{number}"] = text.count("\n") + 1
        text += f"'key{number}' = {value} # end\n"
    tomli.loads(text)
    found = {key[-1]: line for key, line in lines_of(text).items() if str(key[-1])[:3] == "key"}
    assert found == expected


class TestSafeDir:
    """`safe_dir` gives a folder only we can use, or says why not."""

    def test_it_is_made_with_its_parents(self, tmp_path: Path) -> None:
        path = paths.safe_dir(tmp_path / "a" / "dictate")
        assert path.stat().st_mode & 0o777 == 0o700

    @pytest.mark.parametrize("mode", [0o777, 0o755, 0o500])
    def test_our_own_is_closed_to_others(self, tmp_path: Path, mode: int) -> None:
        path = tmp_path / "dictate"
        path.mkdir()
        path.chmod(mode)
        assert paths.safe_dir(path).stat().st_mode & 0o777 == 0o700

    def test_a_link_of_the_user_is_followed(self, tmp_path: Path) -> None:
        (tmp_path / "big disk").mkdir(mode=0o755)
        (tmp_path / "dictate").symlink_to(tmp_path / "big disk")
        (tmp_path / "relative").symlink_to("dictate")
        for link in ("dictate", "relative"):
            assert paths.unsafe_reason(tmp_path / link) is None
            paths.safe_dir(tmp_path / link)
        assert (tmp_path / "big disk").stat().st_mode & 0o777 == 0o700

    def test_a_link_to_nothing_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "dictate").symlink_to(tmp_path / "nowhere")
        with pytest.raises(UnsafeFolder, match="nowhere, which is missing: mount its disk"):
            paths.safe_dir(tmp_path / "dictate")
        assert not (tmp_path / "nowhere").exists(), "it may be the folder of a disk"
        assert "which is missing" in (paths.unsafe_reason(tmp_path / "dictate") or "")

    def test_a_link_to_a_file_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        (tmp_path / "dictate").symlink_to(tmp_path / "file")
        with pytest.raises(UnsafeFolder, match="a file stands where"):
            paths.safe_dir(tmp_path / "dictate")

    def test_links_in_a_circle_are_refused(self, tmp_path: Path) -> None:
        (tmp_path / "dictate").symlink_to(tmp_path / "other")
        (tmp_path / "other").symlink_to(tmp_path / "dictate")
        with pytest.raises(UnsafeFolder, match="in a circle"):
            paths.safe_dir(tmp_path / "dictate")
        assert "in a circle" in (paths.unsafe_reason(tmp_path / "dictate") or "")

    @pytest.mark.parametrize("at", ["dictate", "between"])
    def test_a_link_in_a_shared_folder_is_refused(self, tmp_path: Path, at: str) -> None:
        shared, own = tmp_path / "shared", tmp_path / "own"
        for folder in (shared, own):
            folder.mkdir()
        shared.chmod(0o1777)
        if at == "dictate":
            path = shared / "dictate"
            path.symlink_to(own)
        else:
            (shared / "link").symlink_to(own)
            path = tmp_path / "dictate"
            path.symlink_to(shared / "link")
        with pytest.raises(UnsafeFolder, match="anybody may put links into"):
            paths.safe_dir(path)
        assert "anybody may put links into" in (paths.unsafe_reason(path) or "")

    def test_a_link_to_a_folder_that_others_could_replace_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "open" / "own").mkdir(parents=True)
        (tmp_path / "open").chmod(0o777)
        (tmp_path / "dictate").symlink_to(tmp_path / "open" / "own")
        with pytest.raises(UnsafeFolder, match="chmod o-w"):
            paths.safe_dir(tmp_path / "dictate")

    @pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a link away: run as root")
    @pytest.mark.parametrize("what", ["link", "target", "parent of the target"])
    def test_a_link_with_a_foreign_part_is_refused(self, tmp_path: Path, what: str) -> None:
        target, link = tmp_path / "disk" / "own", tmp_path / "dictate"
        target.mkdir(parents=True)
        link.symlink_to(target)
        foreign = {"link": link, "target": target, "parent of the target": target.parent}[what]
        os.chown(foreign, 12345, 12345, follow_symlinks=False)
        with pytest.raises(UnsafeFolder, match="belongs to another user"):
            paths.safe_dir(link)
        assert "belongs to another user" in (paths.unsafe_reason(link) or "")

    def test_each_folder_of_ours_may_be_a_link(self, homes: Path) -> None:
        kinds = (paths.state_dir, paths.cache_dir, paths.models_dir, paths.runtime_dir)
        for number, folder in enumerate(kinds):
            target = homes / f"disk {number}"
            target.mkdir()
            folder().parent.mkdir(parents=True, exist_ok=True)
            folder().symlink_to(target)
            (paths.safe_dir(folder()) / "file").write_text("it arrives")
            assert (target / "file").read_text() == "it arrives"

    def test_a_file_in_its_place_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "dictate").write_text("")
        with pytest.raises(UnsafeFolder, match="a file stands where"):
            paths.safe_dir(tmp_path / "dictate")

    def test_a_parent_that_anybody_may_write_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "open").mkdir()
        (tmp_path / "open").chmod(0o777)
        with pytest.raises(UnsafeFolder, match="chmod o-w"):
            paths.safe_dir(tmp_path / "open" / "dictate")
        (tmp_path / "open").chmod(0o1777)
        paths.safe_dir(tmp_path / "open" / "dictate")

    @pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away: run as root")
    @pytest.mark.parametrize("name", ["dictate", "parent/dictate"])
    def test_another_owner_is_refused(self, tmp_path: Path, name: str) -> None:
        path = tmp_path / name
        path.mkdir(parents=True)
        for folder in itertools.takewhile(lambda each: each != tmp_path, (path, *path.parents)):
            os.chown(folder, 12345, 12345)
        with pytest.raises(UnsafeFolder, match="belongs to another user"):
            paths.safe_dir(path)

    def test_the_xdg_folders_are_used(self, homes: Path) -> None:
        assert paths.config_file() == homes / "config" / "dictate" / "config.toml"
        assert paths.hotwords_file() == homes / "config" / "dictate" / "hotwords.toml"
        assert paths.state_dir() == homes / "state" / "dictate"
        assert paths.runtime_dir() == homes / "run" / "dictate"
        assert paths.cache_dir() == homes / "cache" / "dictate"
