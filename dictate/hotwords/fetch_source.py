"""Requests the list of one source for the daemon, in a process of its own: the daemon itself uses
no network.

    python -m dictate.hotwords.fetch_source

The first line of standard input is the source as a JSON object. The answer is a line with a JSON
object: {"changed": BOOL}, or {"failed": WHY}. The list is kept where `source_list.read_copy` finds
it. The process ends with its standard input.
"""

import errno
import json
import ssl
import sys
from dataclasses import dataclass
from http import HTTPStatus
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final
from urllib.parse import urljoin, urlsplit

from dictate import __version__
from dictate.errors import UnsafeFolder
from dictate.hotwords.model import Source
from dictate.hotwords.source_list import SourceCopy, read_copy, terms_in, write_copy
from dictate.installation import install_command
from dictate.platform.lifeline import die_with_input
from dictate.platform.web_address import is_loopback, safe_url
from dictate.toml.toml_file import LARGEST_LIST_BYTES
from dictate.translation import _

TIMEOUT_S: Final = 10.0
"""Seconds without a byte from the server, after which it counts as gone."""
MOST_REDIRECTS: Final = 5
LARGEST_TOKEN: Final = 8192
NO_NETWORK: Final = _(
    "the service may use no network: `systemctl --user edit dictate`, [Service], "
    "RestrictAddressFamilies=AF_INET AF_INET6"
)


class Failed(Exception):
    """The list cannot be had; the message says why, without the token."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server answered."""

    status: int
    raw: bytes
    etag: str
    location: str


def main() -> None:
    """Request the list of the source on standard input."""
    source = Source(**json.loads(sys.stdin.readline()))
    die_with_input()
    try:
        answer: dict[str, Any] = {"changed": fetch(source)}
    except Failed as failed:
        answer = {"failed": str(failed)}
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


def fetch(source: Source) -> bool:
    """Request the list and keep it; whether it is another one than before. Raises Failed."""
    if find_spec("httpx2") is None:
        raise Failed(
            _("the package httpx2 is missing: {install_command}").format(
                install_command=install_command("sources")
            )
        )
    headers = {
        "User-Agent": f"dictate/{__version__}",
        "Accept": "application/json",
        # Compressed content may have any size once it is decompressed.
        "Accept-Encoding": "identity",
    }
    copy = read_copy(source)
    if copy is not None and copy.etag:
        headers["If-None-Match"] = copy.etag
    answer = _follow(source, headers, _secret(source))
    if answer.status == HTTPStatus.NOT_MODIFIED and copy is not None:
        return False
    if answer.status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        what = (
            _("does not take the token: see token_file")
            if source.token_file
            else _("asks for a token")
        )
        raise Failed(
            _("the server {what} (status {status})").format(what=what, status=answer.status)
        )
    if answer.status != HTTPStatus.OK:
        raise Failed(_("the server answers with status {status}").format(status=answer.status))
    try:
        content = json.loads(answer.raw)
    except (ValueError, RecursionError) as error:
        raise Failed(_("the server did not answer with JSON")) from error
    try:
        terms_in(content)
    except ValueError as error:
        raise Failed(str(error)) from error
    if copy == SourceCopy(content, answer.etag):
        return False
    try:
        write_copy(source, SourceCopy(content, answer.etag))
    except (OSError, UnsafeFolder) as error:
        raise Failed(_("the list cannot be kept: {error}").format(error=error)) from error
    return copy is None or copy.content != content


def _secret(source: Source) -> dict[str, str]:
    """The header with the token. Raises Failed, with nothing of the file."""
    if not source.token_file:
        return {}
    path = Path(source.token_file).expanduser()
    try:
        if path.stat().st_mode & 0o077:
            raise Failed(_("others may read {path}: chmod 600 {path}").format(path=path))
        with path.open("rb") as file:
            token = file.read(LARGEST_TOKEN).decode("ascii").strip()
    except (OSError, RuntimeError) as error:
        why = getattr(error, "strerror", None) or _("no home folder")
        raise Failed(
            _("token_file {token_file}: cannot read it: {why}").format(
                token_file=source.token_file, why=why
            )
        ) from error
    except UnicodeDecodeError as error:
        raise Failed(
            _("token_file {path}: a token is one line of ASCII").format(path=path)
        ) from error
    if not token or not token.isprintable():
        raise Failed(_("token_file {path}: a token is one line of ASCII").format(path=path))
    return {source.header: token} if source.header else {"Authorization": f"Bearer {token}"}


def _follow(source: Source, headers: dict[str, str], secret: dict[str, str]) -> Answer:
    """The answer at the end of all redirects. The token goes to its server only. Raises Failed."""
    url = source.url
    for __ in range(MOST_REDIRECTS + 1):
        mine = _origin(url) == _origin(source.url)
        answer = _request(url, headers | secret if mine else headers)
        if not answer.location:
            return answer
        url = _redirected(url, answer.location)
    raise Failed(_("the server redirects again and again"))


def _redirected(url: str, location: str) -> str:
    """Where a redirect leads. Raises Failed if that would be refused in the user's file, or if a
    server elsewhere leads to this machine."""
    form = _("write https://HOST/PATH")
    try:
        leads_to, host, *__ = safe_url(
            urljoin(url, location), "http", form, _("the list"), with_query=True
        )
    except ValueError as error:
        raise Failed(_("the server redirects to an address that is not safe")) from error
    if is_loopback(host) and not _is_here(url):
        raise Failed(_("the server redirects to this machine"))
    return leads_to


def _is_here(url: str) -> bool:
    return is_loopback(urlsplit(url).hostname or "")


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port


def _request(url: str, headers: dict[str, str]) -> Answer:
    """One exchange. Raises Failed."""
    import httpx2  # slow to import, and only a request needs it

    try:
        with (
            httpx2.Client(
                verify=ssl.create_default_context(),
                trust_env=not _is_here(url),  # no proxy can reach this machine
                timeout=TIMEOUT_S,
                follow_redirects=False,
            ) as client,
            client.stream("GET", url, headers=headers) as response,
        ):
            raw = bytearray()
            for piece in response.iter_raw():
                raw += piece
                if len(raw) > LARGEST_LIST_BYTES:
                    most = LARGEST_LIST_BYTES // 1024
                    raise Failed(
                        _("the server answers with more than {most:,} kB").format(most=most)
                    )
            to = response.headers.get("Location", "") if response.is_redirect else ""
            etag = response.headers.get("ETag", "")
            return Answer(response.status_code, bytes(raw), etag, to)
    except httpx2.TimeoutException as error:
        raise Failed(
            _("the server did not answer for {timeout_s:.0f} s").format(timeout_s=TIMEOUT_S)
        ) from error
    except (httpx2.HTTPError, httpx2.InvalidURL, UnicodeError, OSError) as error:
        raise Failed(_why(error)) from error


def _why(error: BaseException) -> str:
    """What the system says, somewhere in a chain of errors; or what the library says."""
    said, last = str(error), error.__cause__ or error.__context__
    while last is not None:
        if isinstance(last, ssl.SSLCertVerificationError):
            return _("the server's certificate cannot be trusted: {verify_message}").format(
                verify_message=last.verify_message
            )
        if isinstance(last, OSError):
            if last.errno == errno.EAFNOSUPPORT:
                return NO_NETWORK
            said = last.strerror or said
        last = last.__cause__ or last.__context__
    return _("the server cannot be reached: {reason}").format(reason=said or type(error).__name__)


if __name__ == "__main__":
    main()
