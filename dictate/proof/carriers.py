"""Sentences with a place for a term, in which it is tried. Pure."""

from typing import Final

_CARRIERS: Final[dict[str, tuple[str, ...]]] = {
    "en": (
        "Please ask {} to look at the report.",
        "I was reading about {} this morning.",
        "{} is what I want to talk about today.",
        "Have you tried {} yet?",
        "We could use {} for the next project.",
        "The answer came from {}.",
    ),
    "de": (
        "Bitte frag {} nach dem Bericht.",
        "Heute Morgen habe ich über {} gelesen.",
        "{} ist das, worüber ich heute sprechen will.",
        "Hast du {} schon probiert?",
        "Die Antwort kam von {}.",
    ),
    "fr": (
        "J'ai lu un article sur {} ce matin.",
        "Nous pourrions utiliser {} pour le prochain projet.",
        "{} est le sujet dont je veux parler.",
        "La réponse est venue de {}.",
    ),
    "es": (
        "Esta mañana he leído algo sobre {}.",
        "Podríamos usar {} en el próximo proyecto.",
        "{} es el tema de hoy.",
        "La respuesta vino de {}.",
    ),
    "it": (
        "Stamattina ho letto qualcosa su {}.",
        "Potremmo usare {} per il prossimo progetto.",
        "{} è il tema di oggi.",
        "La risposta è arrivata da {}.",
    ),
    "pt": (
        "Hoje de manhã li sobre {}.",
        "Podemos usar {} no próximo projeto.",
        "{} é o assunto de hoje.",
        "A resposta veio de {}.",
    ),
    "nl": (
        "Vanmorgen heb ik iets gelezen over {}.",
        "We kunnen {} gebruiken voor het volgende project.",
        "{} is waar ik het vandaag over wil hebben.",
        "Het antwoord kwam van {}.",
    ),
}
_BARE: Final = ("{}.",)
"""For any other language: the term alone."""


def carriers(language: str) -> tuple[str, ...]:
    """Sentences in this language (BCP 47) with a place, {}, at their start, middle or end."""
    return _CARRIERS.get(language.partition("-")[0].lower(), _BARE)


def filled(carrier: str, words: str) -> str:
    """The sentence with these words in its place."""
    return carrier.replace("{}", words)
