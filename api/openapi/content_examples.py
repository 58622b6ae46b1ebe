"""Examples of responses about posts, publications, media, events and networks."""

from __future__ import annotations

from typing import Any

from api.openapi.event_examples import event_example
from api.openapi.examples import CONTENT, without_references
from munadi.channels.registry import channel_views
from munadi.domain.event import EventType

_SUCCEEDED, _FAILED = CONTENT["publications"]

LISTED_PUBLICATION: dict[str, Any] = _SUCCEEDED | {
    "contentId": CONTENT["id"],
    "brandRef": CONTENT["brandRef"],
}
MEDIA: dict[str, Any] = {
    "id": "med_01kf2v6s3tf0d8m7s0a3x9y5hx",
    "brandRef": "acme",
    "kind": "image",
    "type": "image/jpeg",
    "bytes": 184_320,
    "width": 1080,
    "height": 1350,
    "duration": None,
    "codec": None,
    "audioCodec": None,
    "fps": None,
    "pages": None,
    "name": "a.jpg",
    "video": None,
    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "sourceUrl": "https://cdn.acme.example/a.jpg",
    "createdAt": "2027-01-14T10:00:00Z",
}
_DRAFT: dict[str, Any] = {
    "text": CONTENT["text"],
    "link": None,
    "media": [],
    "firstComment": None,
    "parts": [],
    "options": {},
    "renditions": [],
}
_LENGTH = {"rule": "text_code_points", "unit": "code_points", "maximum": 2200, "pointer": "/text", "actual": 25}
PUBLICATION: dict[str, Any] = _FAILED | {
    "contentId": CONTENT["id"],
    "draft": _DRAFT,
    "lengths": [_LENGTH],
    "attemptLog": [
        {
            "id": _FAILED["failure"]["attemptId"],
            "stage": "post",
            "number": 1,
            "intentAt": "2027-01-15T03:30:00Z",
            "endedAt": "2027-01-15T03:30:01Z",
            "outcome": "rejected",
            "providerCode": "190",
            "raw": '{"error": {"code": 190, "message": "Error validating access token"}}',
            "durationMs": 412,
        }
    ],
}
_EVENT_OF_EDIT, _EVENT_OF_WITHDRAWAL = (
    event_example(kind)["data"]["publication"] for kind in (EventType.PUBLISH_EDITED, EventType.WITHDRAWAL_REFUSED)
)
_NOT_ENDED = {"endedAt": None, "confirmedBy": None, "failure": None}
_EDIT = _EVENT_OF_EDIT["edits"][-1] | _NOT_ENDED | {"status": "editing"}
_WITHDRAWAL = _EVENT_OF_WITHDRAWAL["withdrawal"] | _NOT_ENDED | {"status": "withdrawing"}
_LIVE: dict[str, Any] = _SUCCEEDED | {
    "contentId": CONTENT["id"],
    "draft": _DRAFT,
    "lengths": [_LENGTH | {"rule": "text_graphemes", "unit": "graphemes", "maximum": 300}],
    "attemptLog": [
        PUBLICATION["attemptLog"][0] | {"outcome": "sent", "providerCode": None, "raw": None},
    ],
}
# What is answered when an edit, or a withdrawal, was asked for.
EDITING: dict[str, Any] = _LIVE | {"edits": [_EDIT]}
WITHDRAWING: dict[str, Any] = _LIVE | {"withdrawal": _WITHDRAWAL}
CONTENT_WITHDRAWING: dict[str, Any] = CONTENT | {
    "publications": [_SUCCEEDED | {"withdrawal": _WITHDRAWAL}, _FAILED],
}
RECEIPT: dict[str, Any] = {
    "receipt": "eyJhbGciOiJFZERTQSIsImtpZCI6ImtQ….eyJpc3MiOiJodHRwczovL211bmFkaS5hY21lLmV4YW1wbGUi….Kp3vQx…",
    "claims": {
        "iss": "https://munadi.acme.example",
        "iat": 1_800_070_200,
        "publicationId": _SUCCEEDED["id"],
        "contentId": CONTENT["id"],
        "brandRef": CONTENT["brandRef"],
        "channel": _SUCCEEDED["channel"],
        "profile": {
            "accountId": _SUCCEEDED["accountId"],
            "handle": "acme.example",
            "externalId": "did:plc:abc",
        },
        "acceptedAt": CONTENT["createdAt"],
        "publishedAt": _SUCCEEDED["publishedAt"],
        "objects": [{"step": "post", "id": _SUCCEEDED["providerPostId"], "url": _SUCCEEDED["providerUrl"]}],
        "sent": {
            "form": "munadi-sent-1",
            "sha256": "1f6a8b0c2d4e6f708192a3b4c5d6e7f8091a2b3c4d5e6f708192a3b4c5d6e7f8",
            "files": [MEDIA["sha256"]],
        },
        "calls": [
            {
                "step": "post",
                "number": 1,
                "intentAt": "2027-01-15T03:30:00.190Z",
                "firstByteAt": "2027-01-15T03:30:00.240Z",
                "answeredAt": "2027-01-15T03:30:01Z",
                "outcome": "sent",
            }
        ],
        "edits": [],
        "withdrawal": None,
    },
}
RECEIPT_KEYS: dict[str, Any] = {
    "keys": [
        {
            "kty": "OKP",
            "crv": "Ed25519",
            "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
            "kid": "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k",
            "use": "sig",
            "alg": "EdDSA",
        }
    ]
}
VALIDATION: dict[str, Any] = {
    "valid": True,
    "problems": [],
    "moreProblems": 0,
    "warnings": [],
    "publications": [_DRAFT | {"channel": _FAILED["channel"], "accountId": _FAILED["accountId"]}],
    "lengths": [_LENGTH | {"channel": _FAILED["channel"], "accountId": _FAILED["accountId"]}],
}
LOGGED_EVENT: dict[str, Any] = event_example(EventType.CONTENT_COMPLETED) | {"position": 1204}


def _channel(name: str) -> dict[str, Any]:
    """A network as it is described without settings."""
    [found] = [view for view in channel_views() if view.name == name]
    shown = found.model_dump(mode="json")
    return shown | {"options": without_references(shown["options"])}


CHANNEL: dict[str, Any] = _channel(_SUCCEEDED["channel"])
