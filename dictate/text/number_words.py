"""The words of numbers and addresses, language by language, and those around them that decide."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class NumberWords:
    """What the rules for one language know."""

    digits: Mapping[str, str]
    """What is said for a single digit."""
    number: re.Pattern[str]
    """A whole word of a number, ordinals and single digits included."""
    point: str
    """What is said for the point of a version or an address."""
    scales: frozenset[str]
    """Round numbers that are mostly figures of speech: "a thousand thanks"."""
    units: re.Pattern[str]
    """The start of a text after which such a number is meant exactly."""
    codes: re.Pattern[str]
    """The end of a text after which digits are a name and no amount: a port, a room."""
    versions: re.Pattern[str]
    """The end of a text after which numbers with points are a version."""
    absorbed: re.Pattern[str]
    """A whole word that a number or an address takes in: of a unit, a time, a sign."""
    left: Mapping[str, str]
    """Numbers above nine that the library leaves as words where they stand alone."""
    decimal: str
    """What is said for the sign before decimals."""

    @property
    def small(self) -> Mapping[str, str]:
        """The numbers that the library leaves as words where they stand alone."""
        return {**self.digits, **self.left}

    def is_point(self, word: str) -> bool:
        """Whether this is said between the parts of a number."""
        return word.lower() in (self.point, self.decimal)

    def continues(self, word: str) -> bool:
        """Whether a number beside this word is a part of a longer one. "One" is often no number,
        and "million" stays a word."""
        return self.number.fullmatch(word) is not None and not _STANDS_ALONE.fullmatch(word)


_STANDS_ALONE: Final = re.compile(
    r"(?i:one|un|une|uno|una|first|second|premi[eè]re?|[mb]illi(?:on|arde?)(?:en|n|s)?|mill[oó]n(?:es)?)"
)


def _number(words: str) -> re.Pattern[str]:
    return re.compile(rf"(?:{'|'.join(words.split())})", re.IGNORECASE)


def _before(words: str, between: str) -> re.Pattern[str]:
    return re.compile(
        rf"(?<!\w)(?:{'|'.join(words.split())})(?:\s+(?:{'|'.join(between.split())}))?[\s:]*$",
        re.IGNORECASE,
    )


def _after(words: str) -> re.Pattern[str]:
    return re.compile(rf"\s*(?:[%€$£°]|(?:{'|'.join(words.split())})\b)", re.IGNORECASE)


def _digits(words: str) -> dict[str, str]:
    """The digits of words in their order; a slash stands between words for the same one."""
    return {
        word: str(digit) for digit, both in enumerate(words.split()) for word in both.split("/")
    }


_ENGLISH: Final = NumberWords(
    _digits("zero/oh one two three four five six seven eight nine"),
    _number(
        "zero oh one two three four five six seven eight nine ten eleven twelve"
        " (?:thir|four|fif|six|seven|eigh|nine)teen(?:th|s)?"
        " (?:twen|thir|for|fif|six|seven|eigh|nine)t(?:y|ies|ieth)(?:-\\w+)?"
        " hundreds? hundredth thousandth? millionth? billionth? million thousand billion"
        " first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth"
    ),
    "point",
    frozenset({"hundred", "a hundred", "thousand", "a thousand", "a million", "a billion"}),
    _after(
        "percent dollars? euros? pounds? cents? bucks degrees? years? days? hours? minutes?"
        " seconds? weeks? months? people users? files? lines? words? pages? times? things?"
        " meters? metres? kilo\\w* miles? feet gigabytes? megabytes?"
    ),
    _before(
        "port code pin error extension room id ticket issue bug flight zip postcode serial build"
        " status http page line ext",
        "number code is was",
    ),
    _before("version release v", "is"),
    _number(
        "a an p m am pm half quarter past to after o'clock and of the point dot at underscore dash"
        " hyphen slash colon plus minus double percent per cents? dollars? euros? pounds?"
    ),
    {},
    "point",
)

_GERMAN: Final = NumberWords(
    _digits("null eins zwei/zwo drei vier fünf sechs sieben acht neun"),
    _number(
        "null eins zwei zwo drei vier fünf sechs sieben acht neun"
        " (?:elf|zwölf)(?:te[nrs]?)? (?:erste|zweite|dritte|vierte|fünfte|sechste|siebte|achte"
        "|neunte)[nrs]?"
        " \\w*(?:zehn|zig|ßig)(?:s?te[nrs]?|jährig\\w*)? \\w*hundert\\w* \\w*tausend\\w*"
        " Million(?:en)? Milliarden?"
    ),
    "punkt",
    frozenset(
        {"hundert", "ein hundert", "einhundert", "tausend", "ein tausend", "eine million"}
        | {"eine milliarde"}
    ),
    _after(
        "Prozent Euro Cent Dollar Grad Jahren? Jahre Tagen? Tage Stunden? Minuten? Sekunden?"
        " Wochen? Leuten? Personen Seiten Zeilen Dateien Wörter Kilo\\w* Metern? Gigabyte Megabyte"
    ),
    _before(
        "Port Code PIN Fehler Durchwahl Raum Zimmer Ticket Flug PLZ Postleitzahl Seite Zeile",
        "nummer ist lautet war",
    ),
    _before("Version Ausgabe", "ist"),
    _number(
        "ein eine einen einer uhr euro cent dollar komma punkt und at prozent minus plus halb"
        " viertel unterstrich bindestrich schrägstrich"
    ),
    {"zehn": "10", "elf": "11", "zwölf": "12"},
    "komma",
)

_FRENCH: Final = NumberWords(
    _digits("zéro un deux trois quatre cinq six sept huit neuf"),
    _number(
        "zéro une? deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze"
        " seize (?:dix|vingt|trente|quarante|cinquante|soixante|quatre-vingts?|cent)(?:-[\\w-]+)?"
        " cents mille millions? milliards? premiere? première \\w+ième virgule"
    ),
    "point",
    frozenset({"cent", "cents", "mille", "un million", "un milliard"}),
    _after(
        "pour\\s+cent euros? centimes? dollars? degrés? ans? années? jours? heures? minutes?"
        " secondes? semaines? mois personnes? utilisateurs? fichiers? lignes? mots? pages?"
        " kilo\\w* mètres?"
    ),
    _before("port code pin erreur poste salle chambre ticket vol postal page ligne", "numéro est"),
    _before("version", "est"),
    _number(
        "heures? du matin de soir l après-midi midi minuit et demie? quart le moins plus euros?"
        " cent centimes? pour virgule point arobase tiret slash dollars? vingt trente quarante"
        " cinquante soixante d"
    ),
    {"dix": "10"},
    "virgule",
)

_SPANISH: Final = NumberWords(
    _digits("cero uno dos tres cuatro cinco seis siete ocho nueve"),
    _number(
        "cero un[oa]? dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce"
        " quince dieci\\w+ veinte veinti\\w+ (?:trein|cuaren|cincuen|sesen|seten|ochen|noven)ta"
        " cien ciento \\w+cient[oa]s quinient[oa]s mil mill[oó]n millones"
    ),
    "punto",
    frozenset({"cien", "mil", "un millón"}),
    _after(
        "por\\s+ciento euros? céntimos? dólar(?:es)? grados? años? días? horas? minutos? segundos?"
        " semanas? mes(?:es)? personas? usuarios? archivos? líneas? palabras? páginas? kil[oó]\\w*"
        " metros?"
    ),
    _before(
        "puerto código pin error extensión sala habitación ticket vuelo postal página línea",
        "número es",
    ),
    _before("versión", "es"),
    _number(
        "y con coma punto arroba guion guión barra por cien ciento euros? céntimos? dólar(?:es)?"
        " media cuarto menos más de la el del"
    ),
    {"diez": "10"},
    "coma",
)

NUMBER_WORDS: Final = {"en": _ENGLISH, "de": _GERMAN, "fr": _FRENCH, "es": _SPANISH}
"""By BCP 47 tag, without region."""
