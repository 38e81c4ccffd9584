"""The language that a keyboard layout is made for, by the list that xkeyboard-config installs.

A layout is known by its code ("de") with a variant ("nodeadkeys", or ""), or by the description
that sway and KDE show ("German (no dead keys)").
"""

import os
import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Final
from xml.etree import ElementTree

_ROOTS: Final = ("/usr/share/X11/xkb", "/usr/share/xkeyboard-config-2", "/usr/local/share/X11/xkb")

# untranslated
_PAIRS: Final = (
    ": afr:af amh:am ara:ar aze:az bel:be ben:bn bod:bo bos:bs bul:bg cat:ca ces:cs cym:cy dan:da "
    "deu:de ell:el eng:en epo:eo est:et eus:eu fao:fo fas:fa fin:fi fra:fr gle:ga glg:gl guj:gu "
    "hau:ha heb:he hin:hi hrv:hr hun:hu hye:hy ind:id isl:is ita:it jav:jv jpn:ja kan:kn kat:ka "
    "kaz:kk khm:km kir:ky kor:ko kur:ku lao:lo lav:lv lit:lt mal:ml mar:mr mkd:mk mlt:mt mon:mn "
    "mri:mi msa:ms mya:my nep:ne nld:nl nor:no oci:oc pan:pa pol:pl por:pt pus:ps ron:ro rus:ru "
    "san:sa sin:si slk:sk slv:sl snd:sd spa:es sqi:sq srp:sr swa:sw swe:sv tam:ta tat:tt tel:te "
    "tgk:tg tha:th tuk:tk tur:tr uig:ug ukr:uk urd:ur uzb:uz vie:vi yor:yo zho:zh"
)
_ISO_639_3: Final = dict(pair.split(":") for pair in _PAIRS.split())
"""The list has codes of three letters, BCP 47 the short ones."""
_ISO_639_2: Final = {"ger": "de", "fre": "fr", "dut": "nl", "cze": "cs", "gre": "el", "chi": "zh"}
"""Codes of three letters that IBus uses for some languages instead."""

_SHARED: Final = ("be",)
"""Layouts of countries with several languages, none of which is what most users write."""

_IBUS: Final = {
    "anthy": "ja",
    "mozc": "ja",
    "kkc": "ja",
    "skk": "ja",
    "hangul": "ko",
    "libpinyin": "zh",
    "pinyin": "zh",
    "bopomofo": "zh",
    "libbopomofo": "zh",
    "libzhuyin": "zh",
    "chewing": "zh",
    "rime": "zh",
    "sunpinyin": "zh",
    "unikey": "vi",
    "bamboo": "vi",
}
"""Input methods of IBus by the beginnings of their names."""


@dataclass(frozen=True, slots=True)
class _Layouts:
    codes: dict[tuple[str, str], str] = field(default_factory=dict)
    """The language, by layout and variant; "" where it has none that we know."""
    descriptions: dict[str, str] = field(default_factory=dict)
    """The same, by description."""


def of_code(layout: str, variant: str = "") -> str | None:
    """The BCP 47 language of this layout; None if it is unknown or shared by languages. The first
    call reads a file."""
    codes = _installed().codes
    return codes.get((layout, variant), codes.get((layout, ""))) or None


def of_description(description: str) -> str | None:
    """The same, by the description of the layout."""
    return _installed().descriptions.get(description) or None


def of_ibus(engine: str) -> str | None:
    """The same of an engine of IBus: "xkb:de::ger", "mozc-jp", "m17n:ru:kbd"."""
    match engine.split(":"):
        case ["xkb", layout, variant, code]:
            return of_code(layout, variant) or _ISO_639_2.get(code) or _ISO_639_3.get(code)
        case ["m17n", code, _]:
            return code if len(code) == 2 else None
    return _IBUS.get(re.split(r"[-:]", engine.lower())[0])


@cache
def _installed() -> _Layouts:
    roots = (os.environ.get("XKB_CONFIG_ROOT", ""), *_ROOTS)
    for path in (Path(root) / "rules/evdev.xml" for root in roots if root):
        try:
            return _read(path)
        except (OSError, ElementTree.ParseError):
            continue
    return _Layouts()


def _read(path: Path) -> _Layouts:
    # A file of the system, of some hundred kilobytes.
    found = _Layouts()
    for layout in ElementTree.parse(path).iterfind("layoutList/layout"):
        own = _languages(layout)
        for entry in (layout, *layout.iterfind("variantList/variant")):
            listed = _languages(entry)
            # A variant that adds languages to its layout's is still that layout's.
            likely = [one for one in (*own[:1], *listed[:1]) if one in listed] or own
            code = likely[0] if likely else ""
            name = layout.findtext("configItem/name", "")
            language = "" if name in _SHARED else _ISO_639_3.get(code, "")
            variant = "" if entry is layout else entry.findtext("configItem/name", "")
            found.codes[name, variant] = language
            found.descriptions[entry.findtext("configItem/description", "")] = language
    return found


def _languages(entry: ElementTree.Element) -> list[str]:
    return [each.text or "" for each in entry.iterfind("configItem/languageList/iso639Id")]
