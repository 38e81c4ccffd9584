"""The names of signs in code mode, after Talon's, and the room that each sign takes. Pure."""

from collections.abc import Iterator
from typing import Final

from dictate.text.pieces import Room, Sign

WORD, TIGHT, SHUT, SPACE = Room.WORD, Room.TIGHT, Room.SHUT, Room.SPACE

_ROOMS: Final[tuple[tuple[Room, Room, dict[str, str]], ...]] = (
    (
        TIGHT,
        TIGHT,
        {
            ".": "dot, point, period, full stop",
            "_": "underscore, under score, down score",
            "/": "slash, forward slash",
            "\\": "backslash, back slash",
            "-": "hyphen",
            "::": "double colon",
            "://": "colon slash slash, colon double slash",
            " ": "space",
            "(": "open paren, left paren, L paren, open parenthesis, left parenthesis, paren",
            "[": "open bracket, left bracket, L bracket, open square, left square, L square",
            "<": "open angle, left angle, L angle",
        },
    ),
    (
        SHUT,
        WORD,
        {
            ")": "close paren, right paren, R paren, close parenthesis, right parenthesis",
            "]": "close bracket, right bracket, R bracket, close square, right square, R square",
            "}": "close brace, right brace, R brace, close curly, right curly",
            ">": "close angle, right angle, R angle",
            "?": "question mark",
            "++": "plus plus",
            "--": "minus minus",
        },
    ),
    (SHUT, SPACE, {",": "comma", ";": "semicolon, semi colon, semi", ":": "colon"}),
    (
        WORD,
        TIGHT,
        {
            "{": "open brace, left brace, L brace, open curly, left curly, brace",
            "@": "at sign, at symbol",
            "$": "dollar sign, dollar",
            "!": "bang, exclamation mark, exclamation point",
            "~": "tilde",
            "-": "dash",
            "./": "dot slash",
            "../": "dot dot slash",
        },
    ),
    (
        SPACE,
        SPACE,
        {
            "=": "equals, equal sign",
            "==": "double equals, equals equals",
            "===": "triple equals",
            "!=": "not equal, not equals, bang equals",
            "+=": "plus equals",
            "-=": "minus equals",
            "*=": "times equals, star equals",
            "/=": "divide equals, slash equals",
            ":=": "colon equals, walrus",
            "<=": "less or equal, less than or equal, less than or equal to",
            ">=": "greater or equal, greater than or equal, greater than or equal to",
            "->": "arrow",
            "=>": "fat arrow, double arrow",
            "|": "pipe",
            "||": "double pipe",
            "&&": "double ampersand",
            "^": "caret",
            "%": "percent, percent sign, modulo",
            "//": "double slash",
        },
    ),
    (WORD, WORD, {"#": "hash, hash sign, number sign", "\u2026": "ellipsis"}),
)
_OPERATORS: Final = {
    "+": "plus, plus sign",
    "-": "minus, minus sign",
    "*": "star, asterisk",
    "**": "double star",
    "&": "ampersand, amper",
    "<": "less than",
    ">": "greater than",
}
"""Of these, the first five may lead."""
_LEADING: Final = frozenset({"+", "-", "*", "**", "&"})
_QUOTES: Final = {
    "'": "quote, single quote, apostrophe",
    '"': "double quote, dub quote",
    "`": "back tick, backtick, grave",
}


def code_signs() -> Iterator[tuple[str, Sign]]:
    """Each name with its sign."""
    for left, right, signs in _ROOMS:
        for text, names in signs.items():
            yield from ((name, Sign(text, left, right)) for name in names.split(", "))
    for text, names in _OPERATORS.items():
        sign = Sign(text, SPACE, SPACE, may_lead=text in _LEADING)
        yield from ((name, sign) for name in names.split(", "))
    for text, names in _QUOTES.items():
        yield from ((name, Sign(text, WORD, TIGHT, is_quote=True)) for name in names.split(", "))
