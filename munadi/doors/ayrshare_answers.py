"""A post in Ayrshare's words.

Sources, read in autumn 2026: ayrshare.com/docs/apis/history/get-history (statuses), …/get-history-id (fields of an
entry), docs.ayrshare.com/rest-api/endpoints/profiles (`posts`), ayrshare.mintlify.app/errors/errors-ayrshare (errors),
ayrshare.com/docs/apis/post/delete-post and docs.ayrshare.com/rest-api/endpoints/delete, ayrshare.com/docs/apis/user/
profile-details. `success` is what is live, never what is accepted.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from munadi.domain.account_view import AccountView
from munadi.domain.approval import ApprovalStatus
from munadi.domain.content import ContentStatus, ContentView
from munadi.domain.publication import PublicationStatus
from munadi.doors.ayrshare import network_of
from munadi.doors.service import is_taken_back

AWAITING, DELETED, ERROR, PENDING = "awaiting approval", "deleted", "error", "pending"
PROCESSING, SCHEDULED, SUCCESS = "processing", "scheduled", "success"
_STATUS = {
    ContentStatus.PUBLISHED: SUCCESS,
    ContentStatus.PUBLISHING: PROCESSING,
    ContentStatus.PARTIALLY_PUBLISHED: ERROR,
    ContentStatus.FAILED: ERROR,
    ContentStatus.UNCONFIRMED: ERROR,
    ContentStatus.CANCELED: DELETED,
}
_UNKNOWN = "It is not known whether the network published it. Look there before you post it again."
# A post for "now" is due a moment after it was sent.
_NOW = timedelta(seconds=10)


def status_of(view: ContentView) -> str:
    """The status of a post, as its history shows it."""
    if is_taken_back(view):
        return DELETED
    waits = view.status in (ContentStatus.ACCEPTED, ContentStatus.QUEUED)
    if waits and view.approval is not None and view.approval.status is not ApprovalStatus.GRANTED:
        return AWAITING
    return PENDING if waits else _STATUS.get(view.status, PROCESSING)


def is_scheduled(view: ContentView) -> bool:
    """Whether a post was given a time to come."""
    return view.scheduled_at - view.created_at > _NOW


def entry(view: ContentView) -> dict[str, Any]:
    """A post of the history."""
    return {
        "id": view.id,
        "refId": view.brand_ref,
        "status": status_of(view),
        "post": view.text or "",
        "platforms": [network_of(each.channel) for each in view.publications],
        "postIds": _live(view),
        "errors": _errors(view),
        "mediaUrls": [],
        "urls": [],
        "type": "scheduled" if is_scheduled(view) else "now",
        "created": _utc(view.created_at),
        "scheduleDate": _time(view.scheduled_at),
        "shortenLinks": False,
        "notes": view.metadata.get("notes"),
    }


def created(view: ContentView) -> dict[str, Any]:
    """The answer to a new post: `scheduled` until its time, `success` once all of it is live."""
    status = status_of(view)
    if status == PENDING and is_scheduled(view):
        status = SCHEDULED
    own = {
        "status": status,
        "errors": _errors(view),
        "postIds": _live(view),
        "id": view.id,
        "refId": view.brand_ref,
        "profileTitle": view.brand_ref,
        "post": view.text or "",
        **({"scheduleDate": _utc(view.scheduled_at)} if is_scheduled(view) else {}),
    }
    return {**own, "posts": [own]}


def removed(view: ContentView) -> dict[str, Any]:
    """What became of a post that was to be deleted: of each network, and of all."""
    networks: dict[str, Any] = {}
    for each in view.publications:
        word, why = SUCCESS, None
        if each.status is PublicationStatus.PUBLISHED:
            gone = each.withdrawal.status.value if each.withdrawal else "refused"
            word = {"withdrawn": SUCCESS, "refused": ERROR}.get(gone, PENDING)
            failure = each.withdrawal.failure if each.withdrawal else None
            why = f"{failure.message} {failure.remedy}" if failure else None
        elif each.status is not PublicationStatus.CANCELED and each.status is not PublicationStatus.FAILED:
            word, why = ERROR, f"it is {each.status} now"
        own = {"action": "delete", "status": word, "id": each.provider_post_id or each.id}
        networks[network_of(each.channel)] = {**own, **({"message": why} if why else {})}
    words = [each["status"] for each in networks.values()]
    whole = next((word for word in (ERROR, PENDING) if word in words), SUCCESS)
    return {**networks, "status": whole, "id": view.id}


def user(brand_ref: str, accounts: Sequence[AccountView]) -> dict[str, Any]:
    """The profile: a brand, and its accounts."""
    return {
        "activeSocialAccounts": list(dict.fromkeys(network_of(each.channel) for each in accounts)),
        "displayNames": [
            {
                "platform": network_of(each.channel),
                "displayName": each.display_name or each.handle,
                "username": each.handle,
                "id": each.external_id,
                "created": _utc(each.created_at),
            }
            for each in accounts
        ],
        "refId": brand_ref,
        "title": brand_ref,
    }


def _live(view: ContentView) -> list[dict[str, Any]]:
    return [
        {
            "status": SUCCESS,
            "id": each.provider_post_id,
            "postUrl": each.provider_url,
            "platform": network_of(each.channel),
        }
        for each in view.publications
        if each.status is PublicationStatus.PUBLISHED
    ]


def _errors(view: ContentView) -> list[dict[str, Any]]:
    found = []
    for each in view.publications:
        if each.failure is not None and each.status is PublicationStatus.FAILED:
            found.append((each.channel, each.failure.reason.value, f"{each.failure.message} {each.failure.remedy}"))
        elif each.status is PublicationStatus.UNCONFIRMED:
            found.append((each.channel, "OUTCOME_UNKNOWN", _UNKNOWN))
    return [
        {"action": "post", "status": ERROR, "code": code, "message": message, "platform": network_of(channel)}
        for channel, code, message in found
    ]


def _utc(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _time(at: datetime) -> dict[str, Any]:
    return {"_seconds": int(at.timestamp()), "_nanoseconds": at.microsecond * 1000, "utc": _utc(at)}
