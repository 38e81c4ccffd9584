"""Words by which the guards recognise what is no edit of the user's text, in English, German,
French and Spanish. Pure."""

import re
from typing import Final


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


KNOWN_LANGUAGES: Final = frozenset({"en", "de", "fr", "es"})
"""Those whose number words are in `NUMBER_WORDS`."""

OPENINGS: Final = re.compile(
    r"(?:sure|certainly|of course|absolutely|ok|here you go|here it is|here (?:is|are)|happy to"
    r"|glad to|thank you for|thanks for|you are welcome|i am sorry|sorry|i apologi[sz]e|i cannot"
    r"|i am (?:unable|not able)|i would be (?:happy|glad)|as an ai|as a (?:large )?language model"
    r"|no problem|no changes|unchanged"
    r"|natürlich|gerne|gern geschehen|sicher|selbstverständlich|hier (?:ist|sind)|es tut mir leid"
    r"|tut mir leid|leider|ich kann (?:das|dir|ihnen|diese[nrs]?) nicht|als ki|als sprachmodell"
    r"|bien sûr|certainement|voici|voilà|je suis désolée?|désolée?|je ne peux pas|en tant qu"
    r"|claro|por supuesto|aquí (?:tienes|está|tiene)|lo siento|no puedo|como (?:una )?ia"
    r"|como modelo)(?!\w)"
)
"""How a model begins that talks to the user, or declines; without contractions (`expanded`)."""

_CONTRACTIONS: Final = (
    ("\u2019", "'"),
    ("can't", "cannot"),
    ("can not", "cannot"),
    ("i'm", "i am"),
    ("i'd", "i would"),
    ("here's", "here is"),
    ("you're", "you are"),
    ("okay", "ok"),
)


def expanded(text: str) -> str:
    """The text in small letters without these contractions."""
    text = text.casefold()
    for short, full in _CONTRACTIONS:
        text = text.replace(short, full)
    return text


ABOUT_THE_TEXT: Final = re.compile(
    r"\b(?:text|texts|version|transcript|transcription|output|result|sentence|rewritten|corrected"
    r"|polished|cleaned|edited|revised|fassung|ergebnis|korrigierte?r?|überarbeitete?r?|texte"
    r"|phrase|corrigée?|réécrite?|texto|versión|corregid[oa]|reescrit[oa]|resultado)\b",
    re.IGNORECASE,
)
"""Words of a heading above the text: "Here is the corrected text:"."""

NOTES: Final = re.compile(
    r"\W*(?:notes?|explanation|changes|i (?:have )?(?:removed|changed|corrected|fixed|kept|made)"
    r"|let me know|hinweis|anmerkung|änderungen|ich habe|remarque|explication|j'ai|nota|cambios"
    r"|he (?:corregido|eliminado|cambiado))\b",
    re.IGNORECASE,
)
"""How a paragraph below the text begins that speaks about it."""

ASKING: Final = _set(
    "who what when where why how which whose whom can could would will shall should do does did is"
    " are am was were have has may might"
    " wer was wann wo warum wieso weshalb wie welche welcher welches wem wen wessen kann kannst"
    " können könnten könntest hast habt haben ist sind war darf dürfen soll sollen wird werden"
    " qui que quoi quand où pourquoi comment quel quelle quels quelles combien est-ce peux pouvez"
    " peut pourrais pourriez"
    " quién qué cuándo dónde cómo cuál cuáles cuánto cuánta puedes puede podrías podría"
)
"""First words of a question that may have no mark."""

SPEAKER: Final = _set("i i'm i'd i'll i've ich je j'ai yo")
"""Words with which somebody begins to speak of himself."""

TAKEN_BACK: Final = re.compile(
    r"(?:[^\w.!?]*\w+){0,2}?\W{0,4}\b(?:no|nope|sorry|wait|actually|rather|i mean|i meant|make that"
    r"|scratch that|correction|nein|quatsch|ich meine|vielmehr|besser gesagt|oder besser|moment"
    r"|non|pardon|enfin|plutôt|je veux dire|perdón|mejor dicho|digo|quiero decir)\b",
    re.IGNORECASE,
)
"""What follows a word that the speaker takes back: "at three, no, at four"."""

NUMBER_WORDS: Final = re.compile(
    r"\b(?:zero|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|\w+teen|twenty|thirty"
    r"|forty|fifty|sixty|seventy|eighty|ninety|hundred|thousand|million|half|quarter|first|second"
    r"|third|fourth|fifth|\w+th|noon|midnight|dozen"
    r"|un|une|deux|trois|quatre|cinq|six|sept|huit|neuf|dix|onze|douze|treize|quatorze|quinze|seize"
    r"|vingt|trente|quarante|cinquante|soixante|cent|cents|mille|premier|première|midi|minuit"
    r"|uno|una|dos|tres|cuatro|cinco|seis|siete|ocho|nueve|diez|once|doce|trece|catorce|quince"
    r"|veinte|veinti\w+|treinta|cuarenta|cincuenta|sesenta|setenta|ochenta|noventa|cien|ciento"
    r"|\w+cientos|mil|millón|primero|primera|medio|media)\b"
    r"|null|eins|zwei|drei|vier|fünf|sechs|sieben|acht|neun|zehn|elf|zwölf|zwanzig|dreißig|hundert"
    r"|tausend|million|halb|viertel|ersten?\b|dritten?\b|mittag|mitternacht",
    re.IGNORECASE,
)
"""Words that may become digits."""
