from store.times import utc_now
from tests.support.doctor_checks import by_name, doctor_settings, opened, statuses
from tests.unit.tui.doctor.conftest import Policed
from tui.doctor import log_access, read_cost
from tui.doctor.check_result import CheckResult


async def check(endpoint_url: str, *, has_sample: bool = True, **settings: str | None) -> dict[str, CheckResult]:
    async with opened(endpoint_url, **settings) as service:
        trial = await read_cost.try_refresh(service, doctor_settings(endpoint_url))
        samples = read_cost.find_samples(trial.cluster) if has_sample else []
        assert bool(samples) is has_sample
        return by_name(await log_access.check_logs(service, samples))


async def test_checks_read_a_recent_log(endpoint_url: str) -> None:
    results = await check(endpoint_url)
    assert results["s3:GetObject"].found.startswith("allowed: read an object of ")
    assert results["logs:GetLogEvents"].found == "allowed: read 36B of a stream of the log group reflow"


async def test_permissions_are_known_without_any_log(policed_without: Policed) -> None:
    async with policed_without() as way:
        results = await check(way.url, has_sample=False)
    assert statuses(results.values()) == dict.fromkeys(log_access.NAMES, "ok")
    assert results["logs:GetLogEvents"].found == "allowed on the log group reflow"


async def test_the_denied_action_distinguishes_a_missing_object_from_a_denial(policed_without: Policed) -> None:
    async with policed_without("s3:ListBucket") as way:
        results = await check(way.url, has_sample=False)
    assert statuses(results.values()) == {"s3:ListBucket": "warning", "s3:GetObject": "ok", "logs:GetLogEvents": "ok"}
    assert "`cat` needs whole digests" in results["s3:ListBucket"].found


async def test_denials_are_problems_that_name_the_action(policed_without: Policed) -> None:
    async with policed_without("s3:GetObject", "logs:GetLogEvents") as way:
        results = await check(way.url)
    for name in ("s3:GetObject", "logs:GetLogEvents"):
        assert (results[name].status, results[name].exit_code) == ("problem", 3)
        assert results[name].remedy.startswith(f"allow {name} on arn:aws:{name.partition(':')[0]}:")


async def test_a_bucket_that_does_not_exist_is_one_problem(endpoint_url: str) -> None:
    results = await check(endpoint_url, bucket="reflow-lgos")
    assert results["s3:ListBucket"].text == "bucket 'reflow-lgos' not found; check its name, the region and the account"
    assert results["s3:GetObject"].status == "skipped"


async def test_without_a_bucket_nothing_is_tried(endpoint_url: str) -> None:
    results = await check(endpoint_url, bucket=None)
    assert {each.found for each in results.values()} == {"no bucket given"}


async def test_samples_are_the_newest_logs(endpoint_url: str) -> None:
    async with opened(endpoint_url) as service:
        trial = await read_cost.try_refresh(service, doctor_settings(endpoint_url))
    first, *_ = read_cost.find_samples(trial.cluster)
    assert first.end is not None
    assert first.end <= utc_now()
