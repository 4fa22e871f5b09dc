"""The IAM policies in the README, and the IAM action of a request to AWS."""

import json
import re
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qs, unquote, urlsplit

README = Path(__file__).parents[2] / "README.md"
REGION, ACCOUNT = "us-west-2", "123456789012"
PRINCIPAL = f"arn:aws:iam::{ACCOUNT}:user/oncall"

_BLOCK = re.compile(r"```json\n(\{\n  \"Version\": \"2012-10-17\",.*?)```", re.DOTALL)
_TARGET = re.compile(rb"(?i)\r\nx-amz-target: (\w+)\.(\w+)")
_TABLE = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table"


class Access(NamedTuple):
    """The IAM action and resource of a request."""

    action: str
    resource: str

    @property
    def is_read(self) -> bool:
        """Whether the action changes nothing."""
        return self.action.partition(":")[2].startswith(("Get", "BatchGet", "Query", "Describe", "List"))

    def is_about(self, name: str) -> bool:
        """Whether `name` is the action, or the end of the resource."""
        return name == self.action or self.resource.endswith(f"/{name}")


class Policy:
    """The statements of one policy, all with the effect Allow."""

    def __init__(self, document: dict[str, Any]) -> None:
        assert all(each["Effect"] == "Allow" and not each.get("Condition") for each in document["Statement"])
        self.allowed = [
            Access(action, resource)
            for each in document["Statement"]
            for action in _listed(each["Action"])
            for resource in _listed(each["Resource"])
        ]

    def find(self, access: Access) -> list[Access]:
        """Return the pairs of action and resource pattern that allow `access`."""
        return [
            each
            for each in self.allowed
            if each.action == access.action and fnmatchcase(access.resource, each.resource)
        ]


def read_policies() -> list[Policy]:
    """Return the policies in the README, in order."""
    return [Policy(json.loads(text)) for text in _BLOCK.findall(README.read_text("utf-8"))]


def parse_request(request: bytes) -> Access:
    """Return the access that an HTTP request needs."""
    head, _, body = request.partition(b"\r\n\r\n")
    target = _TARGET.search(head)
    if target is None:
        method, path, _ = head.split(b"\r\n")[0].decode().split(" ")
        return _parse_s3(method, path)
    operation, content = target[2].decode(), json.loads(body)
    if target[1].startswith(b"Logs"):
        group, stream = content.get("logGroupName", "*"), content.get("logStreamName", "*")
        where = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{group}:log-stream:{stream}"
        return Access(f"logs:{operation}", where)
    if target[1].startswith(b"AWSPriceList"):
        return Access(f"pricing:{operation}", "*")
    table = content.get("TableName") or next(iter(content["RequestItems"]))
    index = f"/index/{content['IndexName']}" if content.get("IndexName") else ""
    return Access(f"dynamodb:{operation}", f"{_TABLE}/{table}{index}")


def _parse_s3(method: str, path: str) -> Access:
    parts = urlsplit(path)
    bucket, _, key = unquote(parts.path).strip("/").partition("/")
    resource = f"arn:aws:s3:::{bucket}{f'/{key}' if key else ''}"
    if not key:
        is_listing = method == "HEAD" or "list-type" in parse_qs(parts.query)
        return Access("s3:ListBucket" if is_listing else "s3:CreateBucket", resource)
    return Access({"GET": "s3:GetObject", "HEAD": "s3:GetObject", "PUT": "s3:PutObject"}[method], resource)


def _listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value
