"""Resources agree with the Go code, case by case."""

import json
from typing import Any

import pytest

from store import Error, ErrorKind, Resources
from tests.support import golden
from tests.support.golden_values import _name

RESOURCES = golden.load("resources.json")


@pytest.mark.parametrize("case", RESOURCES["encode"], ids=_name)
def test_resources(case: dict[str, Any]) -> None:
    amounts = Resources(json.loads(case["json"]))
    assert str(amounts) == case["String"]
    assert amounts.to_json() == case["stored"]
    assert (amounts == Resources()) is case["equal_nil"]
    assert Resources.from_json(case["stored"]) == amounts
    assert hash(Resources.from_json(case["stored"])) == hash(amounts)


@pytest.mark.parametrize("case", RESOURCES["decode"], ids=_name)
def test_resources_json(case: dict[str, Any]) -> None:
    if "error" in case:
        with pytest.raises(Error) as caught:
            Resources.from_json(case["in"])
        assert caught.value.kind is ErrorKind.INVALID
    else:
        assert Resources.from_json(case["in"]) == Resources(case.get("value"))


def test_resources_arithmetic() -> None:
    large, small = Resources({"cpu": 4, "mem": 8}), Resources({"cpu": 1, "gpu": 1})
    assert large + small == {"cpu": 5, "mem": 8, "gpu": 1}
    assert large - small == {"cpu": 3, "mem": 8, "gpu": -1}
    assert large * 2 == 2 * large == {"cpu": 8, "mem": 16}
    assert large.available(Resources({"cpu": 4}))
    assert not large.available(small)
    assert small.max_ratio(large) == 0.25
    assert large.max_ratio(Resources()) == 0
    assert Resources({"cpu": float("inf"), "mem": float("nan")}).to_json() == ""  # as Go does
    assert str(Resources({"mem": float("nan")})) == "{mem:NaN cpu:0 disk:0B}"


def test_a_missing_amount_is_0() -> None:
    resources = Resources({"cpu": 4})
    assert (resources["cpu"], resources["mem"]) == (4, 0)
    assert "mem" not in resources
    assert (resources.get("mem"), resources.get("mem", 1)) == (None, 1)
