"""Inspect objects as text."""

import json

from store import parse_inspect
from tests.unit.store.logs.test_inspect import INSPECT
from tui.logs import (
    inspect_text as inspects,
)


def test_an_inspect_in_words() -> None:
    text = "\n".join(inspects.text(parse_inspect(json.dumps(INSPECT).encode())))
    assert "image      samtools@sha256:0\n           given as samtools:1.9\n" in text
    assert "cpu        peak 3.5 of 4, 88%, mean 2.25; 12 samples\n" in text
    assert "mem        peak 9.3G of 16G, 58%, mean 4.7G; 0 samples\n" in text
    assert (
        "docker     started 2026-11-01 12:00:00 UTC, ended 2026-11-01 12:01:00 UTC, took 59s, exit code 137\n" in text
    )
    assert "killed: out of memory" in text
    assert "exec error exec x: OOM error" in text


def test_the_amounts_of_an_inspect_are_those_of_the_page_of_the_task() -> None:
    usage = {"Max": 0.0042, "Mean": 0.001, "N": 1}
    profile = {"Config": {"Resources": {"cpu": 1200}}, "Profile": {"cpu": usage}}
    text = "\n".join(inspects.text(parse_inspect(json.dumps(profile).encode())))
    assert "cpu        peak 0.0042 of 1200, <1%, mean 0.001; 1 sample" in text


def test_an_inspect_of_nothing() -> None:
    assert "image      -" in list(inspects.text(parse_inspect(b"{}")))
