"""How a stage finds its backends: a table of names, imported only when chosen."""

from collections.abc import Callable, Collection
from importlib import import_module
from typing import Any, Generic, Protocol, TypeVar

from dictate.errors import NoSuchBackend, Unavailable


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

    `table` maps a name to "module:Class"; `auto` is the order in which `auto` tries them.
    A user's choice is a name, or `name:argument` for a backend that takes one (`wav:talk.wav`).
    """

    def __init__(self, stage: str, table: dict[str, str], auto: tuple[str, ...]) -> None:
        self.stage = stage
        self.table = table
        self.auto = auto

    def load(self, name: str) -> type[B]:
        """The class of the backend called `name`. Raises NoSuchBackend."""
        try:
            module, _, attribute = self.table[name].partition(":")
        except KeyError:
            known = ", ".join(["auto", *self.table])
            raise NoSuchBackend(
                f"no {self.stage} is called {name!r}; choose from {known}"
            ) from None
        found: type[B] = getattr(import_module(module), attribute)
        return found

    def make(self, name: str, settings: Any) -> B:
        """An instance of the backend called `name`; making one does no work yet."""
        make: Callable[[Any], B] = self.load(name)
        return make(settings)

    def choose(self, use: str, settings: Any, without: Collection[str] = ()) -> B:
        """The backend the user asked for, or for "auto" the first that can work here and is not
        among those it shall do `without`.

        Blocks as `unavailable_reason` does. Raises NoSuchBackend, or Unavailable with every reason.
        """
        return self.choose_and_say(use, settings, without)[0]

    def choose_and_say(
        self, use: str, settings: Any, without: Collection[str] = ()
    ) -> tuple[B, list[str]]:
        """The same, with a line for each that was passed over: its name and why."""
        name = use.partition(":")[0]
        reasons = []
        for candidate in self.auto if name == "auto" else (name,):
            if name == "auto" and candidate in without:
                reasons.append(f"{candidate}: it failed here")
                continue
            backend = self.make(candidate, settings)
            reason = backend.unavailable_reason()
            if reason is None:
                return backend, reasons
            reasons.append(f"{candidate}: {reason}")
        raise Unavailable(f"no {self.stage} can work here: " + "; ".join(reasons))
