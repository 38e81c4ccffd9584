"""Downloads from a hub on this machine: good ones, interrupted ones, wrong ones."""

import json
import os
import resource
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from dictate.errors import DictateError, EngineError, Unavailable, UnsafeFolder
from dictate.models import downloader, store
from dictate.models.catalogue import CATALOGUE
from dictate.models.downloader import download
from dictate.platform import paths
from tests.hub import CONTENT, SHA256, Hub, model, part_of, put, serving

HALF = len(CONTENT) // 2


def ignore(_: int) -> None:
    pass


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    with serving() as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.address)
        monkeypatch.setenv("no_proxy", "*")
        yield hub


def record() -> dict[str, str]:
    found: dict[str, str] = json.loads(model().record_path.read_text())
    return found


def test_a_model_comes_whole(hub: Hub) -> None:
    seen: list[int] = []
    found = download(model(), seen.append)
    assert found == store.ModelFile("nemotron", model().path, SHA256, "publisher")
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
    assert record() == {
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


def test_one_of_an_older_revision_is_replaced(hub: Hub) -> None:
    download(model(), ignore)
    hub.content = CONTENT[::-1]
    new = model(hub.content, revision="1" * 40)
    assert download(new, ignore).path.read_bytes() == hub.content
    assert record()["revision"] == "1" * 40


def test_a_record_that_is_lost_is_written_again_without_a_download(hub: Hub) -> None:
    found = download(model(), ignore)
    model().record_path.unlink()
    assert download(model(), ignore) == found
    assert store.installed(model()) == found
    assert len(hub.asked) == 1


def test_nothing_but_the_file_is_requested(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    monkeypatch.setenv("HF_HOME", str(home := paths.models_dir().parent / "huggingface"))
    download(model(), ignore)
    (headers,) = hub.headers
    assert "hf_secret" not in str(headers)
    assert headers["user-agent"].startswith("dictate/")
    known = {"host", "accept", "accept-encoding", "connection", "user-agent", "x-amzn-trace-id"}
    assert headers.keys() <= known, "a random number for each request, and nothing of this machine"
    assert not home.exists()


def test_offline_mode_of_the_hub_is_respected(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(Unavailable, match="HF_HUB_OFFLINE"):
        download(model(), ignore)
    assert hub.asked == []


@pytest.mark.parametrize(
    ("name", "extra"), [("nemotron", "nemotron"), ("qwen3", "qwen3"), ("qwen3-aligner", "qwen3")]
)
def test_a_missing_package_is_named(name: str, extra: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(downloader, "find_spec", lambda _: None)
    with pytest.raises(Unavailable, match=rf"pip install -e \S+\[{extra}\]"):
        download(CATALOGUE[name], ignore)


@pytest.mark.fault("S18")
def test_wrong_bytes_are_deleted(hub: Hub) -> None:
    hub.content = b"?" * len(CONTENT)
    with pytest.raises(EngineError, match=f"should have {SHA256}: it is deleted"):
        download(model(), ignore)
    assert list(paths.models_dir().iterdir()) == []


@pytest.mark.parametrize("redirect", ["", "/blob"])
def test_a_cut_download_goes_on_where_it_was(hub: Hub, redirect: str) -> None:
    hub.redirect = redirect
    hub.cut_after = HALF
    with pytest.raises(
        Unavailable, match=r"0\.00 of 0\.01 GB here.*To continue: dictate models download nemotron"
    ):
        download(model(), ignore)
    part = part_of(model())
    assert part.stat().st_size == HALF
    assert store.installed(model()) is None
    hub.cut_after = None
    seen: list[int] = []
    assert download(model(), seen.append).path.read_bytes() == CONTENT
    assert seen[0] == HALF
    assert hub.asked[-1][1] == f"bytes={HALF}-"
    assert not part.exists()


def test_a_connection_that_broke_is_told_from_one_that_was_never_there(hub: Hub) -> None:
    hub.cut_after = HALF
    with pytest.raises(downloader.Interrupted) as caught:
        download(model(), ignore)
    assert caught.value.reason == f"the connection to {hub.address[7:]} broke"
    hub.status = 503
    with pytest.raises(downloader.Interrupted) as caught:
        download(model(), ignore)
    assert caught.value.reason == "127.0.0.1 answers 503 Service Unavailable"
    hub.status = 404
    with pytest.raises(Unavailable) as refused:
        download(model(), ignore)
    assert not isinstance(refused.value, downloader.Interrupted), "it will not come back"


def test_a_server_that_falls_silent_counts_as_gone(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(downloader, "TIMEOUT_S", 0.3)
    hub.stall_after = HALF
    with pytest.raises(Unavailable, match=r"timed out, with 0\.00 of"):
        download(model(), ignore)
    assert part_of(model()).stat().st_size == HALF


def test_ctrl_c_keeps_what_came(hub: Hub) -> None:
    def interrupt(size: int) -> None:
        if size >= HALF:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        download(model(), interrupt)
    assert part_of(model()).stat().st_size >= HALF
    assert download(model(), ignore).path.read_bytes() == CONTENT
    assert hub.asked[-1][1] != ""


def test_a_server_without_ranges_begins_again(hub: Hub) -> None:
    put(model(), b"!" * HALF)
    hub.ranges = False
    assert download(model(), ignore).path.read_bytes() == CONTENT


@pytest.mark.parametrize("more", [0, 1, 1000])
def test_a_part_that_is_complete_or_too_long_is_used(hub: Hub, more: int) -> None:
    put(model(), CONTENT + b"!" * more)
    assert download(model(), ignore).path.read_bytes() == CONTENT
    assert hub.asked == []


def test_a_wrong_beginning_is_noticed_and_deleted(hub: Hub) -> None:
    put(model(), b"!" * HALF)
    with pytest.raises(EngineError, match="it is deleted"):
        download(model(), ignore)
    assert download(model(), ignore).path.read_bytes() == CONTENT


@pytest.mark.parametrize(
    "answer",
    [
        {"Content-Length": str(10**30)},
        {"Content-Length": "0"},
        {"Content-Length": str(len(CONTENT) + 1)},
        {"Content-Length": "17"},
    ],
)
@pytest.mark.parametrize("begun", [0, HALF])
def test_a_file_of_a_different_size_is_refused_and_costs_nothing(
    hub: Hub, answer: dict[str, str], begun: int
) -> None:
    put(model(), CONTENT[:begun])
    hub.ranges = False
    hub.answer = answer
    with pytest.raises(Unavailable, match=r"the server has a different file|bad Content-Length"):
        download(model(), ignore)
    assert part_of(model()).read_bytes() == CONTENT[:begun], "what was here is kept"


@pytest.mark.parametrize(
    "given", ["", "bytes 0-9/10", f"bytes 0-{len(CONTENT) - 1}/{len(CONTENT)}", "bytes x"]
)
def test_a_range_that_was_not_requested_is_refused(hub: Hub, given: str) -> None:
    put(model(), CONTENT[:HALF])
    hub.answer = {"Content-Range": given}
    with pytest.raises(Unavailable, match="the server has a different file"):
        download(model(), ignore)
    assert part_of(model()).read_bytes() == CONTENT[:HALF]


@pytest.mark.parametrize("length", [str(len(CONTENT)), ""])
def test_an_endless_answer_ends(hub: Hub, length: str) -> None:
    hub.content = CONTENT + b"!" * 1000
    hub.answer = {"Content-Length": length}
    assert download(model(), ignore).path.read_bytes() == CONTENT


@pytest.mark.parametrize(("status", "said"), [(404, "404 Not Found"), (401, "401"), (503, "503")])
def test_an_error_of_the_server_is_reported(hub: Hub, status: int, said: str) -> None:
    hub.status = status
    with pytest.raises(Unavailable, match=f"resolve/.*: the server answers {said}"):
        download(model(), ignore)


def test_a_circle_of_redirections_ends(hub: Hub) -> None:
    hub.redirect = "/round"
    with pytest.raises(Unavailable, match="redirects"):
        download(model(), ignore)


@pytest.mark.parametrize(
    "to", ["file:///etc/passwd", "ftp://127.0.0.1/x", "gopher://x", "http://[x", "http://x:y/"]
)
@pytest.mark.fault("S18")
def test_a_redirection_leads_to_the_web_only(hub: Hub, to: str) -> None:
    hub.redirect = to
    with pytest.raises(Unavailable):
        download(model(), ignore)


def test_what_a_server_sends_does_not_steer_the_terminal(hub: Hub) -> None:
    put(model(), CONTENT[:HALF])
    hub.answer = {"Content-Range": "\x1b[2Jgone"}
    with pytest.raises(Unavailable, match=r"different file: its Content-Range") as caught:
        download(model(), ignore)
    assert str(caught.value).isprintable()


def test_a_server_that_cannot_be_reached_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving() as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.address)
    monkeypatch.setenv("no_proxy", "*")
    with pytest.raises(Unavailable, match=r"Connection refused, with 0\.00 of .* network up\?"):
        download(model(), ignore)
    monkeypatch.setenv("HF_ENDPOINT", "http://[x")
    with pytest.raises(downloader.Interrupted, match=r"http://\[x/nvidia/") as caught:
        download(model(), ignore)
    assert caught.value.reason.startswith("[x cannot be reached: ")
    monkeypatch.setenv("HF_ENDPOINT", "file:///etc")
    with pytest.raises(Unavailable, match=r"file:///etc/nvidia/.* protocol"):
        download(model(), ignore)


def test_a_full_disk_is_reported_before_anything_is_requested(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = shutil.disk_usage("/")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: real._replace(free=1000))
    with pytest.raises(Unavailable, match=r"0\.00 GB free, but 0\.07 GB are"):
        download(model(), ignore)
    assert hub.asked == []


def test_a_disk_that_fills_meanwhile_is_reported(hub: Hub) -> None:
    paths.safe_dir(paths.models_dir())
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (HALF, before[1]))
    try:
        with pytest.raises(Unavailable, match=r"nemotron\.nemo cannot be written: File too large"):
            download(model(), ignore)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert part_of(model()).stat().st_size == HALF
    assert download(model(), ignore).path.read_bytes() == CONTENT


@pytest.mark.fault("S15")
def test_a_symlink_is_not_written_through(hub: Hub, tmp_path: Path) -> None:
    put(model(), b"").unlink()
    (tmp_path / "precious").write_text("precious")
    part_of(model()).symlink_to(tmp_path / "precious")
    with pytest.raises(Unavailable, match="cannot be written"):
        download(model(), ignore)
    assert (tmp_path / "precious").read_text() == "precious"


def test_a_read_only_folder_is_reported(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = paths.safe_dir(paths.models_dir())
    real = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != folder and real(path, mode))
    with pytest.raises(UnsafeFolder, match="read-only"):
        download(model(), ignore)


def test_a_link_to_nothing_for_the_store_is_refused(hub: Hub, tmp_path: Path) -> None:
    paths.models_dir().parent.mkdir()
    paths.models_dir().symlink_to(tmp_path / "a disk that is not mounted")
    with pytest.raises(UnsafeFolder, match="a disk that is not mounted"):
        download(model(), ignore)


def test_two_at_once_do_not_mix(hub: Hub) -> None:
    trouble: list[DictateError] = []

    def again(_: int) -> None:
        if not trouble:
            with pytest.raises(Unavailable, match="another download or conversion") as caught:
                download(model(), ignore)
            trouble.append(caught.value)

    assert download(model(), again).path.read_bytes() == CONTENT
    assert trouble
