from tui.text.paint import paint
from tui.text.safe import safe


def test_a_painted_text_ends_in_the_default_style() -> None:
    assert paint(safe("3 failed"), color="red") == "\x1b[31m3 failed\x1b[0m"
    assert paint(safe("RUN"), bold=True) == "\x1b[1mRUN\x1b[0m"


def test_painted_text_stays_safe() -> None:
    assert paint(safe("\x1b]0;x\x07"), dim=True) == "\x1b[2m␛]0;x␇\x1b[0m"
