"""Results of short texts are kept, and long texts are not kept alive."""

import sys

from store import Resources
from tests.support.rows import make_pool
from tui.cost import prices
from tui.lists import cells
from tui.text import formats
from tui.text.secrets import secret_names
from tui.text.text_cache import LONGEST, cache_short_texts


def test_results_of_short_texts_are_kept() -> None:
    calls = []

    @cache_short_texts(2)
    def measure(text: str) -> int:
        calls.append(text)
        return len(text)

    assert [measure("a"), measure("bb"), measure("a")] == [1, 2, 1]
    assert calls == ["a", "bb"]
    assert [measure("x" * (LONGEST + 1)) for _ in range(2)] == [LONGEST + 1] * 2
    assert len(calls) == 4


def test_long_texts_of_rows_are_not_kept_alive() -> None:
    text = "https://" + "x" * 100_000 + ".example.com:9000"
    amounts, pool = Resources({text: 1.0}), make_pool(uri=text)
    before = sys.getrefcount(text), sys.getrefcount(amounts)
    secret_names.is_secret_name(text)
    secret_names.is_strong_name(text)
    secret_names.is_counted(text)
    cells.short_host(pool)
    prices.region_in(text)
    formats.resources(amounts)
    assert (sys.getrefcount(text), sys.getrefcount(amounts)) == before
