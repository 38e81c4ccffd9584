"""What a desktop reads of us: the menu's file, the icons, and what a software centre shows."""

import re
import shutil
import subprocess
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from dictate import __version__
from dictate.cli import parser
from dictate.platform.portal_session import APPLICATION
from dictate.ui import icons

PACKAGING = Path(__file__).parents[1] / "packaging"
FILES = PACKAGING / "desktop"


def test_the_file_of_the_menu_is_valid() -> None:
    if shutil.which("desktop-file-validate") is None:
        pytest.skip("desktop-file-validate is missing: apt install desktop-file-utils")
    assert said_by("desktop-file-validate", f"{APPLICATION}.desktop") == ""


def test_the_menu_starts_a_command_that_there_is() -> None:
    command = re.search(
        r"^Exec=dictate (\S+)$", (FILES / f"{APPLICATION}.desktop").read_text(), re.MULTILINE
    )
    assert command is not None
    assert parser().parse_args([command[1]]).command == command[1]


def test_the_file_of_software_centres_is_valid() -> None:
    if shutil.which("appstreamcli") is None:
        pytest.skip("appstreamcli is missing: apt install appstream")
    said = said_by("appstreamcli", "validate", "--no-net", f"{APPLICATION}.metainfo.xml")
    wrong = re.findall(r"^ *[EW]: .*", said, re.MULTILINE)
    # Dictate has no home page, which newer versions warn of.
    assert [line for line in wrong if "url-homepage-missing" not in line] == []
    assert "Validation" in said


def said_by(*command: str) -> str:
    return subprocess.run(
        command, cwd=FILES, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    ).stdout


def test_the_newest_release_has_our_version() -> None:
    releases = ElementTree.parse(FILES / f"{APPLICATION}.metainfo.xml").iter("release")
    assert next(releases).get("version") == __version__
    for name, word in (("dictate.spec", "Version:"), ("PKGBUILD", "pkgver=")):
        found = re.search(rf"^{word}\s*(\S+)$", (PACKAGING / name).read_text(), re.MULTILINE)
        assert found is not None
        assert found[1] == __version__


def test_the_icon_is_the_trays() -> None:
    if shutil.which("rsvg-convert") is None:
        pytest.skip("rsvg-convert is missing: apt install librsvg2-bin")
    size = 64
    draw = f"rsvg-convert -w {size} {APPLICATION}.svg | convert png:- -depth 8 rgba:-"
    done = subprocess.run(["sh", "-c", draw], cwd=FILES, capture_output=True, check=True)
    in_menu = np.frombuffer(done.stdout, np.uint8).reshape(-1, 4).astype(int)
    in_tray = np.frombuffer(icons.rgba("ready", size), np.uint8).reshape(-1, 4)
    # Edges are smoothed in two ways, and what is transparent has another colour.
    inside = in_tray[:, 3] == 255
    assert np.abs(in_menu - in_tray)[inside].mean() < 2
    assert np.abs(in_menu - in_tray)[:, 3].mean() < 2


def test_the_symbolic_icon_has_shapes_only() -> None:
    """A theme colours what is filled, and not what is drawn with a pen."""
    drawn = ElementTree.parse(FILES / f"{APPLICATION}-symbolic.svg").iter()
    assert not [element for element in drawn if any("stroke" in key for key in element.attrib)]


def test_what_nix_takes_from_the_index_has_the_locked_hash() -> None:
    locked = (PACKAGING / "requirements.txt").read_text()
    nix = (PACKAGING / "package.nix").read_text()
    (digest,) = re.findall(r'sha256 = "(\w+)"', nix)
    (version,) = re.findall(r'pname = "pyseccomp";\s+version = "([^"]+)"', nix)
    (block,) = re.findall(rf"^pyseccomp=={re.escape(version)} \\\n((?:    .*\n)+)", locked, re.M)
    assert f"sha256:{digest}" in block
