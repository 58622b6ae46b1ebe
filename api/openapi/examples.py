"""The examples of the OpenAPI document. The one place outside the channels that may name them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from munadi.domain.failure import Reason
from munadi.domain.reasons import REASONS
from munadi.domain.usage import Limit

_TO_COME = "Put in times to come, at most a year ahead."

CONTENTS: dict[str, Any] = {
    "now": {
        "summary": "Publish now, on the brand's only account",
        "value": {"brandRef": "acme", "text": "Monsoon sale starts today", "channels": ["bluesky"]},
    },
    "scheduled": {
        "summary": "Several channels, local time, an override",
        "description": _TO_COME,
        "value": {
            "brandRef": "acme",
            "text": "Monsoon sale starts today",
            "media": [{"url": "https://cdn.acme.example/a.jpg", "alt": "Umbrellas in the rain"}],
            "link": "https://acme.example/sale",
            "channels": [
                "bluesky",
                {"channel": "instagram", "text": "Link in bio", "options": {"kind": "image"}},
            ],
            "scheduledAt": "2027-01-15T09:00:00",
            "timezone": "Asia/Kolkata",
            "publishBy": "2027-01-15T18:00:00+05:30",
            "clientRef": "cms-42",
            "metadata": {"campaign": "monsoon"},
        },
    },
}
EDITS: dict[str, Any] = {
    "text": {"summary": "Another text", "value": {"text": "Monsoon sale starts tomorrow"}},
    "channel": {
        "summary": "Another text on one channel, no link anywhere",
        "value": {"link": None, "channels": [{"channel": "instagram", "text": "Tomorrow!"}]},
    },
    "end": {
        "summary": "A time to end, also of a live post",
        "description": _TO_COME,
        "value": {"withdrawAt": "2027-01-17T23:00:00+05:30"},
    },
}
LIVE_EDITS: dict[str, Any] = {
    "text": {"summary": "Another text", "value": {"text": "Open on Sunday, too. Come by!"}},
    "video": {"summary": "Title and description of a video", "value": {"title": "Monsoon sale", "description": "Now"}},
    "pin": {
        "summary": "A Pin's link and alt text",
        "value": {"link": "https://acme.example/sale", "altTexts": ["Umbrellas in a shop window"]},
    },
}
MEDIA: dict[str, Any] = {
    "url": {"summary": "Fetch it", "value": {"brandRef": "acme", "url": "https://cdn.acme.example/a.jpg"}},
}
RESCHEDULES: dict[str, Any] = {
    "instant": {
        "summary": "An instant",
        "description": _TO_COME,
        "value": {"scheduledAt": "2027-01-16T09:00:00+05:30"},
    },
    "local": {
        "summary": "A local time",
        "description": _TO_COME,
        "value": {"scheduledAt": "2027-01-16T09:00:00", "timezone": "Asia/Kolkata"},
    },
}

ACCOUNTS: dict[str, Any] = {
    "token": {
        "summary": "A token made elsewhere",
        "value": {
            "channel": "threads",
            "externalId": "17841400000000000",
            "credentials": {"accessToken": "TH...", "expiresAt": "2027-01-30T03:30:00Z"},
        },
    },
    "password": {
        "summary": "An app password",
        "value": {
            "channel": "bluesky",
            "credentials": {"identifier": "acme.example", "password": "xxxx-xxxx-xxxx-xxxx"},
        },
    },
}

# Answers.
_AT = {"createdAt": "2026-12-01T03:30:00Z", "updatedAt": "2026-12-01T03:30:00Z"}
BRAND: dict[str, Any] = {
    "ref": "acme",
    "name": "Acme Stores",
    "timezone": "Asia/Kolkata",
    "limits": {limit.value: None for limit in Limit} | {"accounts": 10, "publicationsPerMonth": 1000},
    "duplicates": "refuse",
    "mode": "live",
    "unusableAccounts": "warn",
    "approval": "proposals",
    "fit": "refuse",
    "looks": {"after": ["PT1H", "P1D"], "channels": {"x": ["P1D"]}},
    "metadata": {"tenant": "42"},
    "createdAt": "2026-12-01T03:30:00Z",
}
KEY: dict[str, Any] = {
    "id": "key_01kf2v6s3tf0d8m7s0a3x9y5hq",
    "name": "cms",
    "hint": "x7Qa",
    "scopes": ["contents:read", "contents:write"],
    "brandRef": "acme",
    "brandRefs": ["acme"],
    "caps": None,
    "parentId": "key_01kf2v6s3tf0d8m7s0a3x9y5hr",
    "createdAt": "2026-12-01T03:30:00Z",
    "expiresAt": None,
    "revokedAt": None,
    "lastUsedAt": "2026-12-01T09:12:00Z",
    "previousExpiresAt": None,
    "metadata": {"tenant": "42"},
}
ACCOUNT: dict[str, Any] = {
    "id": "acc_01kf2v6s3tf0d8m7s0a3x9y5hq",
    "brandRef": "acme",
    "channel": "threads",
    "externalId": "17841400000000000",
    "handle": "acme.stores",
    "displayName": "Acme Stores",
    "serviceUrl": None,
    "login": None,
    "status": "connected",
    "scopes": ["threads_basic", "threads_content_publish"],
    "tokenExpiresAt": "2027-01-30T03:30:00Z",
    "grantExpiresAt": None,
    "pausedUntil": None,
    "lastSuccessAt": "2026-12-01T03:30:01Z",
    "lastFailure": {
        "at": "2026-11-28T09:00:00Z",
        "reason": "PROVIDER_OUTAGE",
        "message": "the network did not answer in time",
        "remedy": "Retry when the network's status page is green.",
    },
    "unshownSince": None,
    "quota": {"used": 4, "total": 250, "left": 246},
    "metadata": {"page": "shop"},
    "affectedContents": ["cnt_01kf2v6s3tf0d8m7s0a3x9y5hq"],
    **_AT,
}
CONNECT_LINK: dict[str, Any] = {
    "id": "con_01kf2v6s3tf0d8m7s0a3x9y5hq",
    "connectUrl": "https://munadi.acme.example/connect/…",
    "expiresAt": "2026-12-01T04:30:00Z",
}
CONNECTION: dict[str, Any] = {
    "id": "con_01kf2v6s3tf0d8m7s0a3x9y5hq",
    "brandRef": "acme",
    "channel": "facebook",
    "accountId": None,
    "status": "choosing",
    "choices": [{"externalId": "10150000000000001", "name": "Acme Stores"}],
    "accountIds": [],
    "failure": None,
    "metadata": {"tenant": "42"},
    "createdAt": "2026-12-01T03:30:00Z",
    "expiresAt": "2026-12-01T04:30:00Z",
}


def without_references(schema: Mapping[str, Any]) -> dict[str, Any]:
    """A JSON Schema as it stands in an example, shortened: linters follow references even there."""
    fields = {name: field for name, field in schema["properties"].items() if "$ref" not in str(field)}
    return {name: part for name, part in schema.items() if name != "$defs"} | {"properties": fields}


def shows(status: int, example: Any) -> dict[int | str, dict[str, Any]]:
    """The success entry of a route's `responses`."""
    return {status: {"content": {"application/json": {"example": example}}}}


def shows_page(example: Any) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route that answers a page of a list, with one entry as example."""
    return shows(200, {"data": [example], "nextCursor": None})


CONTENT: dict[str, Any] = {
    "id": "cnt_01kf2v6s3tf0d8m7s0a3x9y5hq",
    "brandRef": "acme",
    "status": "partially_published",
    "scheduledAt": "2027-01-15T03:30:00Z",
    "timezone": "Asia/Kolkata",
    "publishBy": "2027-01-16T03:30:00Z",
    "text": "Monsoon sale starts today",
    "media": [],
    "link": None,
    "clientRef": "cms-42",
    "metadata": {"campaign": "monsoon"},
    "approval": None,
    "version": 1,
    "draftVersion": 1,
    "createdAt": "2027-01-14T10:00:00Z",
    "updatedAt": "2027-01-15T03:30:02Z",
    "workflowId": "content/cnt_01kf2v6s3tf0d8m7s0a3x9y5hq",
    "publications": [
        {
            "id": "pub_01kf2v6s3tf0d8m7s0a3x9y5hr",
            "channel": "bluesky",
            "accountId": "acc_01kf2v6s3tf0d8m7s0a3x9y5hs",
            "status": "published",
            "scheduledAt": "2027-01-15T03:30:00Z",
            "publishedAt": "2027-01-15T03:30:01Z",
            "latenessMs": 240,
            "providerPostId": "at://did:plc:abc/app.bsky.feed.post/3lfx",
            "providerUrl": "https://bsky.app/profile/did:plc:abc/post/3lfx",
            "failure": None,
            "dismissal": None,
            "hold": None,
            "withdrawal": None,
            "edits": [],
            "liveness": {
                "verdict": "live",
                "since": "2027-01-15T04:28:00Z",
                "lookedAt": "2027-01-16T02:10:00Z",
                "nextLookAt": "2027-01-22T05:20:00Z",
                "word": "",
            },
            "renditions": [],
            "attempts": 1,
            "warnings": [],
        },
        {
            "id": "pub_01kf2v6s3tf0d8m7s0a3x9y5ht",
            "channel": "instagram",
            "accountId": "acc_01kf2v6s3tf0d8m7s0a3x9y5hv",
            "status": "failed",
            "scheduledAt": "2027-01-15T03:30:00Z",
            "publishedAt": None,
            "latenessMs": None,
            "providerPostId": None,
            "providerUrl": None,
            "failure": {
                "reason": "TOKEN_REVOKED",
                "class": "TOKEN",
                "retryable": "after_fix",
                "message": "The account's owner or the network revoked our access.",
                "remedy": REASONS[Reason.TOKEN_REVOKED].remedy,
                "providerCode": "190",
                "providerMessage": None,
                "retryAfter": None,
                "attemptId": "att_01kf2v6s3tf0d8m7s0a3x9y5hw",
            },
            "dismissal": None,
            "hold": None,
            "withdrawal": None,
            "edits": [],
            "liveness": None,
            "renditions": [],
            "attempts": 1,
            "warnings": [],
        },
    ],
    "warnings": [],
    "rollup": {
        "total": 2,
        "accepted": 0,
        "queued": 0,
        "publishing": 0,
        "published": 1,
        "failed": 1,
        "unconfirmed": 0,
        "canceled": 0,
    },
}

ERASURE: dict[str, Any] = {
    "id": "ers_01kf2v6s3tf0d8m7s0a3x9y5hq",
    "status": "running",
    "brandRef": "acme",
    "accountId": None,
    "counts": {"posts": 120, "publications": 260, "accounts": 0, "media": 44, "leftAtNetworks": 251, "uncertain": 0},
    "waitsFor": "publishing",
    "requestedAt": "2026-12-01T03:30:00Z",
    "endedAt": None,
}
ERASURE_OF_ACCOUNT: dict[str, Any] = {**ERASURE, "accountId": "acc_01kf2v6s3tf0d8m7s0a3x9y5hq"}

# A broken rule of a network.
TOO_LONG: dict[str, Any] = {
    "pointer": "/text",
    "code": "TEXT_TOO_LONG",
    "message": "Bluesky takes at most 300 characters; this text has 412",
    "channel": "bluesky",
    "rule": "text_graphemes",
    "limit": 300,
    "actual": 412,
}
