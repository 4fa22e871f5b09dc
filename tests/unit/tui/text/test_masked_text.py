"""Untrusted text is masked, made safe, and cut before it is searched."""

import pytest

from tui.text import redaction
from tui.text.masked_text import mask_line, mask_lines


def test_secrets_and_control_characters_are_replaced() -> None:
    text = "PASSWORD=hunter2x\nfailed\x1b[2J"
    assert mask_line(text) == "PASSWORD=[redacted]␊failed␛[2J"
    assert mask_lines(text) == ["PASSWORD=[redacted]", "failed␛[2J"]


def test_a_secret_where_a_long_text_is_cut_is_masked() -> None:
    for length in range(3_900, 4_300, 7):
        assert "hunter2x" not in mask_line(f"{'x ' * (length // 2)}PASSWORD=hunter2x", 5_000)


@pytest.mark.parametrize("piece", ["x", "x\n", "PASSWORD=x\n"])
def test_a_long_text_is_cut_before_it_is_searched(piece: str, monkeypatch: pytest.MonkeyPatch) -> None:
    searched: list[int] = []
    search = redaction._redact

    def counted(text: str) -> str:
        searched.append(len(text))
        return search(text)

    monkeypatch.setattr(redaction, "_redact", counted)
    assert len(mask_line(piece * 200_000, 80)) == 80
    assert sum(searched) <= 10_000
