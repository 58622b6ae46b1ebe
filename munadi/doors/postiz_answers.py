"""Posts, files and accounts as Postiz's public API shows them.

Sources, read in autumn 2026: github.com/gitroomhq/postiz-app, `getPosts` of its repository of posts and
`listIntegration` of its public controller; mintlify.com/gitroomhq/postiz-app/api (`posts/delete-post`,
`media/upload-media`).
`PUBLISHED` is what is live; what is accepted is `QUEUE`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from munadi.domain.account import AccountStatus
from munadi.domain.account_view import AccountView
from munadi.domain.content import ContentView, PublicationView, SavedDraft
from munadi.domain.media import MediaView
from munadi.domain.publication import PublicationStatus

# Postiz's name for a network of ours, where it differs.
THEIRS = {"google_business": "gmb"}
_STATE = {
    PublicationStatus.PUBLISHED: "PUBLISHED",
    PublicationStatus.FAILED: "ERROR",
    PublicationStatus.UNCONFIRMED: "ERROR",
}
_UNKNOWN = "It is not known whether the network published it. Look there before you post it again."
_ENDED = (AccountStatus.REAUTH_REQUIRED, AccountStatus.DISCONNECTED)


def integration(account: AccountView) -> dict[str, Any]:
    """An account in the list of integrations."""
    return {
        "id": account.id,
        "name": account.display_name or account.handle,
        "identifier": THEIRS.get(account.channel, account.channel),
        "picture": None,
        "disabled": account.status in _ENDED,
        "profile": account.handle,
    }


def created(view: ContentView) -> list[dict[str, str]]:
    """The answer to new posts: the id of each, with its integration."""
    return [{"postId": each.id, "integration": each.account_id} for each in view.publications]


def drafted(draft_id: str, content: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The answer to a draft, which has one id for all its integrations."""
    return [{"postId": draft_id, "integration": each["accountId"]} for each in content["channels"]]


def posts(view: ContentView, accounts: Mapping[str, AccountView]) -> list[dict[str, Any]]:
    """The posts of a list: each publication that was not deleted."""
    shown = [each for each in view.publications if not _is_deleted(each)]
    return [
        _post(
            each.id,
            view.text or "",
            each.published_at or each.scheduled_at,
            _STATE.get(each.status, "QUEUE"),
            _integration(each.account_id, each.channel, accounts),
            view.id,
        )
        | {"releaseURL": each.provider_url, "releaseId": each.provider_post_id, "error": _error(each)}
        for each in shown
    ]


def draft_posts(draft: SavedDraft, accounts: Mapping[str, AccountView]) -> list[dict[str, Any]]:
    """A saved draft in a list: a post for each of its accounts that the brand still has."""
    channels: Any = draft.content.get("channels")
    named = [each.get("accountId") for each in channels or () if isinstance(each, dict)]
    known = [accounts[each] for each in named if isinstance(each, str) and each in accounts]
    at = _read(draft.content.get("scheduledAt")) or draft.created_at
    text = draft.content.get("text") or ""
    return [
        _post(draft.id, text, at, "DRAFT", _integration(each.id, each.channel, accounts), draft.id) for each in known
    ]


def file(media: MediaView, url: str) -> dict[str, Any]:
    """An uploaded file. `path` is for `image` of a post."""
    at = _iso(media.created_at)
    name = media.name or url.rpartition("/")[2]
    return {
        "id": media.id,
        "name": name,
        "path": url,
        "organizationId": media.brand_ref,
        "createdAt": at,
        "updatedAt": at,
    }


def iso(at: datetime) -> str:
    """A time as it writes them."""
    return _iso(at)


def _post(post_id: str, text: str, at: datetime, state: str, owner: Mapping[str, Any], group: str) -> dict[str, Any]:
    return {
        "id": post_id,
        "content": text,
        "publishDate": _iso(at),
        "releaseURL": None,
        "releaseId": None,
        "state": state,
        "intervalInDays": None,
        "group": group,
        "creationMethod": "API",
        "tags": [],
        "integration": owner,
    }


def _integration(account_id: str, channel: str, accounts: Mapping[str, AccountView]) -> dict[str, Any]:
    known = accounts.get(account_id)
    name = (known.display_name or known.handle) if known else channel
    return {"id": account_id, "providerIdentifier": THEIRS.get(channel, channel), "name": name, "picture": None}


def _is_deleted(each: PublicationView) -> bool:
    is_withdrawn = each.withdrawal is not None and each.withdrawal.status == "withdrawn"
    return each.status is PublicationStatus.CANCELED or is_withdrawn


def _error(each: PublicationView) -> str | None:
    if each.status is PublicationStatus.UNCONFIRMED:
        return _UNKNOWN
    failed = each.failure if each.status is PublicationStatus.FAILED else None
    return f"{failed.message} {failed.remedy}" if failed else None


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _read(text: Any) -> datetime | None:
    try:
        at = datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None
    return at.replace(tzinfo=UTC) if at is not None and at.tzinfo is None else at


def in_range(at: str, since: datetime | None, until: datetime | None) -> bool:
    """Whether a post of the list is in a range."""
    found = _read(at)
    return found is not None and (since is None or found >= since) and (until is None or found <= until)


def by_id(accounts: Sequence[AccountView]) -> dict[str, AccountView]:
    """Accounts by their ids."""
    return {each.id: each for each in accounts}
