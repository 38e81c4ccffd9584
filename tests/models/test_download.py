"""Downloads from a hub on this machine: good ones, cut ones, lying ones."""

import hashlib
import json
import os
import resource
import shutil
import urllib.request
from collections.abc import Iterator
from email.message import Message
from io import BytesIO
from pathlib import Path

import pytest

from dictate.errors import DictateError, EngineError, JournalError, Unavailable
from dictate.models import downloader, store
from dictate.models.downloader import download, partial
from dictate.platform import paths
from tests.hub import CONTENT, SHA256, Hub, model, put, serving, stored

HALF = len(CONTENT) // 2


def ignore(_: int) -> None:
    pass


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    with serving() as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.address)
        monkeypatch.setenv("no_proxy", "*")
        yield hub


def said_of(name: str = "nemotron") -> dict[str, str]:
    found: dict[str, str] = json.loads(store.store_path(name, "json").read_text())
    return found


def test_a_model_comes_whole(hub: Hub) -> None:
    seen: list[int] = []
    found = download(model(), seen.append)
    assert found == store.ModelFile("nemotron", stored(model()), SHA256, "publisher")
    assert found.path.read_bytes() == CONTENT
    assert found == store.find("nemotron", trusted=False)
    assert seen[0] == 0
    assert seen[-1] == len(CONTENT)
    assert seen == sorted(seen)
    assert hub.asked == [
        (
            "/nvidia/nemotron-speech-streaming-en-0.6b/resolve/"
            "ebe59e5a817142986528bbbee5dba8db7b38ed50/nemotron-speech-streaming-en-0.6b.nemo",
            "",
        )
    ]
    assert sorted(path.name for path in found.path.parent.iterdir()) == [
        "nemotron.json",
        "nemotron.nemo",
    ]
    for path in found.path.parent.iterdir():
        assert path.stat().st_mode & 0o077 == 0
    assert said_of() == {
        "repository": model().repository,
        "revision": model().revision,
        "sha256": SHA256,
        "source": "publisher",
    }


def test_one_that_is_whole_is_not_fetched_again(hub: Hub) -> None:
    download(model(), ignore)
    assert download(model(), ignore).source == "publisher"
    assert len(hub.asked) == 1


def test_a_damaged_one_is_fetched_again(hub: Hub) -> None:
    download(model(), ignore).path.write_bytes(b"damaged")
    assert download(model(), ignore).path.read_bytes() == CONTENT
    assert len(hub.asked) == 2


def test_one_of_another_revision_is_replaced(hub: Hub) -> None:
    download(model(), ignore)
    hub.content = CONTENT[::-1]
    new = model(revision="1" * 40, sha256=hashlib.sha256(hub.content).hexdigest())
    assert download(new, ignore).path.read_bytes() == hub.content
    assert said_of()["revision"] == "1" * 40


@pytest.mark.parametrize("etag", [f'"{SHA256}"', SHA256, f'W/"{SHA256}"'])
def test_where_the_catalogue_has_no_checksum_the_publisher_names_it(hub: Hub, etag: str) -> None:
    hub.publish(**{"X-Linked-ETag": etag})
    hub.redirect = "/blob"
    assert download(model(sha256=""), ignore).source == "publisher"
    assert [path for path, _ in hub.asked][1] == "/blob"


@pytest.mark.parametrize("etag", ["", '"abc"', "../../etc", "g" * 64])
def test_where_nobody_names_a_checksum_the_first_download_does(hub: Hub, etag: str) -> None:
    hub.headers = {"X-Linked-ETag": etag}
    found = download(model(sha256=""), ignore)
    assert (found.sha256, found.source) == (SHA256, "first download")
    assert said_of()["source"] == "first download"
    assert download(model(sha256=""), ignore) == found
    found.path.write_bytes(b"damaged")
    with pytest.raises(EngineError, match="damaged"), store.opened(found):
        pytest.fail("it was opened")


def test_the_hub_is_believed_and_not_where_it_sends_us(hub: Hub) -> None:
    hub.publish()
    hub.redirect = "/blob"
    hub.answer = {"X-Linked-ETag": '"' + "0" * 64 + '"', "X-Repo-Commit": "0" * 40}
    assert download(model(sha256=""), ignore).sha256 == SHA256


@pytest.mark.parametrize("pinned", [SHA256, ""])
def test_wrong_bytes_are_deleted(hub: Hub, pinned: str) -> None:
    hub.publish()
    hub.content = b"?" * len(CONTENT)
    with pytest.raises(EngineError, match=f"should have {SHA256}: it is deleted"):
        download(model(sha256=pinned), ignore)
    assert list(paths.models_dir().iterdir()) == []


@pytest.mark.parametrize("redirect", ["", "/blob"])
def test_a_cut_download_goes_on_where_it_was(hub: Hub, redirect: str) -> None:
    hub.redirect = redirect
    hub.cut_after = HALF
    with pytest.raises(Unavailable, match=r"to go on from there: dictate models download nemotron"):
        download(model(), ignore)
    part = partial(model())
    assert part.stat().st_size == HALF
    assert store.installed(model()) is None
    hub.cut_after = None
    seen: list[int] = []
    assert download(model(), seen.append).path.read_bytes() == CONTENT
    assert seen[0] == HALF
    assert hub.asked[-1][1] == f"bytes={HALF}-"
    assert not part.exists()


def test_a_server_that_falls_silent_is_left(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(downloader, "TIMEOUT_S", 0.3)
    hub.stall_after = HALF
    with pytest.raises(Unavailable, match=r"the connection is lost \(timed out\) at 0\.00 of"):
        download(model(), ignore)
    assert partial(model()).stat().st_size == HALF


def test_ctrl_c_keeps_what_came(hub: Hub) -> None:
    def interrupt(size: int) -> None:
        if size >= HALF:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        download(model(), interrupt)
    assert partial(model()).stat().st_size >= HALF
    assert download(model(), ignore).path.read_bytes() == CONTENT
    assert hub.asked[-1][1] != ""


def test_a_server_without_ranges_begins_again(hub: Hub) -> None:
    put(model(), b"!" * HALF)
    hub.ranges = False
    assert download(model(), ignore).path.read_bytes() == CONTENT


@pytest.mark.parametrize("more", [0, 1, 1000])
def test_a_part_that_is_complete_or_too_long_is_no_trouble(hub: Hub, more: int) -> None:
    put(model(), CONTENT + b"!" * more)
    assert download(model(), ignore).path.read_bytes() == CONTENT
    assert hub.asked[0][1] == f"bytes={len(CONTENT) - 1}-"


def test_a_wrong_beginning_is_noticed_and_deleted(hub: Hub) -> None:
    put(model(), b"!" * HALF)
    with pytest.raises(EngineError, match="it is deleted"):
        download(model(), ignore)
    assert download(model(), ignore).path.read_bytes() == CONTENT


@pytest.mark.parametrize(
    "answer",
    [
        {"Content-Length": str(10**30)},
        {"Content-Length": "-1"},
        {"Content-Length": ""},
        {"Content-Length": str(len(CONTENT) + 1)},
        {"Content-Length": "17"},
        {"X-Linked-Size": str(10**15)},
        {"X-Linked-Size": "many"},
        {"X-Repo-Commit": "0" * 40},
    ],
)
@pytest.mark.parametrize("begun", [0, HALF])
def test_another_file_than_expected_is_refused_and_costs_nothing(
    hub: Hub, answer: dict[str, str], begun: int
) -> None:
    put(model(), CONTENT[:begun])
    hub.ranges = False
    hub.answer = answer
    with pytest.raises(Unavailable, match="the server has"):
        download(model(), ignore)
    assert partial(model()).read_bytes() == CONTENT[:begun], "what was here is kept"


@pytest.mark.parametrize(
    "given", ["", "bytes 0-9/10", f"bytes 0-{len(CONTENT) - 1}/{len(CONTENT)}", "bytes x"]
)
def test_another_range_than_asked_for_is_refused(hub: Hub, given: str) -> None:
    put(model(), CONTENT[:HALF])
    hub.answer = {"Content-Range": given}
    with pytest.raises(Unavailable, match="the server has another file"):
        download(model(), ignore)
    assert partial(model()).read_bytes() == CONTENT[:HALF]


def test_an_endless_answer_ends(hub: Hub) -> None:
    hub.content = CONTENT + b"!" * 1000
    hub.answer = {"Content-Length": str(len(CONTENT))}
    assert download(model(), ignore).path.read_bytes() == CONTENT


@pytest.mark.parametrize(("status", "said"), [(404, "404 Not Found"), (401, "401"), (503, "503")])
def test_an_error_of_the_server_is_told(hub: Hub, status: int, said: str) -> None:
    hub.status = status
    with pytest.raises(Unavailable, match=f"resolve/.*: the server says {said}"):
        download(model(), ignore)


def test_a_circle_of_redirections_ends(hub: Hub) -> None:
    hub.redirect = "/round"
    with pytest.raises(Unavailable, match="the server says 302"):
        download(model(), ignore)


@pytest.mark.parametrize(
    "to", ["file:///etc/passwd", "ftp://127.0.0.1/x", "gopher://x", "http://[x", "http://x:y/"]
)
def test_a_redirection_leads_to_the_web_only(hub: Hub, to: str) -> None:
    hub.redirect = to
    with pytest.raises(Unavailable):
        download(model(), ignore)


def test_a_redirection_may_not_leave_encryption() -> None:
    request = urllib.request.Request("https://hub.invalid/a")
    with pytest.raises(Unavailable, match="refusing to follow"):
        downloader._Redirects().redirect_request(
            request, BytesIO(), 302, "", Message(), "http://hub.invalid/b"
        )


def test_what_a_server_says_does_not_steer_the_terminal(hub: Hub) -> None:
    hub.answer = {"X-Repo-Commit": "\x1b[2Jgone"}
    with pytest.raises(Unavailable) as caught:
        download(model(), ignore)
    assert "the commit ?[2Jgone, not" in str(caught.value)


def test_no_server_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving() as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.address)
    monkeypatch.setenv("no_proxy", "*")
    with pytest.raises(Unavailable, match=r"cannot be reached: Connection refused"):
        download(model(), ignore)
    monkeypatch.setenv("HF_ENDPOINT", "file:///etc")
    with pytest.raises(Unavailable, match="HF_ENDPOINT"):
        download(model(), ignore)


def test_a_full_disk_is_told_before_anything_is_asked(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = shutil.disk_usage("/")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: real._replace(free=1000))
    with pytest.raises(Unavailable, match=r"0\.00 GB free, but 0\.07 GB are"):
        download(model(), ignore)
    assert hub.asked == []


def test_a_disk_that_fills_meanwhile_is_told(hub: Hub) -> None:
    paths.safe_dir(paths.models_dir())
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (HALF, before[1]))
    try:
        with pytest.raises(Unavailable, match=r"part cannot be written: File too large"):
            download(model(), ignore)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert partial(model()).stat().st_size == HALF
    assert download(model(), ignore).path.read_bytes() == CONTENT


def test_a_symlink_is_not_written_through(hub: Hub, tmp_path: Path) -> None:
    put(model(), b"").unlink()
    (tmp_path / "precious").write_text("precious")
    partial(model()).symlink_to(tmp_path / "precious")
    with pytest.raises(Unavailable, match="cannot be written"):
        download(model(), ignore)
    assert (tmp_path / "precious").read_text() == "precious"


def test_a_read_only_folder_is_told(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = paths.safe_dir(paths.models_dir())
    real = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != folder and real(path, mode))
    with pytest.raises(JournalError, match="read-only"):
        download(model(), ignore)


def test_a_symlink_for_the_store_is_refused(hub: Hub, tmp_path: Path) -> None:
    paths.models_dir().parent.mkdir()
    paths.models_dir().symlink_to(tmp_path)
    with pytest.raises(JournalError, match="symlink"):
        download(model(), ignore)


def test_two_at_once_do_not_mix(hub: Hub) -> None:
    trouble: list[DictateError] = []

    def again(_: int) -> None:
        if not trouble:
            with pytest.raises(Unavailable, match="another download") as caught:
                download(model(), ignore)
            trouble.append(caught.value)

    assert download(model(), again).path.read_bytes() == CONTENT
    assert trouble
