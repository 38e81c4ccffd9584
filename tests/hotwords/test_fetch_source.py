"""What a source may answer, and what of it gets onto this machine."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from dictate.hotwords import fetch_source
from dictate.hotwords.fetch_source import Failed, fetch
from dictate.hotwords.model import Source
from dictate.hotwords.source_list import SourceCopy, read_copy
from tests.lab.word_server import WordServer, word_server


@pytest.fixture
def server(homes: Path) -> Iterator[WordServer]:
    with word_server() as made:
        yield made


@pytest.fixture
def token(tmp_path: Path) -> Path:
    path = tmp_path / "token"
    path.write_text("s3cret\n")
    path.chmod(0o600)
    return path


def test_a_list_is_kept_and_requested_again_only_if_it_changed(server: WordServer) -> None:
    source = Source(server.url)
    assert fetch(source)
    assert read_copy(source) == SourceCopy({"hotwords": ["Zo\u00eb", "Claude Code"]}, '"1"')
    assert not fetch(source)
    assert [each.get("If-None-Match") for each in server.requests] == [None, '"1"']
    server.etag = '"2"'
    assert not fetch(source), "the same list with another tag is no change"
    server.words, server.etag = [], '"3"'
    assert fetch(source)
    assert read_copy(source) == SourceCopy([], '"3"')
    server.etag = ""
    assert not fetch(source), "nor is one from a server that no longer has tags"


def test_the_token_is_sent_as_the_file_says(server: WordServer, token: Path) -> None:
    fetch(Source(server.url, token_file=str(token)))
    fetch(Source(server.url, header="X-Token", token_file=str(token)))
    assert server.requests[0]["Authorization"] == "Bearer s3cret"
    assert server.requests[1]["X-Token"] == "s3cret"
    assert "Authorization" not in server.requests[1]


@pytest.mark.fault("S8")
def test_a_redirect_is_followed_but_the_token_stays_with_its_server(
    server: WordServer, token: Path
) -> None:
    with word_server() as other:
        server.status, server.headers = 302, {"Location": other.url}
        assert fetch(Source(server.url, header="X-Token", token_file=str(token)))
    assert "X-Token" in server.requests[0]
    assert "X-Token" not in other.requests[0]


@pytest.mark.parametrize(
    ("leads_to", "why"),
    [
        ("http://example.org/list", "redirects to an address that is not safe"),
        ("file:///etc/passwd", "redirects to an address that is not safe"),
        ("/v1/corrections/hotwords", "redirects again and again"),
    ],
)
@pytest.mark.fault("S10")
def test_a_redirect_leads_nowhere_else(server: WordServer, leads_to: str, why: str) -> None:
    server.status, server.headers = 307, {"Location": leads_to}
    with pytest.raises(Failed, match=why):
        fetch(Source(server.url))
    assert len(server.requests) <= 6


def test_a_server_elsewhere_may_not_lead_to_this_machine() -> None:
    with pytest.raises(Failed, match="redirects to this machine"):
        fetch_source._redirected("https://example.org/a", "http://127.0.0.1:1/b")
    assert (
        fetch_source._redirected("https://example.org/a/b", "../c?d") == "https://example.org/c?d"
    )


@pytest.mark.parametrize(
    ("status", "raw", "why"),
    [
        (200, b"<html>", "did not answer with JSON"),
        (200, b"\xff\xfe", "did not answer with JSON"),
        (200, b"[" * 100_000, "did not answer with JSON"),
        (200, b"[" + b"9" * 5000 + b"]", "did not answer with JSON"),
        (200, b'{"data": []}', "did not return a JSON list"),
        (200, b"[1, 2]", "none of its 2 entries can be used"),
        (200, b" " * 5_000_000, "more than 4,096 kB"),
        (401, b"s3cret", "asks for a token"),
        (500, b"s3cret", "answers with status 500"),
        (204, b"", "answers with status 204"),
    ],
)
def test_a_failure_leaves_the_last_list(
    server: WordServer, status: int, raw: bytes, why: str
) -> None:
    source = Source(server.url)
    fetch(source)
    before = read_copy(source)
    server.etag, server.status, server.raw = '"2"', status, raw
    with pytest.raises(Failed, match=why) as caught:
        fetch(source)
    assert "s3cret" not in str(caught.value)
    assert read_copy(source) == before


@pytest.mark.fault("S8")
def test_a_token_is_used_only_from_a_private_file_and_never_shown(
    server: WordServer, token: Path
) -> None:
    source = Source(server.url, token_file=str(token))
    token.chmod(0o644)
    with pytest.raises(Failed, match="others may read"):
        fetch(source)
    token.chmod(0o600)
    for spoiled in ("s3cret\nmore", "", "s3cr\u00e9t"):
        token.write_text(spoiled)
        with pytest.raises(Failed, match="a token is one line of ASCII") as caught:
            fetch(source)
        assert "s3cr" not in str(caught.value)
    token.unlink()
    with pytest.raises(Failed, match="cannot read it: No such file"):
        fetch(source)
    assert server.requests == []


def test_a_server_that_is_not_there_is_named_as_that(homes: Path) -> None:
    with pytest.raises(Failed, match=r"the server cannot be reached: .*refused"):
        fetch(Source("http://127.0.0.1:9/words"))


def test_a_service_that_may_use_no_network_is_told_how_it_may(
    homes: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refused(*_: object, **__: object) -> None:
        raise OSError(97, "Address family not supported by protocol")

    monkeypatch.setattr("socket.create_connection", refused)
    with pytest.raises(Failed, match="RestrictAddressFamilies=AF_INET AF_INET6"):
        fetch(Source("http://127.0.0.1:9/words"))
