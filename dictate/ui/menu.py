"""A menu that the desktop's tray shows: com.canonical.dbusmenu.

An entry keeps its number for ever, so a click in an outdated menu does what it showed. Every
program of the user can read a menu, so it holds no dictated text.

dbus-fast reads the annotations here at run time: no `from __future__ import annotations`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final

from dbus_fast import PropertyAccess, Variant
from dbus_fast.annotations import DBusBool, DBusInt32, DBusSignature, DBusStr, DBusUInt32
from dbus_fast.service import ServiceInterface, dbus_method, dbus_property, dbus_signal

from dictate.platform.bus import one_line

READ: Final = PropertyAccess.READ
PATH: Final = "/MenuBar"
Ids = Annotated[list[int], DBusSignature("ai")]
Names = Annotated[list[str], DBusSignature("as")]
Node = list[Any]
"""An entry on D-Bus: number, properties, children."""


@dataclass(frozen=True, slots=True)
class MenuEntry:
    """One line of the menu. Without `click` and `below` it is only a label."""

    key: str
    """Identifies its meaning across changes of the menu."""
    label: str = ""
    """Empty for a separator."""
    click: Callable[[], None] | None = None
    below: Sequence["MenuEntry"] = ()
    checked: bool | None = None
    """None for an entry without a check mark."""

    @property
    def properties(self) -> dict[str, Variant]:
        if not self.label:
            return {"type": Variant("s", "separator")}
        shown = {"label": Variant("s", one_line(self.label, 80).replace("_", "__"))}
        if self.click is None and not self.below:
            shown["enabled"] = Variant("b", False)  # noqa: FBT003
        if self.below:
            shown["children-display"] = Variant("s", "submenu")
        if self.checked is not None:
            shown["toggle-type"] = Variant("s", "checkmark")
            shown["toggle-state"] = Variant("i", int(self.checked))
        return shown


class Menu(ServiceInterface):
    """Shows the entries of the last `change`."""

    def __init__(self, on_show: Callable[[], None] = lambda: None) -> None:
        """`on_show` is called before the menu opens."""
        super().__init__("com.canonical.dbusmenu")
        self._on_show = on_show
        self._revision = 1
        self._numbers: dict[str, int] = {}
        self._entries: dict[int, MenuEntry] = {}
        self._root = MenuEntry("root")

    def change(self, entries: Sequence[MenuEntry]) -> None:
        """Replace the entries; signalled only if the menu looks different."""
        before, self._root = self._root, MenuEntry("root", below=entries)
        if _appearance(before) != _appearance(self._root):
            self._revision += 1
            self.layout_updated()

    @dbus_method("GetLayout")
    def get_layout(
        self, parent: DBusInt32, depth: DBusInt32, names: Names
    ) -> Annotated[list[Any], DBusSignature("u(ia{sv}av)")]:
        entry = self._entries.get(parent, self._root) if parent else self._root
        return [self._revision, self._node(entry, depth, names, number=parent)]

    @dbus_method("GetGroupProperties")
    def get_group_properties(
        self, ids: Ids, names: Names
    ) -> Annotated[list[Node], DBusSignature("a(ia{sv})")]:
        known = self._entries
        wanted = ids or list(known)
        return [[each, _properties(known[each], names)] for each in wanted if each in known]

    @dbus_method("GetProperty")
    def get_property(
        self, number: DBusInt32, name: DBusStr
    ) -> Annotated[Variant, DBusSignature("v")]:
        entry = self._entries.get(number, self._root)
        return entry.properties.get(name, Variant("s", ""))

    @dbus_method("Event")
    def event(
        self,
        number: DBusInt32,
        kind: DBusStr,
        data: Annotated[Variant, DBusSignature("v")],  # noqa: ARG002
        at: DBusUInt32,  # noqa: ARG002
    ) -> None:
        self._event(number, kind)

    @dbus_method("EventGroup")
    def event_group(self, events: Annotated[list[Node], DBusSignature("a(isvu)")]) -> Ids:
        for number, kind, *_ in events:
            self._event(number, kind)
        return [number for number, *_ in events if number not in self._entries]

    @dbus_method("AboutToShow")
    def about_to_show(self, number: DBusInt32) -> DBusBool:
        if number == 0:
            self._on_show()
        return False

    @dbus_method("AboutToShowGroup")
    def about_to_show_group(self, ids: Ids) -> Annotated[list[Any], DBusSignature("aiai")]:
        if 0 in ids:
            self._on_show()
        return [[], [each for each in ids if each and each not in self._entries]]

    @dbus_signal("LayoutUpdated")
    def layout_updated(self) -> Annotated[list[int], DBusSignature("ui")]:
        return [self._revision, 0]

    @dbus_property(READ, "Version")
    def version(self) -> DBusUInt32:
        return 3

    @dbus_property(READ, "Status")
    def status(self) -> DBusStr:
        return "normal"

    @dbus_property(READ, "TextDirection")
    def text_direction(self) -> DBusStr:
        return "ltr"

    @dbus_property(READ, "IconThemePath")
    def icon_theme_path(self) -> Names:
        return []

    def _number(self, entry: MenuEntry) -> int:
        number = self._numbers.setdefault(entry.key, len(self._numbers) + 1)
        self._entries[number] = entry
        return number

    def _event(self, number: int, kind: str) -> None:
        entry = self._entries.get(number)
        if kind == "clicked" and entry is not None and entry.click is not None:
            entry.click()

    def _node(self, entry: MenuEntry, depth: int, names: list[str], number: int) -> Node:
        below = entry.below if depth else ()
        nodes = [self._node(each, depth - 1, names, self._number(each)) for each in below]
        shown = (
            _properties(entry, names) if number else {"children-display": Variant("s", "submenu")}
        )
        return [number, shown, [Variant("(ia{sv}av)", node) for node in nodes]]


def _properties(entry: MenuEntry, names: list[str]) -> dict[str, Variant]:
    return {k: v for k, v in entry.properties.items() if not names or k in names}


def _appearance(entry: MenuEntry) -> list[Any]:
    return [entry.key, entry.properties, [_appearance(each) for each in entry.below]]
