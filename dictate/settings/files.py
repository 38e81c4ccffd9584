"""The two files of the user, as the settings window reads and changes them. Everything here blocks.

Each change is one that `dictatectl` or the daemon could make; it is taken back by writing what the
files had before, if nobody has changed them meanwhile.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from dictate.config import config_file
from dictate.errors import ConfigError, DictateError, NotFound
from dictate.hotwords import hotwords_file, whole_list
from dictate.hotwords.model import Source, Term
from dictate.settings import options
from dictate.toml import toml_file
from dictate.translation import _

Texts = dict[Path, str]
MOST_UNDONE: Final = 20
"""Number of changes that can still be taken back."""


class Files:
    """config.toml at `config`, and the list of hotwords at `hotwords`."""

    def __init__(self, config: Path, hotwords: Path) -> None:
        self.config = config
        self.hotwords = hotwords
        self._changes: dict[int, tuple[Texts, Texts]] = {}
        """The texts before and after each change."""
        self._latest = 0

    def options(self) -> dict[str, Any]:
        """`values` as in `options.values`, or the `problems` because of which there are none."""
        try:
            found = options.values(toml_file.read(self.config), self.config.name)
        except ConfigError as error:
            return {"file": str(self.config), "values": {}, "problems": error.problems}
        return {"file": str(self.config), "values": found, "problems": []}

    def terms(self) -> dict[str, Any]:
        """The `terms` of the list, its `groups` and `notes`, or the `problems` because of which
        there are none."""
        about: dict[str, Any] = {"file": str(self.hotwords), "terms": [], "groups": []}
        try:
            whole = whole_list.read(self.hotwords)
        except ConfigError as error:
            return about | {"problems": error.problems, "notes": []}
        terms = [self._as_row(term, whole.origins[term.spelling]) for term in whole.hotwords.terms]
        groups = [group.name for group in whole.hotwords.groups]
        return about | {
            "terms": terms,
            "groups": groups,
            "problems": [],
            "notes": list(whole.notes),
        }

    def _as_row(self, term: Term, origin: Path | Source) -> dict[str, Any]:
        of_source = isinstance(origin, Source)
        return {
            "spelling": term.spelling,
            "weight": term.weight,
            "sounds_like": list(term.sounds_like),
            "language": term.language or "",
            "group": term.group,
            "state": term.state.value,
            "source": origin.name if isinstance(origin, Source) else "",
            "place": "" if of_source else whole_list.name_of(Path(str(origin)), self.hotwords),
        }

    # Changes. Each returns its lines and its number for `undo`, which is 0 if nothing changed.

    def set_option(self, key: str, value: Any) -> tuple[list[str], int]:
        """Set an option ("engine.use"). Raises ConfigError, with the message of the file."""
        found = options.given(key, value)
        return self._change_options(lambda: config_file.set_option(self.config, key, found))

    def reset_option(self, key: str) -> tuple[list[str], int]:
        """Give an option its default. Raises ConfigError."""

        def reset() -> None:
            config_file.unset_option(self.config, key)
            now = options.values(toml_file.read(self.config), self.config.name)[key]
            default = options.default(key)
            if now["value"] != default:  # it is written in a manner that is not commented out
                config_file.set_option(self.config, key, default)

        return self._change_options(reset)

    def add_term(
        self, spelling: str, weight: str, sounds_like: str, group: str
    ) -> tuple[list[str], int]:
        """Add a hotword, or give it these fields and no others; spoken forms are separated by
        commas. Raises DictateError."""
        if not spelling.strip():
            raise DictateError(_("type how the hotword is written"))
        number = _weight(weight)
        forms = [form.strip() for form in sounds_like.split(",") if form.strip()]

        def add() -> list[str]:
            return hotwords_file.add(
                self.hotwords, spelling.strip(), number, forms, group, exactly=True
            )

        return self._change(self._lists, add)

    def remove_term(self, spelling: str) -> tuple[list[str], int]:
        """Remove a hotword. Raises ConfigError, NotFound."""

        def remove() -> list[str]:
            lines = hotwords_file.remove(self.hotwords, spelling)
            if not lines:
                raise NotFound(_("there is no hotword {term} any more").format(term=spelling))
            return lines

        return self._change(self._lists, remove)

    def undo(self, number: int) -> None:
        """Take a change back. Raises DictateError if the files have changed since."""
        before, after = self._changes.pop(number, ({}, {}))
        if not after:
            raise DictateError(_("this change cannot be taken back any more"))
        for path, text in after.items():
            if before[path] != text:
                toml_file.edit(path, "", _swap(text, before[path]), toml_file.LARGEST_LIST_BYTES)

    def _change_options(self, change: Callable[[], None]) -> tuple[list[str], int]:
        def changed() -> list[str]:
            before = config_file.load(self.config)
            change()
            return config_file.changes(before, config_file.load(self.config))

        toml_file.edit(self.config, config_file.default_toml(), lambda text: text)
        return self._change(lambda: [self.config], changed)

    def _change(
        self, files: Callable[[], list[Path]], change: Callable[[], list[str]]
    ) -> tuple[list[str], int]:
        before = _texts(files())
        lines = change()
        after = _texts(files())
        if before == after:
            return lines, 0
        self._latest += 1
        self._changes[self._latest] = before, after
        self._changes.pop(self._latest - MOST_UNDONE, None)
        return lines, self._latest

    def _lists(self) -> list[Path]:
        hotwords_file.make(self.hotwords)
        return list(whole_list.texts_of(self.hotwords))


def _texts(files: list[Path]) -> Texts:
    found = {file: toml_file.read(file, toml_file.LARGEST_LIST_BYTES) for file in files}
    return {file: text for file, text in found.items() if text is not None}


def _swap(text: str, before: str) -> Callable[[str], str]:
    """The change that undoes one, unless another came after it."""

    def back(now: str) -> str:
        if now != text:
            raise DictateError(_("the file has changed since: undo it there"))
        return before

    return back


def _weight(text: str) -> float | None:
    if not text.strip():
        return None
    try:
        return float(text.replace(",", "."))
    except ValueError:
        raise DictateError(
            _("the weight is a number above 0, at most 10; {text} is none").format(text=text)
        ) from None
