"""A log that is a stream of CloudWatch Logs."""

from typing import Any

from store.aws.error_mapping import BadReply, map_exception
from store.aws.retry import RETRIES, Retries
from store.errors import Error, ErrorKind
from store.location import Location
from store.logs.log import Cursor, Log, Page

# Pages in a row without events. CloudWatch answers so where events have expired, or lie far apart.
_MOST_EMPTY = 1000
_NEEDED = {"events", "nextForwardToken", "nextBackwardToken"}


class StreamLog(Log):
    """The events of a stream, one or more lines each. `client` is an aiobotocore client for CloudWatch Logs.

    `region` is only for `location`.
    """

    grows = True
    timed = True

    def __init__(self, client: Any, group: str, stream: str, retries: Retries = RETRIES, *, region: str = "") -> None:
        self.location = Location("logs", group, stream, region)
        self._client = client
        self._retries = retries

    async def read(self, cursor: Cursor) -> Page:
        """Return the page at `cursor`. If the service answers without events but with a next page, read that."""
        seen = cursor.offset or 0 if cursor.token else 0
        tokens: set[str] = set()
        while True:
            reply = await self._get(cursor)
            token: str = reply["nextForwardToken" if cursor.forward else "nextBackwardToken"]
            is_last = token == cursor.token
            events = [event for event in reply["events"][seen:] if _is_within(event["timestamp"], cursor)]
            if events or is_last:
                break
            if token in tokens or len(tokens) >= _MOST_EMPTY:
                why = f"{len(tokens) + 1} pages in a row brought no events, and there is always another one"
                container, name = self.location.container, self.location.name
                raise Error(ErrorKind.INTEGRITY, "logs.GetLogEvents", (container, name), why)
            tokens.add(token)
            cursor, seen = cursor._replace(token=token), 0
        # Where the token stays the same although it brought events, it would bring them again.
        forward = Cursor(True, len(reply["events"]) if is_last else 0, reply["nextForwardToken"], cursor.since)
        if not cursor.forward:
            backward = None if is_last else cursor._replace(token=token, offset=0)
            return _page(events, backward, forward._replace(offset=0))
        # Tokens of a part of the stream do not lead out of it.
        earlier = Cursor(False, until=cursor.since) if cursor.since is not None else None
        return _page(events, earlier, forward)

    async def _get(self, cursor: Cursor) -> Any:
        group, stream = self.location.container, self.location.name
        parameters: dict[str, Any] = {
            "logGroupName": group,
            "logStreamName": stream,
            "startFromHead": cursor.forward,
            "startTime": cursor.since,
            "endTime": cursor.until,
            "nextToken": cursor.token or None,
        }
        given = {name: value for name, value in parameters.items() if value is not None}

        async def attempt() -> Any:
            try:
                reply = await self._client.get_log_events(**given)
                if not reply.keys() >= _NEEDED:
                    raise BadReply(f"a reply without events and tokens, with {', '.join(reply) or 'nothing'}")
                return reply
            except Exception as error:
                raise map_exception(error, "logs.GetLogEvents", (group, stream)) from error

        return await self._retries.run(attempt, "logs.GetLogEvents", (group, stream))


def _is_within(time: int, cursor: Cursor) -> bool:
    return cursor.until is None or time < cursor.until


def _page(events: list[dict[str, Any]], before: Cursor | None, after: Cursor | None) -> Page:
    lines: list[bytes] = []
    times: list[int] = []
    for event in events:
        message: str = event["message"]
        written = message.removesuffix("\n").encode("utf-8", "replace").split(b"\n")
        lines += written
        times += [event["timestamp"]] * len(written)
    return Page(b"".join(line + b"\n" for line in lines), tuple(times), before, after)
