"""What people say for signs and line ends, language by language.

The words are those of widespread dictation products, so that nobody learns new ones. In each
language the names of signs are also words: "the period", "el punto". So each has the words before
and after a name that make it an ordinary word, and phrases in which it is one.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from dictate.text.pieces import Break, Glue, Mark

Command: TypeAlias = Mark | Break | tuple[Mark | Break, ...]

_NEVER: Final = re.compile(r"(?!)")

COMMA: Final = Mark(",")
STOP: Final = Mark(".", ends_sentence=True)
QUESTION: Final = Mark("?", ends_sentence=True)
EXCLAMATION: Final = Mark("!", ends_sentence=True)
COLON: Final = Mark(":")
SEMICOLON: Final = Mark(";")
ELLIPSIS: Final = Mark("\u2026")
HYPHEN: Final = Mark("-", Glue.BOTH)
DASH: Final = Mark("\u2013", Glue.NEITHER)
QUOTE, UNQUOTE = Mark('"', Glue.RIGHT), Mark('"', Glue.LEFT)
ROUND, ROUND_END = Mark("(", Glue.RIGHT), Mark(")", Glue.LEFT)
SQUARE, SQUARE_END = Mark("[", Glue.RIGHT), Mark("]", Glue.LEFT)
QUESTION_BEGINS: Final = Mark("\u00bf", Glue.RIGHT)
EXCLAMATION_BEGINS: Final = Mark("\u00a1", Glue.RIGHT)

LINE, PARAGRAPH = Break.LINE, Break.PARAGRAPH


@dataclass(frozen=True, slots=True)
class SpokenLanguage:
    """The commands of one language, and what tells them from ordinary words."""

    signs: Mapping[str, Command]
    line_ends: Mapping[str, Command]
    escapes: tuple[str, ...]
    """Said right before a command, they make it words: "literal comma"."""
    before: re.Pattern[str]
    """The end of a text after which the name of a sign is an ordinary word."""
    after: re.Pattern[str] = _NEVER
    """The start of a text before which it is one."""
    phrases: tuple[str, ...] = ()
    """Phrases in which it is one."""


def _preceding(words: str) -> re.Pattern[str]:
    """A text that ends with one of these words, which can hardly be the last of a clause. "Das",
    "qué" and "het" can, so they are not among them."""
    return re.compile(rf"(?<![\w'-])(?:{'|'.join(words.split())})\s+$", re.IGNORECASE)


def _named(*pairs: tuple[Command, Iterable[str]]) -> dict[str, Command]:
    return {name: command for command, names in pairs for name in names}


# Names that are words far more often than signs ("quote", "point", "dot", "slash", "star") are not
# in the list. "This", "that", "one" and "no" can end a clause: "no comma thanks".
_ENGLISH: Final = SpokenLanguage(
    _named(
        (COMMA, ("comma",)),
        (STOP, ("full stop", "full-stop", "period")),
        (QUESTION, ("question mark",)),
        (EXCLAMATION, ("exclamation mark", "exclamation point")),
        (COLON, ("colon",)),
        (SEMICOLON, ("semicolon", "semi colon", "semi-colon")),
        (ELLIPSIS, ("ellipsis", "dot dot dot")),
        (HYPHEN, ("hyphen",)),
        (DASH, ("dash",)),
        (QUOTE, ("open quote", "open quotes")),
        (UNQUOTE, ("close quote", "close quotes")),
        (ROUND, ("open parenthesis", "open paren")),
        (ROUND_END, ("close parenthesis", "close paren")),
        (SQUARE, ("open bracket",)),
        (SQUARE_END, ("close bracket",)),
    ),
    _named((LINE, ("new line", "newline")), (PARAGRAPH, ("new paragraph",))),
    escapes=("literal",),
    before=_preceding(r"a an the my your his its our their every per the\s+word"),
    after=re.compile(r"\s+of\b(?!\s+course)", re.IGNORECASE),
    phrases=(
        *("colon cancer", "colon surgery", "trial period", "grace period", "notice period"),
        *("comma separated", "colon separated", "oxford comma", "serial comma"),
        *("dash off", "dash cam", "period drama", "period pain"),
    ),
)

_GERMAN: Final = SpokenLanguage(
    _named(
        (COMMA, ("Komma", "Beistrich")),
        (STOP, ("Punkt",)),
        (QUESTION, ("Fragezeichen",)),
        (EXCLAMATION, ("Ausrufezeichen", "Ausrufungszeichen", "Rufzeichen")),
        (COLON, ("Doppelpunkt",)),
        (SEMICOLON, ("Semikolon", "Strichpunkt")),
        (ELLIPSIS, ("Auslassungspunkte", "Punkt Punkt Punkt")),
        (HYPHEN, ("Bindestrich",)),
        (DASH, ("Gedankenstrich",)),
        (QUOTE, ("Anführungszeichen auf", "Anführungszeichen unten")),
        (QUOTE, ("öffnendes Anführungszeichen", "Anführungszeichen öffnen")),
        (UNQUOTE, ("Anführungszeichen zu", "Anführungszeichen oben")),
        (
            UNQUOTE,
            ("schließendes Anführungszeichen", "Anführungszeichen schließen"),
        ),
        (ROUND, ("Klammer auf", "runde Klammer auf", "öffnende Klammer")),
        (ROUND_END, ("Klammer zu", "runde Klammer zu", "schließende Klammer")),
        (SQUARE, ("eckige Klammer auf",)),
        (SQUARE_END, ("eckige Klammer zu",)),
    ),
    _named((LINE, ("neue Zeile",)), (PARAGRAPH, ("neuer Absatz",))),
    escapes=("wörtlich", "buchstäblich"),
    before=_preceding(
        "der die den dem des ein eine einen einem einer eines kein keine keinen keinem keiner"
        " mein meine meinen meinem meiner dein deine deinen seine seinen ihre ihren unser unsere"
        " unseren jeder jedes jeden jedem diesen diesem welcher welches welchen im am zum zur vom"
        " beim"
        r" das\s+wort"
    ),
    after=re.compile(r"\s+(?:\d|\w+\s+Uhr\b)", re.IGNORECASE),
    phrases=("Punkt für Punkt", "Punkt und Komma", "Punkt um Punkt", "Punkt com", "Punkt de"),
)

_FRENCH: Final = SpokenLanguage(
    _named(
        (COMMA, ("virgule",)),
        (STOP, ("point", "point final")),
        (QUESTION, ("point d'interrogation",)),
        (EXCLAMATION, ("point d'exclamation",)),
        (COLON, ("deux points", "deux-points")),
        (SEMICOLON, ("point virgule", "point-virgule")),
        (ELLIPSIS, ("points de suspension", "point de suspension", "trois petits points")),
        (HYPHEN, ("trait d'union",)),
        (DASH, ("tiret",)),
        (QUOTE, ("ouvrir les guillemets", "ouvrez les guillemets", "ouvrir guillemets")),
        (QUOTE, ("guillemet ouvrant", "guillemets ouvrants", "ouvrez guillemets")),
        (UNQUOTE, ("fermer les guillemets", "fermez les guillemets", "fermer guillemets")),
        (UNQUOTE, ("guillemet fermant", "guillemets fermants", "fermez guillemets")),
        (ROUND, ("ouvrir la parenthèse", "ouvrez la parenthèse")),
        (ROUND, ("ouvrir parenthèse", "ouvrez parenthèse", "parenthèse ouvrante")),
        (ROUND_END, ("fermer la parenthèse", "fermez la parenthèse")),
        (
            ROUND_END,
            ("fermer parenthèse", "fermez parenthèse", "parenthèse fermante"),
        ),
        (SQUARE, ("ouvrir le crochet", "ouvrir crochet", "crochet ouvrant")),
        (SQUARE_END, ("fermer le crochet", "fermer crochet", "crochet fermant")),
    ),
    _named(
        (LINE, ("à la ligne", "nouvelle ligne", "retour à la ligne")),
        ((STOP, LINE), ("point à la ligne",)),
        (PARAGRAPH, ("nouveau paragraphe",)),
    ),
    escapes=("littéral", "littéralement", "mot à mot"),
    before=_preceding(
        "un une le la les des du de au aux ce cet cette ces mon ma mes ton ta tes son sa ses"
        " notre votre leur chaque quel quelle à en"
        r" le\s+mot"
    ),
    phrases=(
        *("deux points de plus", "deux points de moins", "point com", "point fr"),
        *("point de vue", "points de vue", "point de départ", "point d'arrivée"),
        *("point d'orgue", "point de repère", "point de rencontre", "point fort"),
        *(
            "point faible",
            "point commun",
            "pêche à la ligne",
            "pêcher à la ligne",
        ),
    ),
)

_SPANISH: Final = SpokenLanguage(
    _named(
        (COMMA, ("coma",)),
        (STOP, ("punto", "punto y seguido", "punto final")),
        (
            QUESTION,
            (
                "signo de interrogación",
                "cerrar interrogación",
                "cierra interrogación",
            ),
        ),
        (QUESTION, ("cerrar signo de interrogación", "cierra signo de interrogación")),
        (QUESTION_BEGINS, ("abrir interrogación", "abre interrogación")),
        (
            QUESTION_BEGINS,
            ("abrir signo de interrogación", "abre signo de interrogación"),
        ),
        (
            EXCLAMATION,
            ("signo de exclamación", "cerrar exclamación", "cierra exclamación"),
        ),
        (EXCLAMATION, ("cerrar signo de exclamación", "cierra signo de exclamación")),
        (EXCLAMATION_BEGINS, ("abrir exclamación", "abre exclamación")),
        (EXCLAMATION_BEGINS, ("abrir signo de exclamación", "abre signo de exclamación")),
        (COLON, ("dos puntos",)),
        (SEMICOLON, ("punto y coma",)),
        (ELLIPSIS, ("puntos suspensivos",)),
        (HYPHEN, ("guion", "guión")),
        (DASH, ("raya",)),
        (QUOTE, ("abrir comillas", "abre comillas")),
        (UNQUOTE, ("cerrar comillas", "cierra comillas")),
        (ROUND, ("abrir paréntesis", "abre paréntesis")),
        (ROUND_END, ("cerrar paréntesis", "cierra paréntesis")),
        (SQUARE, ("abrir corchete", "abre corchete", "abrir corchetes")),
        (SQUARE_END, ("cerrar corchete", "cierra corchete", "cerrar corchetes")),
    ),
    _named(
        (LINE, ("nueva línea",)),
        (PARAGRAPH, ("nuevo párrafo",)),
        ((STOP, PARAGRAPH), ("punto y aparte",)),
    ),
    escapes=("literal", "literalmente"),
    before=_preceding(
        "el la los las un una unos unas del al de en a mi tu su mis tus sus cada ningún algún que"
        " se primer buen"
        r" la\s+palabra"
    ),
    phrases=(
        *("punto com", "dos puntos más", "dos puntos menos"),
        *("punto de vista", "punto de partida", "punto de encuentro", "punto de venta"),
        *("punto muerto", "punto débil", "punto fuerte"),
    ),
)

_ITALIAN: Final = SpokenLanguage(
    _named(
        (COMMA, ("virgola",)),
        (STOP, ("punto", "punto fermo")),
        (QUESTION, ("punto interrogativo", "punto di domanda")),
        (EXCLAMATION, ("punto esclamativo",)),
        (COLON, ("due punti",)),
        (SEMICOLON, ("punto e virgola",)),
        (ELLIPSIS, ("puntini di sospensione", "puntini puntini", "tre puntini")),
        (HYPHEN, ("trattino",)),
        (DASH, ("lineetta",)),
        (QUOTE, ("apri virgolette", "aperte virgolette", "aperte le virgolette")),
        (UNQUOTE, ("chiudi virgolette", "chiuse virgolette", "chiuse le virgolette")),
        (ROUND, ("apri parentesi", "aperta parentesi", "apri parentesi tonda")),
        (ROUND_END, ("chiudi parentesi", "chiusa parentesi", "chiudi parentesi tonda")),
        (SQUARE, ("apri parentesi quadra", "aperta parentesi quadra")),
        (SQUARE_END, ("chiudi parentesi quadra", "chiusa parentesi quadra")),
    ),
    _named(
        (LINE, ("a capo", "nuova riga", "nuova linea")),
        (PARAGRAPH, ("nuovo paragrafo",)),
        ((STOP, LINE), ("punto a capo", "punto e a capo")),
    ),
    escapes=("letterale", "letteralmente"),
    before=_preceding(
        "il lo la i gli le un una del dello della dei degli delle al allo alla ai dal dalla nel"
        " nello nella sul sullo sulla mio mia tuo tua suo sua ogni quel nessun qualche a in di"
        " primo buon"
        r" la\s+parola"
    ),
    phrases=(
        *("punto com", "punto it", "due punti in più", "due punti in meno"),
        *("punto di vista", "punto di partenza", "punto di riferimento", "punto di incontro"),
        *("punto debole", "punto forte", "a capo di", "a capo del", "a capo della"),
        *("a capo dei", "a capo degli", "a capo dell", "venire a capo", "venirne a capo"),
    ),
)

_PORTUGUESE: Final = SpokenLanguage(
    _named(
        (COMMA, ("vírgula",)),
        (STOP, ("ponto", "ponto final")),
        (QUESTION, ("ponto de interrogação",)),
        (EXCLAMATION, ("ponto de exclamação",)),
        (COLON, ("dois pontos",)),
        (SEMICOLON, ("ponto e vírgula",)),
        (ELLIPSIS, ("reticências", "três pontinhos")),
        (HYPHEN, ("hífen",)),
        (DASH, ("travessão",)),
        (QUOTE, ("abrir aspas", "abre aspas")),
        (UNQUOTE, ("fechar aspas", "fecha aspas")),
        (
            ROUND,
            (
                "abrir parênteses",
                "abre parênteses",
                "abrir parêntese",
                "abre parêntese",
            ),
        ),
        (ROUND_END, ("fechar parênteses", "fecha parênteses")),
        (ROUND_END, ("fechar parêntese", "fecha parêntese")),
        (SQUARE, ("abrir colchetes", "abre colchetes", "abrir colchete", "abre colchete")),
        (SQUARE_END, ("fechar colchetes", "fecha colchetes", "fechar colchete", "fecha colchete")),
    ),
    _named(
        (LINE, ("nova linha",)),
        (PARAGRAPH, ("novo parágrafo",)),
        ((STOP, PARAGRAPH), ("ponto parágrafo", "ponto e parágrafo")),
    ),
    escapes=("literal", "literalmente"),
    before=_preceding(
        "o a os as um uma uns umas do da dos das no na nos nas ao à pelo pela de em meu minha teu"
        " seu sua nosso cada primeiro bom"
        r" a\s+palavra"
    ),
    phrases=(
        *("ponto com", "dois pontos a mais", "dois pontos a menos"),
        *("ponto de vista", "ponto de partida", "ponto de encontro", "ponto de ônibus"),
        *("ponto fraco", "ponto forte"),
    ),
)

_DUTCH: Final = SpokenLanguage(
    _named(
        (COMMA, ("komma",)),
        (STOP, ("punt",)),
        (QUESTION, ("vraagteken",)),
        (EXCLAMATION, ("uitroepteken",)),
        (COLON, ("dubbele punt", "dubbelepunt")),
        (SEMICOLON, ("puntkomma", "punt komma")),
        (ELLIPSIS, ("beletselteken", "puntje puntje puntje")),
        (HYPHEN, ("koppelteken", "streepje")),
        (DASH, ("gedachtestreepje",)),
        (QUOTE, ("aanhalingsteken openen", "aanhalingstekens openen")),
        (QUOTE, ("open aanhalingsteken", "open aanhalingstekens")),
        (UNQUOTE, ("aanhalingsteken sluiten", "aanhalingstekens sluiten")),
        (UNQUOTE, ("sluit aanhalingsteken", "sluit aanhalingstekens")),
        (ROUND, ("haakje openen", "haakjes openen", "open haakje", "open haakjes")),
        (ROUND_END, ("haakje sluiten", "haakjes sluiten", "sluit haakje", "sluit haakjes")),
        (SQUARE, ("vierkant haakje openen", "vierkante haak openen")),
        (SQUARE_END, ("vierkant haakje sluiten", "vierkante haak sluiten")),
    ),
    _named((LINE, ("nieuwe regel",)), (PARAGRAPH, ("nieuwe alinea", "nieuwe paragraaf"))),
    escapes=("letterlijk",),
    before=_preceding(
        "de een mijn jouw je uw onze hun elk elke ieder iedere geen welk welke"
        r" het\s+woord"
    ),
    phrases=("punt voor punt", "punt com", "punt nl", "dit punt", "bepaald punt"),
)

SPOKEN_LANGUAGES: Final = {
    "de": _GERMAN,
    "en": _ENGLISH,
    "es": _SPANISH,
    "fr": _FRENCH,
    "it": _ITALIAN,
    "nl": _DUTCH,
    "pt": _PORTUGUESE,
}
"""By BCP 47 tag, without region."""
