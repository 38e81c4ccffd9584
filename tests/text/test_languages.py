"""Spoken signs, terms and replacements act in the language that is spoken, and in no other."""

import pytest

from dictate.config import config_file
from dictate.config.schema import TextSettings
from dictate.hotwords.model import Hotwords, Term
from dictate.text import polish, prepare
from dictate.text.languages import SPOKEN_LANGUAGES

USUAL = TextSettings()
NONE = Hotwords()


@pytest.mark.parametrize(
    ("language", "heard", "written"),
    [
        ("en", "hello comma world period", "hello, world."),
        ("en-GB", "is it question mark yes", "is it? Yes"),
        ("de", "hallo komma welt punkt wie geht es fragezeichen", "hallo, welt. Wie geht es?"),
        ("de", "was ist das fragezeichen", "was ist das?"),
        (
            "de",
            "er sagt doppelpunkt anführungszeichen auf ja anführungszeichen zu",
            'er sagt: "ja"',
        ),
        ("de", "klammer auf eins klammer zu strichpunkt zwei", "(eins); zwei"),
        ("fr", "bonjour virgule ça va point d'interrogation", "bonjour, ça va?"),
        ("fr", "bonjour virgule ça va point d\u2019interrogation", "bonjour, ça va?"),
        ("fr", "deux choses deux points ceci point virgule cela", "deux choses: ceci; cela"),
        ("es", "hola coma mundo punto y coma adiós punto", "hola, mundo; adiós."),
        ("es", "abrir interrogación qué tal cerrar interrogación", "¿qué tal?"),
        ("it", "ciao virgola come va punto di domanda", "ciao, come va?"),
        ("it", "due cose due punti apri parentesi bene chiudi parentesi", "due cose: (bene)"),
        ("pt", "olá vírgula tudo bem ponto de interrogação", "olá, tudo bem?"),
        ("pt-BR", "abre aspas sim fecha aspas ponto final", '"sim".'),
        ("nl", "hallo komma hoe gaat het vraagteken", "hallo, hoe gaat het?"),
        ("nl", "een ding dubbele punt haakje openen ja haakje sluiten", "een ding: (ja)"),
    ],
)
def test_signs_are_spoken_in_each_language(language: str, heard: str, written: str) -> None:
    assert polish(heard, NONE, USUAL, language=language, punctuates=False) == written


@pytest.mark.parametrize(
    ("language", "heard"),
    [
        ("es", "tengo colon irritable"),
        ("es", "el period y el dash"),
        ("en", "the punto de vista"),
        ("fr", "mon point de vue"),
        ("fr", "un point virgule"),
        ("fr", "le point et la virgule"),
        ("de", "der punkt und ein komma"),
        ("de", "punkt 8 uhr"),
        ("es", "está en coma"),
        ("es", "el punto de partida"),
        ("it", "il punto di vista"),
        ("it", "è a capo di tutto"),
        ("pt", "o ponto de vista"),
        ("nl", "de punt en een komma"),
        ("en", "he has colon cancer"),
        ("en", "comma-separated values"),
        ("en", "comma separated values"),
        ("en", "the colon's place"),
        ("en", "a post-period piece"),
        ("en", "his colon and a trial period"),
        ("de", "um Punkt acht Uhr"),
        ("de", "komma-getrennt"),
        ("es", "ejemplo punto com"),
        ("it", "due punti in più"),
        ("pt", "exemplo ponto com"),
        ("fr", "deux points de plus"),
        ("nl", "op een bepaald punt"),
        ("sv", "hej comma komma punkt"),
        ("zh", "你好 comma"),
    ],
)
def test_what_is_a_word_in_the_language_stays_one(language: str, heard: str) -> None:
    assert polish(heard, NONE, USUAL, language=language, punctuates=False) == heard


@pytest.mark.parametrize(
    ("language", "heard", "written"),
    [
        ("en", "One, new line, two.", "One\ntwo."),
        ("de", "Eins, neue Zeile, zwei.", "Eins\nzwei."),
        ("de", "Eins. Neuer Absatz. Zwei.", "Eins.\n\nZwei."),
        ("fr", "Un, à la ligne, deux.", "Un\ndeux."),
        ("es", "Uno, nueva línea, dos.", "Uno\ndos."),
        ("es", "Hola punto y aparte adiós", "Hola.\n\nAdiós"),
        ("it", "Uno, a capo, due.", "Uno\ndue."),
        ("pt", "Um, nova linha, dois.", "Um\ndois."),
        ("nl", "Een, nieuwe regel, twee.", "Een\ntwee."),
        ("sv", "Ett, new line, två.", "Ett\ntvå."),
        ("fr", "La pêche à la ligne.", "La pêche à la ligne."),
        ("nl", "Een nieuwe regel code.", "Een nieuwe regel code."),
    ],
)
def test_line_ends_are_spoken_with_every_engine(language: str, heard: str, written: str) -> None:
    assert polish(heard, NONE, USUAL, language=language, punctuates=True) == written


@pytest.mark.parametrize(
    ("language", "heard", "written"),
    [
        ("en", "a literal comma here", "a comma here"),
        ("en", "literal comma is it period", "comma is it."),
        ("de", "hier wörtlich komma schreiben", "hier komma schreiben"),
        ("fr", "ici littéral virgule", "ici virgule"),
        ("es", "aquí literal coma", "aquí coma"),
        ("it", "qui letterale virgola", "qui virgola"),
        ("pt", "aqui literal vírgula", "aqui vírgula"),
        ("nl", "hier letterlijk komma", "hier komma"),
        ("en", "the word comma", "the word comma"),
        ("en", "a literal meaning comma yes", "a literal meaning, yes"),
    ],
)
def test_an_escape_makes_a_sign_a_word(language: str, heard: str, written: str) -> None:
    assert polish(heard, NONE, USUAL, language=language, punctuates=False) == written


def test_an_escape_works_for_line_ends_and_keeps_the_capital() -> None:
    assert polish("Literal new line is it.", NONE, USUAL, punctuates=True) == "New line is it."
    assert polish("a literal comma.", NONE, USUAL, punctuates=True) == "a literal comma."


@pytest.mark.parametrize(
    "heard", ["He has colon cancer.", "Put a comma, period.", "The end period"]
)
def test_an_engine_that_punctuates_means_words(heard: str) -> None:
    assert polish(heard, NONE, USUAL, language="en", punctuates=True) == heard
    assert polish(heard, NONE, USUAL, language="en") == heard


def test_of_an_engine_that_does_not_say_the_text_shows_whether_it_punctuates() -> None:
    assert polish("hello comma world", NONE, USUAL) == "hello, world"
    assert polish("I say comma yes", NONE, USUAL) == "I say, yes"
    assert polish("Hello, comma, world.", NONE, USUAL) == "Hello, comma, world."


def test_the_setting_forces_both() -> None:
    on, off = TextSettings(spoken_punctuation="on"), TextSettings(spoken_punctuation="off")
    assert polish("Hello, comma, world.", NONE, on, punctuates=True) == "Hello, world."
    assert polish("hello comma world", NONE, off, punctuates=False) == "hello comma world"


def test_older_files_with_true_or_false_keep_their_meaning() -> None:
    for written, meant in (("true", "on"), ("false", "off"), ('"auto"', "auto")):
        settings = config_file.parse(f"[text]\nspoken_punctuation = {written}")
        assert settings.text.spoken_punctuation == meant


@pytest.mark.parametrize("language", SPOKEN_LANGUAGES)
def test_every_command_of_a_language_works_as_it_is_listed(language: str) -> None:
    rules = SPOKEN_LANGUAGES[language]
    for phrase in (*rules.signs, *rules.line_ends):
        written = polish(f"x {phrase} z", NONE, USUAL, language=language, punctuates=False)
        assert phrase.casefold() not in written.casefold()
        said = f"{rules.escapes[0]} {phrase}"
        assert polish(said, NONE, USUAL, language=language, punctuates=False) == phrase
    for phrase in rules.phrases:
        assert polish(phrase, NONE, USUAL, language=language, punctuates=False) == phrase


GARDEN = Hotwords(
    terms=(Term("Garten", sounds_like=("garden",), language="de"), Term("Claude")),
    replacements=(("mfg", "Mit freundlichen Grüßen"),),
    replacements_in=(("de", (("um", "um"), ("äh", ""))), ("en-US", (("um", ""), ("mfg", "MFG")))),
)


@pytest.mark.parametrize(
    ("language", "heard", "written"),
    [
        ("en", "in the garden", "in the garden"),
        ("de", "im garden", "im Garten"),
        ("de-AT", "im garden", "im Garten"),
        (None, "im garden", "im Garten"),
        ("auto", "im garden", "im Garten"),
        ("en-GB", "um yes claude", "yes Claude"),
        ("de", "um drei äh uhr mit claude", "um drei uhr mit Claude"),
        ("fr", "um trois äh", "um trois äh"),
        ("de", "mfg", "Mit freundlichen Grüßen"),
        ("en", "mfg", "MFG"),
    ],
)
def test_words_of_one_language_act_in_that_language_only(
    language: str | None, heard: str, written: str
) -> None:
    assert polish(heard, GARDEN, USUAL, language=language) == written


def test_a_list_can_be_sorted_ahead() -> None:
    prepare(GARDEN, USUAL, ("de", "auto", None))
    assert polish("im garden", GARDEN, USUAL, language="de") == "im Garten"


TYPOGRAPHY = Hotwords(
    terms=(Term("O'Reilly"), Term("Cmd-K"), Term("Zoë Müller")),
    replacements=(("can't", "cannot"), ("a-b", "AB"), ("résumé", "CV"), ("don\u2019t", "do not")),
)


@pytest.mark.parametrize(
    ("heard", "written"),
    [
        ("I can't", "I cannot"),
        ("I can\u2019t", "I cannot"),
        ("I can\u02bct", "I cannot"),
        ("I can\u2018t", "I cannot"),
        ("I don't", "I do not"),
        ("o\u2019reilly\u2019s", "O'Reilly\u2019s"),
        ("a\u2010b a\u2011b a\u2013b", "AB AB AB"),
        ("cmd\u2011k", "Cmd-K"),
        ("my re\u0301sume\u0301", "my CV"),
        ("my resume", "my resume"),
        ("zoe\u0308\u00a0mu\u0308ller", "Zoë Müller"),
        ("zoë\u202fmüller", "Zoë Müller"),
    ],
)
def test_typographic_signs_match_their_plain_forms(heard: str, written: str) -> None:
    assert polish(heard, TYPOGRAPHY, USUAL) == written
