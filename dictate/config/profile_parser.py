"""Reads [[profile]] and [[key]], and [second], by which older files have a single profile."""

from collections.abc import Callable, Mapping
from dataclasses import Field, fields
from typing import Any

from dictate.config.option_values import permitted
from dictate.config.profile_schema import KeySettings, ProfileSettings
from dictate.config.schema import TextSettings
from dictate.errors import did_you_mean
from dictate.hotwords.model import MAIN, SECOND
from dictate.toml.positions import Key
from dictate.toml.toml_file import Problems
from dictate.translation import _

_KEY = {each.name: each for each in fields(KeySettings)}
_OWN = {each.name: each for each in fields(ProfileSettings) if not each.metadata.get("hidden")}
_TEXT = {each.name: each for each in fields(TextSettings) if each.name not in _OWN}
_OLD = ("engine", "language", "model", "output")
"""What [second] had beside its key."""
_ELSEWHERE = {
    "key": _('a key has a table of its own: [[key]], with key = "f9" and profile = "chat"'),
    "text": _("options of [text] stand in [[profile]] itself: numbers = true"),
}
"""What people look for in [[profile]], and where it is."""
# untranslated
_EXAMPLES = {"profile": 'name = "chat"', "key": 'key = "f9" and profile = "chat"'}


class ProfileParser:
    """Reads the tables of one file. After a mistake, what it returns is of no use."""

    def __init__(self, data: Mapping[str, Any], problems: Problems) -> None:
        self._data = data
        self._problems = problems

    def read(self) -> dict[str, Any]:
        """The fields `profile` and `key` of Settings that the file sets."""
        profiles: list[ProfileSettings] = []
        for number, table in enumerate(self._tables("profile")):
            place: Key = ("profile", number)
            values = self._values(place, "profile", {**_TEXT, **_OWN}, table)
            text = tuple((name, values.pop(name)) for name in list(values) if name in _TEXT)
            if not table.get("name"):
                self._wrong(
                    place,
                    _("this [[profile]] has no name, like {profile}").format(
                        profile=_EXAMPLES["profile"]
                    ),
                )
            elif any(table["name"] == each.name for each in profiles):
                self._wrong(
                    (*place, "name"),
                    _('there is a profile "{name}" already').format(name=table["name"]),
                )
            profiles.append(ProfileSettings(**values, text=text))
        second, second_key = self._second()
        if second and any(each.name == SECOND for each in profiles):
            self._wrong(
                (SECOND,),
                _('[second] is the profile "{second}", and there is one already').format(
                    second=SECOND
                ),
            )
        profiles += second
        names = (MAIN, *(each.name for each in profiles))
        keys = [
            KeySettings(**self._key(("key", number), table, names))
            for number, table in enumerate(self._tables("key"))
        ]
        found = {"profile": tuple(profiles), "key": (*keys, *second_key)}
        return {name: tables for name, tables in found.items() if tables}

    def place(self, option: Key) -> Key:
        """Where in the file the option is that Settings has here."""
        of_second = option[0] == "key" and option[1] == len(self._tables("key", silent=True))
        return (SECOND, "key") if of_second else option

    def _key(self, place: Key, table: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
        values = self._values(place, "key", _KEY, table)
        if not table.get("key") or not table.get("profile"):
            self._wrong(
                place,
                _("this [[key]] is not complete: it needs {key}").format(key=_EXAMPLES["key"]),
            )
        elif (profile := values.get("profile", MAIN)) not in names:
            known = did_you_mean(profile, names) or _("; there are {names}").format(
                names=", ".join(names)
            )
            self._wrong(
                (*place, "profile"),
                _('there is no profile "{profile}"{known}').format(profile=profile, known=known),
            )
        return values

    def _second(self) -> tuple[list[ProfileSettings], list[KeySettings]]:
        table = self._data.get(SECOND, {})
        if not isinstance(table, dict):
            return [], []  # it is reported like any other table
        known = {"key": _KEY["key"], **{name: _OWN[name] for name in _OLD}}
        values = self._values((SECOND,), SECOND, known, table)
        key = values.pop("key", "")
        if not key and not any(values.values()):
            return [], []
        keys = [KeySettings(key, SECOND)] if key else []
        return [ProfileSettings(SECOND, **values)], keys

    def _values(
        self, place: Key, name: str, known: Mapping[str, Field[Any]], table: dict[str, Any]
    ) -> dict[str, Any]:
        values = {}
        for option, value in table.items():
            if name == "profile" and option in _ELSEWHERE:
                self._wrong((*place, option), _ELSEWHERE[option])
                continue
            if option not in known:
                header = f"[{name}]" if name == SECOND else f"[[{name}]]"
                near = did_you_mean(option, known) or _("; it has {known}").format(
                    known=", ".join(known)
                )
                self._wrong(
                    (*place, option),
                    _("there is no option {option} in {header}{near}").format(
                        option=option, header=header, near=near
                    ),
                )
                continue
            try:
                values[option] = permitted(known[option], value)
            except ValueError as wrong:
                self._wrong((*place, option), f"{name}.{option} {wrong}")
        return values

    def _tables(self, name: str, *, silent: bool = False) -> list[dict[str, Any]]:
        given = self._data.get(name, [])
        if isinstance(given, list) and all(isinstance(each, dict) for each in given):
            return given
        if isinstance(given, list | dict) and not silent:
            self._wrong(
                (name,),
                _("write [[{name}]], with two brackets, and below it {examples}").format(
                    name=name, examples=_EXAMPLES[name]
                ),
            )
        return []

    @property
    def _wrong(self) -> Callable[[Key, str], None]:
        return self._problems.add
