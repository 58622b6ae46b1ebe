"""Waiting for a post to end. The API answers a read once the post has changed (`wait`), so there are few requests.

Rule: a server that does not wait is read at intervals. It may be older, have no place left for one more waiting
request, or be about to end; a proxy may cut the request off.
"""

from __future__ import annotations

from collections.abc import Callable

from munadi.client.answers import Content, MunadiEvent, Page
from munadi.client.errors import NotEnded, NotReachable, ProblemError
from munadi.client.metadata import response_of
from munadi.client.retrying import LONGEST_WAIT
from munadi.client.steps import Call, Emit, Pause, Steps, StreamSteps, segment

ENDED = frozenset({"published", "partially_published", "failed", "unconfirmed", "canceled"})
EVENTS_AT_ONCE = 100
# Seconds that one request waits: well below the transport's timeout, and the half minute after which many proxies
# close a silent connection.
AT_MOST = 20
# An event that does not change its post is read after this many seconds.
EVENTS_WITHIN = 5
# Seconds between the starts of two reads, where the API does not wait.
SOON, LATER = 0.25, 2.0
NO_SUCH_PARAMETER = 422


class PostReads:
    """Reads of one post, one after the other; each may wait until the post differs from what was read before."""

    def __init__(self, content_id: str) -> None:
        self._path = f"/v1/contents/{segment(content_id)}"
        self._tag: str | None = None
        self._api_waits = True

    @property
    def call(self) -> Call[Content]:
        """A read of the post as it is now."""
        return Call("GET", self._path)

    def may_wait(self, seconds: float) -> bool:
        """Whether the next read can wait for that many seconds at most."""
        return self._api_waits and self._tag is not None and seconds >= 1

    def once(self) -> Steps[Content]:
        """The post as it is now, after one try."""
        return self.note((yield from self.call.once()))

    def changed(self, seconds: float) -> Steps[Content | None]:
        """The post once it has changed; None if it has not within so many seconds, of which the fraction is ignored.

        One try, only if `may_wait`. None also if the API cannot wait. The next read after an error waits for nothing.
        """
        assert self._tag is not None
        params, headers = {"wait": min(int(seconds), AT_MOST)}, {"if-none-match": self._tag}
        waiting: Call[Content] = Call("GET", self._path, params, headers=headers)
        try:
            content = yield from waiting.unless_known()
        except (NotReachable, ProblemError) as error:
            self._tag = None
            if isinstance(error, ProblemError) and error.status == NO_SUCH_PARAMETER:
                self._api_waits = False
                return None
            raise
        return None if content is None else self.note(content)

    def note(self, content: Content) -> Content:
        """Remember the state that the next read shall differ from."""
        response = response_of(content)
        self._tag = None if response is None else response.etag
        return content


def wait_until_ended(content_id: str, timeout: float, clock: Callable[[], float]) -> Steps[Content]:
    """The post once every publication has ended. NotEnded after `timeout` seconds; if the post was never seen, what the
    last try raised."""
    reads, until, pause = PostReads(content_id), clock() + timeout, SOON
    seen: Content | None = None
    while True:
        began, asked, failed = clock(), 0, None
        waits = reads.may_wait(until - began)
        try:
            news = yield from (reads.changed(until - began) if waits else reads.once())
            seen = news or seen
            if news is not None and news["status"] in ENDED:
                return news
        except (NotReachable, ProblemError) as error:
            asked, failed = _wait_asked(error), error
        now = clock()
        if now >= until:
            if seen is None:
                assert failed is not None
                raise failed
            raise NotEnded(seen, timeout) from failed
        if not waits and reads.may_wait(until - now):
            continue  # the next request waits in place of a pause
        # An answer that comes at once, each time, must not become a busy loop.
        if (rest := max(began + pause - now, asked)) > 0:
            yield Pause(min(rest, until - now))
            pause = min(pause * 1.5, LATER)


def events_until_ended(
    content_id: str, after: int, interval: float, clock: Callable[[], float]
) -> StreamSteps[MunadiEvent]:
    """Each event of a post as it happens, the past ones first, until every publication has ended. `interval`: the
    fewest seconds between two reads of the post."""
    reads, began = PostReads(content_id), clock()
    # Read before the events, so that the last one is never missed.
    content: Content | None = reads.note((yield from reads.call))
    while True:
        for event in (yield from events_of(content_id, after)):
            after = event["position"] or after
            yield Emit(event)
        if content is not None and content["status"] in ENDED:
            return
        if (rest := began + interval - clock()) > 0:
            yield Pause(rest)
        began = clock()
        content = yield from _next_state(reads, interval)


def _next_state(reads: PostReads, interval: float) -> Steps[Content | None]:
    """The post after its next change, or as it is now where the API does not wait; None if it has not changed."""
    if reads.may_wait(EVENTS_WITHIN):
        try:
            return (yield from reads.changed(EVENTS_WITHIN))
        except (NotReachable, ProblemError) as error:
            yield Pause(max(interval, min(_wait_asked(error), LONGEST_WAIT)))
    return reads.note((yield from reads.call))


def events_of(content_id: str, after: int) -> Steps[list[MunadiEvent]]:
    """All events of a post after a position."""
    found: list[MunadiEvent] = []
    cursor: str | int | None = after
    while cursor is not None:
        path = f"/v1/contents/{segment(content_id)}/events"
        page: Page[MunadiEvent] = yield from Call("GET", path, {"after": cursor, "limit": EVENTS_AT_ONCE})
        found += page["data"]
        cursor = page["nextCursor"]
    return found


def _wait_asked(error: NotReachable | ProblemError) -> int:
    """Seconds that the API asks to wait, if the error is a temporary one. Raises any other."""
    if isinstance(error, NotReachable):
        if error.is_no_address:
            raise error
        return 0
    if not error.is_temporary:
        raise error
    return error.retry_after or 0
