"""DynamoDB clients for tests."""

from tests.support.fake_aws import Reply

HTML = Reply(b"<html>Log in to the guest network</html>", headers={"content-type": "text/html"})
