"""The server of metrics, scraped over HTTP."""

import asyncio
import threading
from collections.abc import Sequence
from urllib.error import HTTPError

import pytest
from prometheus_client.core import GaugeMetricFamily, Metric

from tests.support.metrics import parse_metrics, scrape
from tui.metrics.metrics_server import Address, parse_address, serving

FREE = Address("127.0.0.1", 0)


async def test_metrics_are_made_in_the_event_loop_at_each_scrape() -> None:
    threads: list[threading.Thread] = []

    def make() -> Sequence[Metric]:
        threads.append(threading.current_thread())
        return [GaugeMetricFamily("calls", "Calls.", value=len(threads))]

    async with serving(FREE, make) as address:
        texts = [await asyncio.to_thread(scrape, f"http://{address}/metrics") for _ in range(2)]
    (family,) = parse_metrics(texts[1])
    assert [(sample.name, sample.value) for sample in family.samples] == [("calls", 2.0)]
    assert threads == [threading.current_thread()] * 2


async def test_the_text_format_of_prometheus_is_served_too() -> None:
    async with serving(FREE, lambda: [GaugeMetricFamily("a", "An é.", value=1)]) as address:
        assert "a 1.0\n" in await asyncio.to_thread(scrape, f"http://{address}/metrics", "text/plain")


async def test_the_port_is_free_again_after_the_end() -> None:
    async with serving(FREE, lambda: ()) as address:
        with pytest.raises(OSError, match="in use"):
            await serving(address, lambda: ()).__aenter__()
    async with serving(address, lambda: ()) as again:
        assert again == address


async def test_a_scrape_that_fails_is_no_empty_page(
    capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    def make() -> Sequence[Metric]:
        raise RuntimeError("dictionary changed size during iteration")

    async with serving(FREE, make) as address:
        with pytest.raises(HTTPError, match="500") as raised:
            await asyncio.to_thread(scrape, f"http://{address}/metrics")
    raised.value.close()
    assert capsys.readouterr() == ("", "")
    assert caplog.messages == ["a scrape failed"]


@pytest.mark.parametrize(
    ("text", "host", "port", "is_loopback"),
    [
        ("127.0.0.1:9464", "127.0.0.1", 9464, True),
        ("localhost:0", "localhost", 0, True),
        (" [::1]:80 ", "::1", 80, True),
        ("0.0.0.0:9464", "0.0.0.0", 9464, False),
        ("localhost.example.com:1", "localhost.example.com", 1, False),
    ],
)
def test_addresses(text: str, host: str, port: int, is_loopback: bool) -> None:
    address = parse_address(text)
    assert (address, address.is_loopback) == (Address(host, port), is_loopback)
    assert str(address) == text.strip()


@pytest.mark.parametrize("text", ["", "9464", ":9464", "host", "host:", "host:x", "::1:80", "host:-1", "host:٣"])
def test_other_texts_are_not_addresses(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not an address; write it like 127\.0\.0\.1:9464"):
        parse_address(text)


def test_ports_have_an_end() -> None:
    with pytest.raises(ValueError, match="port 65536 is too large"):
        parse_address("localhost:65536")
