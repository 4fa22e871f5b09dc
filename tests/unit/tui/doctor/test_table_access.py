from store import Error, ErrorKind, FailureReason
from tests.support.doctor_checks import by_name, opened, statuses
from tests.unit.tui.doctor.conftest import Policed
from tui.doctor import network, table_access
from tui.doctor.check_result import CheckResult
from tui.doctor.network import Contact


async def check(endpoint_url: str, **settings: str) -> list[CheckResult]:
    async with opened(endpoint_url, **settings) as service:
        return await table_access.check_table(service, await network.make_contact(service, 10))


async def test_denied_describe_table_is_no_problem(policed_without: Policed) -> None:
    async with policed_without() as way:
        results = await check(way.url)
    assert set(statuses(results).values()) == {"ok"}
    assert list(statuses(results)) == table_access.names()
    assert by_name(results)["table"].found == "reflow-prod exists (denied for DescribeTable, which is not needed)"


async def test_describe_table_reports_the_number_of_rows(endpoint_url: str) -> None:
    table = by_name(await check(endpoint_url))["table"]
    assert table.found == "reflow-prod, active, about 6 rows"


async def test_an_index_that_is_denied_names_the_loss_and_the_remedy(policed_without: Policed) -> None:
    async with policed_without("RunID-index", "Ident-SortEnd-index") as way:
        results = by_name(await check(way.url))
    run, ident = results["RunID-index"], results["Ident-SortEnd-index"]
    assert (run.status, run.exit_code) == ("problem", 3)
    assert run.found == "denied to arn:aws:iam::123456789012:user/oncall"
    assert (ident.status, ident.exit_code) == ("warning", 0)
    assert "each refresh reads all live rows" in ident.found
    table = "arn:aws:dynamodb:us-west-2:123456789012:table/reflow-prod"
    assert ident.remedy == f"allow dynamodb:Query on {table}/index/Ident-SortEnd-index"


def test_only_an_index_that_cannot_be_used_names_the_loss() -> None:
    args = ("reflow-prod", "Ident-SortEnd-index")
    throttled = Error(ErrorKind.TEMPORARY, "dynamodb.Query", args, "Rate exceeded")
    result = table_access._check_index("Ident-SortEnd-index", throttled, "us-west-2")
    assert result.text == "AWS throttles the reads (Rate exceeded); try again in a moment"
    assert (result.status, result.exit_code) == ("problem", 3)
    missing = Error(ErrorKind.NOT_EXIST, "dynamodb.Query", args, "none", FailureReason.NO_INDEX)
    result = table_access._check_index("Ident-SortEnd-index", missing, "us-west-2")
    assert (result.status, "each refresh reads all live rows" in result.found) == ("warning", True)


async def test_operations_that_are_denied_are_problems(policed_without: Policed) -> None:
    async with policed_without("dynamodb:GetItem", "dynamodb:BatchGetItem") as way:
        found = statuses(await check(way.url))
    assert (found["table"], found["dynamodb:GetItem"], found["dynamodb:BatchGetItem"]) == ("ok", "problem", "problem")


async def test_a_table_that_does_not_exist_is_one_problem(endpoint_url: str) -> None:
    table, *others = await check(endpoint_url, table="reflow-dmeo")
    assert table.text == "Table 'reflow-dmeo' not found; check its name, the region and the account"
    assert {(each.status, each.found) for each in others} == {("skipped", "no such table")}


async def test_denied_operations_do_not_prove_that_the_table_exists(policed_without: Policed) -> None:
    indexes = ("Date-Keepalive-index", "RunID-index", "Ident-SortEnd-index", "ID4-ID-index")
    async with policed_without("dynamodb:GetItem", "dynamodb:BatchGetItem", *indexes) as way:
        results = by_name(await check(way.url))
    assert results["table"].status == "problem"


async def test_nothing_is_sent_without_a_connection() -> None:
    lost = Contact(Error(ErrorKind.NET, "dynamodb.GetItem", (), "x", FailureReason.UNREACHABLE), ())
    async with opened("http://127.0.0.1:9") as service:
        results = await table_access.check_table(service, lost)
    assert {(each.status, each.found) for each in results} == {("skipped", "not tried: it needs a connection")}
