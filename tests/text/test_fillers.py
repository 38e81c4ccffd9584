"""Fillers and false starts go, and words that look like them stay."""

import pytest

from dictate.config.schema import TextSettings
from dictate.hotwords.model import Hotwords, Term
from dictate.text import polish

REMOVE = TextSettings(fillers="remove")
NONE = Hotwords()


@pytest.mark.parametrize(
    ("language", "heard", "written"),
    [
        ("en", "Um, I think so.", "I think so."),
        ("en", "um we go", "we go"),
        ("en", "Um... we should go.", "We should go."),
        ("en", "I, uh, don't know.", "I don't know."),
        ("en", "It is, um, fine.", "It is fine."),
        ("en", "It is um fine.", "It is fine."),
        ("en", "I went to the, uh, store.", "I went to the store."),
        ("en", "Well, um, I think so.", "Well, I think so."),
        ("en", "We can go there, um, if you like.", "We can go there, if you like."),
        ("en", "That is it, uhm.", "That is it."),
        ("en", "Yes. Uh, no. Erm, maybe.", "Yes. No. Maybe."),
        ("en", "Um.", ""),
        ("en", "Ummm, uhh, okay.", "Okay."),
        ("en", 'He said, "Um, fine."', 'He said, "Fine."'),
        ("de", "Ähm, ich komme.", "Ich komme."),
        ("de", "ich äh komme um acht", "ich komme um acht"),
        ("de", "Das ist, öhm, gut.", "Das ist gut."),
        ("fr", "Euh, je crois que oui.", "Je crois que oui."),
        ("fr", "c'est heu compliqué", "c'est compliqué"),
        ("es", "Eh, creo que sí.", "Creo que sí."),
        ("es", "Este... no lo sé.", "No lo sé."),
        ("es", "quiero ehm pagar", "quiero pagar"),
        ("en", "I want to, um, I want to go.", "I want to go."),
        ("en", "It's late, uh, it's late now.", "It's late now."),
        ("en", "I went to, um, to the store.", "I went to the store."),
        ("de", "Danke für die äh für die Nachricht.", "Danke für die Nachricht."),
        ("de", "Das ist, äh, das ist gut.", "Das ist gut."),
        ("fr", "Je veux, euh, je veux partir.", "Je veux partir."),
        ("es", "Voy a la, este... a la casa.", "Voy a la casa."),
        # What is said again may be another word.
        ("en", "See the, um, The Hague office.", "See the The Hague office."),
        ("en", "Yes, um, yes.", "Yes, yes."),
        # False starts.
        ("en", "I I think so.", "I think so."),
        ("en", "I, I think so.", "I think so."),
        ("en", "I, I, I think so.", "I think so."),
        ("en", "I... I think so.", "I think so."),
        ("en", "the the cat and and the dog", "the cat and the dog"),
        ("en", "The the cat.", "The cat."),
        ("en", "the uh the cat", "the cat"),
        ("en", "We, um, we should go.", "We should go."),
        ("en", "It's it's fine.", "It's fine."),
        ("en", "a - a cat", "a cat"),
        ("de", "Ich ich komme und und gehe.", "Ich komme und gehe."),
        ("de", "ich, äh, ich komme", "ich komme"),
        ("fr", "je je crois et et je sais", "je crois et je sais"),
        ("fr", "C'est, c'est bon.", "C'est bon."),
        ("es", "yo yo creo y y lo sé", "yo creo y lo sé"),
        ("es", "los los niños", "los niños"),
    ],
)
def test_what_one_says_while_thinking_goes(language: str, heard: str, written: str) -> None:
    assert polish(heard, NONE, REMOVE, language=language, punctuates=True) == written


@pytest.mark.parametrize(
    ("language", "heard"),
    [
        ("en", "I know that that is true."),
        ("en", "He had had enough."),
        ("en", "It is very very good."),
        ("en", "No, no, wait."),
        ("en", "no no no"),
        ("en", "What it is is a test."),
        ("en", "I told you you could."),
        ("en", "The place I go to to eat."),
        ("en", "She gave her her book."),
        ("en", "Uh-huh. Uh-oh."),
        ("en", "uh huh"),
        ("en", "Um?"),
        ("en", "I met Dr. Um yesterday."),
        ("en", "He is in the ER now."),
        ("en", "see /um/uh and um.py and x@um"),
        ("en", "the The Hague office"),
        ("en", "bye bye and ha ha"),
        ("en", "umbrella, Uhland, ermine"),
        ("en", "and I and the"),
        ("de", "Er kommt um acht um die Ecke."),
        ("de", "er er"),
        ("de", "Der, der das sagt, und die, die es hört."),
        ("de", "Ich weiß, dass sie sie sieht."),
        ("de", "Das ist sehr sehr gut."),
        ("de", "Eh klar, also halt eben."),
        ("fr", "Nous nous voyons, vous vous voyez."),
        ("fr", "Elle, elle le sait."),
        ("fr", "Non non, très très bien."),
        ("fr", "eux, ben, hein"),
        ("es", "No, no quiero este ni ese."),
        ("es", "Este no, ¿eh?"),
        ("es", "muy muy bien"),
        # Only in these languages.
        ("pt", "um um"),
        ("nl", "uh ik ik"),
        (None, "um, I I think"),
    ],
)
def test_what_one_means_stays(language: str | None, heard: str) -> None:
    assert polish(heard, NONE, REMOVE, language=language, punctuates=True) == heard


def test_by_default_everything_stays() -> None:
    heard = "Um, I I think so."
    assert polish(heard, NONE, TextSettings(), language="en", punctuates=True) == heard


@pytest.mark.parametrize(
    ("heard", "written"),
    [
        ("I like um and uh", "I like Um and"),
        ("the the the", "The The the"),
        ("the erm", "the hesitation"),
        ("um comma yes", "Um, yes"),
    ],
)
def test_the_users_own_words_stay(heard: str, written: str) -> None:
    mine = Hotwords(terms=(Term("Um"), Term("The The")), replacements=(("erm", "hesitation"),))
    assert polish(heard, mine, REMOVE, language="en", punctuates=False) == written
