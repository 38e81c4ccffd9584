"""What recognizers write about sounds instead of words: [BLANK_AUDIO], (keyboard clicking),
*coughs*, music between notes.

A user may dictate brackets and stars. So in the middle of a text only those are annotations whose
words all describe sounds, and the tags of models ("<unk>", "[BLANK_AUDIO]"). Where nothing else is
in the text, less is enough: the sound of such a dictation is kept.
"""

import re
from dataclasses import dataclass
from typing import Final
from unicodedata import normalize

_BRACKETS: Final = (
    "[]",
    "()",
    "{}",
    "\uff08\uff09",
    "\u3010\u3011",
    "\uff3b\uff3d",
    "\u3014\u3015",
)
_GROUP = re.compile(
    "|".join(
        (
            *(rf"\{pair[0]}([^\{pair[0]}\{pair[1]}]{{1,80}})\{pair[1]}" for pair in _BRACKETS),
            r"(?<![\w*])\*{1,2}([^\s*](?:[^*]{0,78}[^\s*])?)\*{1,2}(?![\w*])",
            r"<([^<>]{1,80})>",
            r"(?<!\w)\+\+([^\s+]{1,40})\+\+(?!\w)",
        )
    )
)
_NOTE: Final = "\u2669\u266a\u266b\u266c\U0001f3b5\U0001f3b6"
_MUSIC = re.compile(rf"[{_NOTE}]+(?:[^{_NOTE}]{{1,500}}[{_NOTE}]+)?")
"""Notes, and what is sung between them."""
_TAG = re.compile(r"\|[^|<>]*\|?|(?:unk|sil|eps|blank|nospeech|spn|nsn|pad|/?s)", re.IGNORECASE)
_CAPITAL_TAG = re.compile(r"[A-Z]+(?:_[A-Z]+)+|_[A-Z]+_\d*")
_WORDS = re.compile(r"[^\W\d_]+(?:['\u2019][^\W\d_]+)?")

MOST_WORDS: Final = 8
"""Maximum words of an annotation that is the whole text."""


def _words(lines: str) -> frozenset[str]:
    return frozenset(lines.split())


SOUNDS: Final = _words(
    """
    applause barking barks beep beeping beeps birdsong breathes breathing burp burps buzz buzzing
    buzzes cheering cheers chime chimes chirping chirps chuckle chuckles chuckling clap clapping
    claps clattering clicking coughing cough coughs crackling creaking creaks crosstalk crying
    ding dinging dings exhale exhales exhaling footsteps gasp gasping gasps giggle giggles
    giggling revving shatters squeak squeaks squeaking meow meows meowing splash splashing crunching
    groan groaning groans grunt grunting grunts gunshot hammering hiss hissing howling
    hum humming hums inaudible indiscernible indistinct inhale inhales inhaling knocking laugh
    laughing laughs laughter lipsmack moan moaning moans mumbling mumbles murmur murmuring music
    noise noises panting ringing rumble rumbling rustle rustles rustling screaming screams scoffs
    shouting shouts sigh sighing sighs silence singing sings siren sirens slams slurping smacks
    sneeze sneezes sneezing sniff sniffing sniffles sniffling sniffs snoring snores snorts sobbing
    sobs swoosh tapping thud ticking ticks unintelligible vibrating vibrates vocalizing
    vocalization whirring whisper whispering whispers whistle whistles whistling whoosh yawn
    yawning yawns yelling yells musik applaus gelächter lachen lacht husten hustet räuspern
    räuspert seufzen seufzt stille geräusch geräusche rauschen hintergrundmusik
    hintergrundgeräusche unverständlich niesen atmen klingeln musique applaudissements rires rire
    toux tousse bruit bruits soupir soupire sonnerie música aplausos risas risa tos tose silencio
    ruido ruidos suspiro suspira musica applausi risate risata tosse silenzio rumore rumori
    sospiro sospira risos riso silêncio ruído ruídos barulho palmas inaudível muziek gelach hoest
    hoesten stilte geluid geluiden ruis zucht onverstaanbaar музыка аплодисменты смех кашель
    тишина шум музика сміх оплески muzyka śmiech oklaski brawa kaszel cisza szum müzik alk\u0131ş
    gülme applader skratt hudba smích potlesk موسيقى تصفيق ضحك 음악 박수 웃음 기침
    音乐 音樂 音楽 拍手 掌声 掌聲 鼓掌 笑声 笑聲 笑い 笑い声 笑 咳嗽 噪音 雑音
    雜音 無音 静音 沉默 背景音乐 背景音樂 音乐声 歌声 咳 ノイズ
    """
)
"""Words that describe a sound, in lower case. An annotation has at least one."""

AMBIGUOUS: Final = _words(
    """
    audio background bang bell bells bird birds blank blowing blows breath breaths clearing clears
    click clicks clock cries crowd cry dial dog door engine explosion fan feedback instrumental
    key keyboard keys knock klopfen klopft klopfgeräusche tastatur tastaturgeräusche teclado
    clavier tastiera toetsenbord tippen tippt pause pausa golpes sonido sonidos som sons
    suono suoni knocks loud microphone motor mouse musical pants phone piano pop pops
    rain ring rings silent slam smack song sound sounds speech static taps thunder tone traffic
    typewriter typing unclear video wind
    """
)
"""Words that may describe a sound. In square brackets one of them is enough: people use those less
than round ones."""

_AROUND_SOUNDS: Final = _words(
    """
    run runs a an and bright calm distant dramatic electronic energetic ends ending faint fades
    fading foreign continues continuing continued playing plays starts starting stops gentle
    gently heavily heavy in intense jazz language laughingly light lightly of off on ominous onto
    orchestral outdoor quiet quietly rock sad several slow slowly soft softly somber speaking
    speaks suspenseful tense the throat to up upbeat water running long short low high deep deeply
    nervous nervously no other speaker speakers audience noise lively cheerful im hintergrund
    leise laut laute und spielt de fond et en la le du douce fondo y suave fuerte di sottofondo e
    fundo op achtergrond zachte
    """
)
"""Words that occur beside those, and describe no sound alone."""


_IN_SQUARE_BRACKETS: Final = SOUNDS | AMBIGUOUS
_KNOWN: Final = _IN_SQUARE_BRACKETS | _AROUND_SOUNDS

_PHRASES: Final = frozenset(
    (
        *("blank audio", "no audio", "no speech", "foreign language"),
        *("speaking foreign language", "speaking in foreign language", "speaks foreign language"),
    )
)
"""Annotations without such a word."""


@dataclass(frozen=True, slots=True)
class Annotation:
    """Where one stands in a text."""

    start: int
    stop: int
    certain: bool
    """Whether its own words show it, not only that nothing else is in the text."""


def annotations(text: str) -> list[Annotation]:
    """Those in `text`, from left to right; they may overlap."""
    alone = _is_nothing_else(text)
    found = [Annotation(*match.span(), certain=True) for match in _MUSIC.finditer(text)]
    for match in _GROUP.finditer(text):
        content = next(group for group in match.groups() if group is not None).strip()
        if _describes_sound(content, match[0][0]):
            found.append(Annotation(*match.span(), certain=True))
        elif alone and _may_describe_sound(content, match[0][0]):
            found.append(Annotation(*match.span(), certain=False))
    return sorted(found, key=lambda one: one.start)


def _describes_sound(content: str, opening: str) -> bool:
    if opening == "<" and _TAG.fullmatch(content):
        return True
    if opening in "[<" and _CAPITAL_TAG.fullmatch(content):
        return True
    if any(sign.isdigit() for sign in content):
        return False
    words = _WORDS.findall(normalize("NFC", content.replace("_", " ").casefold()))
    enough = _IN_SQUARE_BRACKETS if opening in "[\uff3b\u3010" else SOUNDS
    return " ".join(words) in _PHRASES or (
        any(word in enough for word in words)
        and _KNOWN.issuperset(words)
        and len(words) <= MOST_WORDS
    )


def _is_nothing_else(text: str) -> bool:
    """Whether nothing but groups and signs is in the text."""
    return not any(sign.isalnum() for sign in _GROUP.sub("", text))


def _may_describe_sound(content: str, opening: str) -> bool:
    words = _WORDS.findall(content.casefold())
    if opening in "<{" or len(words) > MOST_WORDS:
        return False
    if any(sign.isdigit() or sign in "?!,;:=/\\" for sign in content):
        return False
    # Some engines write round brackets for spoken ones.
    return opening not in "(\uff08" or any(
        word in _IN_SQUARE_BRACKETS or word.endswith("ing") for word in words
    )
