"""How a stage finds its backends: a table of names, each imported only when it is chosen.

Other packages can bring backends, too, by an entry point in the group of the stage. They are looked
for only when a name is not in our table, or when all names are asked for; "auto" never takes them.
"""

import logging
import re
from collections.abc import Callable, Collection, Iterator
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final, Generic, Protocol, TypeVar

from dictate.errors import NoSuchBackend, Unavailable, did_you_mean
from dictate.installation import reinstall_command
from dictate.labels import label
from dictate.translation import _

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

log = logging.getLogger(__name__)

_NAME: Final = re.compile(r"[a-z][a-z0-9_-]*")
_RESERVED: Final = frozenset({"auto", "none"})
"""What config.toml may say in place of a name."""


class Backend(Protocol):
    """What every backend of every stage can say of itself."""

    def unavailable_reason(self) -> str | None:
        """Why this cannot work here and what to do about it, or None.

        It may block for up to two seconds (it may ask a server or start a child): call it off the
        loop.
        """


B = TypeVar("B", bound=Backend)


class Backends(Generic[B]):
    """The backends of one stage.

    `table` maps the name of each of ours to "module:Class"; `auto` is the order in which `auto`
    tries them; `group` is the entry point group of other packages' backends, empty if the stage
    takes none. A user's choice is a name, or `name:argument` for a backend that takes one
    (`wav:talk.wav`).
    """

    def __init__(
        self, stage: str, table: dict[str, str], auto: tuple[str, ...], group: str = ""
    ) -> None:
        self.stage = stage
        self.table = table
        self.auto = auto
        self.group = group
        self._warned: set[str] = set()

    def order(self, settings: Any) -> tuple[str, ...]:
        """The names that "auto" tries on this machine with these settings, the best first."""
        del settings
        return self.auto

    @property
    def names(self) -> tuple[str, ...]:
        """All names that a user may choose beside "auto": ours, then those of other packages.

        It reads from disk which packages are installed: call it off the loop.
        """
        return (*self.table, *self._installed())

    def load(self, name: str) -> type[B]:
        """The class of the backend called `name`. Where it is not one of ours, this reads from disk
        which packages are installed.

        Raises NoSuchBackend, or Unavailable if it cannot be imported.
        """
        installed = {} if name in self.table else self._installed()
        if name not in self.table and name not in installed:
            known = ["auto", *self.table, *installed]
            raise NoSuchBackend(
                _("no {stage} is called {name!r}; choose from {known}{did_you_mean}").format(
                    stage=label(self.stage),
                    name=name,
                    known=", ".join(known),
                    did_you_mean=did_you_mean(name, known),
                )
            )
        try:
            if name in installed:
                found: type[B] = installed[name].load()
                _check_name(found, name)
            else:
                module, __, attribute = self.table[name].partition(":")
                found = getattr(import_module(module), attribute)
        except (Exception, SystemExit) as error:
            raise Unavailable(self._broken(name, error)) from error
        return found

    def make(self, name: str, settings: Any) -> B:
        """An instance of the backend called `name`; making one does no work yet. Raises as `load`
        does."""
        make: Callable[[Any], B] = self.load(name)
        try:
            return make(settings)
        except Exception as error:
            raise Unavailable(self._broken(name, error)) from error

    def why_not(self, name: str, settings: Any) -> str:
        """Why the backend called `name` cannot work here, also if it is broken; empty if it can.

        Blocks as `unavailable_reason` does. Raises NoSuchBackend.
        """
        return self._try(name, settings)[1]

    def choose(self, use: str, settings: Any, without: Collection[str] = ()) -> B:
        """The backend that the user chose, or for "auto" the first that can work here and is not
        one of `without`.

        Blocks as `unavailable_reason` does. Raises NoSuchBackend, or Unavailable with every reason.
        """
        return self.choose_and_say(use, settings, without)[0]

    def choose_and_say(
        self, use: str, settings: Any, without: Collection[str] = ()
    ) -> tuple[B, list[str]]:
        """The same, with a line for each that was passed over: its name and why."""
        name = use.partition(":")[0]
        reasons = []
        for candidate in self.order(settings) if name == "auto" else (name,):
            if name == "auto" and candidate in without:
                reasons.append(_("{candidate}: it failed here").format(candidate=candidate))
                continue
            backend, reason = self._try(candidate, settings)
            if backend is not None:
                return backend, reasons
            reasons.append(f"{candidate}: {reason}")
        raise Unavailable(
            _("no {stage} can work here: ").format(stage=label(self.stage)) + "; ".join(reasons)
        )

    def _try(self, name: str, settings: Any) -> tuple[B | None, str]:
        """The backend if it can work here, else why not: one that breaks must hide no other."""
        try:
            backend = self.make(name, settings)
            reason = backend.unavailable_reason()
        except Unavailable as error:
            return None, str(error)
        except NoSuchBackend:
            raise
        except Exception as error:
            return None, self._broken(name, error)
        return (backend, "") if reason is None else (None, reason)

    def _broken(self, name: str, error: BaseException) -> str:
        log.debug("%s %s is broken", self.stage, name, exc_info=error)
        what = _("it is broken here ({name}: {error})").format(
            name=type(error).__name__, error=error
        )
        if name in self.table:
            return f"{what}: {reinstall_command()}"
        return _("{what}: update or remove the package {package}").format(
            what=what, package=_package(self._installed()[name])
        )

    def _installed(self) -> dict[str, "EntryPoint"]:
        # Not cached: a package may be installed while the daemon runs.
        found: dict[str, EntryPoint] = {}
        for entry in _entry_points(self.group) if self.group else ():
            if entry.name in self.table:
                self._warn(
                    entry,
                    _("{stage} {name} is part of Dictate").format(
                        stage=label(self.stage), name=entry.name
                    ),
                )
            elif entry.name in _RESERVED or not _NAME.fullmatch(entry.name):
                self._warn(entry, _("a name has only a-z, 0-9, _ and -, and is not auto or none"))
            elif entry.name in found:
                self._warn(
                    entry,
                    _("{package} has the same name").format(package=_package(found[entry.name])),
                )
            else:
                found[entry.name] = entry
        return found

    def _warn(self, entry: "EntryPoint", reason: str) -> None:
        line = _("{stage} {name} of the package {package} is ignored: {reason}").format(
            stage=label(self.stage), name=entry.name, package=_package(entry), reason=reason
        )
        if line not in self._warned:
            self._warned.add(line)
            log.warning("%s", line)


def _entry_points(group: str) -> Iterator["EntryPoint"]:
    """The entry points in this group, of all packages, by their names.

    Unlike `importlib.metadata.entry_points`, this survives a package whose metadata are broken.
    """
    from importlib.metadata import distributions

    packages: dict[str, list[EntryPoint]] = {}
    for package in distributions():
        try:
            # The first of a name is the one that Python would import.
            packages.setdefault(str(package.name), list(package.entry_points))
        except Exception as error:
            log.debug("the metadata of a package are broken: %s", error)
    for name in sorted(packages):
        yield from (entry for entry in packages[name] if entry.group == group)


def _package(entry: "EntryPoint") -> str:
    return "?" if entry.dist is None else entry.dist.name


def _check_name(found: object, name: str) -> None:
    # The name that a backend has of itself stands in the journal and decides about fallbacks.
    its_own = getattr(found, "name", None)
    if its_own != name:
        raise ValueError(
            _("its class has the name {its_own!r}, its entry point {name!r}").format(
                its_own=its_own, name=name
            )
        )
