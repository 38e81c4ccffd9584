"""What a model that is told the words may do with them."""

import pytest

from dictate.engines.prompt_guard import echoes, too_long

TOLD = "About Python. Technical terms: Claude Code, Kubernetes."
TERMS = ("Claude Code", "Kubernetes")

CHINESE = ("今天我们讨论语音识别。 Technical terms: 克劳德, 库伯内蒂斯.", ("克劳德", "库伯内蒂斯"))
JAPANESE = (
    "音声認識の話です。 Technical terms: クロード・コード, 形態素.",
    ("クロード・コード", "形態素"),
)
THAI = (
    "วันนี้เราจะพูดถึงการรู้จำเสียงพูด Technical terms: คลอดโค้ด, คูเบอร์เนตีส.",
    ("คลอดโค้ด", "คูเบอร์เนตีส"),
)

MIXED = ("Technical terms: Claude Code, 语音识别.", ("Claude Code", "语音识别"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Technical terms: Claude Code, Kubernetes.", True),
        ("Claude Code, Kubernetes", True),
        ("claude code kubernetes claude code kubernetes", True),
        ("about python technical terms", True),
        ("Claude Code", False),
        ("Kubernetes", False),
        ("Python", False),
        ("", False),
        ("please open Claude Code and ask it about Kubernetes", False),
        ("I use Claude Code for Kubernetes", False),
    ],
)
def test_an_echo(text: str, expected: bool) -> None:
    assert echoes(text, TOLD, TERMS) is expected
    assert not echoes(text, "", ())


@pytest.mark.parametrize(
    ("told", "text", "expected"),
    [
        # The list, and with a word of the model's own between.
        (CHINESE, "克劳德、库伯内蒂斯。", True),
        (CHINESE, "克劳德和库伯内蒂斯。", True),
        (CHINESE, "库伯内蒂斯克劳德库伯内蒂斯克劳德", True),
        # The sentence.
        (CHINESE, "今天我们讨论语音识别。", True),
        # One term alone, and what only shares signs with it.
        (CHINESE, "克劳德", False),
        (CHINESE, "库伯内蒂斯", False),
        (CHINESE, "今天天气很好、我们去公园。", False),
        (CHINESE, "别克车的音响、论斯文、讨德国人喜欢。", False),
        # Both, but in a sentence that somebody said.
        (CHINESE, "请打开克劳德、然后在库伯内蒂斯上部署新的版本。", False),
        (CHINESE, "请用 Claude 写一个测试。", False),
        (JAPANESE, "クロードコード、形態素", True),
        (JAPANESE, "音声認識の話です。", True),
        (JAPANESE, "形態素", False),
        (JAPANESE, "今日はとても天気がいいですね。", False),
        (JAPANESE, "クロードに形態素の説明を頼みました。", False),
        (THAI, "คลอดโค้ด คูเบอร์เนตีส", True),
        (THAI, "คลอดโค้ดและคูเบอร์เนตีส", True),
        (THAI, "วันนี้เราจะพูดถึงการรู้จำเสียงพูด", True),
        (THAI, "คูเบอร์เนตีส", False),
        (THAI, "พรุ่งนี้ฝนจะตกหนักมากในกรุงเทพ", False),
        (THAI, "ช่วยเปิดคลอดโค้ดแล้วติดตั้งคูเบอร์เนตีสให้หน่อยครับ", False),
        # Words with spaces beside signs without.
        (MIXED, "Claude Code语音识别", True),
        (MIXED, "用 Claude Code 做语音识别的项目", False),
    ],
)
def test_an_echo_in_a_script_without_spaces(
    told: tuple[str, tuple[str, ...]], text: str, expected: bool
) -> None:
    assert echoes(text, *told) is expected
    assert not echoes(text, "", ())


def test_nobody_says_so_much() -> None:
    assert too_long("x" * 141, 2)
    assert not too_long("x" * 140, 2)
