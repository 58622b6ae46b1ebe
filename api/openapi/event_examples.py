"""An example of each type of event, made from the examples of a post, an account and an endpoint."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from api.openapi import examples, planning_examples, webhook_examples
from api.openapi.import_examples import IMPORT
from munadi.domain.content import count
from munadi.domain.event import EventType
from munadi.domain.failure import Reason
from munadi.domain.publication import PublicationStatus
from munadi.domain.reasons import failure_of
from munadi.publishing.states import roll_up

_S = PublicationStatus
_PUBLISHED, _FAILED = examples.CONTENT["publications"]
_NOT_OUT: dict[str, Any] = {
    "publishedAt": None,
    "latenessMs": None,
    "providerPostId": None,
    "providerUrl": None,
    "attempts": 0,
}
_HOLD = {"reason": "OUTAGE", "since": "2027-01-15T03:30:01Z", "until": "2027-01-15T03:31:01Z"}


def _failure(reason: Reason) -> dict[str, Any]:
    return failure_of(reason).model_dump(mode="json")


_WITHDRAWN: dict[str, Any] = {
    "status": "withdrawn",
    "requestedAt": "2027-01-15T09:00:00Z",
    "endedAt": "2027-01-15T09:00:02Z",
    "unconfirmedSince": None,
    "failure": None,
    "left": [],
    "confirmedBy": "look",
}
_STILL_UP = {"step": "post", "id": _PUBLISHED["providerPostId"], "url": _PUBLISHED["providerUrl"]}
_REFUSED = {
    **_WITHDRAWN,
    "status": "refused",
    "failure": _failure(Reason.WITHDRAWAL_REFUSED),
    "left": [_STILL_UP],
    "confirmedBy": "answer",
}
_UNCONFIRMED = {
    **_REFUSED,
    "status": "unconfirmed",
    "endedAt": None,
    "unconfirmedSince": "2027-01-15T09:03:00Z",
    "failure": _failure(Reason.WITHDRAWAL_UNCONFIRMED),
    "confirmedBy": None,
}
_EDITED: dict[str, Any] = {
    "version": 2,
    "at": "2027-01-15T04:10:00Z",
    "status": "edited",
    "text": "Open on Sunday, too. Come by!",
    "title": None,
    "description": None,
    "link": None,
    "altTexts": None,
    "endedAt": "2027-01-15T04:10:01Z",
    "unconfirmedSince": None,
    "failure": None,
    "confirmedBy": "look",
}
_LOOKED = {"lookedAt": "2027-01-22T05:10:00Z", "nextLookAt": None, "word": ""}
_GONE = {**_LOOKED, "verdict": "gone", "since": "2027-01-22T04:54:00Z", "word": "RecordNotFound"}
_LIMITED = {**_LOOKED, "verdict": "limited", "since": "2027-01-22T04:54:00Z", "word": "label !hide"}
_LIVE = {**_LOOKED, "verdict": "live", "since": "2027-01-22T04:54:00Z"}
_CONVERTING = {
    "index": 0,
    "mediaId": "med_01kf2v6s3tf0d8m7s0a3x9y5hq",
    "work": "convert",
    "changes": [{"what": "video_codec", "before": "hevc", "after": "h264"}],
    "status": "converting",
    "progress": 40,
    "since": "2027-01-15T04:10:01Z",
    "file": None,
}
# The status of the one publication, and the further fields in which it differs from one that waits.
_OF_PUBLICATION: dict[EventType, tuple[PublicationStatus, dict[str, Any]]] = {
    EventType.PREFLIGHT_FAILED: (_S.QUEUED, {}),
    EventType.MEDIA_CONVERTING: (_S.QUEUED, {"renditions": [_CONVERTING]}),
    EventType.PUBLISH_STARTED: (_S.PUBLISHING, {"attempts": 1}),
    EventType.PUBLISH_SUCCEEDED: (_S.PUBLISHED, _PUBLISHED),
    EventType.PUBLISH_FAILED: (_S.FAILED, {"attempts": 1, "failure": _FAILED["failure"]}),
    EventType.PUBLISH_UNCONFIRMED: (_S.UNCONFIRMED, {"attempts": 1}),
    EventType.PUBLISH_CANCELED: (_S.CANCELED, {}),
    EventType.PUBLISH_HELD: (_S.QUEUED, {"attempts": 1, "hold": _HOLD}),
    EventType.PUBLISH_RESUMED: (_S.QUEUED, {"attempts": 1}),
    EventType.PUBLISH_WITHDRAWN: (_S.PUBLISHED, {**_PUBLISHED, "withdrawal": _WITHDRAWN}),
    EventType.PUBLISH_EDITED: (_S.PUBLISHED, {**_PUBLISHED, "edits": [_EDITED]}),
    EventType.WITHDRAWAL_REFUSED: (_S.PUBLISHED, {**_PUBLISHED, "withdrawal": _REFUSED}),
    EventType.WITHDRAWAL_UNCONFIRMED: (_S.PUBLISHED, {**_PUBLISHED, "withdrawal": _UNCONFIRMED}),
    EventType.PUBLISH_VANISHED: (_S.PUBLISHED, {**_PUBLISHED, "liveness": _GONE}),
    EventType.PUBLISH_LIMITED: (_S.PUBLISHED, {**_PUBLISHED, "liveness": _LIMITED}),
    EventType.PUBLISH_RESTORED: (_S.PUBLISHED, {**_PUBLISHED, "liveness": _LIVE}),
}
_OF_POST: dict[EventType, PublicationStatus] = {
    EventType.CONTENT_ACCEPTED: _S.ACCEPTED,
    EventType.CONTENT_QUEUED: _S.QUEUED,
    EventType.CONTENT_RESCHEDULED: _S.QUEUED,
    EventType.CONTENT_UPDATED: _S.QUEUED,
    EventType.CONTENT_CANCELED: _S.CANCELED,
}
_ASKED = {"status": "requested", "version": 1, "by": "key_01kf2v6s3tf0d8m7s0a3x9y5hq", "note": None}
_APPROVALS: dict[EventType, dict[str, Any]] = {
    EventType.APPROVAL_REQUESTED: _ASKED,
    EventType.APPROVAL_GRANTED: {**_ASKED, "status": "granted", "by": "key_01kf2v6s3tf0d8m7s0a3x9y5hz"},
    EventType.APPROVAL_DECLINED: {
        **_ASKED,
        "status": "declined",
        "by": "key_01kf2v6s3tf0d8m7s0a3x9y5hz",
        "note": "The sale begins on Saturday.",
    },
}
_REASONS = {
    EventType.PREFLIGHT_FAILED: _FAILED["failure"]["reason"],
    EventType.PUBLISH_FAILED: _FAILED["failure"]["reason"],
    EventType.PUBLISH_HELD: _HOLD["reason"],
    EventType.WITHDRAWAL_REFUSED: Reason.WITHDRAWAL_REFUSED.value,
    EventType.WITHDRAWAL_UNCONFIRMED: Reason.WITHDRAWAL_UNCONFIRMED.value,
    EventType.PUBLISH_VANISHED: _GONE["verdict"],
    EventType.PUBLISH_LIMITED: _LIMITED["verdict"],
}
_OF_ACCOUNT = {
    EventType.ACCOUNT_CONNECTED: ("connected", None),
    EventType.ACCOUNT_EXPIRING: ("expiring", None),
    EventType.ACCOUNT_REAUTH_REQUIRED: ("reauth_required", "TOKEN_REVOKED"),
    EventType.ACCOUNT_DISCONNECTED: ("disconnected", None),
}

_OF_CONNECTION: dict[EventType, dict[str, Any]] = {
    EventType.CONNECTION_COMPLETED: {"status": "connected", "accountIds": [examples.ACCOUNT["id"]]},
    EventType.CONNECTION_FAILED: {
        "status": "failed",
        "failure": _failure(Reason.CONSENT_DENIED),
    },
    EventType.CONNECTION_EXPIRED: {"status": "expired"},
}
_OF_ENDPOINT = {
    EventType.ENDPOINT_DISABLED: ("disabled", "FAILING"),
    EventType.ENDPOINT_FAILING: ("failing", "HTTP_STATUS"),
    EventType.DELIVERY_EXHAUSTED: ("exhausted", "HTTP_STATUS"),
}
_GIVEN_UP = {
    **{name: webhook_examples.DELIVERY[name] for name in ("id", "eventId", "eventType", "contentId")},
    "attempts": 10,
    "statusCode": 503,
    "error": "HTTP_STATUS: 503",
}


def event_example(kind: EventType) -> dict[str, Any]:
    """A body of that type, with every field."""
    if kind in _OF_PUBLICATION:
        status, changes = _OF_PUBLICATION[kind]
        return _of_publication(kind, _publication(status, changes))
    if kind in _OF_POST:
        return _event(kind, **_of_post([_publication(_OF_POST[kind], {})]))
    if kind in _APPROVALS:
        return _event(kind, **_of_approval(kind))
    if kind is EventType.CONTENT_COMPLETED:
        return _event(kind, **_of_post([_PUBLISHED, _FAILED]))
    if kind in _OF_ACCOUNT:
        return _of_account(kind, *_OF_ACCOUNT[kind])
    if kind in _OF_CONNECTION:
        return _of_connection(kind, _OF_CONNECTION[kind])
    if kind is EventType.IMPORT_COMPLETED:
        return _event(kind, status=IMPORT["status"], data={"summary": IMPORT})
    if kind is EventType.SERIES_ENDED:
        return _of_series()
    return _of_endpoint(kind)


def _event(kind: EventType, **fields: Any) -> dict[str, Any]:
    return {
        "id": "evt_01kf2v6s3tf0d8m7s0a3x9y5hx",
        "type": kind.value,
        "timestamp": "2027-01-15T03:30:01.204000Z",
        "sequence": None,
        "brandRef": "acme",
        "test": False,
        "contentId": None,
        "publicationId": None,
        "channel": None,
        "sns": None,
        "status": None,
        "reason": None,
        "data": {},
        **fields,
    }


def _about(kind: EventType, channel: str, **fields: Any) -> dict[str, Any]:
    """An event about a network."""
    return _event(kind, channel=channel, sns=channel, **fields)


def _publication(status: PublicationStatus, changes: Mapping[str, Any]) -> dict[str, Any]:
    return {**_PUBLISHED, **_NOT_OUT, **changes, "status": status.value}


def _of_post(publications: Sequence[dict[str, Any]]) -> dict[str, Any]:
    statuses = [PublicationStatus(each["status"]) for each in publications]
    content = {
        **examples.CONTENT,
        "status": roll_up(statuses).value,
        "publications": [*publications],
        "rollup": count(statuses).model_dump(mode="json"),
    }
    return {
        "contentId": content["id"],
        "sequence": 4,
        "status": content["status"],
        "data": {"content": content, "publication": None},
    }


def _of_approval(kind: EventType) -> dict[str, Any]:
    at = "2027-01-14T10:00:00Z"
    hold = None if kind is EventType.APPROVAL_GRANTED else {"reason": "APPROVAL", "since": at, "until": None}
    made = _of_post([_publication(_S.QUEUED, {"hold": hold})])
    made["data"]["content"]["approval"] = {**_APPROVALS[kind], "at": at}
    return made


def _of_publication(kind: EventType, publication: dict[str, Any]) -> dict[str, Any]:
    made = _of_post([publication])
    made["data"]["publication"] = publication
    if kind is EventType.PREFLIGHT_FAILED:
        made["data"]["failure"] = {**_FAILED["failure"], "attemptId": None}
    made |= {"publicationId": publication["id"], "status": publication["status"]}
    made |= dict.fromkeys(("channel", "sns"), publication["channel"])
    return _event(kind, **made, reason=_REASONS.get(kind))


def _of_account(kind: EventType, status: str, reason: str | None) -> dict[str, Any]:
    account = {**examples.ACCOUNT, "status": status}
    return _about(kind, account["channel"], status=status, reason=reason, data={"account": account})


def _of_connection(kind: EventType, changes: Mapping[str, Any]) -> dict[str, Any]:
    connection = {**examples.CONNECTION, "choices": [], "accountIds": [], "failure": None, **changes}
    reason = connection["failure"]["reason"] if connection["failure"] else None
    data = {"connection": connection}
    return _about(kind, connection["channel"], status=connection["status"], reason=reason, data=data)


def _of_series() -> dict[str, Any]:
    ended = {"status": "ended", "endedAs": "finished", "endedAt": "2027-03-01T03:30:02Z", "upcoming": []}
    return _event(EventType.SERIES_ENDED, status="finished", data={"series": {**planning_examples.SERIES, **ended}})


def _of_endpoint(kind: EventType) -> dict[str, Any]:
    if kind is EventType.WEBHOOK_TEST:
        text = "If you can read this, the endpoint works."
        return _event(kind, data={"endpointId": webhook_examples.ENDPOINT["id"], "text": text})
    status, reason = _OF_ENDPOINT[kind]
    endpoint = {**webhook_examples.ENDPOINT, "failingSince": "2027-01-10T03:30:01Z", "health": "failing"}
    if kind is EventType.ENDPOINT_DISABLED:
        endpoint |= {"enabled": False, "disabledReason": reason, "health": "disabled"}
    data = {"endpoint": endpoint} | ({"delivery": _GIVEN_UP} if kind is EventType.DELIVERY_EXHAUSTED else {})
    return _event(kind, status=status, reason=reason, data=data)
