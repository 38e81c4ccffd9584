"""The language in a file of the user, as a BCP 47 tag. Pure."""

import re
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Final

from dictate.hotwords.model import AUTO
from dictate.translation import _

LAYOUT: Final = "layout"
"""In place of a tag: the language of the keyboard's layout."""
_TAG: Final = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")

_ISO_639_1: Final = (
    "aa ab ae af ak am an ar as av ay az ba be bg bh bi bm bn bo br bs ca ce ch co cr cs cu cv "
    "cy da de dv dz ee el en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr "
    "ht hu hy hz ia id ie ig ii ik in io is it iu iw ja ji jv jw ka kg ki kj kk kl km kn ko kr "
    "ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mo mr ms mt my na nb nd ne ng "
    "nl nn no nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg sh si sk "
    "sl sm sn so sq sr ss st su sv sw ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve "
    "vi vo wa wo xh yi yo za zh zu"
)
"""The codes of two letters, with the withdrawn ones that engines still use."""
_CODES: Final = frozenset(_ISO_639_1.split())

_NAMES: Final[Mapping[str, str]] = {
    "af": "afrikaans",
    "ar": "arabic ara",
    "be": "belarusian",
    "bg": "bulgarian bul",
    "bn": "bengali bangla",
    "ca": "catalan català",
    "cs": "czech čeština cesky ces cze cz",
    "cy": "welsh cymraeg",
    "da": "danish dansk dan dk",
    "de": "german deutsch deu ger",
    "el": "greek ελληνικά ell gre gr",
    "en": "english englisch anglais inglés eng us gb",
    "es": "spanish español espanol castellano spa",
    "et": "estonian eesti",
    "eu": "basque euskara",
    "fa": "persian farsi",
    "fi": "finnish suomi fin",
    "fr": "french français francais fra fre",
    "ga": "irish gaeilge",
    "gl": "galician galego",
    "he": "hebrew עברית heb",
    "hi": "hindi हिन्दी hin",
    "hr": "croatian hrvatski",
    "hu": "hungarian magyar hun",
    "id": "indonesian",
    "is": "icelandic íslenska",
    "it": "italian italiano ita",
    "ja": "japanese 日本語 nihongo jpn jp",
    "ko": "korean 한국어 kor",
    "lt": "lithuanian lietuvių",
    "lv": "latvian latviešu",
    "mk": "macedonian",
    "ms": "malay",
    "nb": "bokmål bokmal",
    "nl": "dutch nederlands nld dut flemish",
    "no": "norwegian norsk nor",
    "pl": "polish polski pol",
    "pt": "portuguese português portugues por",
    "ro": "romanian română ron",
    "ru": "russian русский rus",
    "sk": "slovak slovenčina slk",
    "sl": "slovenian slovene slovenščina slv",
    "sr": "serbian srpski",
    "sv": "swedish svenska swe",
    "sw": "swahili",
    "ta": "tamil",
    "te": "telugu",
    "th": "thai ไทย tha",
    "tl": "tagalog",
    "tr": "turkish türkçe turkce tur",
    "uk": "ukrainian українська ukr ua",
    "ur": "urdu",
    "vi": "vietnamese vie",
    "zh": "chinese mandarin 中文 汉语 zho chi cn",
}
"""Names and other codes by which people call a language."""

_CODE_OF: Final = {name: code for code, names in _NAMES.items() for name in names.split()}


def language_tag(text: str) -> str:
    """The BCP 47 tag in `text`, or AUTO. Raises ValueError with the tag that is probably meant."""
    if text == AUTO:
        return text
    main = text.partition("-")[0].lower()
    known = main in _CODES if len(main) == 2 else main not in _CODE_OF
    if known and _TAG.fullmatch(text):
        return text
    raise ValueError(
        _('this is not a language code, such as "en" or "de-CH"{meant}').format(meant=_meant(text))
    )


def spoken_language(text: str) -> str:
    """The same for a language that the user speaks, which may be LAYOUT."""
    return text if text == LAYOUT else language_tag(text)


def spoken_language_or_none(text: str) -> str:
    """The same for one that may be missing: "" stays ""."""
    return spoken_language(text) if text else ""


def _meant(text: str) -> str:
    given = text.strip().lower()
    main, *rest = re.split(r"[-_.@\s]+", text.strip(), maxsplit=2)
    if given == AUTO:
        code = AUTO
    elif main.lower() in _CODES:
        country = rest[0] if rest and re.fullmatch(r"[A-Za-z]{2}", rest[0]) else ""
        code = "-".join(filter(None, (main.lower(), country.upper())))
    else:
        near = next(iter(get_close_matches(given[:64], _CODE_OF, n=1)), "")
        code = _CODE_OF.get(given) or _CODE_OF.get(main.lower()) or _CODE_OF.get(near, "")
    return _('; did you mean "{code}"?').format(code=code) if code else ""
