"""The metrics of our own reads."""

from datetime import timedelta

from store import FailureReason
from tests.support.rows import NOW, ahead
from tests.support.scripted_db import NO_INDEX, THROTTLED
from tui.metrics.read_metrics import ReadMetrics
from tui.watch.polling.status import Status


def values(metrics: ReadMetrics) -> dict[str, float]:
    found = [sample for metric in metrics.collect(ahead(seconds=7), 2.5) for sample in metric.samples]
    return {f"{sample.name}{sample.labels.get('reason', '')}": sample.value for sample in found}


def test_the_age_of_data_is_unknown_before_the_first_refresh() -> None:
    metrics = ReadMetrics("1.2")
    assert "reflowtop_data_age_seconds" not in values(metrics)
    metrics.update(Status(as_of=NOW, refreshes=1, every=timedelta(seconds=5)))
    found = values(metrics)
    assert found["reflowtop_data_age_seconds"] == 7.0
    assert found["reflowtop_refresh_interval_seconds"] == 5.0
    assert found["reflowtop_read_rcu_per_second"] == 2.5


def test_each_failed_refresh_is_one_error_by_its_reason() -> None:
    metrics = ReadMetrics("1.2")
    for status in (
        Status(refreshes=1, error=THROTTLED),
        Status(refreshes=1, error=THROTTLED, rate=1.0),  # the same refresh, after another change
        Status(refreshes=2, error=THROTTLED),
        Status(refreshes=3, as_of=NOW),
        Status(refreshes=3, as_of=NOW, background_error=NO_INDEX),
        Status(refreshes=4, as_of=NOW, background_error=NO_INDEX),
    ):
        metrics.update(status)
    found = values(metrics)
    assert found["reflowtop_refreshes_total"] == 4
    errors = {reason: found[f"reflowtop_read_errors_total{reason}"] for reason in FailureReason}
    expected = {FailureReason.THROTTLED: 2, FailureReason.NO_INDEX: 1}
    assert errors == {reason: expected.get(reason, 0) for reason in FailureReason}


def test_build_info_has_the_version() -> None:
    (info, *_) = ReadMetrics("1.2").collect(NOW, 0.0)
    assert (info.name, info.samples[0].labels["version"]) == ("reflowtop_build", "1.2")
