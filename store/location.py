"""The location of a log or object: in S3, CloudWatch Logs or a folder."""

from typing import Literal, NamedTuple


class Location(NamedTuple):
    """The location of an object in a bucket (`s3`), a stream in a log group (`logs`), or a file in a folder (`file`).

    `region` is empty if it is unknown or the service is not AWS.
    """

    service: Literal["s3", "logs", "file"]
    container: str
    name: str
    region: str = ""

    @property
    def uri(self) -> str:
        """The location as one text: `s3://bucket/key`, `CloudWatch group stream`, or a path."""
        match self.service:
            case "s3":
                return f"s3://{self.container}/{self.name}"
            case "logs":
                return f"CloudWatch {self.container} {self.name}"
            case "file":
                return f"{self.container}/{self.name}"
