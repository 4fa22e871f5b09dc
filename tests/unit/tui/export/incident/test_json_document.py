"""The JSON document of an incident."""

import json

from store import Error, ErrorKind
from tests.support.incidents import filled, incident, parsed, text
from tests.support.rows import NOW, OOM, ago, make_run, make_task, run_id, task_id
from tui.text.redaction import REDACTED
from tui.watch.model.cluster import Cluster

SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"


KEY_ID = "AKIAIOSFODNN7EXAMPLE"


def test_the_data_are_the_rows_as_ps_prints_them() -> None:
    found = parsed(incident(filled(), trouble=("a", "b")))
    assert found["written"] == "2026-11-01T12:03:41Z"
    assert found["as_of"] == "2026-11-01T12:03:39Z"
    assert (found["table"], found["region"], found["trouble"]) == ("reflow-prod", "us-west-2", ["a", "b"])
    (run,) = (run for run in found["runs"] if run["id"] == str(run_id(1)))
    assert run["state"] == "failing"
    assert [task["id"] for task in run["tasks"]] == [str(task_id(n)) for n in (2, 5, 1)]
    assert run["tasks"][2]["alloc"]["pool"]["pool_type"] == "r5.2xlarge"
    assert run["tasks"][2]["err"] == str(OOM)
    assert [run["tasks"] for run in found["runs"] if run["id"] != str(run_id(1))] == [[], []]
    (failing,) = (finding for finding in found["findings"] if finding["kind"] == "failing")
    assert failing["ids"] == [str(task_id(1))]
    assert parsed(incident(Cluster(NOW)))["runs"] == []


def test_the_document_has_no_secrets() -> None:
    error = Error(ErrorKind.OTHER, "exec", ("curl", f"https://x/?X-Amz-Signature={'ab' * 32}"), f"{KEY_ID} {SECRET}")
    cluster = Cluster(NOW)
    cluster.add(
        [
            make_run(
                1,
                labels={"db_password": "hunter2", "Name": f"t {KEY_ID}"},
                args=("--token", "hunter2", f"AWS_SECRET_ACCESS_KEY={SECRET}"),
                user="amy:hunter2@x",
            ),
            make_task(1, 1, end=ago(seconds=20), err=error, uri="https://amy:hunter2@host/x", ident=f"x {KEY_ID}"),
        ]
    )
    found = incident(cluster, trouble=(f"secret: {SECRET}",))
    for kind in (text(found), json.dumps(parsed(found))):
        for secret in (SECRET, KEY_ID, "ab" * 32, "--token hunter2", "hunter2@host", "db_password=hunter2"):
            assert secret not in kind, secret
        assert str(run_id(1)) in kind
        assert str(task_id(1)) in kind
        assert REDACTED in kind
