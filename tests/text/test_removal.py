"""Where a filler or a sound is removed, no stray sign stays and the capital does not go with it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dictate.config.schema import TextSettings
from dictate.hotwords.model import Hotwords, Term
from dictate.text import polish

USUAL = TextSettings()
FILLERS = ("um", "uh", "you know", "äh", "ähm", "euh", "eh", "şey", "嗯", "えっと", "эм")
NO_FILLERS = Hotwords(
    terms=(Term("iPhone"),), replacements=tuple((filler, "") for filler in FILLERS)
)


@pytest.mark.parametrize(
    ("heard", "written"),
    [
        # A sentence of its own goes with its sign.
        ("Um.", ""),
        ("Um, um, um.", ""),
        ("um um um um", ""),
        ("Um? Yes.", "Yes."),
        ("Hm. Um. Yes.", "Hm. Yes."),
        ("Yes. Um.", "Yes."),
        ("嗯。", ""),
        # At its start the capital stays.
        ("Um, we should go.", "We should go."),
        ("Um we should go.", "We should go."),
        ("um we should go", "we should go"),
        ("Um, uh, we go.", "We go."),
        ("Um. Uh, we go.", "We go."),
        ("Yes. Um, no.", "Yes. No."),
        ("We go, um. Uh, yes.", "We go. Yes."),
        ("You know, it works.", "It works."),
        ("Äh, wir gehen.", "Wir gehen."),
        ("Euh, bon.", "Bon."),
        ("Euh... bon.", "Bon."),
        ("¿Eh, vamos?", "¿Vamos?"),
        ("¡Eh, vamos!", "¡Vamos!"),
        ("Эм, привет.", "Привет."),
        ("嗯\uff0c好。", "好。"),
        ("えっと、はい。", "はい。"),
        ("Um - we should go.", "We should go."),
        ("Um\u2014we should go.", "We should go."),
        ("Um\u2026 we go", "We go"),
        ("Um: we go", "We go"),
        ("Um, 5 people", "5 people"),
        ("Um, iPhone is", "iPhone is"),
        ("Um, eBay is", "eBay is"),
        # In the middle one sign stays, at the end the last one.
        ("Well, um, I think", "Well, I think"),
        ("Well,um,I think", "Well,I think"),
        ("I um think", "I think"),
        ("I, um, uh, think", "I, think"),
        ("So um, yes", "So, yes"),
        ("I think \u2013 um \u2013 yes", "I think \u2013 yes"),
        ("well, um... yes", "well... yes"),
        ("Note: um, yes", "Note: yes"),
        ("那个\uff0c嗯\uff0c我想。", "那个\uff0c我想。"),
        ("That is it, um.", "That is it."),
        ("It works, you know.", "It works."),
        ("Is it, um?", "Is it?"),
        ("We go, um", "We go"),
        ("We go um", "We go"),
        ("Yes, um. No.", "Yes. No."),
        # Brackets and quotes go if nothing is left in them.
        ("(um)", ""),
        ("He said (um) yes.", "He said yes."),
        ('"Um," he said.', "He said."),
        ("¡Eh! Vamos.", "Vamos."),
        ("Bueno, ¿eh?", "Bueno"),
        ('"Um, we go," he said.', '"We go," he said.'),
        ("(Um, see below.)", "(See below.)"),
        ("(we go, um)", "(we go)"),
        ('I said "um, yes".', 'I said "yes".'),
        ('"Yes." Um, no.', '"Yes." No.'),
        ("«\u00a0Euh, bon\u00a0»", "«\u00a0Bon\u00a0»"),
        ("„Äh, ja“, sagte er.", "„Ja“, sagte er."),
        ("»Äh, ja«, sagte er.", "»Ja«, sagte er."),
        ("他说「嗯\uff0c好」。", "他说「好」。"),
        ("他说“嗯\uff0c好”。", "他说“好”。"),
        # No filler.
        ("uh-huh, um-hum", "uh-huh, um-hum"),
        ("Umbrella", "Umbrella"),
        ("嗯嗯", "嗯嗯"),
    ],
)
def test_a_filler_leaves_no_trace(heard: str, written: str) -> None:
    assert polish(heard, NO_FILLERS, USUAL) == written


@pytest.mark.parametrize(
    ("language", "heard", "written"),
    [
        ("tr", "Şey, iyi.", "\u0130yi."),
        ("nl", "Eh, ijs is lekker.", "IJs is lekker."),
        ("nl", "Eh, 's morgens ga ik.", "'s Morgens ga ik."),
        ("en", "Um, ice.", "Ice."),
    ],
)
def test_the_capital_is_that_of_the_language(language: str, heard: str, written: str) -> None:
    assert polish(heard, NO_FILLERS, USUAL, language=language) == written


@pytest.mark.parametrize(
    ("heard", "written"),
    [
        ("yes um comma no", "yes, no"),
        ("yes comma um no", "yes, no"),
        ("yes comma um full stop", "yes."),
        ("yes full stop um no", "yes. No"),
        ("yes new line um, no", "yes\nno"),
        ("open quote um yes close quote", '"yes"'),
        ("um new line yes", "\nyes"),
    ],
)
def test_a_filler_beside_a_spoken_sign(heard: str, written: str) -> None:
    assert polish(heard, NO_FILLERS, USUAL, punctuates=False) == written


@pytest.mark.parametrize("heard", [".", "...", "-", " , ", "?!", "。", "\u2026", "()", '""', "¿?"])
def test_a_text_of_signs_only_is_not_written(heard: str) -> None:
    assert polish(heard, Hotwords(), USUAL) == ""


def test_signs_that_were_spoken_or_are_the_users_are_written() -> None:
    assert polish("full stop", Hotwords(), USUAL, punctuates=False) == "."
    assert polish("new line", Hotwords(), USUAL) == "\n"
    assert polish("at sign", Hotwords(replacements=(("at sign", "@"),)), USUAL) == "@"
    assert polish("👍", Hotwords(), USUAL) == "👍"


@pytest.mark.parametrize(
    ("heard", "written"),
    [
        ("hello  world", "hello world"),
        ("hello \u00a0 world", "hello world"),
        ("Bonjour\u00a0!", "Bonjour\u00a0!"),
        ("5\u202f000\u202f\u202f€", "5\u202f000\u202f€"),
    ],
)
def test_two_spaces_become_one(heard: str, written: str) -> None:
    assert polish(heard, Hotwords(), USUAL) == written


WORDS = ["Um", "um", "uh", "we", "Go", "好", "嗯", *'()",.?-¿', "\u2026", "\uff0c"]
SENTENCES = st.lists(st.sampled_from(WORDS), max_size=12)


@given(SENTENCES, st.sampled_from(["", " "]))
def test_however_fillers_stand_no_filler_and_no_double_sign_remains(
    words: list[str], gap: str
) -> None:
    written = polish(gap.join(words), NO_FILLERS, USUAL, punctuates=True)
    assert "  " not in written
    assert polish(written, NO_FILLERS, USUAL, punctuates=True) == written
