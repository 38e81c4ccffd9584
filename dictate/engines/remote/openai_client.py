"""Blocking HTTP to one server. Every exchange has a time limit, whatever the server does; its
answers are bounded; and every failure is an EngineError that names the host.

The library's own timeouts apply to a single read, so a server that sends one byte per second would
never exceed them. An event loop of our own limits the whole exchange.
"""

import asyncio
import ssl
import time
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeVar

import httpx2

from dictate.engines.remote.address import Web
from dictate.engines.remote.connection import REACH_S
from dictate.engines.remote.openai_profiles import BadAnswer, json_object
from dictate.errors import EngineError, EngineLost
from dictate.translation import _

LARGEST_ANSWER = 1_000_000
"""Maximum bytes of an answer."""
QUIET_S = 1.5
"""Seconds without an answer after which the client checks that the server's machine is up."""
KEPT_S = 60.0
"""Seconds after which an idle connection is not used again."""
_SHOWN = 200
"""Characters of the server's own error message that are passed on."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to a request, of any status."""

    status: int
    server: str
    """The Server header."""
    raw: bytes


class OpenAIClient:
    """One server; it keeps its connection for the next request. Close it, or use it as a
    context."""

    def __init__(self, web: Web, trust: ssl.SSLContext, key: str) -> None:
        """`key` is empty if the server asks for none."""
        self._web = web
        self._key = key
        self.used = time.monotonic()
        """Time of the last answer."""
        # Ignore the environment: a proxy named there would receive what is said.
        self._http = httpx2.AsyncClient(
            verify=trust,
            trust_env=False,
            timeout=None,
            follow_redirects=False,
            limits=httpx2.Limits(keepalive_expiry=KEPT_S),
            headers={
                "Accept": "application/json",
                "Accept-Encoding": "identity",
                **({"Authorization": f"Bearer {key}"} if key else {}),
            },
        )
        self._loop = asyncio.new_event_loop()
        self._exchanging: asyncio.Task[Any] | None = None
        self._stopped = False

    def close(self) -> None:
        """Hang up. Idempotent."""
        if not self._loop.is_closed():
            self._stopped = False
            with suppress(EngineError):
                self._run(self._http.aclose(), REACH_S)
            self._loop.close()

    def stop(self) -> None:
        """Break off the exchange under way, and begin no other. May be called from another
        thread."""
        self._stopped = True
        with suppress(RuntimeError):  # it is closed
            self._loop.call_soon_threadsafe(self._give_up)

    def _give_up(self) -> None:
        if self._exchanging is not None:
            self._exchanging.cancel()

    def trouble(self, what: str, says: str = "") -> EngineError:
        """An error that says where it happened, without the key; `says` is the server's own
        message."""
        return EngineError(
            _("the server at {host} {what}").format(host=self._web.host, what=self._hidden(what)),
            says,
        )

    def _hidden(self, said: str) -> str:
        return said.replace(self._key, "...") if self._key else said

    def knock(self) -> float:
        """Check that the server is up, and leave the connection open for the next request; the
        seconds it took. Raises EngineError."""
        began = time.monotonic()
        found = self._run(self._exchange("HEAD", self._web.url), REACH_S)
        if found.status in (502, 503, 504):
            raise self.trouble(_("is not ready (status {status})").format(status=found.status))
        return time.monotonic() - began

    def get(self, path: str, within_s: float) -> Answer:
        """The answer to this request, of any status. Raises EngineError if there is none."""
        return self._run(self._exchange("GET", f"{self._web.url}/{path}"), within_s)

    def post(self, path: str, within_s: float, **content: Any) -> bytes:
        """Send this; the content of the answer. `content` are arguments of the library. Raises
        EngineError, also for a status that is not a success."""
        found = self.ask(path, within_s, **content)
        self.check(found)
        return found.raw

    def ask(self, path: str, within_s: float, **content: Any) -> Answer:
        """Send this; the answer, of any status. Raises EngineError if there is none."""
        return self._run(self._watched("POST", f"{self._web.url}/{path}", **content), within_s)

    def check(self, found: Answer) -> None:
        """Raises EngineError if the answer is a refusal, with what to do."""
        if 200 <= found.status < 300:
            return
        says = self.says(found)
        what = {
            301: _("sends us to another address, which is not followed: see engine.base_url"),
            401: _("does not take our key: see engine.api_key_file"),
            404: _(
                "does not know what it was asked for: see engine.base_url, which mostly ends "
                "in /v1, engine.remote_model and engine.profile"
            ),
            413: _("does not take this much sound at once: it has a limit of its own"),
            429: _("has had enough for now, or the account is used up"),
        }
        alike = {302: 301, 303: 301, 307: 301, 308: 301, 403: 401, 405: 404}
        status = alike.get(found.status, found.status)
        if status == 401:
            says = ""  # some servers repeat the key
        usual = (
            _("has trouble of its own")
            if status >= 500
            else _("refuses what it was asked: see engine.profile and engine.remote_model")
        )
        raise self.trouble(
            _("{what} (status {status})").format(what=what.get(status, usual), status=found.status),
            says,
        )

    def says(self, found: Answer) -> str:
        """The message of a refusal in one line, without the key; empty if there is none."""
        # The key is hidden before the message is cut, so that no part of it stays at the cut.
        return self._hidden(_says(found.raw))[:_SHOWN]

    def _run(self, work: Coroutine[Any, Any, T], within_s: float) -> T:
        async def bounded() -> T:
            self._exchanging = asyncio.current_task()
            async with asyncio.timeout(within_s):
                return await work

        if self._stopped:
            work.close()
            raise self.trouble(_("is not asked any more"))
        try:
            return self._loop.run_until_complete(bounded())
        except asyncio.CancelledError:
            raise self.trouble(_("is not asked any more")) from None
        except TimeoutError as error:
            raise EngineLost(
                _("the server at {host} did not answer for {within_s:.3g} s").format(
                    host=self._web.host, within_s=within_s
                )
            ) from error
        except httpx2.ConnectError as error:
            raise self.trouble(_("cannot be reached: {why}").format(why=_why(error))) from error
        except (httpx2.HTTPError, httpx2.InvalidURL, UnicodeError, OSError) as error:
            raise self.trouble(_("was lost: {why}").format(why=_why(error))) from error

    async def _exchange(self, method: str, url: str, **content: Any) -> Answer:
        raw = bytearray()
        async with self._http.stream(method, url, **content) as response:
            # Raw: compressed content may have any size once it is decompressed.
            async for piece in response.aiter_raw():
                raw += piece
                if len(raw) > LARGEST_ANSWER:
                    raise self.trouble(
                        _("answers nonsense: more than {largest_answer} bytes").format(
                            largest_answer=LARGEST_ANSWER
                        )
                    )
            self.used = time.monotonic()
            server = response.headers.get("Server", "")
            return Answer(response.status_code, server, bytes(raw))

    async def _watched(self, method: str, url: str, **content: Any) -> Answer:
        """An exchange that may take long while the other machine is up, which its kernel confirms
        even if the server is busy."""
        task = asyncio.create_task(self._exchange(method, url, **content))
        try:
            while not (await asyncio.wait({task}, timeout=QUIET_S))[0]:
                await self._check_there()
            return task.result()
        finally:
            task.cancel()
            await asyncio.wait({task})

    async def _check_there(self) -> None:
        try:
            async with asyncio.timeout(REACH_S):
                __, writer = await asyncio.open_connection(self._web.host, self._web.port)
        except OSError as error:  # a TimeoutError is one
            raise self.trouble(_("is gone")) from error
        writer.transport.abort()


def _says(raw: bytes) -> str:
    """The message of a refusal in one line; empty if there is none."""
    try:
        answer = json_object(raw)
    except BadAnswer:
        return ""
    said: Any = answer
    while isinstance(said, dict | list):
        if isinstance(said, dict):
            said = next(filter(None, map(said.get, ("error", "detail", "message", "msg"))), "")
        else:
            said = said[0] if said else ""
    line = " ".join(str(said).split())
    return "".join(sign for sign in line if sign.isprintable())


def _why(error: BaseException) -> str:
    """The message of the system, at the end of a chain of errors."""
    last: BaseException | None = error
    while last is not None:
        if isinstance(last, ssl.SSLCertVerificationError):
            return _("its certificate cannot be trusted: {error}").format(error=last.verify_message)
        said = getattr(last, "strerror", None) or str(last)
        last = last.__cause__ or last.__context__
    return said or type(error).__name__
