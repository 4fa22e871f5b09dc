"""The location of a log or object: in S3, CloudWatch Logs or a folder."""

from typing import Literal, NamedTuple


class Location(NamedTuple):
    """An object of a bucket (`s3`), a stream of a log group (`logs`), or a file in a folder (`file`).

    `region` is empty where it is not known, or where the service is not AWS's own.
    """

    service: Literal["s3", "logs", "file"]
    container: str
    name: str
    region: str = ""

    @property
    def uri(self) -> str:
        """The place in one text, as the tools of AWS take it: `s3://bucket/key`."""
        match self.service:
            case "s3":
                return f"s3://{self.container}/{self.name}"
            case "logs":
                return f"CloudWatch {self.container} {self.name}"
            case "file":
                return f"{self.container}/{self.name}"
