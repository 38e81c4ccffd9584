"""The control set: sentences without the term, which must stay as they are. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from dictate.proof.carriers import carriers, filled

ENGLISH: Final = (
    "The cloud storage is almost full, so please delete the old files.",
    "The clod of earth fell from the shovel onto the path.",
    "The clouds came in from the coast late in the afternoon.",
    "A loud crowd stood in front of the station all night.",
    "She clawed at the lid until the jar was open.",
    "He wrote a letter to his brother and closed the door.",
    "The old code of the lock does not work any more.",
    "There were two cuban musicians and a drummer on the stage.",
    "The tropics are too warm for this kind of tree.",
    "We went by land and came back by water the next day.",
    "The hyper little dog ran through the high land behind the house.",
    "Get the hub of the wheel from the garage, please.",
    "He gave a graphic account of the fauna of the island.",
    "The post came late because the roads were closed.",
    "My python is a quiet snake and sleeps most of the day.",
    "The rust on the gate has to go before we paint it.",
    "I cannot tell you the type of script they used for the sign.",
    "There is no more on the table than there was before.",
    "The docks are empty, and the dockers went home at noon.",
    "She is kind to everybody, and nobody knows why.",
    "Could you send me the report before lunch?",
    "The meeting has been moved to Thursday afternoon.",
    "Thank you for your help, and have a nice weekend.",
    "I will call you back as soon as I get home.",
    "The train was late again, and I missed the beginning.",
    "We should talk about the budget next week.",
    "It has been raining since early this morning.",
    "Let me know if you need anything else.",
    "The keys are in the drawer under the telephone.",
    "She asked whether the parcel had arrived.",
    "Remember to water the plants while we are away.",
    "I agree with most of what you said yesterday.",
    "We walked along the river until it got dark.",
    "The results were better than anyone expected.",
    "The old bridge is closed for repairs until spring.",
    "Nobody knows why the lights went out last night.",
)
"""The first twenty have words that sound like names on usual lists (Claude, Anthropic, Kubernetes,
Hyprland, GitHub, Grafana, Nemotron, Docker); the others are everyday sentences."""

_OTHERS: Final[dict[str, tuple[str, ...]]] = {
    "de": (
        "Könntest du mir den Bericht vor dem Mittagessen schicken?",
        "Die Besprechung ist auf Donnerstag verschoben worden.",
        "Der Zug hatte wieder Verspätung, und ich habe den Anfang verpasst.",
        "Seit heute früh regnet es ohne Pause.",
        "Die Schlüssel liegen in der Schublade unter dem Telefon.",
        "Wir sind am Fluss entlang gegangen, bis es dunkel wurde.",
        "Die alte Brücke bleibt bis zum Frühling gesperrt.",
        "Niemand weiß, warum gestern das Licht ausgegangen ist.",
    ),
    "fr": (
        "Pourrais-tu m'envoyer le rapport avant midi ?",
        "La réunion a été reportée à jeudi après-midi.",
        "Il pleut sans arrêt depuis ce matin.",
        "Les clés sont dans le tiroir sous le téléphone.",
    ),
    "es": (
        "¿Me puedes enviar el informe antes de comer?",
        "La reunión se ha cambiado al jueves por la tarde.",
        "Llueve sin parar desde esta mañana.",
        "Las llaves están en el cajón debajo del teléfono.",
    ),
}


@dataclass(frozen=True, slots=True)
class Control:
    """One sentence without the term."""

    said: str
    near: str = ""
    """The words in it that sound like the term, if it was made for these."""


def controls(language: str, near: Sequence[str] = (), general: int = 1000) -> list[Control]:
    """The control set in this language (BCP 47): sentences around `near`, words that sound like the
    term, then at most `general` others; empty if there are none in this language."""
    base = language.partition("-")[0].lower()
    sentences = ENGLISH if base == "en" else _OTHERS.get(base, ())
    places = carriers(language)
    made = [
        Control(filled(places[number % len(places)], words), words)
        for number, words in enumerate(near)
    ]
    return [*made, *(Control(said) for said in sentences[:general])]
