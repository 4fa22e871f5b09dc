"""Filtering and searching of logs."""

import re
from pathlib import Path

import pytest

from store import LocalRepository
from store.logs import object_log as objects
from store.logs.log import END, HEAD
from store.logs.open import Logs
from tests.support.long_lines import (
    hits,
    short_pieces,  # noqa: F401
)
from tui.logs.document import Document
from tui.logs.search import LogSearch, compiled


async def test_a_match_across_two_pieces_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(objects, "PAGE", 600)
    repository = LocalRepository(tmp_path)
    data = b"x" * 398 + b"needle" + b"y" * 1600 + b"needle\nend\n"
    log = await Logs(lambda: repository).open(await repository.put(data))
    for cursor in (HEAD, END):
        document = Document(log)
        await document.open(cursor)
        reading = LogSearch(document)
        reading.search(re.compile("needle"), document.blocks.first)
        begin = document.blocks.first
        later = [number async for number in hits(reading, begin - 1, forward=True)]
        found = [number async for number in hits(reading, begin, forward=False)] + later
        assert len(found) == 2
        for number in found:
            assert b"needle" in b"".join(line.text for _, line in document.blocks.lines(number, number + 2))
        document.close()


@pytest.mark.parametrize("text", ["(", "a{99999999999999999999}", 5000 * "(" + 5000 * ")"])
def test_an_invalid_expression_is_searched_literally(text: str) -> None:
    assert compiled(text).search(f"... {text} ...")
