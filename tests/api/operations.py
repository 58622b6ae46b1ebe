"""Every operation of the API: who may call it, and how to call it for a resource of the brand `acme`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from munadi.domain.ids import Prefix
from munadi.domain.key import Scope
from tests.db.seeding import START


class Foreign(StrEnum):
    """What a key for another brand gets: a 404, an empty list, a refused brandRef, or resources of its own brand.

    What a list is filtered by is another matter: of another brand it is a 404."""

    NOT_FOUND = "not_found"
    EMPTY = "empty"
    BRAND_UNKNOWN = "brand_unknown"
    OWN = "own"


@dataclass(frozen=True)
class Operation:
    """One operation. `scopes`: any of them is enough, and `admin` always."""

    method: str
    path: str
    scopes: tuple[Scope, ...]
    foreign: Foreign
    body: Mapping[str, Any] | None = None
    headers: Mapping[str, str] | None = None
    query: str = ""

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


CR, CW = (Scope.CONTENTS_READ,), (Scope.CONTENTS_WRITE,)
# What prepares posts, and what may propose or publish them beside.
PROPOSE = (Scope.CONTENTS_PROPOSE, *CW)
PREPARE = (Scope.DRAFTS_WRITE, *PROPOSE)
APPROVE = (Scope.CONTENTS_APPROVE,)
WITHDRAW = (Scope.CONTENTS_WITHDRAW,)
AR, AW = (Scope.ACCOUNTS_READ,), (Scope.ACCOUNTS_WRITE,)
WR, WW = (Scope.WEBHOOKS_READ,), (Scope.WEBHOOKS_WRITE,)
ADMIN, ANY = (Scope.ADMIN,), tuple(Scope)
BRANDS, KEYS = (Scope.BRANDS_WRITE,), (Scope.KEYS_WRITE,)
NOT_FOUND, EMPTY, UNKNOWN, OWN = Foreign
POST = {"brandRef": "acme", "text": "hello", "channels": ["bluesky"]}
# Later than the clock of tests/api and than a real one.
SOON = {"scheduledAt": (max(START, datetime.now(UTC)) + timedelta(hours=1)).isoformat()}
APP = {"clientId": "id", "clientSecret": "secret"}
ACCOUNT = {"channel": "bluesky", "credentials": {"accessToken": "t"}}
HOOK = {"url": "https://93.184.215.14/hook", "brandRef": "acme"}

SERIES = {
    "brandRef": "acme",
    "rrule": "FREQ=DAILY",
    "start": (max(START, datetime.now(UTC)) + timedelta(days=30)).strftime("%Y-%m-%dT09:00"),
    "timezone": "UTC",
    "content": {"text": "Good morning", "channels": ["bluesky"]},
}
SLOTS = [{"weekday": "monday", "time": "09:00"}]
ID_PREFIXES = {
    "content_id": Prefix.CONTENT,
    "publication_id": Prefix.PUBLICATION,
    "media_id": Prefix.MEDIA,
    "account_id": Prefix.ACCOUNT,
    "endpoint_id": Prefix.ENDPOINT,
    "alert_id": Prefix.ALERT,
    "delivery_id": Prefix.DELIVERY,
    "event_id": Prefix.EVENT,
    "recovery_id": Prefix.RECOVERY,
    "key_id": Prefix.KEY,
    "connection_id": Prefix.CONNECTION,
    "draft_id": Prefix.SAVED_DRAFT,
    "feed_id": Prefix.CALENDAR_FEED,
    "erasure_id": Prefix.ERASURE,
    "link_id": Prefix.REVIEW_LINK,
    "import_id": Prefix.IMPORT,
    "series_id": Prefix.SERIES,
}

# Answered without a key.
PUBLIC = {"GET /healthz", "GET /readyz", "GET /v1/oauth/{channel}/callback", "GET /.well-known/munadi-keys.json"}

OPERATIONS = (
    Operation("GET", "/metrics", ADMIN, OWN),
    Operation("POST", "/v1/contents", PROPOSE, UNKNOWN, POST),
    Operation("GET", "/v1/contents", CR, EMPTY),
    Operation("POST", "/v1/contents/batch", PROPOSE, OWN, {"contents": [POST]}),
    Operation("POST", "/v1/contents/validate", PREPARE, UNKNOWN, POST),
    Operation("GET", "/v1/calendar", CR, OWN, query="?since=2026-12-01&until=2026-12-31"),
    Operation("GET", "/v1/contents/{content_id}", CR, NOT_FOUND),
    Operation("PATCH", "/v1/contents/{content_id}", PROPOSE, NOT_FOUND, {"text": "x"}, {"If-Match": '"1"'}),
    Operation("POST", "/v1/contents/{content_id}/reschedule", PROPOSE, NOT_FOUND, SOON),
    Operation("POST", "/v1/contents/{content_id}/cancel", PROPOSE, NOT_FOUND),
    Operation("POST", "/v1/contents/{content_id}/approve", APPROVE, NOT_FOUND, {}, {"If-Match": '"1"'}),
    Operation("POST", "/v1/contents/{content_id}/decline", APPROVE, NOT_FOUND, {"note": "no"}),
    Operation("POST", "/v1/contents/{content_id}/review-links", APPROVE, NOT_FOUND),
    Operation("GET", "/v1/contents/{content_id}/review-links", CR, NOT_FOUND),
    Operation("DELETE", "/v1/contents/{content_id}/review-links/{link_id}", APPROVE, NOT_FOUND),
    Operation("POST", "/v1/contents/{content_id}/publish-now", CW, NOT_FOUND),
    Operation("POST", "/v1/contents/{content_id}/retry", CW, NOT_FOUND),
    Operation("POST", "/v1/contents/{content_id}/withdraw", WITHDRAW, NOT_FOUND),
    Operation("GET", "/v1/contents/{content_id}/events", CR, NOT_FOUND),
    Operation("POST", "/v1/drafts", PREPARE, UNKNOWN, {"brandRef": "acme", "text": "hello"}),
    Operation("GET", "/v1/drafts", CR, EMPTY),
    Operation("GET", "/v1/drafts/{draft_id}", CR, NOT_FOUND),
    Operation("PATCH", "/v1/drafts/{draft_id}", PREPARE, NOT_FOUND, {"text": "x"}, {"If-Match": '"1"'}),
    Operation("DELETE", "/v1/drafts/{draft_id}", PREPARE, NOT_FOUND),
    Operation("POST", "/v1/drafts/{draft_id}/submit", PROPOSE, NOT_FOUND),
    Operation("GET", "/v1/events", CR, EMPTY),
    Operation("GET", "/v1/events/types", ANY, OWN),
    Operation("GET", "/v1/events/{event_id}", CR, NOT_FOUND),
    Operation("GET", "/v1/publications", CR, EMPTY),
    Operation("GET", "/v1/publications/{publication_id}", CR, NOT_FOUND),
    Operation("GET", "/v1/publications/{publication_id}/receipt", CR, NOT_FOUND),
    Operation("POST", "/v1/publications/{publication_id}/resolve", CW, NOT_FOUND, {"outcome": "not_published"}),
    Operation("POST", "/v1/publications/{publication_id}/dismiss", CW, NOT_FOUND, {"because": "not_needed"}),
    Operation("POST", "/v1/publications/{publication_id}/undismiss", CW, NOT_FOUND),
    Operation("POST", "/v1/publications/{publication_id}/edit", CW, NOT_FOUND, {"text": "hello"}),
    Operation("POST", "/v1/publications/{publication_id}/withdraw", WITHDRAW, NOT_FOUND),
    Operation("POST", "/v1/media", PREPARE, UNKNOWN, {"brandRef": "acme", "url": "https://10.0.0.1/a.jpg"}),
    Operation("GET", "/v1/media", CR, EMPTY),
    Operation("GET", "/v1/media/{media_id}", CR, NOT_FOUND),
    Operation("DELETE", "/v1/media/{media_id}", CW, NOT_FOUND),
    Operation("POST", "/v1/imports", PROPOSE, UNKNOWN, None, {"Content-Type": "text/csv"}, "?brandRef=acme"),
    Operation("GET", "/v1/imports", CR, EMPTY),
    Operation("GET", "/v1/imports/{import_id}", CR, NOT_FOUND),
    Operation("GET", "/v1/imports/{import_id}/rows", CR, NOT_FOUND),
    Operation("GET", "/v1/channels", ANY, OWN),
    Operation("GET", "/v1/channels/{channel}", ANY, OWN),
    Operation("POST", "/v1/brands", BRANDS, OWN, {"ref": "third"}),
    Operation("GET", "/v1/brands", AR + CR + BRANDS, OWN),
    Operation("GET", "/v1/brands/{ref}", AR + CR + BRANDS, NOT_FOUND),
    Operation("PATCH", "/v1/brands/{ref}", BRANDS, NOT_FOUND, {"name": "x"}),
    Operation("DELETE", "/v1/brands/{ref}", BRANDS, NOT_FOUND, query="?confirm=acme"),
    Operation("GET", "/v1/brands/{ref}/slots", CR, NOT_FOUND),
    Operation("PUT", "/v1/brands/{ref}/slots", CW, NOT_FOUND, {"slots": SLOTS}),
    Operation("GET", "/v1/brands/{ref}/slots/times", CR, NOT_FOUND),
    Operation("POST", "/v1/brands/{ref}/slots/reorder", CW, NOT_FOUND, {"shuffle": True}),
    Operation("POST", "/v1/brands/{ref}/slots/pause", CW, NOT_FOUND),
    Operation("POST", "/v1/brands/{ref}/slots/resume", CW, NOT_FOUND),
    Operation("POST", "/v1/series", CW, UNKNOWN, SERIES),
    Operation("GET", "/v1/series", CR, EMPTY),
    Operation("GET", "/v1/series/{series_id}", CR, NOT_FOUND),
    Operation("PATCH", "/v1/series/{series_id}", CW, NOT_FOUND, {"rrule": "FREQ=WEEKLY"}),
    Operation("DELETE", "/v1/series/{series_id}", CW, NOT_FOUND),
    Operation("GET", "/v1/erasures/{erasure_id}", BRANDS, NOT_FOUND),
    Operation("PUT", "/v1/brands/{ref}/apps/{channel}", AW + BRANDS, NOT_FOUND, APP),
    Operation("GET", "/v1/brands/{ref}/apps", AR + BRANDS, NOT_FOUND),
    Operation("GET", "/v1/brands/{ref}/apps/{channel}", AR + BRANDS, NOT_FOUND),
    Operation("DELETE", "/v1/brands/{ref}/apps/{channel}", AW + BRANDS, NOT_FOUND),
    Operation("PUT", "/v1/brands/{ref}/branding", BRANDS, NOT_FOUND, {"name": "Acme"}),
    Operation("GET", "/v1/brands/{ref}/branding", AR + CR + BRANDS, NOT_FOUND),
    Operation("DELETE", "/v1/brands/{ref}/branding", BRANDS, NOT_FOUND),
    Operation("POST", "/v1/brands/{ref}/calendar-feeds", CW, NOT_FOUND),
    Operation("GET", "/v1/brands/{ref}/calendar-feeds", CR, NOT_FOUND),
    Operation("DELETE", "/v1/brands/{ref}/calendar-feeds/{feed_id}", CW, NOT_FOUND),
    Operation("POST", "/v1/brands/{ref}/accounts", AW, NOT_FOUND, ACCOUNT),
    Operation("GET", "/v1/accounts", AR, EMPTY),
    Operation("GET", "/v1/accounts/{account_id}", AR, NOT_FOUND),
    Operation("PATCH", "/v1/accounts/{account_id}", AW, NOT_FOUND, {"metadata": {"page": "shop"}}),
    Operation("DELETE", "/v1/accounts/{account_id}", AW, NOT_FOUND),
    Operation("DELETE", "/v1/accounts/{account_id}/data", BRANDS, NOT_FOUND, query="?confirm=acc"),
    Operation("GET", "/v1/accounts/{account_id}/choices", AR, NOT_FOUND, query="?option=boardId"),
    Operation("POST", "/v1/accounts/{account_id}/check", AW, NOT_FOUND),
    Operation("POST", "/v1/accounts/{account_id}/reconnect", AW, NOT_FOUND, {}),
    Operation("POST", "/v1/brands/{ref}/accounts/connect", AW, NOT_FOUND, {"channel": "bluesky"}),
    Operation("GET", "/v1/connections/{connection_id}", AR, NOT_FOUND),
    Operation("POST", "/v1/connections/{connection_id}/select", AW, NOT_FOUND, {"externalIds": ["did:plc:1"]}),
    Operation("GET", "/v1/webhooks/deliveries", WR, EMPTY),
    Operation("GET", "/v1/webhooks/deliveries/{delivery_id}", WR, NOT_FOUND),
    Operation("POST", "/v1/webhooks/deliveries/{delivery_id}/redeliver", WW, NOT_FOUND),
    Operation("POST", "/v1/alerts", WW, UNKNOWN, {"url": "ntfys://acme-posts", "brandRef": "acme"}),
    Operation("GET", "/v1/alerts", WR, EMPTY),
    Operation("GET", "/v1/alerts/{alert_id}", WR, NOT_FOUND),
    Operation("PATCH", "/v1/alerts/{alert_id}", WW, NOT_FOUND, {"types": []}),
    Operation("DELETE", "/v1/alerts/{alert_id}", WW, NOT_FOUND),
    Operation("POST", "/v1/alerts/{alert_id}/test", WW, NOT_FOUND),
    Operation("POST", "/v1/webhooks/endpoints", WW, UNKNOWN, HOOK),
    Operation("GET", "/v1/webhooks/endpoints", WR, EMPTY),
    Operation("GET", "/v1/webhooks/endpoints/{endpoint_id}", WR, NOT_FOUND),
    Operation("PATCH", "/v1/webhooks/endpoints/{endpoint_id}", WW, NOT_FOUND, {"enabled": True}),
    Operation("DELETE", "/v1/webhooks/endpoints/{endpoint_id}", WW, NOT_FOUND),
    Operation("POST", "/v1/webhooks/endpoints/{endpoint_id}/rotate-secret", WW, NOT_FOUND),
    Operation("POST", "/v1/webhooks/endpoints/{endpoint_id}/test", WW, NOT_FOUND),
    Operation("POST", "/v1/webhooks/endpoints/{endpoint_id}/replay", WW, NOT_FOUND, {"since": "2026-01-01T00:00:00Z"}),
    Operation("POST", "/v1/webhooks/endpoints/{endpoint_id}/recover", WW, NOT_FOUND, {"since": "2026-01-01T00:00:00Z"}),
    Operation("GET", "/v1/webhooks/endpoints/{endpoint_id}/recoveries/{recovery_id}", WR, NOT_FOUND),
    Operation("GET", "/v1/usage/days", AR + CR + WR + BRANDS, NOT_FOUND, query="?brandRef=acme"),
    Operation("GET", "/v1/insights", CR, NOT_FOUND, query="?brandRef=acme"),
    Operation("GET", "/v1/usage", AR + CR + WR + BRANDS, NOT_FOUND, query="?brandRef=acme"),
    Operation("POST", "/v1/keys", KEYS, UNKNOWN, {"name": "k", "scopes": ["keys:write"], "brandRef": "acme"}),
    Operation("GET", "/v1/audit", ADMIN, EMPTY, query="?action=content.created"),
    Operation("GET", "/v1/keys", KEYS, OWN),
    Operation("GET", "/v1/keys/me", ANY, OWN),
    Operation("GET", "/v1/keys/{key_id}", KEYS, NOT_FOUND),
    Operation("PATCH", "/v1/keys/{key_id}", KEYS, NOT_FOUND, {"name": "k"}),
    Operation("POST", "/v1/keys/{key_id}/rotate", KEYS, NOT_FOUND),
    Operation("DELETE", "/v1/keys/{key_id}", KEYS, NOT_FOUND),
)
