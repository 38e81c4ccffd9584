"""The engines: which run and how they are, how long a text took, and which others work here."""

from functools import partial
from typing import Any

from gi.repository import Adw

from dictate.labels import label
from dictate.translation import _, ngettext
from dictate.ui.settings.link import Link, Message
from dictate.ui.settings.needs_daemon import NeedsDaemon
from dictate.ui.settings.toasts import Toasts
from dictate.ui.settings.widgets import button, group, row


class EnginesPage(NeedsDaemon):
    """While Dictate runs."""

    def __init__(self, link: Link, toasts: Toasts) -> None:
        super().__init__(link, toasts)
        self.title = _("Engines")
        self._status: Message = {}
        self._rows: list[Message] = []
        self._seen: Any = None

    def content(self) -> Any:
        """Filled by `changed`."""
        self._page = Adw.Bin()
        self._seen = None
        return self._page

    def refresh(self) -> None:
        """Which engines work here."""

        def then(rows: Any, wrong: str) -> None:
            self.toasts.answered(None, wrong)
            self._rows = [each for each in rows or [] if each["stage"] == "engine"]
            self._build()

        self.link.ask("check", then)

    def changed(self, status: Message) -> None:
        """Only what it shows counts, so that it stays under the pointer."""
        names = ("engines", "finish_times", "engine_memory_mb", "device", "engine_choice")
        seen = [status.get(name) for name in names]
        if seen != self._seen:
            self._seen, self._status = seen, status
            self._build()

    def _build(self) -> None:
        if not self.running:
            return
        page = Adw.PreferencesPage()
        page.add(self._running())
        times = self._status.get("finish_times") or {}
        if times.get("texts"):
            page.add(_times(times))
        if self._rows:
            page.add(self._all())
        self._page.set_child(page)

    def _running(self) -> Any:
        status = self._status
        made = group(_("Running"), status.get("engine_choice", ""))
        for engine in status.get("engines") or []:
            name = " ".join(filter(None, (engine["name"], engine.get("model"))))
            about = [label(engine["state"])]
            if engine.get("fallback"):
                about.append(_("takes over when the main engine fails"))
            if engine.get("profiles"):
                about.append(_("hears {profiles}").format(profiles=engine["profiles"]))
            about.append(engine.get("notes", ""))
            made.add(row(name, "; ".join(filter(None, about))))
        if not status.get("engines"):
            made.add(row(status.get("engine", ""), status.get("engine_state", "")))
        if status.get("device"):
            memory = status.get("engine_memory_mb", 0)
            made.add(row(_("Runs on"), f"{status['device']}, {memory:.0f} MB"))
        return made

    def _all(self) -> Any:
        made = group(_("All engines"))
        for each in self._rows:
            one = row(each["name"], each["why_not"])
            if each["chosen"]:
                one.set_subtitle(each["why_not"] or _("This one is used."))
            elif not each["why_not"]:
                one.add_suffix(button(_("Use"), partial(self._use, each["name"]), "flat"))
            made.add(one)
        return made

    def _use(self, name: str) -> None:
        def then(result: Any, wrong: str) -> None:
            self.toasts.answered(None, wrong)
            if not wrong:
                self.toasts.changed(result)
            self.refresh()

        self.link.ask("set", then, key="engine.use", value=name)


def _times(times: Message) -> Any:
    texts = int(times["texts"])
    made = group(
        _("From the release to the written text"),
        ngettext("Of the last text", "Of the last {texts} texts", texts).format(texts=texts),
    )
    for name, title in (
        ("total_ms", _("Usually")),
        ("slowest_ms", _("Slowest")),
        ("tail_ms", _("Waiting for the end of the sound")),
        ("engine_ms", _("Waiting for the engine")),
        ("output_ms", _("Waiting for the application")),
    ):
        if name in times:
            made.add(row(title, f"{times[name]:.0f} ms"))
    return made
