"""The history in the settings window, page by page."""

from collections.abc import Sequence

from dictate.settings import history
from dictate.settings.history import Entry


class Journal:
    """So many dictations, every seventh about the weather; remembers what it was asked."""

    def __init__(self, many: int) -> None:
        self.entries = [self._entry(number) for number in range(many, 0, -1)]
        self.asked: list[tuple[int, int]] = []

    def _entry(self, number: int) -> Entry:
        text = "About the Weather" if number % 7 == 0 else f"Text {number}"
        corrected = "Snow" if number == 14 else ""
        return {"number": number, "text": text, "corrected": corrected, "state": "delivered"}

    def __call__(self, before: int, limit: int) -> Sequence[Entry]:
        self.asked.append((before, limit))
        return [one for one in self.entries if not before or one["number"] < before][:limit]


def test_the_pages_have_each_dictation_once() -> None:
    journal, numbers, before = Journal(120), [], 0
    while True:
        found = history.page("", before, journal)
        numbers += [entry["number"] for entry in found["entries"]]
        before = found["before"]
        if not before:
            break
    assert numbers == list(range(120, 0, -1))
    assert {limit for _, limit in journal.asked} == {history.PAGE}


def test_a_search_finds_all_words_in_the_text_as_it_is_wanted() -> None:
    found = history.page("weather ABOUT", 0, Journal(70))
    assert [entry["number"] for entry in found["entries"]] == [70, 63, 56, 49, 42, 35, 28, 21, 7]
    assert found["before"] == 0
    assert [entry["text"] for entry in history.page("snow", 0, Journal(70))["entries"]] == ["Snow"]
    assert history.page("hail", 0, Journal(70)) == {"entries": [], "before": 0}
