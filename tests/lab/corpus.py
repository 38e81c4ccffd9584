"""What every output has to write exactly."""

# ruff: noqa: RUF001 - the signs are meant

TEXTS = {
    "ascii": 'The quick brown fox; 0123456789 ~!@#$%^&*()_+`-={}|[]\\:"<>?,./',
    "quotes": "“double” ‘single’ «guillemets» it’s – en — em … 10 °C ½ €",
    "accents": "àéîõü ß ÆØÅ ąćęłńśżź őű čřž e\u0301 (combining) İı",
    "cjk": "日本語の文章、中文句子。한국어 문장 ｆｕｌｌ",
    "emoji": "😀 👍🏽 👩‍👩‍👧‍👦 🇩🇪 ❤️ 🫠",
    "rtl": "שלום עולם مرحبا بالعالم (123) אבג abc",
    "tabs": "a\tb\t\tc  two  spaces ",
    "2000": "".join(chr(0x21 + n % 94) if n % 7 else " é日😀"[n % 4] for n in range(2000)),
    "10000": "".join("αβγ ходил 你好 text."[n % 18] for n in range(10_000)),
}
