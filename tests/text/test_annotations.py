"""What recognizers write about sounds is not written, and what users dictate is."""

import pytest

from dictate.config.schema import TextSettings
from dictate.hotwords.model import Hotwords, Term
from dictate.text import polish

USUAL = TextSettings()


@pytest.mark.parametrize(
    "heard",
    [
        "[BLANK_AUDIO]",
        "[ Silence ]",
        "[SOUND]",
        "[Music]",
        "[MUSIC PLAYING]",
        "(keyboard clicking)",
        "(upbeat music)",
        "(people talking)",
        "(speaking in foreign language)",
        "(Sighs)",
        "*coughs*",
        "**laughs**",
        "<noise>",
        "<unk>",
        "<|nospeech|>",
        "++NOISE++",
        "[_TT_50]",
        "[_BEG_]",
        "<s>",
        "</s>",
        "<pad>",
        "(Pause)",
        "(sonido de teclado)",
        "(Klopfen)",
        "(Tippen)",
        "♪",
        "♪ ♪",
        "♪ la la la ♪",
        "♪♪♪ I love you ♪♪♪",
        "(music) (laughter)",
        "[Music].",
        "[Musik]",
        "(Gelächter)",
        "[musique]",
        "[música]",
        "(mu\u0301sica)",
        "[Musica]",
        "(risos)",
        "[Muziek]",
        "[музыка]",
        "【音乐】",
        "\uff08拍手\uff09",
        "[음악]",
    ],
)
def test_a_sound_is_not_written(heard: str) -> None:
    assert polish(heard, Hotwords(), USUAL) == ""


@pytest.mark.parametrize(
    ("heard", "written"),
    [
        ("[Music] Hello there.", "Hello there."),
        ("Hello (coughs) there.", "Hello there."),
        ("Hello, *coughs*, there.", "Hello, there."),
        ("Hello there. [BLANK_AUDIO]", "Hello there."),
        ("Hello <unk> there", "Hello there"),
        ("[_BEG_] Hello there [_TT_50]", "Hello there"),
        ("♪ Hello there", "Hello there"),
        ("♪ la la ♪ Hello there. ♪♪", "Hello there."),
        ("你好\uff08笑\uff09世界", "你好世界"),
        ("[Music] Um.", ""),
    ],
)
def test_the_words_around_a_sound_are(heard: str, written: str) -> None:
    assert polish(heard, Hotwords(replacements=(("um", ""),)), USUAL) == written


@pytest.mark.parametrize(
    "heard",
    [
        "The function (see below) returns.",
        "(see below)",
        "Call f(x) and g(y).",
        "(555) 123-4567",
        "[1]",
        "As shown in [12], it works.",
        "5 * 3 * 2",
        "It is *really* good.",
        "a < b and c > d",
        "Use <div> here.",
        "Send the file (video) to her.",
        "Press the button (click) once.",
        "I like music, laughter and applause.",
    ],
)
def test_brackets_and_stars_of_the_user_stay(heard: str) -> None:
    assert polish(heard, Hotwords(), USUAL) == heard


def test_the_users_own_phrases_stay_whatever_they_look_like() -> None:
    mine = Hotwords(
        terms=(Term("[Music]"), Term("Claude Code")),
        replacements=(("todo tag", "[NOISE]"), ("(laughs)", "😀")),
    )
    assert polish("[music]", mine, USUAL) == "[Music]"
    assert polish("todo tag one", mine, USUAL) == "[NOISE] one"
    assert polish("Hello (laughs)", mine, USUAL) == "Hello 😀"
    assert polish("[claude code]", mine, USUAL) == "[Claude Code]"


def test_brackets_that_were_spoken_stay() -> None:
    heard = "open paren laughs close paren"
    assert polish(heard, Hotwords(), USUAL, punctuates=False) == "(laughs)"
