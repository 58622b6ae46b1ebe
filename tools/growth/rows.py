"""The rows of a synthetic installation: fifty brands, most of them small, and posts of two years.

A few things are rare however many posts there are: a brand, a channel, a status and a type of event of a few posts, and
a channel without any. What is looked for among everything must not become slower with what surrounds it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import accumulate
from random import Random
from typing import Any, Final

from tools.growth.texts import text_of

Rows = Iterator[tuple[str, dict[str, Any]]]

NOW: Final = datetime(2026, 6, 1, 9, tzinfo=UTC)
SPAN: Final = timedelta(days=730)
BRANDS: Final = tuple(f"brand-{number:02}" for number in range(50))
BIG, QUIET = BRANDS[0], BRANDS[-1]
_LOUD = BRANDS[:-1]
CHANNELS: Final = ("bluesky", "mastodon", "x", "threads")
RARE_CHANNEL, EMPTY_CHANNEL = "telegram", "pinterest"
RARE_TYPE, RARE_ACTION, QUIET_KEY = "account.expiring", "brand.updated", "key_quiet"
# Posts that were published within this time are looked at again.
_WATCHED = timedelta(days=30)
_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_DIGITS = tuple(first + second for first in _ALPHABET for second in _ALPHABET)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Which of the posts that have ended ended otherwise than published, in thousandths.
_ENDS = (("failed", 20), ("canceled", 20), ("partially_published", 3))


def id_of(kind: str, number: int, at: datetime) -> str:
    """A TypeID whose time is `at`, and whose random part is a number."""
    return f"{kind}_{_letters((at - _EPOCH) // timedelta(milliseconds=1))}{number:016d}"


@lru_cache(maxsize=16)
def _letters(stamp: int) -> str:
    letters = ""
    for _ in range(5):
        stamp, two = divmod(stamp, 1024)
        letters = _DIGITS[two] + letters
    return letters


def account_of(brand: str, channel: str) -> str:
    """The id of a brand's account on a channel."""
    channels = (*CHANNELS, RARE_CHANNEL, EMPTY_CHANNEL)
    return id_of("acc", BRANDS.index(brand) * 10 + channels.index(channel), NOW - SPAN)


def endpoint_of(brand: str) -> str:
    """The id of a brand's webhook endpoint."""
    return id_of("whe", BRANDS.index(brand), NOW - SPAN)


def installation() -> Rows:
    """Brands, a key, accounts and endpoints: the rows by the names of their tables."""
    began = NOW - SPAN
    for brand in BRANDS:
        yield "brands", {"ref": brand, "created_at": began}
        for channel in (*CHANNELS, RARE_CHANNEL, EMPTY_CHANNEL):
            names = {"channel": channel, "external_id": f"{brand}-{channel}", "handle": brand, "status": "connected"}
            times = {"created_at": began, "updated_at": began}
            row = {"id": account_of(brand, channel), "brand_ref": brand, "sealed": b"", "scopes": [], "facts": {}}
            yield "accounts", row | names | times
        row = {"id": endpoint_of(brand), "brand_ref": brand, "url": "https://hooks.example/munadi", "sealed": b""}
        yield "endpoints", row | {"created_at": began, "updated_at": began}


def posts(total: int) -> Rows:
    """Everything about `total` posts, the oldest first."""
    made = _Posts(total)
    for number in range(total):
        yield from made.post(number)
    yield from made.rarities()


class _Posts:
    """Makes the rows of one post after the other; events are numbered in their order."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._random = Random(20260601)
        self._position = 0
        self._weights = list(accumulate(1 / (2 + place) for place in range(len(BRANDS) - 1)))

    def post(self, number: int) -> Rows:
        random, total = self._random, self._total
        at = NOW - SPAN + SPAN * number / total
        quiet = total // 50 or 1
        brand = random.choices(_LOUD, cum_weights=self._weights)[0]
        channel, client_ref = random.choice(CHANNELS), f"cms-{number}"
        if number < total / 2 and number % quiet == quiet // 2:  # twenty-five posts, none of them new
            brand, channel = QUIET, RARE_CHANNEL
        due = at + timedelta(minutes=random.randrange(1, 20_000))
        status = self._status(number, due)
        content_id, publication_id = id_of("cnt", number, at), id_of("pub", number, at)
        ended = status not in ("queued", "publishing")
        published = status in ("published", "partially_published")
        times = {"created_at": at, "updated_at": due if ended else at}
        dismissed = due if status in ("failed", "partially_published") and number % 50 else None
        more = {"next_look_at": None if ended else due, "dismissed_at": dismissed, "wake_seq": 1, "wake_ack": 1}
        owner: dict[str, Any] = {"brand_ref": brand, "status": status, "client_ref": client_ref}
        # As if nobody had ever answered what the largest brand proposes.
        owner |= {"proposed_as": "requested" if brand == BIG else None}
        yield "contents", {"id": content_id, "scheduled_at": due, "publish_by": due, **owner, **more, **times}
        text = text_of(number, total, random)
        source = {"text": text, "brandRef": brand, "channels": [{"channel": channel}]}
        resolved = {publication_id: {"text": text}}
        yield "drafts", _draft(content_id, source, resolved, at)
        row: dict[str, Any] = {"id": publication_id, "content_id": content_id, "account_id": account_of(brand, channel)}
        row |= {"channel": channel, "place": 0, "revision": 1, "due_at": due, "fingerprint": f"{number:016x}"}
        row |= {"status": {"partially_published": "published"}.get(status, status), "dismissed_at": dismissed}
        if published:
            row |= {"watch_at": NOW + _WATCHED if due > NOW - _WATCHED else None}
            row |= {"published_at": due, "lateness_ms": number % 900, "provider_post_id": f"p{number}"}
        yield "publications", row | times
        if number % 5 == 0:
            yield "content_metadata", {"content_id": content_id, "name": "campaign", "value": f"c{number // 1000}"}
        if number % 4 == 0:
            media_id = id_of("med", number, at)
            file = {"id": media_id, "brand_ref": brand, "sha256": f"{number:064x}", "facts": {}, "bytes": 1000}
            yield "media", file | {"created_at": at}
            yield "media_uses", {"media_id": media_id, "used_by": content_id}
        yield from self._events(number, brand, channel, content_id, publication_id, at, status)
        yield "audit", _entry(number, brand, content_id, at)
        if number % 5 == 1:
            key = {"scope": f"{brand} contents.create", "key": f"k{number}", "fingerprint": "f", "answer": b"{}"}
            yield "idempotency", key | {"created_at": at}

    def _events(
        self, number: int, brand: str, channel: str, content_id: str, publication_id: str, at: datetime, status: str
    ) -> Rows:
        kinds = ["content.accepted", "content.queued"]
        if status == "published":
            kinds.append("content.publish.succeeded")
        elif status == "failed":
            kinds.append("content.publish.failed")
        for sequence, kind in enumerate(kinds, start=1):
            self._position += 1
            event_id = id_of("evt", self._position, at)
            about = {"brand_ref": brand, "content_id": content_id, "publication_id": publication_id, "sns": channel}
            row = {"id": event_id, "position": self._position, "type": kind, "sequence": sequence, "data": {}}
            yield "events", row | about | {"status": status, "created_at": at}
        # Every second post has a delivery, of its last event.
        if number % 2 == 0:
            is_lost = number % max(2, self._total // 20 * 2) == 0
            row = {"id": id_of("dlv", number, at), "event_id": event_id, "endpoint_id": endpoint_of(brand)}
            row |= {"content_id": content_id, "sequence": sequence, "attempts": 1, "log": []}
            row |= {"status": "exhausted" if is_lost else "delivered", "created_at": at, "updated_at": at}
            yield "deliveries", row

    def _status(self, number: int, due: datetime) -> str:
        if due > NOW:
            return "queued"
        if number in (self._total // 3, self._total // 2):
            return "publishing"
        if number == self._total // 4:
            return "unconfirmed"
        place = self._random.randrange(1000)
        for status, thousandths in _ENDS:
            if (place := place - thousandths) < 0:
                return status
        return "published"

    def rarities(self) -> Rows:
        """Five events, five actions and five uses of a key that nothing else has; the events have no post."""
        for number in range(5):
            self._position += 1
            at = NOW - SPAN + timedelta(hours=number)
            row = {"id": id_of("evt", self._position, at), "position": self._position, "type": RARE_TYPE, "data": {}}
            yield "events", row | {"brand_ref": BIG, "created_at": at}
            rare = {"action": RARE_ACTION, "target": BIG, "key_id": QUIET_KEY}
            yield "audit", _entry(self._total + number, BIG, BIG, at) | rare


def _draft(content_id: str, source: dict[str, Any], resolved: dict[str, Any], at: datetime) -> dict[str, Any]:
    row = {"content_id": content_id, "draft_version": 1, "source": source, "resolved": resolved}
    return row | {"warnings": [], "created_at": at}


def _entry(number: int, brand: str, target: str, at: datetime) -> dict[str, Any]:
    row = {"id": id_of("aud", number, at), "at": at, "key_id": f"key_{number % 20}", "brand_ref": brand}
    return row | {"action": "content.created", "target": target, "address": None, "request_id": None}
