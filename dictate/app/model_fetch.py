"""Downloads the best model for this machine while the daemon dictates with what it has.

A child process downloads (`models/fetch.py`), so a download can be killed or hang without any
effect on a dictation. Once the model is here, "auto" chooses again. What may pass by itself, such
as a lost connection, is tried again; anything else is reported, and left to the user.
"""

import asyncio
import contextlib
import json
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final

from dictate.app.signals import Signal
from dictate.config.schema import EngineSettings
from dictate.engines import ENGINES, advice
from dictate.engines.packages import lacking
from dictate.engines.speed import Speed
from dictate.errors import DictateError, Unavailable, joined
from dictate.installation import install_command
from dictate.models import store
from dictate.models.catalogue import Model, named
from dictate.platform.backoff import Backoff
from dictate.platform.child_process import ChildProcess, python_module
from dictate.platform.network import is_metered
from dictate.translation import _

log = logging.getLogger(__name__)

NONE: Final = "none"
"""Instead of the name of a model: nothing is downloaded."""
AUTO: Final = "auto"
"""Instead of the name of a model: the best for this machine, unless a better engine works."""
SOONEST_S, LATEST_S = 5.0, 600.0
"""Seconds between two attempts: the first wait, and the longest."""
STEADY_S: Final = 60.0
"""Seconds after which a download that broke off is tried again soon."""
METERED_EVERY_S: Final = 10.0
"""Seconds between two looks at whether the connection is metered: a laptop changes networks."""
SILENT_S: Final = 300.0
"""Seconds without a report, after which the child process counts as hung. It is silent while it
hashes what has arrived, which takes a minute on a slow disk."""


@dataclass(frozen=True, slots=True)
class Failed:
    """Why an attempt brought no model."""

    reason: str
    again: bool
    """Whether a later attempt may do better by itself."""


class ModelFetch:
    """All methods belong on the loop."""

    def __init__(
        self,
        wanted: str,
        settings: Callable[[], EngineSettings],
        switch: Callable[[], Awaitable[Speed | None]],
        *,
        say: Callable[[str], None],
        on_arrival: Callable[[str], None],
        on_trouble: Callable[[str], None],
    ) -> None:
        """`wanted` is the name of a model, or AUTO, or NONE. `switch` has the engine chosen again,
        and returns the speed of the new one, or None if none is better. `say` receives lines for
        the terminal, and the other two a line for the user."""
        self.changed = Signal[[]]()
        """`progress` or `waits_for` may have changed."""
        self.progress = ""
        """How far it is, in a few words; empty if nothing is under way."""
        self.short = ""
        """The same in two words, for the overlay."""
        self.waits_for = ""
        """Why it has to wait, in a few words; empty if it does not."""
        self._wanted = wanted
        self._settings = settings
        self._switch = switch
        self._say = say
        self._on_arrival = on_arrival
        self._on_trouble = on_trouble
        self._said: set[object] = set()
        """What the user was told once."""
        self._settled = asyncio.Event()
        """Set when nothing is under way: it is over, or waits for better times."""
        self._switched = False

    async def arrives(self) -> bool:
        """Wait for the download, as long as it goes on; whether a better engine serves now."""
        await self._settled.wait()
        return self._switched

    async def run(self, until_quiet: Callable[[], Awaitable[object]]) -> None:
        """Until the model serves, or cannot be had. The engine is not replaced before
        `until_quiet` returns."""
        try:
            if (model := await self._choose()) is not None and await self._fetch(model):
                self._show(_("loading {name}").format(name=model.name), _("model loads"))
                await until_quiet()
                await self._use(model)
        except Unavailable as error:
            log.info("models: nothing is downloaded: %s", error)
        finally:
            self._show()
            self._settled.set()

    async def _choose(self) -> Model | None:
        """The model to download; None if nothing is to be done. Raises Unavailable."""
        if self._wanted == NONE:
            return None
        return await asyncio.to_thread(choose, self._wanted, self._settings())

    async def _fetch(self, model: Model) -> bool:
        """Until the model is here, or is not coming; whether it is here."""
        backoff = Backoff(SOONEST_S, LATEST_S, STEADY_S)
        loop = asyncio.get_running_loop()
        while True:
            began = loop.time()
            if await is_metered():
                failed: Failed | None = _METERED
            else:
                self._say_once(_announcement(model), _announcement)
                failed = await self._attempt(model)
            if failed is None:
                return True
            if not failed.again:
                self._on_trouble(
                    _("{name} cannot be downloaded: {reason}").format(
                        name=model.name, reason=failed.reason
                    )
                )
                return False
            log.debug("models: %s: %s", model.name, failed.reason)
            self._show(
                waits_for=_("{name} is not downloaded yet: {reason}").format(
                    name=model.name, reason=failed.reason
                )
            )
            self._say_once(_excuse(model, failed), failed is _METERED)
            self._settled.set()
            await asyncio.sleep(backoff.after(loop.time() - began))

    async def _attempt(self, model: Model) -> Failed | None:
        """One run of the child process; None if the model is here."""
        self._settled.clear()
        command = python_module("dictate.models.fetch", model.name)
        child = ChildProcess("download", command, log, answers=True)
        try:
            await child.start()
            return await self._follow(child, model)
        except (OSError, ValueError) as error:  # it does not start, or its line has no end
            return Failed(_("the download failed: {error}").format(error=error), again=True)
        finally:
            await child.kill(1.0)

    async def _follow(self, child: ChildProcess, model: Model) -> Failed | None:
        loop = asyncio.get_running_loop()
        heard_at = looked_at = loop.time()
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(METERED_EVERY_S):
                    line = await child.stdout.readline()
                    if not line:
                        return Failed(
                            _("the download ended ({status})").format(status=await child.ended()),
                            again=True,
                        )
                    heard_at = loop.time()
                    report = _parsed(line)
                    if report.get("done"):
                        return None
                    if "failed" in report:
                        return Failed(str(report["failed"]), again=bool(report.get("again")))
                    self._progress(model, report.get("here"))
            if loop.time() - heard_at > SILENT_S:
                return Failed(_("the download hung"), again=True)
            if loop.time() - looked_at > METERED_EVERY_S:
                looked_at = loop.time()
                if await is_metered():
                    return _METERED

    def _progress(self, model: Model, here: object) -> None:
        if isinstance(here, int):
            percent = min(100, here * 100 // model.size)
            size = f"{model.size / 1e9:.2f} GB"
            self._show(
                _("downloading {name}: {percent} % of {size}").format(
                    name=model.name, percent=percent, size=size
                ),
                _("model {percent} %").format(percent=percent),
            )

    async def _use(self, model: Model) -> None:
        """Have the engine chosen again, and say what came of it."""
        try:
            speed = await self._switch()
        except DictateError as error:
            self._on_trouble(
                joined(
                    _("{name} is here, but cannot be used: {error}").format(
                        name=model.name, error=error
                    ),
                    _OLD,
                )
            )
            return
        if speed is None:
            self._on_arrival(
                _("{name} is here; {advice}").format(
                    name=model.name, advice=advice.how_to_use(model)
                )
            )
            return
        self._switched = True
        if speed.model != model.name:
            return
        with contextlib.suppress(OSError):
            await asyncio.to_thread(store.record_speed, model, speed.rtf, speed.device)
        line = _("{name} is here: the next dictation uses it").format(name=model.name)
        self._on_arrival(line if speed.is_real_time else f"{line}, {speed}")

    def _show(self, progress: str = "", short: str = "", *, waits_for: str = "") -> None:
        self.progress, self.short, self.waits_for = progress, short, waits_for
        self.changed()

    def _say_once(self, line: str, about: object) -> None:
        if about not in self._said:
            self._said.add(about)
            self._say(line)


_METERED: Final = Failed(_("NetworkManager calls this connection metered"), again=True)
_OLD: Final = _("the engine stays as it is")


def choose(wanted: str, settings: EngineSettings) -> Model | None:
    """The model to download for these settings; None if it, or a better engine, is here. It blocks.
    Raises Unavailable, with the reason, if none is of use."""
    if wanted != AUTO:
        model = named(wanted)
    elif settings.use != "auto":
        raise Unavailable(_("engine.use names the engine {use}").format(use=settings.use))
    elif (best := advice.best_model(settings)) is None:
        raise Unavailable(_("no model of the catalogue is of use here"))
    else:
        model = best
        order = ENGINES.order(settings)
        better = order[: order.index(model.engine) + 1] if model.engine in order else ()
        if any(not ENGINES.why_not(name, settings) for name in better):
            return None
    if store.installed(model):
        return None
    if model.engine in ENGINES.auto and (missing := lacking(model.engine)):
        raise Unavailable(
            _("{missing} missing: {command}").format(
                missing=_(" and ").join(missing), command=install_command(model.engine)
            )
        )
    return model


def _announcement(model: Model) -> str:
    return _(
        "Downloading {name} meanwhile, which understands much more: {size:.2f} GB, "
        "{licence} ({licence_url}). Ctrl+C ends both; `make run MODEL=none` does without "
        "it."
    ).format(
        name=model.name,
        size=model.size / 1e9,
        licence=model.licence,
        licence_url=model.licence_url,
    )


def _excuse(model: Model, failed: Failed) -> str:
    if failed is _METERED:
        return _(
            "{name} is not downloaded while NetworkManager calls the connection metered; "
            "to download it all the same: dictate models download {name}"
        ).format(name=model.name)
    return _("{name} is not downloaded yet ({reason}); it is tried again by itself.").format(
        name=model.name, reason=failed.reason
    )


def _parsed(line: bytes) -> dict[str, Any]:
    try:
        found = json.loads(line)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
